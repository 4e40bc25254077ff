use crate::releases::{Enclave, NAME, NOW};
use alloy_primitives::B256;
use lux_confidential::{ContentKey, Holder, HolderConfig, KeyRequest, accept_key};
use lux_tee::dev::roots;

fn holder(enclave: &Enclave, change: impl FnOnce(&mut HolderConfig)) -> (Holder, ContentKey) {
    let (key, mut config) = (ContentKey::random(), HolderConfig::new(roots(), enclave.policy()));
    change(&mut config);
    (Holder::new([(NAME, key.clone())].into(), config), key)
}

fn ask(holder: &mut Holder, enclave: &Enclave, request: &KeyRequest, now: u64) -> Result<[u8; 80], &'static str> {
    let answer = holder.release(&request.encode(), &enclave.collateral, now);
    answer.map(|(_, released, _)| released).map_err(|error| error.brief())
}

#[test]
fn a_request_is_answered_once() {
    let enclave = Enclave::new(b"software", NOW - 60);
    let (mut holder, key) = holder(&enclave, |_| {});
    let nonce = holder.nonce(NOW).unwrap();
    let request = enclave.request(NAME, nonce);
    let released = ask(&mut holder, &enclave, &request, NOW).unwrap();
    let accepted = accept_key(&released, &enclave.decryption, NAME, nonce).unwrap();
    assert_eq!(accepted.as_slice(), key.as_slice());
    assert_eq!(ask(&mut holder, &enclave, &request, NOW), Err("unknown nonce"));
}

#[test]
fn a_nonce_is_used_up_by_whatever_comes_with_it() {
    let enclave = Enclave::new(b"software", NOW);
    let (mut holder, _) = holder(&enclave, |_| {});
    let nonce = holder.nonce(NOW).unwrap();
    let mut flipped = enclave.request(NAME, nonce);
    flipped.signature[5] ^= 1;
    assert_eq!(ask(&mut holder, &enclave, &flipped, NOW), Err("signature"));
    assert_eq!(ask(&mut holder, &enclave, &enclave.request(NAME, nonce), NOW), Err("unknown nonce"));
    let nonce = holder.nonce(NOW).unwrap();
    assert_eq!(ask(&mut holder, &enclave, &enclave.request(B256::ZERO, nonce), NOW), Err("unknown name"));
    let nonce = holder.nonce(NOW).unwrap();
    assert_eq!(ask(&mut holder, &enclave, &enclave.request(NAME, nonce), NOW + 61), Err("unknown nonce"));
    assert_eq!(ask(&mut holder, &enclave, &enclave.request(NAME, B256::ZERO), NOW), Err("unknown nonce"));
}

#[test]
fn other_software_and_old_attestations_get_nothing() {
    let good = Enclave::new(b"software", NOW);
    let (mut holder, _) = holder(&good, |_| {});
    for (enclave, expected) in [
        (Enclave::new(b"software that logs", NOW), "attestation not accepted"),
        (Enclave::new(b"software", NOW - 3_601), "attestation too old or too new"),
    ] {
        let nonce = holder.nonce(NOW).unwrap();
        assert_eq!(ask(&mut holder, &enclave, &enclave.request(NAME, nonce), NOW), Err(expected));
    }
}

#[test]
fn nobody_makes_a_holder_work_or_remember_without_end() {
    let enclave = Enclave::new(b"software", NOW);
    let (mut holder, _) = holder(&enclave, |config| (config.max_nonces, config.max_requests) = (2, 3));
    let first = holder.nonce(NOW).unwrap();
    holder.nonce(NOW).unwrap();
    assert_eq!(holder.nonce(NOW).unwrap_err().brief(), "busy");
    for _ in 0..3 {
        assert_eq!(holder.release(&[], &enclave.collateral, NOW).unwrap_err().brief(), "malformed request");
    }
    assert_eq!(ask(&mut holder, &enclave, &enclave.request(NAME, first), NOW), Err("busy"));
    ask(&mut holder, &enclave, &enclave.request(NAME, first), NOW + 60).unwrap();
    assert!(holder.nonce(NOW + 61).is_ok(), "those that nobody used are forgotten");
    let long = vec![0; lux_confidential::MAX_REQUEST_BYTES + 1];
    assert_eq!(holder.release(&long, &enclave.collateral, NOW + 61).unwrap_err().brief(), "malformed request");
}
