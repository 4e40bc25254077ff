//! Intel's files, as an operator has them, for the contracts on L1.

use crate::support::folder;
use lux_tee::{IntelFiles, IntelSubmission, TeeError};

/// What the files come to: PCK chains, revocation lists of the root and of others, TCB infos, QE identities.
fn counts(files: &[String]) -> Result<[usize; 5], TeeError> {
    let mut all = IntelFiles::default();
    for file in files {
        all.add(&std::fs::read(folder().unwrap().join("sgx-tdx").join(file)).unwrap())?;
    }
    let mut counts = [0; 5];
    for part in all.submissions()? {
        counts[match part {
            IntelSubmission::PckChain(_) => 0,
            IntelSubmission::RevocationList { issuers, .. } => issuers.len(),
            IntelSubmission::TcbInfo(_) => 3,
            IntelSubmission::QeIdentity(_) => 4,
        }] += 1;
    }
    Ok(counts)
}

#[test]
fn a_quote_and_its_collateral_are_complete() {
    if folder().is_none() {
        return;
    }
    let pairs = [
        ("sgx_quote", "sgx_quote_collateral.json"),
        ("tdx_quote", "tdx_quote_collateral.json"),
        ("tdx_quote_outdated", "tdx_quote_outdated_collateral.json"),
        ("quote_hex.txt", "quote_collateral.json"),
    ];
    for (quote, collateral) in pairs {
        let files = [quote, collateral].map(|name| format!("phala-dcap-qvl/{name}"));
        assert_eq!(counts(&files), Ok([1, 1, 1, 1, 1]), "{quote}");
    }
}

#[test]
fn answers_of_intels_service_are_complete() {
    if folder().is_none() {
        return;
    }
    let names = [
        "tcbInfo.json",
        "qeIdentity.json",
        "rootCaCrl.der",
        "intermediateCaCrl.der",
        "pckSignChain.pem",
        "tcbSignChain.pem",
    ];
    let files = names.map(|name| format!("intel-qvl-synthetic/{name}"));
    assert_eq!(counts(&files), Ok([0, 1, 1, 1, 1]));
    // Without the chain of the signer nobody vouches for the texts.
    assert!(counts(&files[..5]).unwrap_err().to_string().contains("the certificate of its signer"));
}
