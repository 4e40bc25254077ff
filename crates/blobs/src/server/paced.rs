//! Clients that keep a connection without using it.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep};

/// What a client must take or send before its time begins anew.
const PACE_BYTES: usize = 64 << 10;

fn too_slow() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "the client takes less than 64 KiB in the time allowed")
}

/// A stream whose writes fail when the peer takes too little of them.
pub(super) struct PacedWrites {
    stream: TcpStream,
    timeout: Duration,
    /// Runs from the first write that had to wait until enough was taken.
    timer: Option<Pin<Box<Sleep>>>,
    taken: usize,
}

impl PacedWrites {
    pub(super) fn new(stream: TcpStream, timeout: Duration) -> Self {
        Self { stream, timeout, timer: None, taken: 0 }
    }

    fn paced(&mut self, cx: &mut Context<'_>, write: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match write {
            Poll::Ready(Ok(bytes)) => {
                self.taken += bytes;
                if self.taken >= PACE_BYTES {
                    (self.timer, self.taken) = (None, 0);
                }
                Poll::Ready(Ok(bytes))
            }
            Poll::Pending => {
                let timer = self.timer.get_or_insert_with(|| Box::pin(sleep(self.timeout)));
                timer.as_mut().poll(cx).map(|()| Err(too_slow()))
            }
            failed => failed,
        }
    }
}

impl AsyncRead for PacedWrites {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, into);
        // A request: the response before it was taken.
        if read.is_ready() && into.filled().len() > before {
            (self.timer, self.taken) = (None, 0);
        }
        read
    }
}

impl AsyncWrite for PacedWrites {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let write = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.paced(cx, write)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let write = Pin::new(&mut self.stream).poll_write_vectored(cx, parts);
        self.paced(cx, write)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// Time that a client may take for the bytes that it sends.
pub(super) struct Pace {
    timeout: Duration,
    waited: Duration,
    sent: usize,
}

impl Pace {
    pub(super) fn new(timeout: Duration) -> Self {
        Self { timeout, waited: Duration::ZERO, sent: 0 }
    }

    /// Waits for what the client sends next, `None` when it is too slow. `size` tells how much of it counts.
    pub(super) async fn next<T>(&mut self, read: impl Future<Output = T>, size: impl Fn(&T) -> usize) -> Option<T> {
        let began = Instant::now();
        let read = tokio::time::timeout(self.timeout.saturating_sub(self.waited), read).await.ok()?;
        self.waited += began.elapsed();
        self.sent += size(&read);
        if self.sent >= PACE_BYTES {
            *self = Self::new(self.timeout);
        }
        Some(read)
    }
}
