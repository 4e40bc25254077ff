//! `cargo xtask guests`: the programs of the machine (`docs/machine.md`), built to the same bytes everywhere.

use crate::command::{root, run as execute};
use eyre::{WrapErr, bail, eyre};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Programs, each a binary of the workspace `programs`.
const PROGRAMS: [&str; 6] = ["stf", "infer", "aggregate", "verify-quote", "norm", "statetest"];
/// Where the toolchain of the programs is: Debian's, whose version the committed bytes depend on. Rustup's has no source
/// of the standard library unless one asks.
const RUSTC: &str = "/usr/bin/rustc";
const CARGO: &str = "/usr/bin/cargo";
const RUST_VERSION: &str = "rustc 1.96.0";
/// The build sees the repository here, wherever it is: paths enter the names of symbols, and names the order of the code.
const WORKPLACE: &str = "/tmp/lux-guests";

#[derive(clap::Args)]
pub struct GuestsArgs {
    /// Write nothing; fail when a committed program differs from its source.
    #[arg(long)]
    check: bool,
}

pub fn run(args: GuestsArgs) -> eyre::Result<()> {
    if let Some(reason) = missing_tools() {
        return Err(eyre!("{reason}"));
    }
    build_and_compare(args.check)
}

/// Builds, and writes what differs or with `check` fails; the tools are there.
pub fn build_and_compare(check: bool) -> eyre::Result<()> {
    build()?;
    let mut differ = Vec::new();
    for name in PROGRAMS {
        let built = Path::new(WORKPLACE).join("target/riscv64im-lux/release").join(name);
        let elf = std::fs::read(&built).wrap_err_with(|| format!("cannot read {}", built.display()))?;
        let order = root().join("programs").join(name).join("order.txt");
        let elf = match std::fs::read_to_string(&order) {
            Ok(order) => lux_layout::apply(elf, &order).wrap_err_with(|| format!("cannot move the code of {name}"))?,
            Err(_) => elf,
        };
        let elf = strip(elf).ok_or_else(|| eyre!("{} is no ELF file", built.display()))?;
        let committed = artifact(name);
        if std::fs::read(&committed).is_ok_and(|bytes| bytes == elf) {
            println!("{name}: {} bytes, unchanged", elf.len());
        } else if check {
            differ.push(name);
        } else {
            std::fs::create_dir_all(committed.parent().unwrap_or(Path::new(".")))?;
            std::fs::write(&committed, &elf)?;
            println!("{name}: {} bytes, written", elf.len());
        }
    }
    if !differ.is_empty() {
        bail!("committed programs differ from their source: {}; run `cargo xtask guests`", differ.join(", "));
    }
    Ok(())
}

fn artifact(name: &str) -> PathBuf {
    root().join("programs/artifacts").join(name).with_extension("elf")
}

/// What is not installed, in words.
pub fn missing_tools() -> Option<String> {
    const PACKAGES: &str = "apt-get install rustc-web cargo-web rust-web-src lld";
    let version = Command::new(RUSTC).arg("--version").output().ok();
    let version = version.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default();
    if !version.starts_with(RUST_VERSION) {
        return Some(format!("programs are built by {RUSTC} of version 1.96.0 (`{PACKAGES}`); found `{version}`"));
    }
    let source = sysroot().map(|path| path.join("lib/rustlib/src/rust/library/core"));
    if !Path::new(CARGO).exists() || !source.is_some_and(|path| path.exists()) || !Path::new("/usr/bin/ld.lld").exists()
    {
        return Some(format!("programs need Debian's toolchain: {PACKAGES}"));
    }
    None
}

fn sysroot() -> Option<PathBuf> {
    let output = Command::new(RUSTC).args(["--print", "sysroot"]).output().ok()?;
    Some(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()))
}

fn build() -> eyre::Result<()> {
    let place = Path::new(WORKPLACE);
    std::fs::create_dir_all(place).wrap_err("cannot make the folder that programs are built in")?;
    let link = place.join("source");
    if std::fs::read_link(&link).ok() != Some(root()) {
        // What was built from another checkout passes for newer than the sources of this one.
        let _ = std::fs::remove_dir_all(place.join("target"));
        let _ = std::fs::remove_file(&link);
        std::os::unix::fs::symlink(root(), &link).wrap_err("cannot link to the repository")?;
    }
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| Some(std::env::home_dir()?.join(".cargo")));
    let home = home.ok_or_else(|| eyre!("no home folder"))?;
    let flags = [
        // No atomics in RV64IM, and one thread.
        "-Cpasses=lower-atomic".to_owned(),
        // A panic ends the program; nobody reads its message.
        "-Zunstable-options".to_owned(),
        "-Cpanic=immediate-abort".to_owned(),
        "-Zlocation-detail=none".to_owned(),
        format!("--remap-path-prefix={WORKPLACE}/source=/lux-rollup"),
        format!("--remap-path-prefix={}=/cargo", home.display()),
    ];
    let mut cargo = Command::new(CARGO);
    cargo
        .args([
            "build",
            "--release",
            "--locked",
            "-Zjson-target-spec",
            "-Zbuild-std=core,alloc",
            "-Zbuild-std-features=",
        ])
        .args(["--manifest-path".into(), link.join("programs/Cargo.toml")])
        .args(["--target".into(), link.join("programs/riscv64im-lux.json")])
        .current_dir(place)
        .env_clear()
        .envs(
            ["PATH", "HOME", "CARGO_HOME", "CARGO_HTTP_CAINFO", "https_proxy", "http_proxy"]
                .iter()
                .filter_map(|name| std::env::var_os(name).map(|value| (*name, value))),
        )
        .env("CARGO_TARGET_DIR", place.join("target"))
        .env("RUSTC", RUSTC)
        // Debian's compiler is a stable one; building the standard library is not a stable feature.
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f"));
    execute(&mut cargo)
}

/// The file without what no segment holds: symbols and the section table.
fn strip(mut elf: Vec<u8>) -> Option<Vec<u8>> {
    let double = |bytes: &[u8], at: usize| Some(u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?) as usize);
    let half = |bytes: &[u8], at: usize| Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?) as usize);
    let (headers, count) = (double(&elf, 32)?, half(&elf, 56)?);
    let mut end = headers + 56 * count;
    for index in 0..count {
        let header = headers + 56 * index;
        end = end.max(double(&elf, header + 8)? + double(&elf, header + 32)?);
    }
    elf.get(end.checked_sub(1)?)?;
    elf.truncate(end);
    // Section table: offset, and entry size, count and index of names.
    elf.get_mut(40..48)?.fill(0);
    elf.get_mut(58..64)?.fill(0);
    Some(elf)
}
