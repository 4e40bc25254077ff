//! The server: one type per phase, each made from the one before. It knows no secret, so it keeps no state of its own: a new server
//! that is given the same messages, and the same ends of phases, is where the old one was.

mod advertising;
mod checking;
mod masking;
mod one_sided;
mod sharing;
mod unmasking;

pub use advertising::Advertising;
pub use checking::Checking;
pub use masking::Masking;
pub use sharing::Sharing;
pub use unmasking::{Aggregate, Unmasking};

use crate::{Message, Round, ServerError, ShareKeys, SignatureError, Signed};
use alloy_primitives::B256;

/// Index of the worker that sent a message.
fn sender<M: Message>(round: &Round, signed: &Signed<M>) -> Result<u16, ServerError> {
    let signer = signed.signer(round.digest)?;
    Ok(round.roster.index_of(signer).ok_or(SignatureError::Stranger { what: M::KIND, signer })?)
}

/// Takes a message, or the same again.
fn insert_once<T: PartialEq>(
    round: &Round,
    slot: &mut Option<T>,
    sender: u16,
    what: &'static str,
    value: T,
) -> Result<(), ServerError> {
    match slot {
        Some(before) if *before != value => {
            Err(ServerError::Equivocation { worker: round.roster.address(sender), what })
        }
        _ => {
            *slot = Some(value);
            Ok(())
        }
    }
}

fn at_least(phase: &'static str, found: usize, needed: u16) -> Result<(), ServerError> {
    match found >= needed.into() {
        true => Ok(()),
        false => Err(ServerError::TooFew { phase, found, needed: needed.into() }),
    }
}

/// Commitments to the two shares of `owner`'s secrets that `holder` has.
fn commitments(round: &Round, owner: u16, shared: &ShareKeys, holder: u16) -> Option<[B256; 2]> {
    if holder == owner {
        return Some(shared.own);
    }
    Some(shared.sealed[round.graph.place(owner, holder)?].commitments)
}
