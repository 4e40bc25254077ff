//! Where the tests are.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

const DEFAULT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/vectors/ethereum");
const ARCHIVE: &str = "ethereum-tests.tar.gz";

/// A folder of tests, unpacked for as long as this lives.
pub struct Folder {
    path: PathBuf,
    _unpacked: Option<TempDir>,
}

impl Folder {
    /// `None` where there are no tests, which CI does not take for an answer.
    pub fn open(name: &str) -> Option<Self> {
        let place = env::var_os("ETHEREUM_TESTS").map_or_else(|| PathBuf::from(DEFAULT), PathBuf::from);
        if place.join(name).is_dir() {
            return Some(Self { path: place.join(name), _unpacked: None });
        }
        let archive = if place.is_dir() { place.join(ARCHIVE) } else { place };
        if !archive.is_file() {
            let reason = format!(
                "no {name} of github ethereum/tests at {}: set ETHEREUM_TESTS to a folder or a .tar.gz of them",
                archive.display()
            );
            assert!(env::var("CI").as_deref() != Ok("true"), "{reason}");
            println!("skipped: {reason}");
            return None;
        }
        let target = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let mut tar = Command::new("tar");
        assert!(tar.arg("xzf").arg(&archive).arg("-C").arg(target.path()).arg(name).status().unwrap().success());
        Some(Self { path: target.path().join(name), _unpacked: Some(target) })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Every JSON file, at any depth, in order of their paths.
    pub fn files(&self) -> Vec<PathBuf> {
        let mut files = Vec::new();
        let mut folders = vec![self.path.clone()];
        while let Some(folder) = folders.pop() {
            for entry in folder.read_dir().unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "json") {
                    files.push(path);
                }
            }
        }
        assert!(!files.is_empty(), "no tests in {}", self.path.display());
        files.sort();
        files
    }
}
