use alloy_primitives::{B256, Bytes};
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use lux_confidential::{
    ConfidentialError, ContentKey, DecryptionKey, EncryptionKey, KeyRequest, ReleaseError, ReleaseTerms, accept_key,
    release_key,
};
use lux_tee::dev::{Request, attest, roots};
use lux_tee::{Collateral, Identity, Kind, Policy, PolicyError, Roots, TeeError, inspect, report_data_of_key};

pub const NOW: u64 = 1_800_000_000;
pub const NAME: B256 = B256::repeat_byte(1);
const NONCE: B256 = B256::repeat_byte(2);

/// An enclave that runs some software, with an attestation made at a time.
pub struct Enclave {
    signer: PrivateKeySigner,
    pub decryption: DecryptionKey,
    attestation: Bytes,
    pub collateral: Collateral,
    made: u64,
}

impl Enclave {
    pub fn new(software: &[u8], made: u64) -> Self {
        let signer = PrivateKeySigner::from_slice(&[7; 32]).unwrap();
        let bound = report_data_of_key(signer.public_key().as_slice(), made);
        let (attestation, collateral) = attest(&Request::new(Kind::Sgx, software, bound, made));
        Self { signer, decryption: DecryptionKey::derive(&[8; 32]), attestation: attestation.into(), collateral, made }
    }

    pub fn request(&self, name: B256, nonce: B256) -> KeyRequest {
        self.request_for(name, nonce, self.decryption.public())
    }

    fn request_for(&self, name: B256, nonce: B256, encryption_key: EncryptionKey) -> KeyRequest {
        let digest = KeyRequest::digest(name, nonce, &encryption_key);
        KeyRequest {
            name,
            nonce,
            encryption_key,
            timestamp: self.made,
            public_key: self.signer.public_key().0,
            signature: self.signer.sign_hash_sync(&digest).unwrap().as_bytes(),
            attestation: self.attestation.clone(),
        }
    }

    pub fn policy(&self) -> Policy {
        Policy { identities: vec![Identity::of(&inspect(&self.attestation).unwrap())], ..Policy::default() }
    }
}

fn terms<'a>(roots: &'a Roots, policy: &'a Policy) -> ReleaseTerms<'a> {
    ReleaseTerms { name: NAME, nonce: NONCE, now: NOW, max_age: 3_600, roots, policy }
}

#[test]
fn the_software_that_a_policy_names_gets_the_key() {
    let enclave = Enclave::new(b"software", NOW - 60);
    let (roots, policy, key) = (roots(), enclave.policy(), ContentKey::random());
    let request = KeyRequest::decode(&enclave.request(NAME, NONCE).encode()).unwrap();
    let (released, found) = release_key(&key, &request, &enclave.collateral, &terms(&roots, &policy)).unwrap();
    assert!(found.development, "so that a holder can say that the enclave is simulated");
    let accepted = accept_key(&released, &enclave.decryption, NAME, NONCE).unwrap();
    assert_eq!(accepted.as_slice(), key.as_slice());
    // To nobody else, and as the answer to nothing else.
    let other = DecryptionKey::derive(&[9; 32]);
    for (key, name, nonce) in
        [(&other, NAME, NONCE), (&enclave.decryption, NONCE, NONCE), (&enclave.decryption, NAME, NAME)]
    {
        assert_eq!(accept_key(&released, key, name, nonce).unwrap_err(), ConfidentialError::WrongContext);
    }
}

#[test]
fn other_software_gets_nothing() {
    let (good, bad) = (Enclave::new(b"software", NOW), Enclave::new(b"software that logs", NOW));
    let (roots, policy, key) = (roots(), good.policy(), ContentKey::random());
    let refused = release_key(&key, &bad.request(NAME, NONCE), &bad.collateral, &terms(&roots, &policy));
    assert!(matches!(refused, Err(ReleaseError::Attestation(TeeError::Policy(_)))), "{refused:?}");
    // Nor does anything that a policy is silent about.
    let refused = release_key(&key, &good.request(NAME, NONCE), &good.collateral, &terms(&roots, &Policy::default()));
    assert!(matches!(refused, Err(ReleaseError::Attestation(TeeError::Policy(_)))), "{refused:?}");
    // The vendors' roots take no attestation of development.
    let vendors = Roots::vendors();
    assert!(release_key(&key, &good.request(NAME, NONCE), &good.collateral, &terms(&vendors, &policy)).is_err());
}

/// What was seen on the way to another holder, or before, is worth nothing.
#[test]
fn requests_are_for_one_nonce_and_one_key() {
    let enclave = Enclave::new(b"software", NOW);
    let (roots, policy, key) = (roots(), enclave.policy(), ContentKey::random());
    let release = |request: &KeyRequest| {
        release_key(&key, request, &enclave.collateral, &terms(&roots, &policy)).map(|_| ()).unwrap_err()
    };
    let earlier = enclave.request(NAME, B256::repeat_byte(3));
    assert!(matches!(release(&earlier), ReleaseError::OtherNonce));
    assert!(matches!(release(&KeyRequest { nonce: NONCE, ..earlier }), ReleaseError::Signature));
    let other_name = enclave.request(B256::repeat_byte(3), NONCE);
    assert!(matches!(release(&other_name), ReleaseError::OtherName(_)));
    assert!(matches!(release(&KeyRequest { name: NAME, ..other_name }), ReleaseError::Signature));
    // The attestation of an enclave beside the key of somebody else.
    let thief = DecryptionKey::derive(&[9; 32]).public();
    let stolen = KeyRequest { encryption_key: thief, ..enclave.request(NAME, NONCE) };
    assert!(matches!(release(&stolen), ReleaseError::Signature));
    let own = PrivateKeySigner::from_slice(&[3; 32]).unwrap();
    let signature = own.sign_hash_sync(&KeyRequest::digest(NAME, NONCE, &thief)).unwrap().as_bytes();
    let signed = KeyRequest { signature, public_key: own.public_key().0, ..stolen };
    assert!(
        matches!(release(&signed), ReleaseError::Attestation(TeeError::Policy(PolicyError::ReportData { .. }))),
        "{:?}",
        release(&signed)
    );
}

#[test]
fn old_attestations_and_ones_to_come_are_refused() {
    for (made, is_fine) in [(NOW - 3_600, true), (NOW - 3_601, false), (NOW + 300, true), (NOW + 301, false)] {
        let enclave = Enclave::new(b"software", made);
        let (roots, policy) = (roots(), enclave.policy());
        // Its certificates are valid from then on.
        let terms = ReleaseTerms { now: NOW, ..terms(&roots, &policy) };
        let released = release_key(&ContentKey::random(), &enclave.request(NAME, NONCE), &enclave.collateral, &terms);
        let is_stale = matches!(released, Err(ReleaseError::Stale { .. }));
        assert_eq!(is_stale, !is_fine, "{made}: {released:?}");
        // Another time is not the one that the report data binds.
        let younger = KeyRequest { timestamp: made + 1, ..enclave.request(NAME, NONCE) };
        assert!(release_key(&ContentKey::random(), &younger, &enclave.collateral, &terms).is_err());
    }
}

#[test]
fn bytes_that_are_no_request_are_refused() {
    let bytes = Enclave::new(b"software", NOW).request(NAME, NONCE).encode();
    for end in 0..8 + 32 * 3 + 8 + 64 + 65 {
        assert!(matches!(KeyRequest::decode(&bytes[..end]), Err(ReleaseError::Malformed)));
    }
    let mut other = bytes.clone();
    other[7] = 2;
    assert!(KeyRequest::decode(&other).is_err());
    assert!(KeyRequest::decode(&[bytes.as_slice(), &vec![0; 32 << 10]].concat()).is_err());
}
