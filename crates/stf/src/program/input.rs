//! What the claim input leads to.

use super::ProgramError;
use crate::{L1Origin, Rules};
use alloy_consensus::Header;
use alloy_primitives::B256;
use alloy_rlp::Decodable;
use lux_oracle::Oracle;
use lux_protocol::{ClaimInput, decode_params};

/// Usual length of a header.
const HEADER_BYTES: usize = 640;
/// Length of `abi.encode(RollupParams)`.
const PARAMS_BYTES: usize = 256;

/// The last block before the batch.
pub(super) struct Parent {
    pub hash: B256,
    pub header: Header,
    pub l1_origin: L1Origin,
}

pub(super) fn read_claim<O: Oracle>(oracle: &O, input: B256) -> Result<ClaimInput, ProgramError<O::Error>> {
    let bytes = oracle.preimage(&input, 256).map_err(ProgramError::Oracle)?;
    ClaimInput::decode(&bytes).ok_or(ProgramError::Malformed("claim input"))
}

pub(super) fn read_rules<O: Oracle>(oracle: &O, params_hash: B256) -> Result<Rules, ProgramError<O::Error>> {
    let init_code = oracle.preimage(&params_hash, PARAMS_BYTES).map_err(ProgramError::Oracle)?;
    let params = decode_params(&init_code).ok_or(ProgramError::Malformed("rollup parameters"))?;
    Ok(Rules::rollup(&params))
}

pub(super) fn read_parent<O: Oracle>(oracle: &O, claim: &ClaimInput) -> Result<Parent, ProgramError<O::Error>> {
    let (hash, _) = read_pair(oracle, &claim.parent_transaction_root)?;
    let rlp = oracle.preimage(&hash, HEADER_BYTES).map_err(ProgramError::Oracle)?;
    let header = Header::decode(&mut &rlp[..]).map_err(|_| ProgramError::Malformed("parent header"))?;
    let l1_origin = L1Origin::from_header(&header).ok_or(ProgramError::Malformed("parent header"))?;
    if header.state_root != claim.parent_state_root {
        return Err(ProgramError::Malformed("parent state root"));
    }
    Ok(Parent { hash, header, l1_origin })
}

/// The two words that hash to `hash`.
pub(super) fn read_pair<O: Oracle>(oracle: &O, hash: &B256) -> Result<(B256, B256), ProgramError<O::Error>> {
    let bytes = oracle.preimage(hash, 64).map_err(ProgramError::Oracle)?;
    match bytes.as_chunks::<32>() {
        ([left, right], []) => Ok((left.into(), right.into())),
        _ => Err(ProgramError::Malformed("pair of hashes")),
    }
}
