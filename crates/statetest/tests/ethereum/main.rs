//! Ethereum's own tests (github `ethereum/tests`), which are not part of the repository: see `README.md`.
#![allow(clippy::unwrap_used)]

mod archive;
mod machine;
mod native;
mod rlp;
mod state;
mod transactions;
mod trie;
mod workers;
mod world;
