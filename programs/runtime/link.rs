//! Build script of every program: where its parts go.

fn main() {
    let package = std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
    println!("cargo:rustc-link-arg-bins=-T{package}/../runtime/memory.ld");
    println!("cargo:rerun-if-changed=../runtime/memory.ld");
}
