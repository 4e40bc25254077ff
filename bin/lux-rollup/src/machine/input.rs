//! What a run starts from: an image, the hash of its input, and preimages from a folder.

use alloy_primitives::{B256, Bytes, keccak256};
use clap::Args;
use eyre::{WrapErr, eyre};
use lux_machine::{MAX_ECALL_BYTES, Program, RunError};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

#[derive(Args)]
pub struct ImageArgs {
    /// Static RV64IM executable [default: the state transition that claims are about].
    image: Option<PathBuf>,
}

#[derive(Args)]
pub struct InputArgs {
    #[command(flatten)]
    image: ImageArgs,
    /// Hash that the run gets as its input.
    #[arg(long, value_name = "HASH", default_value_t = B256::ZERO)]
    pub input: B256,
    /// Folder of files that the program may ask for by their keccak-256; their names do not matter.
    #[arg(long, value_name = "FOLDER")]
    preimages: Option<PathBuf>,
}

impl ImageArgs {
    pub fn load(&self) -> eyre::Result<Program> {
        let Some(path) = &self.image else { return Ok(lux_node::stf_program().clone()) };
        load_program(path)
    }
}

/// The program of an executable.
pub fn load_program(path: &Path) -> eyre::Result<Program> {
    let bytes = std::fs::read(path).wrap_err_with(|| path.display().to_string())?;
    Program::from_elf(&bytes).wrap_err_with(|| path.display().to_string())
}

impl InputArgs {
    pub fn load(&self) -> eyre::Result<(Program, HashMap<B256, Bytes>)> {
        let preimages = self.preimages.as_deref().map(preimages).transpose()?;
        Ok((self.image.load()?, preimages.unwrap_or_default()))
    }
}

/// The files of a folder by their hash.
fn preimages(folder: &Path) -> eyre::Result<HashMap<B256, Bytes>> {
    let mut preimages = HashMap::new();
    for entry in std::fs::read_dir(folder).wrap_err_with(|| folder.display().to_string())? {
        let path = entry?.path();
        let name = || path.display().to_string();
        let metadata = std::fs::metadata(&path).wrap_err_with(name)?;
        if !metadata.is_file() {
            continue;
        }
        // Refused here: in the run it would look as if the program were at fault.
        if metadata.len() > MAX_ECALL_BYTES {
            return Err(eyre!("{} has {} bytes, a preimage at most {MAX_ECALL_BYTES}", name(), metadata.len()));
        }
        let bytes = std::fs::read(&path).wrap_err_with(name)?;
        preimages.insert(keccak256(&bytes), bytes.into());
    }
    Ok(preimages)
}

/// The error of a run, with what helps.
pub fn run_failed(error: RunError) -> eyre::Report {
    match error {
        RunError::MissingPreimage(hash) => {
            eyre!("the program asks for the preimage of {hash}: put it as a file into the folder of --preimages")
        }
        other => other.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn preimages_are_found_by_hash() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::create_dir(folder.path().join("folders are passed over")).expect("writable");
        for (name, bytes) in [("a", &b"first"[..]), ("b.bin", b""), ("c", &[7; MAX_ECALL_BYTES as usize])] {
            std::fs::write(folder.path().join(name), bytes).expect("writable");
        }
        let found = preimages(folder.path()).expect("all short enough");
        assert_eq!(found.len(), 3);
        assert_eq!(found[&keccak256(b"first")].as_ref(), b"first");
        assert!(found.contains_key(&keccak256(b"")));
    }

    #[test]
    fn long_preimages_are_named() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("long"), [0; MAX_ECALL_BYTES as usize + 1]).expect("writable");
        let error = preimages(folder.path()).expect_err("too long").to_string();
        assert!(error.contains("long has 24577 bytes"), "{error}");
    }

    #[test]
    fn without_an_image_the_embedded_one_is_used() {
        let program = ImageArgs { image: None }.load().expect("embedded");
        assert_eq!(program.text(), lux_node::stf_program().text());
        assert!(ImageArgs { image: Some("no such file".into()) }.load().is_err());
    }
}
