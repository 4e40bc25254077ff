//! A policy against an attestation.

use super::{Identity, Policy};
use crate::{Attestation, Claims, Svn, TcbStatus};
use alloc::string::{String, ToString};
use alloy_primitives::Bytes;

/// Why a policy refuses an attestation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    #[error("the policy does not tolerate {0}")]
    Weakness(&'static str),
    #[error("the platform is {0}, which the policy does not accept")]
    Tcb(&'static str),
    #[error("the advisory {0} applies to the platform, and the policy does not name it")]
    Advisory(String),
    #[error("evaluation {found} of the platform's state is older than {min}; fetch newer collateral")]
    Evaluation { found: u32, min: u32 },
    #[error("{what}: issued {found} seconds ago, and the policy allows {max}; fetch newer")]
    Age { what: &'static str, found: u64, max: u64 },
    #[error("the policy denies the platform {0}")]
    Denied(Bytes),
    #[error("no identity of the policy is {kind} with the measurement {measurement} and the signer {signer}")]
    Identity { kind: &'static str, measurement: Bytes, signer: Bytes },
    #[error("{name} is {found}; the policy wants {wanted}")]
    Field { name: String, found: String, wanted: String },
    #[error("the policy neither pins {0} nor says that it is unpinned")]
    Unpinned(String),
    #[error("the vendor rates no platform, and the policy states no min-svn of {0}")]
    NoMinimum(&'static str),
    #[error("the attestation has no {0}, which the policy pins")]
    Absent(String),
    #[error("the report data is {found}, not {wanted} followed by zeros")]
    ReportData { found: Bytes, wanted: Bytes },
}

impl Policy {
    /// The attestation is good enough.
    pub fn check(&self, attestation: &Attestation) -> Result<(), PolicyError> {
        let Attestation { claims, tcb, .. } = attestation;
        let mut names = attestation.platform_ids.iter().chain([&attestation.platform]);
        if let Some(name) = names.find(|name| self.deny_platforms.contains(name)) {
            return Err(PolicyError::Denied(name.clone()));
        }
        if let Some(found) = tcb.evaluation.filter(|found| *found < self.min_evaluation) {
            return Err(PolicyError::Evaluation { found, min: self.min_evaluation });
        }
        let ages = [
            ("collateral", attestation.collateral_age, self.max_collateral_age),
            ("revocation list of the root", attestation.root_list_age, self.max_root_list_age),
        ];
        for (what, age, max) in ages {
            if let Some(found) = age.filter(|age| *age > max) {
                return Err(PolicyError::Age { what, found, max });
            }
        }
        let mut refusal = PolicyError::Identity {
            kind: claims.kind.name(),
            measurement: claims.measurement.clone(),
            signer: claims.signer.clone(),
        };
        // Of identities with the same measurement and signer, one that fits is enough.
        for identity in self.identities.iter().filter(|identity| identity.is(claims)) {
            match self.check_platform(identity, attestation).and_then(|()| identity.check(attestation)) {
                Ok(()) => return Ok(()),
                Err(reason) => refusal = reason,
            }
        }
        Err(refusal)
    }

    /// The platform is in a state in which this software may run on it.
    fn check_platform(&self, identity: &Identity, attestation: &Attestation) -> Result<(), PolicyError> {
        let Attestation { claims, tcb, .. } = attestation;
        let tolerated = identity.tolerate.as_ref().unwrap_or(&self.tolerate);
        if let Some(weakness) = claims.weaknesses.iter().find(|weakness| !tolerated.contains(weakness)) {
            return Err(PolicyError::Weakness(weakness.name()));
        }
        let accepted = identity.tcb.as_ref().unwrap_or(&self.tcb);
        if !accepted.contains(&tcb.status) || tcb.status == TcbStatus::Revoked {
            return Err(PolicyError::Tcb(tcb.status.name()));
        }
        let known = identity.advisories.as_ref().unwrap_or(&self.advisories);
        match tcb.advisories.iter().find(|advisory| !known.contains(advisory)) {
            Some(advisory) => Err(PolicyError::Advisory(advisory.clone())),
            None => Ok(()),
        }
    }
}

impl Identity {
    /// The narrowest identity of what made these claims.
    pub fn of(claims: &Claims) -> Self {
        let registers = claims.registers.iter().map(|register| (register.name.clone(), register.value.clone()));
        Self {
            kind: claims.kind,
            measurement: claims.measurement.clone(),
            signer: claims.signer.clone(),
            attributes: Some(claims.attributes.clone()),
            product: claims.product,
            unpinned: Default::default(),
            registers: registers.collect(),
            min_svn: claims.svns.iter().map(|svn| (svn.component.to_string(), svn.svn)).collect(),
            tcb: None,
            advisories: None,
            tolerate: None,
        }
    }

    fn is(&self, claims: &Claims) -> bool {
        let Claims { kind, measurement, signer, .. } = claims;
        (self.kind, &self.measurement, &self.signer) == (*kind, measurement, signer)
    }

    fn check(&self, attestation: &Attestation) -> Result<(), PolicyError> {
        let Attestation { claims, tcb, .. } = attestation;
        let unpinned = |name: &str| self.unpinned.iter().any(|unpinned| unpinned == name);
        if self.attributes.is_none() && !claims.attributes.is_empty() && !unpinned("attributes") {
            return Err(PolicyError::Unpinned("attributes".into()));
        }
        if let Some(wanted) = self.attributes.as_ref().filter(|wanted| **wanted != claims.attributes) {
            return Err(field("attributes", &claims.attributes, wanted));
        }
        if self.product.is_some() && self.product != claims.product {
            let text = |product: Option<u16>| product.map_or("none".into(), |product| product.to_string());
            return Err(field("product", &text(claims.product), &text(self.product)));
        }
        for (name, wanted) in &self.registers {
            let register = claims.registers.iter().find(|register| register.name == *name);
            let found = &register.ok_or_else(|| PolicyError::Absent(name.clone()))?.value;
            if found != wanted {
                return Err(field(name, found, wanted));
            }
        }
        let open = claims.registers.iter().filter(|register| register.must_pin).map(|register| &register.name);
        let known = |name: &&String| self.registers.contains_key(*name) || unpinned(name);
        if let Some(name) = open.into_iter().find(|name| !known(name)) {
            return Err(PolicyError::Unpinned(name.clone()));
        }
        for (component, wanted) in &self.min_svn {
            let found = claims.svns.iter().find(|svn| svn.component == component);
            let found = found.ok_or_else(|| PolicyError::Absent(component.clone()))?.svn;
            if found < *wanted {
                return Err(field(component, &found, &alloc::format!("at least {wanted}")));
            }
        }
        // Where the vendor gives no status, nothing else keeps an old platform out.
        let bare = |svn: &&Svn| tcb.status == TcbStatus::Unrated && !self.min_svn.contains_key(svn.component);
        match claims.svns.iter().find(bare) {
            Some(svn) => Err(PolicyError::NoMinimum(svn.component)),
            None => Ok(()),
        }
    }
}

fn field(name: &str, found: &impl ToString, wanted: &impl ToString) -> PolicyError {
    PolicyError::Field { name: name.into(), found: found.to_string(), wanted: wanted.to_string() }
}

/// The report data is `wanted`, which has a hash at least, and zero from there on.
pub fn check_report_data(claims: &Claims, wanted: &[u8]) -> Result<(), PolicyError> {
    let rest = claims.report_data.strip_prefix(wanted).filter(|_| wanted.len() >= 32);
    match rest.is_some_and(|rest| rest.iter().all(|byte| *byte == 0)) {
        true => Ok(()),
        false => {
            Err(PolicyError::ReportData { found: claims.report_data.clone(), wanted: Bytes::copy_from_slice(wanted) })
        }
    }
}
