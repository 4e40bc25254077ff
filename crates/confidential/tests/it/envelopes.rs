use alloy_primitives::{Address, B256, keccak256};
use lux_confidential::{
    ConfidentialError, ContentKey, Context, DecryptionKey, EncryptionKey, Envelope, MAX_RECIPIENTS, TaskContext,
    sealed_bytes,
};
use proptest::prelude::*;

const LIMIT: usize = 1 << 20;

fn enclave(number: u8) -> DecryptionKey {
    DecryptionKey::derive(&[number; 32])
}

fn task() -> TaskContext {
    TaskContext {
        chain_id: 7,
        market: Address::repeat_byte(1),
        model: B256::repeat_byte(2),
        requester: Address::repeat_byte(3),
        task: B256::repeat_byte(4),
    }
}

fn context() -> Context {
    Context::task(&task())
}

fn sealed(plaintext: &[u8], enclaves: &[&DecryptionKey]) -> Vec<u8> {
    let recipients: Vec<_> = enclaves.iter().map(|enclave| enclave.public()).collect();
    Envelope::seal(plaintext, &ContentKey::random(), &recipients, &context()).unwrap()
}

fn open(bytes: &[u8], enclave: &DecryptionKey, context: &Context) -> Result<Vec<u8>, ConfidentialError> {
    let envelope = Envelope::decode(bytes, LIMIT)?;
    Ok(envelope.open(&envelope.content_key(enclave, context)?, context)?.to_vec())
}

#[test]
fn every_recipient_finds_the_plaintext() {
    let enclaves: Vec<_> = (1..=MAX_RECIPIENTS as u8).map(enclave).collect();
    let bytes = sealed(b"input", &enclaves.iter().collect::<Vec<_>>());
    assert_eq!(bytes.len(), sealed_bytes(5, MAX_RECIPIENTS));
    for enclave in &enclaves {
        assert_eq!(open(&bytes, enclave, &context()).unwrap(), b"input");
    }
    assert!(!bytes.windows(5).any(|window| window == b"input"));
}

#[test]
fn nobody_else_opens_it() {
    let bytes = sealed(b"input", &[&enclave(1), &enclave(2)]);
    let other = enclave(3);
    assert_eq!(open(&bytes, &other, &context()), Err(ConfidentialError::NotRecipient(other.public())));
    // Under the name of a recipient, too.
    let mut renamed = bytes.clone();
    renamed[41..73].copy_from_slice(other.public().0.as_slice());
    assert_eq!(open(&renamed, &other, &context()), Err(ConfidentialError::WrongContext));
    let envelope = Envelope::decode(&bytes, LIMIT).unwrap();
    let guessed = envelope.open(&ContentKey::random(), &context());
    assert_eq!(guessed.unwrap_err(), ConfidentialError::OtherContentKey);
}

/// Whoever copies an envelope into a task of their own gets nothing out of an enclave.
#[test]
fn it_opens_for_its_task_alone() {
    let enclave = enclave(1);
    let bytes = sealed(b"input", &[&enclave]);
    let others = [
        Context::task(&TaskContext { chain_id: 8, ..task() }),
        Context::task(&TaskContext { market: Address::repeat_byte(9), ..task() }),
        Context::task(&TaskContext { model: B256::repeat_byte(9), ..task() }),
        Context::task(&TaskContext { requester: Address::repeat_byte(9), ..task() }),
        Context::task(&TaskContext { task: B256::repeat_byte(9), ..task() }),
        Context::at_rest(task().task),
    ];
    let (envelope, own) = (Envelope::decode(&bytes, LIMIT).unwrap(), context());
    let key = envelope.content_key(&enclave, &own).unwrap();
    for other in others {
        assert_eq!(open(&bytes, &enclave, &other), Err(ConfidentialError::WrongContext));
        assert_eq!(envelope.open(&key, &other).unwrap_err(), ConfidentialError::OtherContentKey);
    }
}

#[test]
fn no_bit_and_no_end_can_be_changed() {
    let enclave = enclave(1);
    let bytes = sealed(b"input", &[&enclave]);
    for at in 0..bytes.len() {
        for bit in [0, 7] {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << bit;
            assert!(open(&changed, &enclave, &context()).is_err(), "byte {at}");
        }
        assert!(open(&bytes[..at], &enclave, &context()).is_err(), "{at} bytes");
    }
    assert!(open(&[bytes.as_slice(), &[0]].concat(), &enclave, &context()).is_err());
}

/// A header of one envelope before the ciphertext of another, under one content key.
#[test]
fn parts_of_two_envelopes_make_none() {
    let (enclave, key) = (enclave(1), ContentKey::random());
    let seal = |plaintext: &[u8], to: &[EncryptionKey]| Envelope::seal(plaintext, &key, to, &context()).unwrap();
    let (one, two) = (seal(b"one", &[enclave.public()]), seal(b"two", &[enclave.public(), self::enclave(2).public()]));
    let head = one.len() - (256 + 16);
    let mixed = [&one[..head], &two[two.len() - (256 + 16)..]].concat();
    assert_eq!(open(&mixed, &enclave, &context()), Err(ConfidentialError::Tampered));
}

/// A requester who gives two enclaves two content keys would have them sign two outputs for one input, which ends policies.
#[test]
fn two_recipients_never_find_two_plaintexts() {
    let (first, second) = (enclave(1), enclave(2));
    let (one, two) = (sealed(b"one", &[&first]), sealed(b"two", &[&second]));
    const ENTRY: usize = 32 + 80;
    let mut both = one.clone();
    both[8] = 2;
    both.splice(41 + ENTRY..41 + ENTRY, two[41..41 + ENTRY].iter().copied());
    assert_eq!(Envelope::decode(&both, LIMIT).unwrap().recipients().count(), 2);
    assert_eq!(open(&both, &second, &context()), Err(ConfidentialError::WrongContext));
    assert_eq!(open(&both, &first, &context()), Err(ConfidentialError::Tampered));
}

#[test]
fn decoding_is_bounded() {
    let keys: Vec<_> = (0..=MAX_RECIPIENTS as u8).map(|number| enclave(number).public()).collect();
    let seal = |to: &[EncryptionKey]| Envelope::seal(b"", &ContentKey::random(), to, &context());
    assert_eq!(seal(&keys), Err(ConfidentialError::TooManyRecipients(MAX_RECIPIENTS + 1)));
    assert_eq!(seal(&[keys[0], keys[0]]), Err(ConfidentialError::RecipientTwice(keys[0])));
    let bytes = seal(&keys[..2]).unwrap();
    let limit = bytes.len() - 1;
    let too_large = ConfidentialError::TooLarge { bytes: bytes.len(), limit };
    assert_eq!(Envelope::decode(&bytes, limit), Err(too_large));
    let mut many = bytes.clone();
    many[8] = 255;
    assert_eq!(Envelope::decode(&many, LIMIT), Err(ConfidentialError::TooManyRecipients(255)));
    let mut next_version = bytes.clone();
    next_version[7] = 2;
    assert_eq!(Envelope::decode(&next_version, LIMIT), Err(ConfidentialError::Version));
    let mut twice = bytes;
    twice.copy_within(41..73, 41 + 112);
    assert_eq!(Envelope::decode(&twice, LIMIT), Err(ConfidentialError::RecipientTwice(keys[0])));
}

#[test]
fn lengths_are_hidden_in_buckets() {
    let length = |plaintext: usize| sealed(&vec![1; plaintext], &[&enclave(1)]).len();
    assert_eq!(length(0), length(248));
    assert_eq!(length(10_000), length(10_100));
}

proptest! {
    #[test]
    fn any_plaintext_comes_back(plaintext in proptest::collection::vec(any::<u8>(), 0..2_000), seed in any::<[u8; 32]>()) {
        let enclave = DecryptionKey::derive(&seed);
        let bytes = sealed(&plaintext, &[&enclave]);
        prop_assert_eq!(bytes.len(), sealed_bytes(plaintext.len(), 1));
        prop_assert_eq!(open(&bytes, &enclave, &context()).unwrap(), plaintext);
    }

    #[test]
    fn any_bytes_are_refused_in_order(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let mut sealed = b"LUXSEAL\x01".to_vec();
        sealed.extend(&bytes);
        prop_assert!(open(&sealed, &enclave(1), &context()).is_err());
    }
}

/// Every byte of the format, as another implementation would have it: a change shows here.
#[test]
fn the_header_is_as_documented() {
    let enclave = enclave(1);
    let bytes = sealed(b"input", &[&enclave]);
    assert_eq!(&bytes[..9], b"LUXSEAL\x01\x01");
    assert_eq!(&bytes[41..73], enclave.public().0.as_slice());
    assert_eq!(bytes.len(), 41 + 112 + 256 + 16);
    let preimage = [b"LUX_SEALED_TASK_V1".as_slice(), &7u64.to_be_bytes(), &[1; 20], &[2; 32], &[3; 20], &[4; 32]];
    assert_eq!(format!("{:?}", context()), format!("Context({})", keccak256(preimage.concat())));
}
