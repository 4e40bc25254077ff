//! Tokens of the Confidential Compute Architecture: a platform's, and the realm's that it vouches for.

use super::components::{Component, claim, components, hash, is_secured, measurement, registers, set};
use super::psa::unknown_profile;
use crate::cbor::Cbor;
use crate::cose::{MAX_TOKEN_BYTES, Sign1};
use crate::crypto::sha256;
use crate::{Claims, Kind, Problem, PublicKey, Register, TeeError, Weakness};
use alloc::format;
use alloc::vec::Vec;
use alloy_primitives::Bytes;
use sha2::{Digest, Sha384, Sha512};

const TAG: u64 = 399;
const PART: &str = "CCA token";
const PLATFORM: &str = "CCA platform token";
const REALM: &str = "CCA realm token";
const PROFILES: [&str; 2] = ["http://arm.com/CCA-SSD/1.0.0", "tag:arm.com,2023:cca_platform#1.0.0"];
const REALM_PROFILE: &str = "tag:arm.com,2023:realm#1.0.0";
const EXTENSIBLE: usize = 4;
/// A raw point of P-384, or a COSE_Key with one.
const MAX_KEY_BYTES: usize = 256;

pub(crate) struct CcaToken<'a> {
    pub platform: Sign1<'a>,
    pub realm: Sign1<'a>,
    pub instance: &'a [u8; 33],
    pub implementation: &'a [u8; 32],
    lifecycle: u64,
    components: Vec<Component<'a>>,
    /// What the platform signed: the hash of the realm's key.
    pub nonce: &'a [u8],
    challenge: &'a [u8; 64],
    personalization: &'a [u8; 64],
    initial: &'a [u8],
    extensible: [&'a [u8]; EXTENSIBLE],
    /// As the realm token has it.
    key: &'a [u8],
    key_hash: &'a str,
}

/// These bytes begin as a CCA token does.
pub(crate) fn is_cca(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0xd9, 0x01, 0x8f])
}

impl<'a> CcaToken<'a> {
    pub fn parse(bytes: &'a [u8]) -> Result<Self, TeeError> {
        if bytes.len() > MAX_TOKEN_BYTES {
            return Err(TeeError::malformed(PART, Problem::TooLong { len: bytes.len(), max: MAX_TOKEN_BYTES }));
        }
        let mut outer = Cbor::new(bytes, PART);
        outer.skip_tag(TAG)?;
        let (mut platform, mut realm) = (None, None);
        for _ in 0..outer.map()? {
            match outer.integer()? {
                44234 => set(PART, &mut platform, outer.bytes()?)?,
                44241 => set(PART, &mut realm, outer.bytes()?)?,
                _ => return Err(TeeError::invalid(PART, "field")),
            }
        }
        outer.finish()?;
        let platform = Sign1::parse(PLATFORM, platform.ok_or(TeeError::missing(PART, "the platform token"))?)?;
        let realm = Sign1::parse(REALM, realm.ok_or(TeeError::missing(PART, "the realm token"))?)?;
        Self::claims_of(platform, realm)
    }

    fn claims_of(platform: Sign1<'a>, realm: Sign1<'a>) -> Result<Self, TeeError> {
        let (mut profile, mut nonce, mut instance, mut implementation) = (None, None, None, None);
        let (mut lifecycle, mut list) = (None, None);
        let mut payload = Cbor::new(platform.payload, PLATFORM);
        for _ in 0..payload.map()? {
            match claim(&mut payload)? {
                Some(10) => set(PLATFORM, &mut nonce, hash(PLATFORM, payload.bytes()?)?)?,
                Some(256) => set(PLATFORM, &mut instance, array(PLATFORM, payload.bytes()?)?)?,
                Some(265) => set(PLATFORM, &mut profile, payload.text()?)?,
                Some(2395) => set(PLATFORM, &mut lifecycle, payload.unsigned()?)?,
                Some(2396) => set(PLATFORM, &mut implementation, array(PLATFORM, payload.bytes()?)?)?,
                Some(2399) => set(PLATFORM, &mut list, components(PLATFORM, &mut payload)?)?,
                _ => payload.skip()?,
            }
        }
        payload.finish()?;
        if !profile.is_some_and(|profile| PROFILES.contains(&profile)) {
            return Err(unknown_profile(PLATFORM));
        }
        let (mut profile, mut challenge, mut personalization) = (None, None, None);
        let (mut initial, mut extensible, mut key, mut key_hash) = (None, None, None, None);
        let mut payload = Cbor::new(realm.payload, REALM);
        for _ in 0..payload.map()? {
            match claim(&mut payload)? {
                Some(10) => set(REALM, &mut challenge, array(REALM, payload.bytes()?)?)?,
                Some(265) => set(REALM, &mut profile, payload.text()?)?,
                Some(44235) => set(REALM, &mut personalization, array(REALM, payload.bytes()?)?)?,
                Some(44237) => set(REALM, &mut key, payload.bytes()?)?,
                Some(44238) => set(REALM, &mut initial, hash(REALM, payload.bytes()?)?)?,
                Some(44239) => set(REALM, &mut extensible, hashes(&mut payload)?)?,
                Some(44240) => set(REALM, &mut key_hash, payload.text()?)?,
                _ => payload.skip()?,
            }
        }
        payload.finish()?;
        if profile.is_some_and(|profile| profile != REALM_PROFILE) {
            return Err(unknown_profile(REALM));
        }
        let missing = |part, what| TeeError::missing(part, what);
        Ok(Self {
            platform,
            realm,
            instance: instance.ok_or(missing(PLATFORM, "the instance"))?,
            implementation: implementation.ok_or(missing(PLATFORM, "the implementation"))?,
            lifecycle: lifecycle.ok_or(missing(PLATFORM, "the state of life"))?,
            components: list.ok_or(missing(PLATFORM, "the list of software components"))?,
            nonce: nonce.ok_or(missing(PLATFORM, "the challenge"))?,
            challenge: challenge.ok_or(missing(REALM, "the challenge"))?,
            personalization: personalization.ok_or(missing(REALM, "the personalization value"))?,
            initial: initial.ok_or(missing(REALM, "the initial measurement"))?,
            extensible: extensible.ok_or(missing(REALM, "the extensible measurements"))?,
            key: key.ok_or(missing(REALM, "the public key"))?,
            key_hash: key_hash.ok_or(missing(REALM, "the hash algorithm of the public key"))?,
        })
    }

    /// Hash of the realm's key, as the realm token has it, by the algorithm that it names.
    pub fn expected_nonce(&self) -> Result<Vec<u8>, TeeError> {
        match self.key_hash {
            "sha-256" => Ok(sha256(self.key).to_vec()),
            "sha-384" => Ok(Sha384::digest(self.key).to_vec()),
            "sha-512" => Ok(Sha512::digest(self.key).to_vec()),
            _ => Err(TeeError::invalid(REALM, "hash algorithm of the public key")),
        }
    }

    /// The key that signed the realm token.
    pub fn realm_key(&self) -> Result<PublicKey, TeeError> {
        let invalid = TeeError::invalid(REALM, "public key: only points of P-384 are known");
        if self.key.len() > MAX_KEY_BYTES {
            return Err(invalid);
        }
        match self.key.first() {
            Some(4) => PublicKey::p384(self.key),
            _ => cose_key(self.key)?,
        }
        .ok_or(invalid)
    }

    pub fn claims(&self) -> Claims {
        let register = |name: &str, value: &[u8], must_pin| Register {
            name: name.into(),
            value: Bytes::copy_from_slice(value),
            must_pin,
        };
        let mut own = Vec::from([register("personalization", self.personalization, false)]);
        for (index, value) in self.extensible.iter().enumerate() {
            own.push(register(&format!("rem{index}"), value, true));
        }
        own.extend(registers(&self.components));
        Claims {
            kind: Kind::Cca,
            version: 1,
            measurement: Bytes::copy_from_slice(self.initial),
            // A realm has no signer; the firmware that runs it stands there, as TDX's module does.
            signer: measurement(&self.components),
            registers: own,
            report_data: Bytes::copy_from_slice(self.challenge),
            product: None,
            attributes: Bytes::new(),
            svns: Vec::new(),
            weaknesses: (!is_secured(self.lifecycle)).then_some(Weakness::Unsecured).into_iter().collect(),
            public_key: None,
        }
    }
}

fn array<'a, const N: usize>(part: &'static str, bytes: &'a [u8]) -> Result<&'a [u8; N], TeeError> {
    bytes.try_into().map_err(|_| TeeError::invalid(part, "length of a claim"))
}

fn hashes<'a>(payload: &mut Cbor<'a>) -> Result<[&'a [u8]; EXTENSIBLE], TeeError> {
    let mut list = [&[][..]; EXTENSIBLE];
    if payload.array()? != EXTENSIBLE as u64 {
        return Err(TeeError::invalid(REALM, "number of extensible measurements"));
    }
    for place in &mut list {
        *place = hash(REALM, payload.bytes()?)?;
    }
    Ok(list)
}

/// A COSE_Key with a point of P-384.
fn cose_key(bytes: &[u8]) -> Result<Option<PublicKey>, TeeError> {
    const EC2: i64 = 2;
    const P384: i64 = 2;
    let (mut kind, mut curve, mut x, mut y) = (None, None, None, None);
    let mut key = Cbor::new(bytes, REALM);
    for _ in 0..key.map()? {
        match key.integer()? {
            1 => set(REALM, &mut kind, key.integer()?)?,
            -1 => set(REALM, &mut curve, key.integer()?)?,
            -2 => set(REALM, &mut x, array::<48>(REALM, key.bytes()?)?)?,
            -3 => set(REALM, &mut y, array::<48>(REALM, key.bytes()?)?)?,
            _ => key.skip()?,
        }
    }
    key.finish()?;
    let (Some(EC2), Some(P384), Some(x), Some(y)) = (kind, curve, x, y) else { return Ok(None) };
    Ok(PublicKey::p384(&[&[4], &x[..], &y[..]].concat()))
}
