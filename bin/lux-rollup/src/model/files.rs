//! Files that a person names.

use eyre::{WrapErr, eyre};
use lux_inference::import::{Graph, read_onnx};
use lux_models::NpyArray;
use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

/// Largest file that is read into memory: protobuf has no larger one.
const MAX_FILE_BYTES: u64 = 2 << 30;

/// The bytes of a file of at most `limit` bytes.
pub fn read_bounded(path: &Path, limit: u64) -> eyre::Result<Vec<u8>> {
    let name = || path.display().to_string();
    let file = File::open(path).wrap_err_with(name)?;
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes).wrap_err_with(name)?;
    if bytes.len() as u64 > limit {
        return Err(eyre!("{} has more than {limit} bytes", name()));
    }
    Ok(bytes)
}

pub fn read_npy(path: &Path) -> eyre::Result<NpyArray> {
    let bytes = read_bounded(path, MAX_FILE_BYTES)?;
    NpyArray::decode(&bytes).wrap_err_with(|| path.display().to_string())
}

pub fn read_network(path: &Path) -> eyre::Result<Graph> {
    let bytes = read_bounded(path, MAX_FILE_BYTES)?;
    read_onnx(&bytes).wrap_err_with(|| path.display().to_string())
}

pub fn write(path: &Path, bytes: &[u8]) -> eyre::Result<()> {
    std::fs::write(path, bytes).wrap_err_with(|| path.display().to_string())
}

/// Writes a secret into a new file that its owner alone can read, and that outlives a crash.
pub fn write_secret(path: &Path, text: &str) -> eyre::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(path).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    written.wrap_err_with(|| path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_up_to_the_limit() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("file");
        let missing = read_bounded(&path, 3).expect_err("no such file");
        assert!(missing.to_string().contains("file"), "{missing}");
        write(&path, b"abc").expect("writable");
        assert_eq!(read_bounded(&path, 3).expect("short enough"), b"abc");
        let long = read_bounded(&path, 2).expect_err("too long").to_string();
        assert!(long.contains("more than 2 bytes"), "{long}");
    }
}
