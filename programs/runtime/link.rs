//! Build script of every program: where its parts go.

use std::path::Path;

fn main() {
    let package = std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
    println!("cargo:rustc-link-arg-bins=-T{package}/../runtime/memory.ld");
    println!("cargo:rerun-if-changed=../runtime/memory.ld");
    // Its code is moved afterwards, which needs to know what refers to it.
    if Path::new(&package).join("order.txt").exists() {
        println!("cargo:rustc-link-arg-bins=--emit-relocs");
    }
    println!("cargo:rerun-if-changed=order.txt");
}
