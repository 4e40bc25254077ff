//! Signature recovery, with the checks that `ecrecover` does not make.

use crate::crypto;
use alloy_consensus::Transaction as _;
use alloy_primitives::{Address, B256, Signature, U256, uint};
use lux_protocol::EthTransaction;
use revm::context::either::Either;
use revm::context::transaction::{RecoveredAuthority, RecoveredAuthorization, SignedAuthorization};

/// Half of the order of secp256k1: EIP-2 refuses larger `s`, which would give a second hash to one transaction.
const HALF_ORDER: U256 = uint!(0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0_U256);

/// Sender of a signed transaction; `None` when the signature is invalid.
pub fn recover_sender(tx: &EthTransaction) -> Option<Address> {
    let hash = match tx {
        EthTransaction::Legacy(tx) => tx.signature_hash(),
        EthTransaction::Eip2930(tx) => tx.signature_hash(),
        EthTransaction::Eip1559(tx) => tx.signature_hash(),
        EthTransaction::Eip4844(tx) => tx.signature_hash(),
        EthTransaction::Eip7702(tx) => tx.signature_hash(),
    };
    recover(tx.signature(), hash)
}

/// Who signed `hash`; `None` when the signature is invalid.
pub(crate) fn recover(signature: &Signature, hash: B256) -> Option<Address> {
    if signature.s() > HALF_ORDER {
        return None;
    }
    let mut rs = [0u8; 64];
    rs[..32].copy_from_slice(&signature.r().to_be_bytes::<32>());
    rs[32..].copy_from_slice(&signature.s().to_be_bytes::<32>());
    crypto::ecrecover(&rs, u8::from(signature.v()), &hash)
}

/// Authorizations of an EIP-7702 transaction with their signers, as revm takes them.
pub(crate) fn recover_authorizations(
    tx: &EthTransaction,
) -> alloc::vec::Vec<Either<SignedAuthorization, RecoveredAuthorization>> {
    let signed = tx.authorization_list().unwrap_or_default();
    signed
        .iter()
        .map(|auth| {
            let authority = auth
                .signature()
                .ok()
                .and_then(|signature| recover(&signature, auth.inner().signature_hash()))
                .map_or(RecoveredAuthority::Invalid, RecoveredAuthority::Valid);
            Either::Right(RecoveredAuthorization::new_unchecked(auth.inner().clone(), authority))
        })
        .collect()
}
