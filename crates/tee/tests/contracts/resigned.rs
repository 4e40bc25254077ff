//! Everything that can be signed, changed and signed again: both sides take or refuse the same, and say the same of it.

use crate::chain::L1;
use crate::development::{case, request};
use crate::fixtures::pck_chain;
use crate::same::Case;
use crate::signing::{Parts, elements, issue, pem, sign_raw, tlv, to_be_signed};
use lux_tee::{Kind, blocks};

const KINDS: [Kind; 2] = [Kind::Sgx, Kind::Tdx];

/// How many were taken, of how many.
#[derive(Default, Debug)]
struct Count {
    taken: usize,
    all: usize,
}

impl Count {
    fn add(&mut self, taken: bool) {
        self.taken += usize::from(taken);
        self.all += 1;
    }

    /// The changes were of both sorts: otherwise the test shows nothing.
    fn check(&self) {
        assert!(self.taken > 0 && self.taken < self.all, "{self:?}");
    }
}

/// `bytes`, with one bit changed, once for every byte.
fn changed(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    (0..bytes.len()).map(move |at| {
        let mut bytes = bytes.to_vec();
        bytes[at] ^= 1 << (at % 7);
        bytes
    })
}

fn check_quote(case: &Case, l1: &mut L1, quote: &[u8], count: &mut Count) {
    let (found, _) = case.check_verdict(l1, quote, case.now);
    count.add(found.is_ok());
}

#[test]
fn bodies() {
    for kind in KINDS {
        let (case, mut count) = (case(&request(kind)), Count::default());
        let mut l1 = case.l1();
        l1.submit_chain(pck_chain(&case.quote)).unwrap();
        let parts = Parts::of(&case.quote);
        for signed in changed(&parts.signed) {
            let quote = Parts { signed, ..parts.clone() }.quote();
            check_quote(&case, &mut l1, &quote, &mut count);
        }
        count.check();
    }
}

#[test]
fn reports_of_quoting_enclaves() {
    for kind in KINDS {
        let (case, mut count) = (case(&request(kind)), Count::default());
        let mut l1 = case.l1();
        l1.submit_chain(pck_chain(&case.quote)).unwrap();
        let mut parts = Parts::of(&case.quote);
        parts.qe_auth = b"authentication data".to_vec();
        parts.bind();
        for qe_report in changed(&parts.qe_report) {
            check_quote(&case, &mut l1, &Parts { qe_report, ..parts.clone() }.quote(), &mut count);
        }
        count.check();
    }
}

#[test]
fn version_5() {
    let (case, mut count) = (case(&request(Kind::Tdx)), Count::default());
    let mut l1 = case.l1();
    l1.submit_chain(pck_chain(&case.quote)).unwrap();
    let parts = Parts::of(&case.quote);
    let (header, report) = parts.signed.split_at(48);
    for (kind, extra) in [(2_u16, 0), (3, 64), (2, 64), (3, 0), (1, 0), (4, 64)] {
        let extra = vec![0xa5; extra];
        let len = (report.len() + extra.len()) as u32;
        let mut signed = [header, &kind.to_le_bytes(), &len.to_le_bytes(), report, &extra].concat();
        signed[0] = 5;
        check_quote(&case, &mut l1, &Parts { signed, ..parts.clone() }.quote(), &mut count);
    }
    assert_eq!(count.taken, 2);
}

#[test]
fn certificates() {
    let case = case(&request(Kind::Sgx));
    let mut l1 = case.l1();
    let parts = Parts::of(&case.quote);
    let chain: Vec<Vec<u8>> = blocks(&parts.chain).unwrap().into_iter().map(|block| block.bytes).collect();
    for (index, role) in ["intel issuer", "intel root", "intel root"].into_iter().enumerate() {
        let mut count = Count::default();
        for content in changed(to_be_signed(&chain[index])) {
            let mut chain = chain.clone();
            chain[index] = issue(role, &content);
            check_quote(&case, &mut l1, &Parts { chain: pem(&chain), ..parts.clone() }.quote(), &mut count);
        }
        count.check();
    }
}

/// A certificate whose key may be used otherwise.
fn with_usage(certificate: &[u8], role: &str, usage: [u8; 2]) -> Vec<u8> {
    let mut content = to_be_signed(certificate).to_vec();
    let at = content.windows(3).position(|window| window == [0x55, 0x1d, 0x0f]).unwrap();
    let bits = at + content[at..].windows(2).position(|window| window == [3, 2]).unwrap() + 2;
    content[bits..bits + 2].copy_from_slice(&usage);
    issue(role, &content)
}

#[test]
fn key_usages() {
    // Bits that are not used, and the others: signatures, certificates, lists.
    let usages =
        [[0, 0], [7, 0x80], [2, 0x04], [1, 0x02], [1, 0x06], [1, 0x86], [0, 0x7f], [6, 0x86], [2, 0x86], [8, 0x86]];
    let case = case(&request(Kind::Sgx));
    let mut l1 = case.l1();
    let parts = Parts::of(&case.quote);
    let chain: Vec<Vec<u8>> = blocks(&parts.chain).unwrap().into_iter().map(|block| block.bytes).collect();
    for (index, role) in ["intel issuer", "intel root", "intel root"].into_iter().enumerate() {
        let mut count = Count::default();
        for usage in usages {
            let mut chain = chain.clone();
            chain[index] = with_usage(&chain[index], role, usage);
            let quote = Parts { chain: pem(&chain), ..parts.clone() }.quote();
            check_quote(&case, &mut l1, &quote, &mut count);
        }
        count.check();
    }
    let l1 = without(&case, 2);
    let mut count = Count::default();
    for usage in usages {
        let mut changed = case.clone();
        let signer = &mut changed.collateral.tcb_info_chain[0];
        *signer = with_usage(signer, "intel root", usage).into();
        count.add(check_collateral(&changed, &l1, 2));
    }
    count.check();
    // Who may not sign lists has none.
    let mut l1 = L1::new(case.root, case.now);
    for (missing, index) in [(0, 2), (1, 1)] {
        let mut chain = chain.clone();
        chain[index] = with_usage(&chain[index], "intel root", [2, 0x04]);
        let (to, call) = l1.submissions(&case.collateral, &pem(&chain)).swap_remove(missing);
        assert_eq!(l1.would_take(to, call), Err("KeyUsage".into()));
    }
}

/// A certificate with other extensions.
pub fn with_extensions(certificate: &[u8], role: &str, edit: impl Fn(&mut Vec<Vec<u8>>)) -> Vec<u8> {
    let mut fields: Vec<Vec<u8>> = elements(to_be_signed(certificate)).into_iter().map(<[u8]>::to_vec).collect();
    let old = fields.pop().unwrap();
    let mut extensions = elements(elements(&old)[0]).into_iter().map(<[u8]>::to_vec).collect();
    edit(&mut extensions);
    fields.push(tlv(0xa3, &tlv(0x30, &extensions.concat())));
    issue(role, &tlv(0x30, &fields.concat()))
}

#[test]
fn extensions() {
    let case = case(&request(Kind::Sgx));
    let mut l1 = case.l1();
    let parts = Parts::of(&case.quote);
    let chain: Vec<Vec<u8>> = blocks(&parts.chain).unwrap().into_iter().map(|block| block.bytes).collect();
    let mut check = |index: usize, edit: &dyn Fn(&mut Vec<Vec<u8>>)| {
        let mut chain = chain.clone();
        chain[index] = with_extensions(&chain[index], ["intel issuer", "intel root", "intel root"][index], edit);
        let (found, _) = case.check_verdict(&mut l1, &Parts { chain: pem(&chain), ..parts.clone() }.quote(), case.now);
        found.map(|_| ())
    };
    let extension = |oid: &[u8], critical: bool, content: &[u8]| {
        let critical: &[u8] = if critical { &[1, 1, 0xff] } else { &[] };
        tlv(0x30, &[tlv(6, oid), critical.to_vec(), tlv(4, content)].concat())
    };
    let constraints = |content: &[u8]| {
        let new = extension(&[0x55, 0x1d, 0x13], true, &tlv(0x30, content));
        move |list: &mut Vec<Vec<u8>>| {
            list.retain(|old| !old.windows(3).any(|window| window == [0x55, 0x1d, 0x13]));
            list.push(new.clone());
        }
    };
    for index in 0..3 {
        assert_eq!(check(index, &|_| {}), Ok(()));
        assert_eq!(check(index, &|list| list.push(list[0].clone())), Err("Duplicate".into()));
        let stranger = |critical| extension(&[0x55, 0x1d, 0x63], critical, &[]);
        assert_eq!(check(index, &|list| list.push(stranger(false))), Ok(()));
        assert_eq!(check(index, &|list| list.push(stranger(true))), Err("CriticalExtension".into()));
    }
    // Below the issuer is no authority, below the root is one.
    assert_eq!(check(1, &constraints(&[1, 1, 0xff, 2, 1, 0])), Ok(()));
    assert_eq!(check(2, &constraints(&[1, 1, 0xff, 2, 1, 1])), Ok(()));
    assert_eq!(check(2, &constraints(&[1, 1, 0xff, 2, 1, 0])), Err("PathLength".into()));
    for index in [1, 2] {
        assert!(check(index, &constraints(&[])).is_err());
        assert!(check(index, &constraints(&[1, 1, 0])).is_err());
        assert!(check(index, &constraints(&[1, 1, 1])).is_err());
        assert!(check(index, &constraints(&[1, 1, 0xff, 2, 2, 0, 1])).is_err());
    }
}

/// Fields that are there twice, or not at all.
#[test]
fn fields_of_texts() {
    let case = case(&request(Kind::Sgx));
    let (info, identity) = (&case.collateral.tcb_info, &case.collateral.qe_identity);
    let texts: [(usize, &[u8], &[&str]); 2] = [
        (
            2,
            info,
            &[r#""id":"SGX""#, r#""version":3"#, r#""pceId":"0000""#, r#""tcbType":0"#, r#""tcbStatus":"UpToDate""#],
        ),
        (3, identity, &[r#""id":"QE""#, r#""version":2"#, r#""isvprodid":1"#, r#""miscselect":"00000000""#]),
    ];
    for (missing, text, fields) in texts {
        let text = std::str::from_utf8(text).unwrap();
        let l1 = without(&case, missing);
        for field in fields {
            assert!(text.contains(field));
            for new in [format!("{field},{field}"), r#""unknown":[{"a":null},true]"#.into()] {
                let mut changed = case.clone();
                let text = text.replacen(field, &new, 1).into_bytes();
                let signature = sign_raw("intel signer", &text).into();
                match missing {
                    2 => {
                        (changed.collateral.tcb_info, changed.collateral.tcb_info_signature) = (text.into(), signature)
                    }
                    _ => {
                        (changed.collateral.qe_identity, changed.collateral.qe_identity_signature) =
                            (text.into(), signature)
                    }
                }
                assert!(!check_collateral(&changed, &l1, missing), "{new}");
            }
        }
    }
}

#[test]
fn revoked_by_the_root() {
    let case = case(&request(Kind::Tdx));
    let l1 = without(&case, 0);
    let list = case.collateral.root_crl.clone();
    let fields = elements(to_be_signed(&list));
    let mut count = Count::default();
    // Root, issuer of PCK certificates, signer of TCB info, nobody.
    for serial in 1..5 {
        let entry = tlv(0x30, &[&[2, 1, serial][..], fields[3]].concat());
        let content = [&fields[..5].concat()[..], &tlv(0x30, &entry), fields[5]].concat();
        let mut changed = case.clone();
        changed.collateral.root_crl = issue("intel root", &tlv(0x30, &content)).into();
        count.add(check_collateral(&changed, &l1, 0));
    }
    assert_eq!(count.taken, 2);
}

/// Contracts to which everything but one of the submissions was made.
pub fn without(case: &Case, missing: usize) -> L1 {
    let mut l1 = L1::new(case.root, case.now);
    for (index, (to, call)) in l1.submissions(&case.collateral, pck_chain(&case.quote)).into_iter().enumerate() {
        if index != missing {
            l1.commit(to, call).unwrap();
        }
    }
    l1.submit_chain(pck_chain(&case.quote)).unwrap();
    l1
}

/// Makes the missing submission with changed collateral, and checks the quote.
pub fn check_collateral(changed: &Case, l1: &L1, missing: usize) -> bool {
    let mut l1 = l1.fork();
    let (to, call) = l1.submissions(&changed.collateral, pck_chain(&changed.quote)).swap_remove(missing);
    match l1.commit(to, call) {
        Ok(_) => changed.check_verdict(&mut l1, &changed.quote, changed.now).0.is_ok(),
        Err(error) => {
            let expected = changed.authenticate();
            assert!(expected.is_err(), "contracts: {error}; crate: {expected:?}");
            false
        }
    }
}

#[test]
fn revocation_lists() {
    let mut request = request(Kind::Sgx);
    request.revoked = true;
    let case = case(&request);
    for missing in [0, 1] {
        let (l1, mut count) = (without(&case, missing), Count::default());
        let list = if missing == 0 { &case.collateral.root_crl } else { &case.collateral.pck_crl };
        for content in changed(to_be_signed(list)) {
            let mut changed = case.clone();
            match missing {
                0 => changed.collateral.root_crl = issue("intel root", &content).into(),
                _ => changed.collateral.pck_crl = issue("intel issuer", &content).into(),
            }
            count.add(check_collateral(&changed, &l1, missing));
        }
        // With the root's list the platform stays revoked.
        assert!(missing == 0 || count.taken > 0, "{count:?}");
    }
}

/// As long as can be stored, in one transaction, and one entry longer.
#[test]
fn long_revocation_lists() {
    const MAX_ENTRIES: u16 = 1228;
    const TRANSACTION_GAS: u64 = 1 << 24;
    let mut request = request(Kind::Sgx);
    request.revoked = true;
    let mut case = case(&request);
    let l1 = without(&case, 1);
    let list = case.collateral.pck_crl.clone();
    let fields = elements(to_be_signed(&list));
    let entry = |serial: &[u8]| tlv(0x30, &[tlv(2, serial), fields[3].to_vec()].concat());
    // The last is the platform's; the others have as many bytes as one may have.
    let other = |number: u16| entry(&[&[1; 18][..], &number.to_be_bytes()].concat());
    for (count, expected) in [(MAX_ENTRIES, Ok("Revoked")), (MAX_ENTRIES + 1, Err("TooLong"))] {
        let entries: Vec<u8> = (1..count).flat_map(other).chain(entry(&[1, 2])).collect();
        let entries = tlv(0x30, &entries);
        let content = [&fields[..5].concat()[..], &entries, fields[6]].concat();
        case.collateral.pck_crl = issue("intel issuer", &tlv(0x30, &content)).into();
        let mut l1 = l1.fork();
        let (to, call) = l1.submissions(&case.collateral, pck_chain(&case.quote)).swap_remove(1);
        let submitted = l1.commit(to, call);
        println!("{count} entries: {submitted:?} gas");
        match expected {
            Ok(error) => {
                assert!(submitted.unwrap() <= TRANSACTION_GAS);
                assert_eq!(l1.authenticate(&case.quote).result, Err(error.into()));
            }
            Err(error) => assert_eq!(submitted, Err(error.into())),
        }
    }
}

/// A case with another TCB info.
pub fn with_tcb_info(case: &Case, text: &[u8]) -> Case {
    let mut changed = case.clone();
    changed.collateral.tcb_info = text.to_vec().into();
    changed.collateral.tcb_info_signature = sign_raw("intel signer", text).into();
    changed
}

#[test]
fn tcb_infos() {
    for kind in KINDS {
        let (case, mut count) = (case(&request(kind)), Count::default());
        let l1 = without(&case, 2);
        for text in changed(&case.collateral.tcb_info) {
            count.add(check_collateral(&with_tcb_info(&case, &text), &l1, 2));
        }
        count.check();
    }
}

#[test]
fn qe_identities() {
    for kind in KINDS {
        let (case, mut count) = (case(&request(kind)), Count::default());
        let l1 = without(&case, 3);
        for text in changed(&case.collateral.qe_identity) {
            let mut changed = case.clone();
            changed.collateral.qe_identity_signature = sign_raw("intel signer", &text).into();
            changed.collateral.qe_identity = text.into();
            count.add(check_collateral(&changed, &l1, 3));
        }
        count.check();
    }
}

/// Every status of platform, module and quoting enclave, with advisories of each.
#[test]
fn statuses() {
    const STATUSES: [&str; 7] = [
        "UpToDate",
        "SWHardeningNeeded",
        "ConfigurationNeeded",
        "ConfigurationAndSWHardeningNeeded",
        "OutOfDate",
        "OutOfDateConfigurationNeeded",
        "Revoked",
    ];
    let mut case = case(&request(Kind::Tdx));
    let l1 = without(&case, 2);
    let mut parts = Parts::of(&case.quote);
    parts.signed[48 + 1] = 1;
    case.quote = parts.quote();
    let text = String::from_utf8(case.collateral.tcb_info.to_vec()).unwrap();
    let module = text.split_once(r#""tdxModule":{"#).unwrap().1.split_once('}').unwrap().0;
    for platform in STATUSES {
        for part in STATUSES {
            for (id, svn) in [("TDX_01", 5), ("TDX_01", 6), ("TDX_02", 5), ("TDX_1", 5)] {
                let tail = format!(r#""tcbStatus":"{part}","advisoryIDs":["A","B","DEV-SA-00001"]"#);
                let level = format!(r#"{{"tcb":{{"isvsvn":{svn}}},{tail}}}"#);
                let identity = format!(r#""tdxModuleIdentities":[{{"id":"{id}",{module},"tcbLevels":[{level}]}}],"#);
                let text = text.replacen(r#""tcbLevels""#, &format!(r#"{identity}"tcbLevels""#), 1);
                let own = format!(r#""tcbStatus":"{platform}","advisoryIDs":["B","B"]}},"#);
                let text = text.replacen(r#""tcbStatus":"UpToDate"},"#, &own, 1);
                assert!(text.contains(&own));
                let taken = check_collateral(&with_tcb_info(&case, text.as_bytes()), &l1, 2);
                let is_revoked = platform == "Revoked" || !["UpToDate", "OutOfDate"].contains(&part);
                assert_eq!(taken, id == "TDX_01" && svn == 5 && !is_revoked, "{id} {svn} {platform} {part}");
            }
        }
    }
}
