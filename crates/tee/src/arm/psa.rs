//! Tokens of the Platform Security Architecture: profiles 2.0 (RFC 9783) and 1.

use super::components::{Component, claim, components, hash, is_secured, measurement, registers, set, signer};
use crate::cbor::Cbor;
use crate::cose::Sign1;
use crate::{Claims, Kind, TeeError, Weakness};
use alloc::vec::Vec;
use alloy_primitives::Bytes;

const PART: &str = "PSA token";
/// Known profiles, each with the number that stands for it.
const PROFILES: [(&str, u16); 4] = [
    ("PSA_IOT_PROFILE_1", 1),
    ("http://arm.com/psa/2.0.0", 2),
    ("tag:psacertified.org,2019:psa#legacy", 1),
    ("tag:psacertified.org,2023:psa#tfm", 2),
];

/// What a claim is, whichever profile numbers it.
enum Name {
    Nonce,
    Instance,
    Profile,
    Client,
    Lifecycle,
    Implementation,
    Components,
    Other,
}

const fn name(claim: i64) -> Name {
    match claim {
        10 | -75008 => Name::Nonce,
        256 | -75009 => Name::Instance,
        265 | -75000 => Name::Profile,
        2394 | -75001 => Name::Client,
        2395 | -75002 => Name::Lifecycle,
        2396 | -75003 => Name::Implementation,
        2399 | -75006 => Name::Components,
        _ => Name::Other,
    }
}

pub(crate) struct PsaToken<'a> {
    pub token: Sign1<'a>,
    version: u16,
    nonce: &'a [u8],
    pub instance: &'a [u8; 33],
    pub implementation: &'a [u8; 32],
    client: i64,
    lifecycle: u64,
    components: Vec<Component<'a>>,
}

impl<'a> PsaToken<'a> {
    pub fn parse(token: Sign1<'a>) -> Result<Self, TeeError> {
        let mut payload = Cbor::new(token.payload, PART);
        let (mut nonce, mut instance, mut profile, mut client) = (None, None, None, None);
        let (mut lifecycle, mut implementation, mut list) = (None, None, None);
        let invalid = |what| move |_| TeeError::invalid(PART, what);
        for _ in 0..payload.map()? {
            match claim(&mut payload)?.map_or(Name::Other, name) {
                Name::Nonce => set(PART, &mut nonce, hash(PART, payload.bytes()?)?)?,
                Name::Instance => {
                    let id = payload.bytes()?.try_into().map_err(invalid("instance: it must have 33 bytes"))?;
                    set(PART, &mut instance, id)?;
                }
                Name::Profile => set(PART, &mut profile, payload.text()?)?,
                Name::Client => set(PART, &mut client, payload.integer()?)?,
                Name::Lifecycle => set(PART, &mut lifecycle, payload.unsigned()?)?,
                Name::Implementation => {
                    let id = payload.bytes()?.try_into().map_err(invalid("implementation: it must have 32 bytes"))?;
                    set(PART, &mut implementation, id)?;
                }
                Name::Components => set(PART, &mut list, components(PART, &mut payload)?)?,
                Name::Other => payload.skip()?,
            }
        }
        payload.finish()?;
        let need = |what| TeeError::missing(PART, what);
        let profile = profile.ok_or(need("the profile"))?;
        let (_, version) = PROFILES.into_iter().find(|(name, _)| *name == profile).ok_or(unknown_profile(PART))?;
        Ok(Self {
            token,
            version,
            nonce: nonce.ok_or(need("the nonce"))?,
            instance: instance.ok_or(need("the instance"))?,
            implementation: implementation.ok_or(need("the implementation"))?,
            client: client.ok_or(need("the client"))?,
            lifecycle: lifecycle.ok_or(need("the state of life"))?,
            components: list.ok_or(need("the list of software components"))?,
        })
    }

    pub fn claims(&self) -> Claims {
        let mut weaknesses = Vec::new();
        if !is_secured(self.lifecycle) {
            weaknesses.push(Weakness::Unsecured);
        }
        // Clients of the secure side have positive numbers.
        if self.client <= 0 {
            weaknesses.push(Weakness::LowPrivilege);
        }
        Claims {
            kind: Kind::Psa,
            version: self.version,
            measurement: measurement(&self.components),
            signer: signer(&self.components),
            registers: registers(&self.components).collect(),
            report_data: Bytes::copy_from_slice(self.nonce),
            product: None,
            attributes: Bytes::copy_from_slice(&self.client.to_be_bytes()),
            svns: Vec::new(),
            weaknesses,
            public_key: None,
        }
    }
}

pub(super) const fn unknown_profile(part: &'static str) -> TeeError {
    TeeError::invalid(part, "profile: it is not known here")
}
