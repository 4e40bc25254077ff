//! Limits and encodings that both sides have to draw at the same place.

use crate::development::{case, request};
use crate::resigned::{check_collateral, with_extensions, with_tcb_info, without};
use crate::same::Case;
use crate::signing::{Parts, elements, issue, pem, sign_raw, tlv, to_be_signed};
use lux_tee::{Kind, blocks};

/// An extension that nobody has to understand, with this name.
fn extension(oid: &[u8]) -> Vec<u8> {
    tlv(0x30, &[tlv(6, oid), tlv(4, &[])].concat())
}

#[test]
fn object_identifiers() {
    // What is taken, at the edge; then what is not.
    let good: [&[u8]; 6] = [
        &[0, 0, 1],
        &[0x77, 1, 0],
        &[0x2a, 0x81, 0x00],
        &[0x2a, 0xff, 0xff, 0xff, 0x7f],
        &[0x2a, 0x7f, 0x81, 0x80, 0x80, 0x00, 0x7f],
        &[0x55; 31],
    ];
    let bad: [&[u8]; 12] = [
        &[],
        &[0x2a],
        &[0x2a, 3],
        &[0x78, 1, 1],
        &[0x7f, 1, 1],
        &[0x81, 1, 1],
        &[0xff, 0x7f, 1],
        &[0x2a, 0x80, 1],
        &[0x2a, 3, 0x80, 1],
        &[0x2a, 0x81, 0x80, 0x80, 0x80, 0x00],
        &[0x2a, 0x8f, 0xff, 0xff, 0xff, 0x7f],
        &[0x2a, 3, 0x81],
    ];
    let case = case(&request(Kind::Sgx));
    let mut l1 = case.l1();
    let parts = Parts::of(&case.quote);
    let chain: Vec<Vec<u8>> = blocks(&parts.chain).unwrap().into_iter().map(|block| block.bytes).collect();
    let mut is_taken = |oid: &[u8]| {
        let mut chain = chain.clone();
        chain[1] = with_extensions(&chain[1], "intel root", |list| list.push(extension(oid)));
        case.check_verdict(&mut l1, &Parts { chain: pem(&chain), ..parts.clone() }.quote(), case.now).0.is_ok()
    };
    for oid in good {
        assert!(is_taken(oid), "{oid:02x?} is refused");
    }
    for oid in bad {
        assert!(!is_taken(oid), "{oid:02x?} is taken");
    }
    // Five bytes for one number, in all that the first and the last may be.
    for (first, last) in (0x80..=0xff_u8).step_by(5).flat_map(|first| [0, 0x0f, 0x10, 0x7f].map(|last| (first, last))) {
        assert!(!is_taken(&[0x2a, first, 0x81, 0x82, 0x83, last]));
    }
    // Any three bytes, told the same.
    let taken = (0..=0xff_u8).map(|byte| is_taken(&[byte, byte.rotate_left(3), byte.rotate_left(5)]));
    let taken = taken.filter(|taken| *taken).count();
    assert!(taken > 0 && taken < 0x100, "{taken}");
}

#[test]
fn extensions_of_entries() {
    let mut request = request(Kind::Sgx);
    request.revoked = true;
    let case = case(&request);
    let l1 = without(&case, 1);
    let list = case.collateral.pck_crl.clone();
    let fields = elements(to_be_signed(&list));
    let is_taken = |tail: &[u8]| {
        // Of a platform that is not this one.
        let entry = tlv(0x30, &[&[2, 1, 9][..], fields[3], tail].concat());
        let content = [&fields[..5].concat()[..], &tlv(0x30, &entry), fields[6]].concat();
        let mut changed = case.clone();
        changed.collateral.pck_crl = issue("intel issuer", &tlv(0x30, &content)).into();
        check_collateral(&changed, &l1, 1)
    };
    let one = extension(&[0x2a, 3, 4]);
    let (some, empty) = (tlv(0x30, &one), tlv(0x30, &[]));
    assert!(is_taken(&[]));
    assert!(is_taken(&some));
    assert!(is_taken(&tlv(0x30, &one.repeat(3))));
    for tail in [empty.clone(), [&some[..], &some].concat(), [&some[..], &empty].concat(), empty.repeat(5), one] {
        assert!(!is_taken(&tail), "{tail:02x?}");
    }
}

/// The names of advisories, of levels that the platform is at and of others.
#[test]
fn names_of_advisories() {
    let case = case(&request(Kind::Sgx));
    let texts = [(2, case.collateral.tcb_info.clone()), (3, case.collateral.qe_identity.clone())];
    for (missing, text) in texts {
        let l1 = without(&case, missing);
        let text = std::str::from_utf8(&text).unwrap();
        for status in ["UpToDate", "Revoked"] {
            let status = format!(r#""tcbStatus":"{status}""#);
            if !text.contains(&status) {
                continue;
            }
            for (bytes, expected) in [(0, true), (64, true), (65, false), (5_000, false)] {
                let new = format!(r#"{status},"advisoryIDs":["short","{}"]"#, "x".repeat(bytes));
                let changed = with_text(&case, missing, &text.replacen(&status, &new, 1));
                assert_eq!(check_collateral(&changed, &l1, missing), expected, "{bytes} bytes, {status}");
            }
            for (count, expected) in [(64, true), (65, false)] {
                let names: Vec<_> = (0..count).map(|index| format!(r#""{index}""#)).collect();
                let new = format!(r#"{status},"advisoryIDs":[{}]"#, names.join(","));
                let changed = with_text(&case, missing, &text.replacen(&status, &new, 1));
                assert_eq!(check_collateral(&changed, &l1, missing), expected, "{count} names, {status}");
            }
        }
    }
}

fn with_text(case: &Case, missing: usize, text: &str) -> Case {
    if missing == 2 {
        return with_tcb_info(case, text.as_bytes());
    }
    let mut changed = case.clone();
    changed.collateral.qe_identity = text.as_bytes().to_vec().into();
    changed.collateral.qe_identity_signature = sign_raw("intel signer", text.as_bytes()).into();
    changed
}
