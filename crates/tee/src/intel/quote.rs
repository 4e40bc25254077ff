//! DCAP quotes: version 3 for SGX, 4 and 5 for TDX.

use super::sgx::SgxReport;
use super::tdx::TdReport;
use crate::reader::Reader;
use crate::{Claims, Problem, TeeError};

const PART: &str = "quote";
/// A quote with its chain has 5 KB.
pub(crate) const MAX_QUOTE_BYTES: usize = 32 << 10;
const ECDSA_P256: u16 = 2;
const SGX: u32 = 0;
const TDX: u32 = 0x81;
const HEADER_BYTES: usize = 48;
/// Intel's own quoting enclave.
const INTEL_VENDOR: [u8; 16] = *b"\x93\x9a\x72\x33\xf7\x9c\x4c\xa9\x94\x0a\x0d\xb3\x95\x7f\x06\x07";
const PCK_CHAIN: u16 = 5;
const QE_REPORT: u16 = 6;
const TD_REPORT_10: u16 = 2;
const TD_REPORT_15: u16 = 3;

/// What the quote is about.
pub(crate) enum Body<'a> {
    Sgx(SgxReport<'a>),
    Tdx(TdReport<'a>),
}

/// A quote, taken apart.
pub(crate) struct Quote<'a> {
    pub version: u16,
    pub body: Body<'a>,
    /// Header and body.
    pub signed: &'a [u8],
    pub signature: &'a [u8; 64],
    pub attestation_key: &'a [u8; 64],
    pub qe_report: SgxReport<'a>,
    pub qe_signature: &'a [u8; 64],
    pub qe_auth: &'a [u8],
    /// Leaf first.
    pub pck_chain: &'a [u8],
}

/// These bytes begin as a quote does.
pub(crate) fn is_quote(bytes: &[u8]) -> bool {
    let half = |at: usize| bytes.get(at..at + 2).map(|two| u16::from_le_bytes([two[0], two[1]]));
    matches!((half(0), half(2)), (Some(3..=5), Some(1..=3)))
}

impl<'a> Quote<'a> {
    pub fn parse(bytes: &'a [u8]) -> Result<Self, TeeError> {
        if bytes.len() > MAX_QUOTE_BYTES {
            return Err(TeeError::malformed(PART, Problem::TooLong { len: bytes.len(), max: MAX_QUOTE_BYTES }));
        }
        let mut reader = Reader::new(bytes, PART);
        let mut header = Reader::new(reader.take(HEADER_BYTES)?, PART);
        let version = header.u16()?;
        let key_kind = header.u16()?;
        if key_kind != ECDSA_P256 {
            return Err(unsupported("attestation key of the quote", key_kind.into(), "2, ECDSA with P-256"));
        }
        let tee = header.u32()?;
        header.take(4)?;
        if header.array()? != &INTEL_VENDOR {
            return Err(TeeError::invalid(PART, "vendor of the quoting enclave: only Intel's is known"));
        }
        let body = match (version, tee) {
            (3, SGX) => Body::Sgx(SgxReport::parse(reader.array()?)?),
            (4, TDX) => Body::Tdx(TdReport::parse(reader.take(TdReport::BYTES_10)?)?),
            (5, TDX) => match (reader.u16()?, reader.u32()? as usize) {
                (TD_REPORT_10, TdReport::BYTES_10) => Body::Tdx(TdReport::parse(reader.take(TdReport::BYTES_10)?)?),
                (TD_REPORT_15, TdReport::BYTES_15) => Body::Tdx(TdReport::parse(reader.take(TdReport::BYTES_15)?)?),
                (kind, _) => return Err(unsupported("body of the quote", kind.into(), "TD reports 1.0 and 1.5")),
            },
            (3..=5, _) => {
                return Err(unsupported("TEE of the quote", tee.into(), "SGX with version 3, TDX with 4 and 5"));
            }
            _ => return Err(unsupported("version of the quote", version.into(), "3, 4 and 5")),
        };
        let signed = &bytes[..bytes.len() - reader.rest().len()];
        let len = reader.u32()? as usize;
        let mut data = Reader::new(reader.take(len)?, "signature of the quote");
        // Quoting libraries hand out buffers that are longer than the quote.
        if let Some(at) = reader.rest().iter().rposition(|byte| *byte != 0) {
            return Err(TeeError::malformed(PART, Problem::TrailingBytes(at + 1)));
        }
        let (signature, attestation_key) = (data.array()?, data.array()?);
        if version > 3 {
            data = certification(data, QE_REPORT)?;
        }
        let qe_report = SgxReport::parse(data.array()?)?;
        let qe_signature = data.array()?;
        let auth_len = data.u16()?.into();
        let qe_auth = data.take(auth_len)?;
        let pck_chain = certification(data, PCK_CHAIN)?.rest();
        Ok(Self { version, body, signed, signature, attestation_key, qe_report, qe_signature, qe_auth, pck_chain })
    }

    pub fn claims(&self) -> Claims {
        match &self.body {
            Body::Sgx(report) => report.claims(self.version),
            Body::Tdx(report) => report.claims(self.version),
        }
    }
}

/// The content of certification data, which is the last of its part.
fn certification<'a>(mut data: Reader<'a>, needed: u16) -> Result<Reader<'a>, TeeError> {
    let kind = data.u16()?;
    if kind != needed {
        let supported = "5, a PCK certificate chain, in 6 for TDX";
        return Err(unsupported("certification data of the quote", kind.into(), supported));
    }
    let len = data.u32()? as usize;
    let content = data.take(len)?;
    data.finish()?;
    Ok(Reader::new(content, "certification data of the quote"))
}

const fn unsupported(part: &'static str, found: u64, supported: &'static str) -> TeeError {
    TeeError::Unsupported { part, found, supported }
}
