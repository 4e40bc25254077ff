//! Files: reading those to be stored, and the remains of interrupted writes.

use crate::{BlobError, IndexBuilder};
use alloy_primitives::B256;
use bytes::Bytes;
use futures_util::{Stream, stream};
use std::fs::{File, TryLockError};
use std::io::{Read, Seek};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

const READ_BYTES: usize = 1 << 20;
/// A process that is still writing a file touches it more often than that.
pub(crate) const ABANDONED_AFTER: Duration = Duration::from_secs(24 * 3_600);

/// Makes a folder this process's own until the file is dropped. The lock goes with the process, also by `kill -9`.
pub(crate) fn lock_folder(folder: &Path) -> Result<File, BlobError> {
    let store = |error: std::io::Error| BlobError::Store(Arc::new(error));
    std::fs::create_dir_all(folder).map_err(store)?;
    let file = File::create(folder.join("lock")).map_err(store)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(BlobError::InUse(folder.to_owned())),
        Err(TryLockError::Error(error)) => Err(store(error)),
    }
}

/// Removes what processes that were killed left behind, and nobody touched for so long: `name#number`, which becomes `name` when it
/// is complete.
pub(crate) fn remove_abandoned(folder: &Path, untouched: Duration) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let shard = entry?;
        if shard.file_name().len() != 2 || !shard.file_type()?.is_dir() {
            continue;
        }
        for entry in std::fs::read_dir(shard.path())? {
            let entry = entry?;
            let staged = entry.file_name().to_str().is_some_and(|name| name.contains('#'));
            if staged && is_older(&entry, untouched) {
                tracing::info!(file = %entry.path().display(), "removing the remains of an interrupted write");
                let _ = std::fs::remove_file(entry.path());
            }
        }
    }
    Ok(())
}

/// No when in doubt: another process may be about to finish the file.
fn is_older(entry: &std::fs::DirEntry, limit: Duration) -> bool {
    let modified = entry.metadata().and_then(|meta| meta.modified()).ok();
    let age = modified.and_then(|modified| SystemTime::now().duration_since(modified).ok());
    limit.is_zero() || age.is_some_and(|age| age > limit)
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> Result<T, BlobError> {
    tokio::task::spawn_blocking(work).await.map_err(BlobError::source)?.map_err(BlobError::source)
}

fn read_part(file: &mut File) -> std::io::Result<Vec<u8>> {
    let mut part = Vec::with_capacity(READ_BYTES);
    file.take(READ_BYTES as u64).read_to_end(&mut part)?;
    Ok(part)
}

/// The file's commitment, and the file at its beginning again.
pub(crate) async fn commit_file(path: PathBuf) -> Result<(B256, File), BlobError> {
    blocking(move || {
        let (mut file, mut index) = (File::open(path)?, IndexBuilder::default());
        loop {
            let part = read_part(&mut file)?;
            if part.is_empty() {
                break;
            }
            index.push(&part);
        }
        file.rewind()?;
        Ok((index.finish().commitment(), file))
    })
    .await
}

pub(crate) fn read_file(file: File) -> impl Stream<Item = Result<Bytes, BlobError>> + Send {
    stream::try_unfold(file, |mut file| async move {
        let (part, file) = blocking(move || read_part(&mut file).map(|part| (part, file))).await?;
        Ok((!part.is_empty()).then(|| (Bytes::from(part), file)))
    })
}
