//! Whom to believe.

use crate::{Problem, PublicKey, TeeError};
use alloc::vec;
use alloc::vec::Vec;
use alloy_primitives::{B256, Bytes, b256};
use alloy_rlp::{Decodable, RlpDecodable, RlpEncodable};

const PART: &str = "roots";
/// Most keys of Arm devices in an encoded set of roots, and most roots of each vendor.
pub const MAX_ANCHORS: usize = 16;

/// Intel SGX Root CA: <https://certificates.trustedservices.intel.com/Intel_SGX_Provisioning_Certification_RootCA.cer>,
/// certificate 44a0196b2b99f889b8e149e95b807a350e7424964399e885a7cbb8ccfab674d3.
const INTEL_SGX: B256 = b256!("a0af031289f5d5d4132f9186068a7fc13628633ba235777472e29b6b6c67a49e");
/// ARK-Milan: <https://kdsintf.amd.com/vcek/v1/Milan/cert_chain>,
/// certificate 69d063b45344d26a2e94e1f4210de49ef555308287d4c174445c95639a540bcd.
const AMD_MILAN: B256 = b256!("9f056bee44377e29308cb5ffa895bdfb62d18881fa6bed8d6f075b0204089cb9");
/// ARK-Genoa: <https://kdsintf.amd.com/vcek/v1/Genoa/cert_chain>,
/// certificate 4c6598d19c18719c5dfd4a7d335f674e5bfe1d8f800cea2cf270c10d103db2f1.
const AMD_GENOA: B256 = b256!("429a69c9422aa258ee4d8db5fcda9c6470ef15f8cd5a9cebd6cbc7d90b863831");
/// ARK-Turin: <https://kdsintf.amd.com/vcek/v1/Turin/cert_chain>,
/// certificate 1f084161a44bb6d93778a904877d4819cafa5d05ef4193b2ded9dd9c73dd3f6a.
const AMD_TURIN: B256 = b256!("4f125410563a2ab9a50356f9243f6fe0b6f73de98603f53f90339c70e9d7ad08");
/// aws.nitro-enclaves: <https://aws-nitro-enclaves.amazonaws.com/AWS_NitroEnclaves_Root-G1.zip>,
/// certificate 641a0321a3e244efe456463195d606317ed7cdcc3c1756e09893f3c68f79bb5b.
const AWS_NITRO: B256 = b256!("f2caf5ecc6190b4a8399b78bc58a2bbcd0382375db8a1bfd78a82743874fd225");

/// Accepted roots. Where a vendor has certificates, roots are SHA-256 hashes of an encoded `SubjectPublicKeyInfo`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roots {
    pub intel: Vec<B256>,
    pub amd: Vec<B256>,
    pub nitro: Vec<B256>,
    /// Arm has no common root: each device's key is endorsed by whoever made it.
    pub arm: Vec<DeviceKey>,
}

/// The key of an Arm device, or of a group of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceKey {
    pub key: PublicKey,
    /// The implementation that the key belongs to, if its owner says.
    pub implementation_id: Option<[u8; 32]>,
    /// The instance that the key belongs to, if its owner says.
    pub instance_id: Option<[u8; 33]>,
}

impl Roots {
    /// The roots of the vendors: what production uses.
    pub fn vendors() -> Self {
        Self {
            intel: vec![INTEL_SGX],
            amd: vec![AMD_MILAN, AMD_GENOA, AMD_TURIN],
            nitro: vec![AWS_NITRO],
            arm: Vec::new(),
        }
    }
    /// RLP of `[[intel, ...], [amd, ...], [nitro, ...], [[point, implementation id, instance id], ...]]`, where an id that
    /// is not given is empty.
    pub fn encode(&self) -> Vec<u8> {
        let optional = |id: Option<&[u8]>| id.map(Bytes::copy_from_slice).unwrap_or_default();
        let anchor = |device: &DeviceKey| EncodedAnchor {
            point: device.key.point().into(),
            implementation_id: optional(device.implementation_id.as_ref().map(|id| &id[..])),
            instance_id: optional(device.instance_id.as_ref().map(|id| &id[..])),
        };
        let Self { intel, amd, nitro, arm } = self;
        let encoded = EncodedRoots {
            intel: intel.clone(),
            amd: amd.clone(),
            nitro: nitro.clone(),
            arm: arm.iter().map(anchor).collect(),
        };
        alloy_rlp::encode(encoded)
    }

    /// Inverse of [`Self::encode`].
    pub fn decode(mut bytes: &[u8]) -> Result<Self, TeeError> {
        let encoded = EncodedRoots::decode(&mut bytes).map_err(|_| TeeError::invalid(PART, "RLP"))?;
        if !bytes.is_empty() {
            return Err(TeeError::malformed(PART, Problem::TrailingBytes(bytes.len())));
        }
        let EncodedRoots { intel, amd, nitro, arm } = encoded;
        let len = intel.len().max(amd.len()).max(nitro.len()).max(arm.len());
        if len > MAX_ANCHORS {
            return Err(TeeError::malformed(PART, Problem::TooLong { len, max: MAX_ANCHORS }));
        }
        let arm = arm.iter().map(EncodedAnchor::decode_anchor).collect::<Result<_, _>>()?;
        Ok(Self { intel, amd, nitro, arm })
    }
}

#[derive(RlpEncodable, RlpDecodable)]
struct EncodedRoots {
    intel: Vec<B256>,
    amd: Vec<B256>,
    nitro: Vec<B256>,
    arm: Vec<EncodedAnchor>,
}

#[derive(RlpEncodable, RlpDecodable)]
struct EncodedAnchor {
    /// Uncompressed, of P-256 or P-384.
    point: Bytes,
    implementation_id: Bytes,
    instance_id: Bytes,
}

impl EncodedAnchor {
    fn decode_anchor(&self) -> Result<DeviceKey, TeeError> {
        let invalid = |what| TeeError::invalid(PART, what);
        let key = PublicKey::p256(&self.point).or_else(|| PublicKey::p384(&self.point));
        Ok(DeviceKey {
            key: key.ok_or(invalid("device key: uncompressed points of P-256 and P-384 are known"))?,
            implementation_id: id(&self.implementation_id).ok_or(invalid("implementation id"))?,
            instance_id: id(&self.instance_id).ok_or(invalid("instance id"))?,
        })
    }
}

/// `None` for bytes of another length than an id has.
fn id<const N: usize>(bytes: &[u8]) -> Option<Option<[u8; N]>> {
    if bytes.is_empty() { Some(None) } else { bytes.try_into().ok().map(Some) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn anchor(implementation: Option<[u8; 32]>, instance: Option<[u8; 32]>) -> DeviceKey {
        let key = p384::ecdsa::SigningKey::from_slice(&[7; 48]).unwrap();
        let point = key.verifying_key().to_encoded_point(false);
        DeviceKey {
            key: PublicKey::p384(point.as_bytes()).unwrap(),
            implementation_id: implementation,
            instance_id: instance.map(|id| {
                let mut longer = [1; 33];
                longer[1..].copy_from_slice(&id);
                longer
            }),
        }
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(
            lists in prop::array::uniform3(prop::collection::vec(prop::array::uniform32(0_u8..).prop_map(B256::new), 0..=MAX_ANCHORS)),
            ids in prop::collection::vec(prop::array::uniform2(prop::option::of(prop::array::uniform32(0_u8..))), 0..3),
        ) {
            let [intel, amd, nitro] = lists;
            let arm = ids.into_iter().map(|[implementation, instance]| anchor(implementation, instance)).collect();
            let roots = Roots { intel, amd, nitro, arm };
            let bytes = roots.encode();
            prop_assert_eq!(Roots::decode(&bytes).unwrap(), roots);
            prop_assert!(Roots::decode(&bytes[..bytes.len() - 1]).is_err());
            prop_assert!(Roots::decode(&[&bytes[..], &[0]].concat()).is_err());
        }
    }

    #[test]
    fn too_many_are_refused() {
        let roots = Roots { amd: vec![B256::ZERO; MAX_ANCHORS + 1], ..Roots::default() };
        let expected = Problem::TooLong { len: MAX_ANCHORS + 1, max: MAX_ANCHORS };
        assert_eq!(Roots::decode(&roots.encode()), Err(TeeError::malformed(PART, expected)));
    }
}
