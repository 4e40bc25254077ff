//! Attestation documents of the Nitro Security Module.

use crate::cbor::Cbor;
use crate::cose::Sign1;
use crate::x509::{MAX_CERTIFICATE_BYTES, MAX_CHAIN};
use crate::{CertificateProblem, Claims, Kind, Problem, Register, TeeError, Weakness};
use alloc::format;
use alloc::vec::Vec;
use alloy_primitives::Bytes;

const PART: &str = "Nitro document";
const PCR_BYTES: usize = 48;
const PCRS: usize = 32;
/// Limits of the module itself.
const MAX_PUBLIC_KEY_BYTES: usize = 1024;
const MAX_DATA_BYTES: usize = 512;
const MAX_MODULE_BYTES: usize = 256;

pub(crate) struct Document<'a> {
    pub token: Sign1<'a>,
    pub module: &'a str,
    /// In milliseconds since 1970.
    pub timestamp: u64,
    pcrs: [Option<&'a [u8; PCR_BYTES]>; PCRS],
    pub certificate: &'a [u8],
    /// Root first.
    pub bundle: Vec<&'a [u8]>,
    public_key: Option<&'a [u8]>,
    user_data: Option<&'a [u8]>,
}

/// The payload of this token has text for keys, as no other has.
pub(crate) fn is_document(token: &Sign1<'_>) -> bool {
    let mut payload = Cbor::new(token.payload, PART);
    payload.map().is_ok() && payload.text().is_ok()
}

impl<'a> Document<'a> {
    pub fn parse(token: Sign1<'a>) -> Result<Self, TeeError> {
        let mut payload = Cbor::new(token.payload, PART);
        let (mut module, mut digest, mut timestamp, mut pcrs) = (None, None, None, None);
        let (mut certificate, mut bundle) = (None, None);
        let (mut public_key, mut user_data, mut nonce) = (None, None, None);
        for _ in 0..payload.map()? {
            match payload.text()? {
                "module_id" => set(&mut module, payload.text()?)?,
                "digest" => set(&mut digest, payload.text()?)?,
                "timestamp" => set(&mut timestamp, payload.unsigned()?)?,
                "pcrs" => set(&mut pcrs, registers(&mut payload)?)?,
                "certificate" => set(&mut certificate, payload.bytes()?)?,
                "cabundle" => set(&mut bundle, certificates(&mut payload)?)?,
                "public_key" => set(&mut public_key, payload.optional_bytes()?)?,
                "user_data" => set(&mut user_data, payload.optional_bytes()?)?,
                "nonce" => set(&mut nonce, payload.optional_bytes()?)?,
                _ => return Err(TeeError::invalid(PART, "field")),
            }
        }
        payload.finish()?;
        if digest != Some("SHA384") {
            return Err(TeeError::invalid(PART, "digest: only SHA384 is known"));
        }
        let need = |what| TeeError::missing(PART, what);
        let document = Self {
            token,
            module: module.ok_or(need("module_id"))?,
            timestamp: timestamp.ok_or(need("timestamp"))?,
            pcrs: pcrs.ok_or(need("pcrs"))?,
            certificate: certificate.ok_or(need("certificate"))?,
            bundle: bundle.ok_or(need("cabundle"))?,
            public_key: public_key.flatten(),
            user_data: user_data.flatten(),
        };
        let sizes = [
            (document.module.len(), MAX_MODULE_BYTES),
            (document.certificate.len(), MAX_CERTIFICATE_BYTES),
            (document.public_key.map_or(0, <[u8]>::len), MAX_PUBLIC_KEY_BYTES),
            (document.user_data.map_or(0, <[u8]>::len), MAX_DATA_BYTES),
            (nonce.flatten().map_or(0, <[u8]>::len), MAX_DATA_BYTES),
        ];
        match sizes.into_iter().find(|(len, max)| len > max) {
            Some((len, max)) => Err(TeeError::malformed(PART, Problem::TooLong { len, max })),
            None => Ok(document),
        }
    }

    pub fn claims(&self) -> Claims {
        let value = |index: usize| self.pcrs[index].copied().unwrap_or([0; PCR_BYTES]);
        let zero = |index: &usize| value(*index) == [0; PCR_BYTES];
        let registers = self.pcrs.iter().enumerate().filter_map(|(index, pcr)| {
            let value = Bytes::copy_from_slice(&pcr.as_ref()?[..]);
            // PCR0 covers the image, all else is the enclave's own or says where it runs.
            (index > 0).then(|| Register { name: format!("pcr{index}"), value, must_pin: false })
        });
        Claims {
            kind: Kind::Nitro,
            version: 1,
            measurement: Bytes::copy_from_slice(&value(0)),
            signer: Bytes::copy_from_slice(&value(8)),
            registers: registers.collect(),
            report_data: Bytes::copy_from_slice(self.user_data.unwrap_or_default()),
            product: None,
            attributes: Bytes::new(),
            svns: Vec::new(),
            // The hypervisor measures nothing of an enclave that it lets the host look into.
            weaknesses: [0, 1, 2].iter().find(|index| zero(index)).map(|_| Weakness::Debug).into_iter().collect(),
            public_key: self.public_key.map(Bytes::copy_from_slice),
        }
    }
}

fn set<T>(place: &mut Option<T>, value: T) -> Result<(), TeeError> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(TeeError::malformed(PART, Problem::Duplicate("a field"))),
    }
}

fn registers<'a>(payload: &mut Cbor<'a>) -> Result<[Option<&'a [u8; PCR_BYTES]>; PCRS], TeeError> {
    let invalid = TeeError::invalid(PART, "PCR");
    let mut pcrs = [None; PCRS];
    for _ in 0..payload.map()? {
        let index = payload.unsigned()?;
        let value = payload.bytes()?.try_into().map_err(|_| invalid.clone())?;
        let place = usize::try_from(index).ok().and_then(|index| pcrs.get_mut(index));
        set(place.ok_or(invalid.clone())?, value)?;
    }
    Ok(pcrs)
}

fn certificates<'a>(payload: &mut Cbor<'a>) -> Result<Vec<&'a [u8]>, TeeError> {
    let len = payload.array()? as usize;
    if len >= MAX_CHAIN {
        return Err(TeeError::certificate(PART, CertificateProblem::ChainLength(len + 1)));
    }
    (0..len).map(|_| payload.bytes()).collect()
}
