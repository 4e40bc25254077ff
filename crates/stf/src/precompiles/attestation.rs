//! The precompile that checks attestations (`docs/tee.md`, "On L2").

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use alloy_sol_types::{Revert, SolError};
use lux_tee::{Collateral, DeviceKey, Kind, PublicKey, Roots, authenticate, certificates_within, kind_of};
use revm::precompile::{PrecompileHalt, PrecompileOutput};

/// Longest input, bytes. It never crosses a system call of the machine, so that it may be longer than that of others.
pub const MAX_ATTESTATION_INPUT: usize = 128 << 10;

/// Every call.
const BASE_GAS: u64 = 4_000;
/// Every word of 32 bytes.
const WORD_GAS: u64 = 64;
/// A signature, including what is around it: hash and certificate.
const P256_GAS: u64 = 4_500;
const P384_GAS: u64 = 14_000;
const RSA_GAS: u64 = 15_000;

/// `roots`, `attestation` and `collateral`, the first two behind their lengths in four bytes.
struct Call<'a> {
    roots: &'a [u8],
    attestation: &'a [u8],
    collateral: &'a [u8],
}

impl<'a> Call<'a> {
    fn parse(input: &'a [u8]) -> Option<Self> {
        let (roots, rest) = behind_length(input)?;
        let (attestation, collateral) = behind_length(rest)?;
        Some(Self { roots, attestation, collateral })
    }
}

fn behind_length(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk()?;
    rest.split_at_checked(u32::from_be_bytes(*length) as usize)
}

/// What is paid before anything is read.
pub(super) const fn length_price(input: &[u8]) -> u64 {
    BASE_GAS + word_price(input)
}

const fn word_price(bytes: &[u8]) -> u64 {
    WORD_GAS * bytes.len().div_ceil(32) as u64
}

/// The signatures that an attestation of this kind can have at most.
fn signature_price(kind: Kind, attestation: &[u8], roots: &Roots) -> u64 {
    // Every key is tried, each on a hash of the token.
    let anchor = |device: &DeviceKey| match device.key {
        PublicKey::P256(_) => P256_GAS + word_price(attestation),
        _ => P384_GAS + word_price(attestation),
    };
    let anchors: u64 = roots.arm.iter().map(anchor).sum();
    match kind {
        // Quote, quoting enclave, three certificates, two lists, two texts, and two certificates behind each text.
        Kind::Sgx | Kind::Tdx => 13 * P256_GAS,
        // Report; three certificates and a list.
        Kind::Snp => P384_GAS + 4 * RSA_GAS,
        // Document, and its certificates.
        Kind::Nitro => (1 + certificates_within(attestation) as u64) * P384_GAS,
        Kind::Psa => anchors,
        Kind::Cca => anchors + P384_GAS,
    }
}

/// The attestation as `IAttestationVerifier` returns it, or a revert with the reason why there is none at `now`.
pub(super) fn run(input: &[u8], now: u64, gas_limit: u64) -> PrecompileOutput {
    let out_of_gas = PrecompileOutput::halt(PrecompileHalt::OutOfGas, 0);
    let mut price = length_price(input);
    if input.len() > MAX_ATTESTATION_INPUT || price > gas_limit {
        return out_of_gas;
    }
    let Some(call) = Call::parse(input) else {
        return refuse(price, "the input is not roots and attestation, each behind its length, and collateral");
    };
    let roots = match Roots::decode(call.roots) {
        Ok(roots) => roots,
        Err(reason) => return refuse(price, reason),
    };
    price += kind_of(call.attestation).map_or(0, |kind| signature_price(kind, call.attestation, &roots));
    if price > gas_limit {
        return out_of_gas;
    }
    let found = Collateral::decode(call.collateral)
        .and_then(|collateral| authenticate(call.attestation, &collateral, now, &roots));
    match found {
        Ok(attestation) => PrecompileOutput::new(price, attestation.abi_encode().into(), 0),
        Err(reason) => refuse(price, reason),
    }
}

fn refuse(price: u64, reason: impl ToString) -> PrecompileOutput {
    let reason: String = reason.to_string();
    let encoded: Vec<u8> = Revert { reason }.abi_encode();
    PrecompileOutput::revert(price, encoded.into(), 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use lux_tee::dev::{Request, attest, roots};

    const NOW: u64 = 1_800_000_000;

    fn input(kind: Kind) -> Vec<u8> {
        let (attestation, collateral) = attest(&Request::new(kind, b"software", [7; 64], NOW));
        let behind_length = |bytes: &[u8]| [&(bytes.len() as u32).to_be_bytes()[..], bytes].concat();
        [behind_length(&roots().encode()), behind_length(&attestation), collateral.encode()].concat()
    }

    #[test]
    fn what_is_charged_is_the_price() {
        for kind in [Kind::Sgx, Kind::Tdx, Kind::Snp, Kind::Nitro, Kind::Psa, Kind::Cca] {
            let input = input(kind);
            let found = run(&input, NOW, u64::MAX);
            assert!(found.is_success(), "{}", kind.name());
            assert!(run(&input, NOW, found.gas_used).is_success());
            assert!(run(&input, NOW, found.gas_used - 1).halt_reason().is_some_and(PrecompileHalt::is_oog));
            let mut damaged = input.clone();
            let last = roots().encode().len() + 300;
            damaged[last] ^= 1;
            let refused = run(&damaged, NOW, found.gas_used);
            assert!(refused.is_revert() && refused.gas_used == found.gas_used, "{}", kind.name());
            assert!(found.gas_used < 100_000, "{}: {}", kind.name(), found.gas_used);
        }
    }

    #[test]
    fn little_gas_buys_nothing() {
        let input = input(Kind::Sgx);
        assert!(run(&input, NOW, length_price(&input) - 1).halt_reason().is_some_and(PrecompileHalt::is_oog));
        assert_eq!(run(&[], NOW, BASE_GAS).gas_used, BASE_GAS);
    }
}
