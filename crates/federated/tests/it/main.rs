//! Whole jobs: workers, coordinator, board and blobs, on scikit-learn's digits.
#![allow(clippy::unwrap_used)]

mod accuracy;
mod auditing;
mod dropouts;
mod exchange;
mod export;
mod http;
mod lying_board;
mod norms;
mod privacy;
mod restarts;
mod scale;
mod world;
