//! Writes what the contracts' tests read:
//! `cargo run -p lux-tee --features dev-pki --example contract_fixtures > contracts/test/tee.json`.

#[path = "../tests/contracts/fixtures.rs"]
mod fixtures;

fn main() {
    print!("{}", fixtures::fixtures());
}
