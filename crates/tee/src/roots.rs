//! Whom to believe.

use crate::PublicKey;
use alloc::vec;
use alloc::vec::Vec;
use alloy_primitives::{B256, b256};

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
}
