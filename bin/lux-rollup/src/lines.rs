//! Many lines on standard output, whose reader may have enough before their end.

use std::io::{BufWriter, ErrorKind, Result, StdoutLock, Write};

pub struct Lines {
    out: BufWriter<StdoutLock<'static>>,
    open: bool,
}

impl Lines {
    pub fn new() -> Self {
        Self { out: BufWriter::new(std::io::stdout().lock()), open: true }
    }

    /// Writes a line; `false` once nobody reads, as in `lux-rollup machine disasm | head`.
    pub fn line(&mut self, line: impl std::fmt::Display) -> Result<bool> {
        let written = writeln!(self.out, "{line}");
        self.still_open(written)
    }

    /// `false` if nobody reads any more.
    pub fn finish(mut self) -> Result<bool> {
        let flushed = self.out.flush();
        self.still_open(flushed)
    }

    fn still_open(&mut self, result: Result<()>) -> Result<bool> {
        match result {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => self.open = false,
            other => other?,
        }
        Ok(self.open)
    }
}
