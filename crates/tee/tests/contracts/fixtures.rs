//! What the contracts' own tests read: quotes and collateral under the development root, as JSON.

use alloy_primitives::{Bytes, hex};
use lux_tee::dev::{Request, attest, roots};
use lux_tee::{Collateral, Kind, Window, blocks};
use serde_json::{Value, json};

/// When the quotes were made; they are valid for 30 days from a minute earlier.
pub const NOW: u64 = 1_750_000_000;
const DAY: u64 = 86_400;

/// The content of `contracts/test/tee.json`.
pub fn fixtures() -> String {
    let sgx = Request::new(Kind::Sgx, b"lux-tee fixture", [7; 64], NOW);
    let later = Window { from: NOW + DAY, until: NOW + 31 * DAY };
    let cases = [
        ("sgx", sgx.clone()),
        ("tdx", Request { kind: Kind::Tdx, ..sgx.clone() }),
        ("sgxDebug", Request { debug: true, ..sgx.clone() }),
        ("sgxOutOfDate", Request { platform_svn: 4, ..sgx.clone() }),
        ("sgxLater", Request { window: later, ..sgx.clone() }),
        ("sgxRevoked", Request { window: later, revoked: true, ..sgx }),
    ];
    let mut all: serde_json::Map<String, Value> =
        cases.into_iter().map(|(name, request)| (name.to_owned(), fixture(&request))).collect();
    all.insert("now".into(), json!(NOW));
    all.insert("root".into(), json!(roots().intel[0]));
    serde_json::to_string_pretty(&all).expect("values are JSON") + "\n"
}

fn fixture(request: &Request) -> Value {
    let (quote, Collateral::Intel(collateral)) = attest(request) else { unreachable!("the kinds are Intel's") };
    let chain = pck_chain(&quote);
    let certificates: Vec<Bytes> =
        blocks(chain).expect("quotes have PEM").into_iter().map(|block| block.bytes.into()).collect();
    json!({
        "quote": hex::encode_prefixed(&quote),
        "chain": hex::encode_prefixed(chain),
        "issuer": certificates[1],
        "root": certificates[2],
        "signer": collateral.tcb_info_chain[0],
        "tcbInfo": collateral.tcb_info,
        "tcbInfoSignature": collateral.tcb_info_signature,
        "qeIdentity": collateral.qe_identity,
        "qeIdentitySignature": collateral.qe_identity_signature,
        "pckList": collateral.pck_crl,
        "rootList": collateral.root_crl,
    })
}

/// The certificates in a quote, as text.
pub fn pck_chain(quote: &[u8]) -> &[u8] {
    const BEGIN: &[u8] = b"-----BEGIN";
    let start = quote.windows(BEGIN.len()).position(|window| window == BEGIN).expect("the quote has a chain");
    let len = quote[start - 4..start].first_chunk().map_or(0, |len| u32::from_le_bytes(*len));
    &quote[start..start + len as usize]
}
