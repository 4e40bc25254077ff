//! Does L1 compute what the machine's PRECOMPILE asks of it?

use crate::NodeError;
use alloy_primitives::{Address, Bytes, U256, hex};
use lux_l1::{BlockTag, CallRequest, L1Client};

/// A valid input of a precompile and the length of its output. Those that every EVM chain has are left out. Points are at
/// infinity, which is zeros.
const PROBES: [(u64, usize, usize); 8] = [
    (0x09, 213, 64),
    (0x0b, 256, 128),
    (0x0c, 160, 128),
    (0x0d, 512, 256),
    (0x0e, 288, 256),
    (0x0f, 384, 32),
    (0x10, 64, 128),
    (0x11, 128, 256),
];

/// EIP-4844: the zero polynomial, whose commitment and proof are the point at infinity. Versioned hash of that point.
const ZERO_POLYNOMIAL: [u8; 32] = hex!("010657f37554c781402a22917dee2f75def7ab966d7b770905398eba3c444014");

/// EIP-7951: hash, signature and key of a valid signature.
const P256_SIGNATURE: [u8; 160] = hex!(
    "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
    "748cd15befa065b094e55fd59b7bf01dc7f4b19b4d606b27cd81df1a7cefbe6c"
    "bb4d14182d0d1f08afef0a89f2a77f698e8e9b956d42071d2d1b62b915c03532"
    "81bfd08f32fe4fbf110ba391b37fb5ac5258cb56cc1a9d25ae0b9025b79ce034"
    "2201728363015b4accdf9d6b02f0a25b7429b067886d26de184ad78cb71465a1"
);

/// Refuses an L1 without one of the precompiles: there a true claim could be disproved by a chunk that calls it.
pub(super) async fn require_precompiles(l1: &L1Client) -> Result<(), NodeError> {
    let mut probes: Vec<(u64, Bytes, usize)> =
        PROBES.iter().map(|&(address, input, output)| (address, vec![0; input].into(), output)).collect();
    let infinity = [&[0xc0][..], &[0; 47]].concat();
    probes.push((0x0a, [&ZERO_POLYNOMIAL[..], &[0; 64], &infinity, &infinity].concat().into(), 64));
    probes.push((0x100, P256_SIGNATURE.to_vec().into(), 32));
    for (number, data, length) in probes {
        let address = Address::from_word(U256::from(number).into());
        let call = CallRequest { to: Some(address), data, ..Default::default() };
        let output = l1.call(&call, BlockTag::Latest).await?;
        if output.len() != length {
            return Err(NodeError::Config(format!(
                "this L1 has no precompile at {address}: fault proofs need those of Osaka (blake2f, point evaluation, \
                 BLS12-381, P256VERIFY). Use another L1, or a rollup type without fault proofs"
            )));
        }
    }
    Ok(())
}
