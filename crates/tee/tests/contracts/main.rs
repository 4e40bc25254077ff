//! The contracts of `contracts/src/tee` and this crate come to the same verdicts.

use alloy_sol_types as _;
use lux_tee as _;
use revm as _;
