//! Aggregation as a program: 32 bytes in, 32 bytes out, everything else by preimage.

mod claim;
mod commit;
mod contributions;
mod report;
mod round;

pub use claim::{ClaimError, RoundResult, claim_input, claim_result, run_aggregate};
pub use report::{Status, Verdict};
pub use round::{Contribution, MAGIC, MAX_ROUND_BYTES, Output, Round, RoundError, Step};
