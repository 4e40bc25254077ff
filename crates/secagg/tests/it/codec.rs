use alloy_primitives::Signature;
use lux_secagg::{
    AdvertiseKeys, Client, DecodeError, Delivery, MaskedInput, Message, Quorum, Sealed, Share, ShareKeys, ShareKind,
    Signed, Survivors, Unmask, WorkerSet,
};
use proptest::collection::{btree_set, vec};
use proptest::prelude::*;

const WORKERS: u16 = 21;
const DEGREE: u16 = 20;

fn sealed() -> impl Strategy<Value = Sealed> {
    (vec(any::<u8>(), 80), any::<[[u8; 32]; 2]>()).prop_map(|(ciphertext, commitments)| Sealed {
        ciphertext: ciphertext.try_into().expect("80 bytes"),
        commitments: commitments.map(Into::into),
    })
}

fn set() -> impl Strategy<Value = WorkerSet> {
    btree_set(0..WORKERS, 0..21).prop_map(|indices| WorkerSet::from_indices(WORKERS, indices))
}

fn share() -> impl Strategy<Value = Share> {
    (any::<u16>(), prop_oneof![Just(ShareKind::SelfMask), Just(ShareKind::MaskKey)], any::<[u8; 32]>())
        .prop_map(|(owner, kind, value)| Share { owner, kind, value })
}

/// Back again, and nothing of another length.
fn check<M: Message + PartialEq + std::fmt::Debug>(message: &M, decode: impl Fn(&[u8]) -> Result<M, DecodeError>) {
    let bytes = message.encode();
    assert_eq!(decode(&bytes).as_ref(), Ok(message));
    assert!(decode(&[&bytes[..], &[0]].concat()).is_err());
    assert!(bytes.is_empty() || decode(&bytes[..bytes.len() - 1]).is_err());
}

proptest! {
    #[test]
    fn messages(
        cipher: [u8; 32],
        mask: [u8; 32],
        own: [[u8; 32]; 3],
        sealed in vec(sealed(), usize::from(DEGREE)),
        peers in set(),
        shares in vec(share(), 0..=usize::from(DEGREE)),
    ) {
        check(&AdvertiseKeys { cipher, mask }, AdvertiseKeys::decode);
        let [self_mask_commitment, first, second] = own.map(Into::into);
        let share_keys = ShareKeys { self_mask_commitment, own: [first, second], sealed: sealed.clone() };
        check(&share_keys, |bytes| ShareKeys::decode(bytes, DEGREE));
        let masked = MaskedInput { peers: peers.clone(), vector_digest: first };
        check(&masked, |bytes| MaskedInput::decode(bytes, WORKERS));
        check(&Survivors(peers), |bytes| Survivors::decode(bytes, WORKERS));
        check(&Unmask { shares }, |bytes| Unmask::decode(bytes, DEGREE));
        let deliveries: Vec<_> = (0..).zip(sealed).map(|(owner, sealed)| Delivery { owner, sealed }).collect();
        let bytes = Delivery::encode_all(&deliveries);
        prop_assert_eq!(Delivery::decode_all(&bytes, DEGREE), Ok(deliveries));
        prop_assert!(Delivery::decode_all(&bytes, DEGREE - 1).is_err());
        prop_assert!(Delivery::decode_all(&bytes[..bytes.len() - 1], DEGREE).is_err());
    }

    #[test]
    fn quorums(signers in vec(any::<u16>(), 0..21), r: [u8; 32], s: [u8; 32], parity: bool) {
        let signature = Signature::from_scalars_and_parity(r.into(), s.into(), parity);
        let quorum = Quorum(signers.into_iter().map(|signer| (signer, signature)).collect());
        let bytes = quorum.encode();
        prop_assert_eq!(Quorum::decode(&bytes, WORKERS), Ok(quorum.clone()));
        prop_assert!(Quorum::decode(&[&bytes[..], &[0]].concat(), WORKERS).is_err());
        prop_assert!(quorum.0.is_empty() || Quorum::decode(&bytes, quorum.0.len() as u16 - 1).is_err());
    }

    /// Whatever comes is refused or means one thing.
    #[test]
    fn any_bytes(bytes in vec(any::<u8>(), 0..400)) {
        if let Ok(message) = AdvertiseKeys::decode(&bytes) {
            prop_assert_eq!(message.encode(), bytes.clone());
        }
        if let Ok(message) = MaskedInput::decode(&bytes, WORKERS) {
            prop_assert_eq!(message.encode(), bytes.clone());
        }
        if let Ok(message) = Unmask::decode(&bytes, DEGREE) {
            prop_assert_eq!(message.encode(), bytes.clone());
        }
        if let Ok(quorum) = Quorum::decode(&bytes, WORKERS) {
            prop_assert_eq!(Quorum::decode(&quorum.encode(), WORKERS), Ok(quorum));
        }
        if let Ok(signed) = Signed::decode(&bytes, AdvertiseKeys::decode) {
            prop_assert_eq!(signed.message.encode(), &bytes[..64]);
        }
        prop_assert!(ShareKeys::decode(&bytes, DEGREE).is_err());
        prop_assert!(Client::from_bytes(&bytes).is_err());
    }
}
