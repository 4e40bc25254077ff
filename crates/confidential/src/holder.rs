//! Who holds keys, and gives them to enclaves that ask over a network.

use crate::release::{KeyRequest, ReleaseError, ReleaseTerms, Released, release_key};
use crate::{ContentKey, MAX_REQUEST_BYTES};
use alloy_primitives::B256;
use lux_tee::{Attestation, Collateral, Policy, Roots};
use std::collections::{BTreeMap, HashMap};

/// What a holder gives away, to whom, and how often.
pub struct HolderConfig {
    pub roots: Roots,
    pub policy: Policy,
    /// Attestations that were made longer ago are refused, in seconds.
    pub max_age: u64,
    /// How long a nonce is good for, in seconds.
    pub nonce_seconds: u64,
    /// Nonces that are out at a time.
    pub max_nonces: usize,
    /// Requests in a minute, whatever comes of them: each costs some signatures to check.
    pub max_requests: u32,
}

impl HolderConfig {
    pub fn new(roots: Roots, policy: Policy) -> Self {
        Self { roots, policy, max_age: 3_600, nonce_seconds: 60, max_nonces: 1_024, max_requests: 120 }
    }
}

/// Keys by name, and the nonces that are out.
pub struct Holder {
    keys: BTreeMap<B256, ContentKey>,
    config: HolderConfig,
    nonces: HashMap<B256, u64>,
    /// Requests since a time.
    counted: (u64, u32),
}

/// Why a holder does not even look at a request.
#[derive(Debug, thiserror::Error)]
pub enum HolderError {
    #[error("too many ask at a time")]
    Busy,
    #[error(transparent)]
    Refused(#[from] ReleaseError),
}

impl HolderError {
    /// What the caller is told: enough to know what to mend, and nothing of policy and keys.
    pub const fn brief(&self) -> &'static str {
        match self {
            Self::Busy => "busy",
            Self::Refused(ReleaseError::Malformed) => "malformed request",
            Self::Refused(ReleaseError::OtherName(_)) => "unknown name",
            Self::Refused(ReleaseError::OtherNonce) => "unknown nonce",
            Self::Refused(ReleaseError::Signature) => "signature",
            Self::Refused(ReleaseError::Stale { .. }) => "attestation too old or too new",
            Self::Refused(ReleaseError::Attestation(_)) => "attestation not accepted",
            Self::Refused(ReleaseError::Sealing(_)) => "no key to encrypt to",
        }
    }
}

impl Holder {
    pub fn new(keys: BTreeMap<B256, ContentKey>, config: HolderConfig) -> Self {
        Self { keys, config, nonces: HashMap::new(), counted: (0, 0) }
    }

    /// A nonce for one request.
    ///
    /// # Panics
    /// Where the system has no random numbers.
    #[expect(clippy::expect_used, reason = "nothing can be kept secret then")]
    pub fn nonce(&mut self, now: u64) -> Result<B256, HolderError> {
        if self.nonces.len() >= self.config.max_nonces {
            let seconds = self.config.nonce_seconds;
            self.nonces.retain(|_, given| given.saturating_add(seconds) >= now);
        }
        if self.nonces.len() >= self.config.max_nonces {
            return Err(HolderError::Busy);
        }
        let mut nonce = B256::ZERO;
        getrandom::fill(nonce.as_mut_slice()).expect("the system has random numbers");
        self.nonces.insert(nonce, now);
        Ok(nonce)
    }

    /// Answers a request; its nonce is used up whatever comes of it.
    pub fn release(
        &mut self,
        request: &[u8],
        collateral: &Collateral,
        now: u64,
    ) -> Result<(B256, Released, Attestation), HolderError> {
        self.count(now)?;
        if request.len() > MAX_REQUEST_BYTES {
            return Err(ReleaseError::Malformed.into());
        }
        let request = KeyRequest::decode(request)?;
        let given = self.nonces.remove(&request.nonce).ok_or(ReleaseError::OtherNonce)?;
        if given.saturating_add(self.config.nonce_seconds) < now {
            return Err(ReleaseError::OtherNonce.into());
        }
        let (name, nonce) = (request.name, request.nonce);
        let key = self.keys.get(&name).ok_or(ReleaseError::OtherName(name))?;
        let HolderConfig { roots, policy, max_age, .. } = &self.config;
        let terms = ReleaseTerms { name, nonce, now, max_age: *max_age, roots, policy };
        let (released, attestation) = release_key(key, &request, collateral, &terms)?;
        Ok((name, released, attestation))
    }

    fn count(&mut self, now: u64) -> Result<(), HolderError> {
        let minute = now / 60;
        let (since, count) = self.counted;
        self.counted = if since == minute { (since, count.saturating_add(1)) } else { (minute, 1) };
        if self.counted.1 > self.config.max_requests { Err(HolderError::Busy) } else { Ok(()) }
    }
}
