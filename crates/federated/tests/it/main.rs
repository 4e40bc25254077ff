//! Whole jobs: workers, coordinator, board and blobs, on scikit-learn's digits.

mod accuracy;
mod world;
