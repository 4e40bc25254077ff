//! Reading the vectors.

use alloy_primitives::Bytes;
use lux_tee::{Attestation, Collateral, Roots, TeeError, authenticate, blocks, read_attestation, read_collateral};
use serde_json::Value;
use std::ops::Range;
use std::path::PathBuf;

/// The folder with the vectors, if it is there.
pub fn folder() -> Option<PathBuf> {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/vectors/tee");
    let folder = PathBuf::from(std::env::var_os("LUX_TEE_VECTORS").unwrap_or_else(|| default.into()));
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: {} is absent; LUX_TEE_VECTORS names the folder with the vectors", folder.display());
    None
}

/// The bytes of a vector; text becomes what it says.
pub fn read(name: &str) -> Vec<u8> {
    let bytes = std::fs::read(folder().unwrap().join(name)).unwrap();
    let text = [".hex", "hex.txt", "base64"].iter().any(|end| name.ends_with(end));
    if text { read_attestation(&bytes) } else { bytes }
}

pub fn json(name: &str) -> Value {
    serde_json::from_slice(&read(name)).unwrap()
}

/// Seconds since 1970 of a time such as `2025-07-01T00:00:00Z`.
pub fn at(time: &str) -> u64 {
    time.parse::<der::DateTime>().unwrap().unix_duration().as_secs()
}

pub fn pem(text: &str) -> Vec<Bytes> {
    blocks(text.as_bytes()).unwrap().into_iter().map(|block| block.bytes.into()).collect()
}

/// A case that is authentic at `now`.
pub struct Case {
    pub name: &'static str,
    pub bytes: Vec<u8>,
    pub collateral: Collateral,
    pub now: u64,
    pub roots: Roots,
}

impl Case {
    pub fn authenticate(&self) -> Result<Attestation, TeeError> {
        authenticate(&self.bytes, &self.collateral, self.now, &self.roots)
    }

    /// The attestation with other bytes, at the same time and with the same collateral.
    pub fn authenticate_bytes(&self, bytes: &[u8]) -> Result<Attestation, TeeError> {
        authenticate(bytes, &self.collateral, self.now, &self.roots)
    }

    /// Outside of its window it is refused for the time, inside it is not.
    pub fn check_window(&self) {
        let window = self.authenticate().unwrap().validity;
        for (now, good) in
            [(window.from, true), (window.until, true), (window.from - 1, false), (window.until + 1, false)]
        {
            let found = authenticate(&self.bytes, &self.collateral, now, &self.roots);
            assert_eq!(found.is_ok(), good, "{} at {now}", self.name);
            if !good {
                assert!(matches!(found, Err(TeeError::Time { .. })), "{} at {now}: {found:?}", self.name);
            }
        }
    }

    /// None of these bytes can be changed: the verdict is refusal, for another reason than before where it already was.
    pub fn check_every_byte(&self, range: Range<usize>) {
        let before = self.authenticate();
        for at in range {
            let mut bytes = self.bytes.clone();
            bytes[at] ^= 1;
            let after = self.authenticate_bytes(&bytes);
            assert!(after.is_err() && after != before, "{}: byte {at} can be changed", self.name);
        }
    }
}

/// Collateral as the vectors have it.
pub fn intel_collateral(name: &str) -> Collateral {
    read_collateral(&std::fs::read(folder().unwrap().join(name)).unwrap()).unwrap()
}
