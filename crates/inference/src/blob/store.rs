//! Where blobs are kept.

use super::commitment;
use alloy_primitives::B256;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Largest blob that is read or kept.
pub const MAX_BLOB_BYTES: u64 = 1 << 30;

/// Why a blob cannot be had or kept.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("there is no blob {commitment} in {place}")]
    Missing { commitment: B256, place: String },
    #[error("what {place} has as blob {commitment} is something else; delete it and fetch the blob again")]
    Corrupt { commitment: B256, place: String },
    #[error("a blob of {0} bytes; at most {MAX_BLOB_BYTES} are allowed")]
    TooLong(u64),
    #[error("cannot access {path}: {error}")]
    Io { path: PathBuf, error: io::Error },
}

/// Blobs by commitment. What `get` returns has the commitment asked for.
pub trait BlobStore {
    fn get(&self, commitment: &B256) -> Result<Vec<u8>, StoreError>;

    /// Keeps a blob and returns its commitment.
    fn put(&self, blob: &[u8]) -> Result<B256, StoreError>;
}

/// A folder with a file for each blob.
#[derive(Clone, Debug)]
pub struct FolderStore(PathBuf);

impl FolderStore {
    /// Makes the folder when there is none.
    pub fn open(folder: impl Into<PathBuf>) -> Result<Self, StoreError> {
        let path = folder.into();
        match std::fs::create_dir_all(&path) {
            Ok(()) => Ok(Self(path)),
            Err(error) => Err(StoreError::Io { path, error }),
        }
    }

    fn path(&self, commitment: &B256) -> PathBuf {
        self.0.join(format!("{commitment:x}.blob"))
    }
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> StoreError {
    |error| StoreError::Io { path: path.to_owned(), error }
}

impl BlobStore for FolderStore {
    fn get(&self, hash: &B256) -> Result<Vec<u8>, StoreError> {
        let (path, place) = (self.path(hash), || self.0.display().to_string());
        let length = match std::fs::metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(StoreError::Missing { commitment: *hash, place: place() });
            }
            metadata => metadata.map_err(failed(&path))?.len(),
        };
        if length > MAX_BLOB_BYTES {
            return Err(StoreError::TooLong(length));
        }
        let blob = std::fs::read(&path).map_err(failed(&path))?;
        if commitment(&blob) == *hash {
            Ok(blob)
        } else {
            Err(StoreError::Corrupt { commitment: *hash, place: place() })
        }
    }

    fn put(&self, blob: &[u8]) -> Result<B256, StoreError> {
        if blob.len() as u64 > MAX_BLOB_BYTES {
            return Err(StoreError::TooLong(blob.len() as u64));
        }
        let commitment = commitment(blob);
        let path = self.path(&commitment);
        // Under another name until it is whole, so that a crash leaves no half of a blob.
        let unfinished = path.with_extension(format!("{}.part", std::process::id()));
        let write = || {
            let mut file = std::fs::File::create(&unfinished)?;
            file.write_all(blob)?;
            file.sync_all()?;
            std::fs::rename(&unfinished, &path)
        };
        write().map_err(failed(&path))?;
        Ok(commitment)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blob_comes_back_or_an_error_says_why() {
        let folder = tempfile::tempdir().unwrap();
        let store = FolderStore::open(folder.path().join("blobs")).unwrap();
        let hash = store.put(b"weights").unwrap();
        assert_eq!(store.get(&hash).unwrap(), b"weights");
        assert_eq!(store.put(b"weights").unwrap(), hash);
        assert!(matches!(store.get(&B256::ZERO), Err(StoreError::Missing { .. })));
        std::fs::write(store.path(&hash), b"veights").unwrap();
        assert!(matches!(store.get(&hash), Err(StoreError::Corrupt { .. })));
    }
}
