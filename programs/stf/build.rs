//! Where the parts of the program go.

fn main() {
    let directory = std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
    println!("cargo:rustc-link-arg-bins=-T{directory}/memory.ld");
    println!("cargo:rerun-if-changed=memory.ld");
}
