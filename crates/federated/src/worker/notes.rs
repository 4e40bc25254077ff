//! What a worker must not forget, and what it must not tell.

use crate::FederatedError;
use alloy_primitives::{Address, B256, Bytes};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

const VERSION: u32 = 1;
/// Above what a round of 4,096 workers with 2^28 coordinates takes.
const MAX_BYTES: u64 = 2 << 30;

/// Written before every message of which it is the reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Notes {
    version: u32,
    pub job: B256,
    /// Rounds whose cost is paid out of the privacy budget.
    pub spent: u64,
    /// The round that this worker is in.
    pub round: Option<u64>,
    /// Examples behind the update of that round; none before it is made.
    pub points: Option<u32>,
    /// State of secure aggregation.
    pub client: Option<Bytes>,
    /// The weights that the update is of. Masked, it is the only one of theirs.
    #[serde(default)]
    pub weights: Option<B256>,
    /// Weights for which shares were revealed.
    pub revealed: Option<B256>,
    /// Whose sum that opened: no other sum is opened for those weights.
    #[serde(default)]
    pub survivors: BTreeSet<Address>,
}

impl Notes {
    pub const fn new(job: B256) -> Self {
        Self {
            version: VERSION,
            job,
            spent: 0,
            round: None,
            points: None,
            client: None,
            weights: None,
            revealed: None,
            survivors: BTreeSet::new(),
        }
    }
}

/// Where notes are: a folder of one worker, or the memory of a process that forgets them when it ends.
#[derive(Debug)]
pub enum Notebook {
    Folder(PathBuf),
    Memory { notes: Option<Notes>, vector: Option<Vec<u8>> },
}

impl Notebook {
    /// The folder is created where it is not there, for its owner only.
    pub fn folder(path: &Path) -> Result<Self, FederatedError> {
        std::fs::create_dir_all(path).map_err(|error| problem(path, &error))?;
        Ok(Self::Folder(path.to_owned()))
    }

    pub const fn memory() -> Self {
        Self::Memory { notes: None, vector: None }
    }

    pub fn read(&self, job: B256) -> Result<Notes, FederatedError> {
        let notes = match self {
            Self::Memory { notes, .. } => notes.clone(),
            Self::Folder(folder) => {
                let path = folder.join("notes.json");
                let bytes = read(&path)?;
                bytes.map(|bytes| serde_json::from_slice(&bytes).map_err(|error| problem(&path, &error))).transpose()?
            }
        };
        match notes {
            None => Ok(Notes::new(job)),
            Some(notes) if notes.version == VERSION && notes.job == job => Ok(notes),
            Some(_) => Err(problem(&self.place(), &"it is of another job or version: take another folder")),
        }
    }

    /// On disk, synced, when it returns.
    pub fn write(&mut self, notes: &Notes) -> Result<(), FederatedError> {
        match self {
            Self::Memory { notes: kept, .. } => *kept = Some(notes.clone()),
            Self::Folder(folder) => {
                let path = folder.join("notes.json");
                let bytes = Zeroizing::new(serde_json::to_vec(notes).map_err(|error| problem(&path, &error))?);
                replace(&path, &bytes)?;
            }
        }
        Ok(())
    }

    /// The update of the round.
    pub fn read_vector(&self) -> Result<Option<Vec<u8>>, FederatedError> {
        match self {
            Self::Memory { vector, .. } => Ok(vector.clone()),
            Self::Folder(folder) => read(&folder.join("update")),
        }
    }

    pub fn write_vector(&mut self, bytes: Vec<u8>) -> Result<(), FederatedError> {
        match self {
            Self::Memory { vector, .. } => *vector = Some(bytes),
            Self::Folder(folder) => replace(&folder.join("update"), &bytes)?,
        }
        Ok(())
    }

    fn place(&self) -> PathBuf {
        match self {
            Self::Folder(folder) => folder.clone(),
            Self::Memory { .. } => PathBuf::from("memory"),
        }
    }
}

fn problem(path: &Path, problem: &dyn std::fmt::Display) -> FederatedError {
    FederatedError::State { path: path.to_owned(), problem: problem.to_string() }
}

fn read(path: &Path) -> Result<Option<Vec<u8>>, FederatedError> {
    let file = match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        file => file.map_err(|error| problem(path, &error))?,
    };
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(|error| problem(path, &error))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(problem(path, &"it is too long"));
    }
    Ok(Some(bytes))
}

/// All of the new bytes or all of the old ones, whatever happens.
fn replace(path: &Path, bytes: &[u8]) -> Result<(), FederatedError> {
    let fails = |error: std::io::Error| problem(path, &error);
    let new = path.with_extension("new");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&new).map_err(fails)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(fails)?;
    std::fs::rename(&new, path).map_err(fails)?;
    let folder = path.parent().unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(fails)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let mut notebook = Notebook::folder(folder.path()).unwrap();
        let job = B256::repeat_byte(3);
        assert_eq!(notebook.read(job).unwrap(), Notes::new(job));
        let notes = Notes { spent: 4, client: Some(Bytes::from_static(b"state")), ..Notes::new(job) };
        notebook.write(&notes).unwrap();
        notebook.write_vector(vec![1, 2]).unwrap();
        let again = Notebook::folder(folder.path()).unwrap();
        assert_eq!(again.read(job).unwrap(), notes);
        assert_eq!(again.read_vector().unwrap(), Some(vec![1, 2]));
        assert!(again.read(B256::ZERO).is_err(), "another job");
        std::fs::write(folder.path().join("notes.json"), b"{}").unwrap();
        assert!(again.read(job).is_err());
    }
}
