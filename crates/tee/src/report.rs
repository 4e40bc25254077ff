//! An attestation as a person reads it.

use crate::{Attestation, Claims};
use alloc::vec::Vec;
use core::fmt;

impl fmt::Display for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        line(f, "kind", format_args!("{} (format version {})", self.kind.name(), self.version))?;
        line(f, "measurement", &self.measurement)?;
        line(f, "signer", &self.signer)?;
        line(f, "mrEnclave", self.mr_enclave())?;
        line(f, "mrSigner", self.mr_signer())?;
        for register in &self.registers {
            match register.value.is_empty() {
                true => line(f, &register.name, "not told by this format, so not judged")?,
                false => line(f, &register.name, &register.value)?,
            }
        }
        if let Some(product) = self.product {
            line(f, "product", product)?;
        }
        if !self.attributes.is_empty() {
            line(f, "attributes", &self.attributes)?;
        }
        for svn in &self.svns {
            line(f, svn.component, format_args!("security version {}", svn.svn))?;
        }
        line(f, "report data", &self.report_data)?;
        if let Some(key) = &self.public_key {
            line(f, "public key", key)?;
        }
        let weaknesses: Vec<_> = self.weaknesses.iter().map(|weakness| weakness.name()).collect();
        line(f, "weaknesses", if weaknesses.is_empty() { "none".into() } else { weaknesses.join(", ") })
    }
}

impl fmt::Display for Attestation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.claims.fmt(f)?;
        line(f, "platform", &self.platform)?;
        for id in &self.platform_ids {
            line(f, "also known as", id)?;
        }
        line(f, "TCB status", self.tcb.status.name())?;
        line(
            f,
            "advisories",
            if self.tcb.advisories.is_empty() { "none".into() } else { self.tcb.advisories.join(", ") },
        )?;
        if let Some(evaluation) = self.tcb.evaluation {
            line(f, "evaluation", evaluation)?;
        }
        let ages = [("collateral issued", self.collateral_age), ("root list issued", self.root_list_age)];
        for (name, age) in ages {
            if let Some(age) = age {
                line(f, name, format_args!("{age} seconds ago"))?;
            }
        }
        line(f, "valid", self.validity)?;
        line(f, "root", self.root)?;
        match self.development {
            true => line(f, "DEVELOPMENT", "everyone can sign for this root: nothing is proven"),
            false => Ok(()),
        }
    }
}

fn line(f: &mut fmt::Formatter<'_>, name: &str, value: impl fmt::Display) -> fmt::Result {
    writeln!(f, "{name:<20}  {value}")
}
