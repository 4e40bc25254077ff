//! From security version numbers to a status.

use super::identity::{level, masked};
use super::pck::Pck;
use super::quote::Body;
use super::tcb_info::{Module, SvnLevel, TcbInfo, TcbLevel, hex};
use super::tdx::TdReport;
use crate::{TcbStatus, TeeError};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

const PART: &str = "TCB info";

/// Status and advisories of processor, TDX module and quoting enclave together.
pub(super) struct Verdict {
    pub status: TcbStatus,
    pub advisories: Vec<String>,
}

pub(super) fn judge(info: &TcbInfo, pck: &Pck, body: &Body<'_>, qe: &SvnLevel) -> Result<Verdict, TeeError> {
    let (processor, module) = match body {
        Body::Sgx(_) => (processor_level(info, pck, None)?, None),
        Body::Tdx(report) => (processor_level(info, pck, Some(report))?, module_level(info, report)?),
    };
    let mut verdict = Verdict { status: processor.tcb_status, advisories: processor.advisories.clone() };
    for part in module.into_iter().chain([qe]) {
        verdict.status = combine(verdict.status, part.tcb_status);
        for advisory in &part.advisories {
            if !verdict.advisories.contains(advisory) {
                verdict.advisories.push(advisory.clone());
            }
        }
    }
    match verdict.status {
        // Keys of such a platform are known to others, so that there is nothing for a policy to judge.
        TcbStatus::Revoked => Err(TeeError::RevokedTcb),
        _ => Ok(verdict),
    }
}

/// The first level none of whose components is above the platform's.
fn processor_level<'i>(info: &'i TcbInfo, pck: &Pck, td: Option<&TdReport<'_>>) -> Result<&'i TcbLevel, TeeError> {
    let reaches = |level: &&TcbLevel| {
        let sgx = pck.components.iter().zip(&level.tcb.sgx).all(|(has, needs)| *has >= needs.svn);
        let pce = pck.pce_svn >= level.tcb.pcesvn;
        let tdx = td.is_none_or(|report| {
            // The first two are the module, which has an identity of its own since its version 1.
            let skipped = if module_version(report) > 0 { 2 } else { 0 };
            report.tcb_svn.iter().zip(&level.tcb.tdx).skip(skipped).all(|(has, needs)| *has >= needs.svn)
        });
        sgx && pce && tdx
    };
    info.tcb_levels.iter().find(reaches).ok_or(TeeError::NoTcbLevel("platform"))
}

const fn module_version(report: &TdReport<'_>) -> u8 {
    report.tcb_svn[1]
}

/// The TDX module is Intel's; returns the level it is at, where it has levels of its own.
fn module_level<'i>(info: &'i TcbInfo, report: &TdReport<'_>) -> Result<Option<&'i SvnLevel>, TeeError> {
    let version = module_version(report);
    if version == 0 {
        let module = info.tdx_module.as_ref().ok_or(TeeError::missing(PART, "the TDX module"))?;
        return check_module(module, report).map(|()| None);
    }
    let id = format!("TDX_{version:02X}");
    let identity = info.tdx_module_identities.iter().find(|identity| identity.id == id);
    let identity = identity.ok_or(TeeError::NoModuleIdentity(id))?;
    check_module(&identity.module, report)?;
    let found = level(&identity.tcb_levels, report.tcb_svn[0].into());
    found.map(Some).ok_or(TeeError::NoTcbLevel("TDX module"))
}

fn check_module(module: &Module, report: &TdReport<'_>) -> Result<(), TeeError> {
    let signer = hex(PART, &module.mrsigner)?;
    masked("signer of the TDX module", *report.mr_signer_seam, signer, [0xff; 48])?;
    let (attributes, mask) = (hex(PART, &module.attributes)?, hex(PART, &module.attributes_mask)?);
    masked("attributes of the TDX module", *report.seam_attributes, attributes, mask)
}

/// The worse of a platform's status and that of a part which can only be up to date, out of date or revoked.
const fn combine(platform: TcbStatus, part: TcbStatus) -> TcbStatus {
    use TcbStatus::{
        ConfigurationAndSwHardeningNeeded, ConfigurationNeeded, OutOfDate, OutOfDateConfigurationNeeded, Revoked,
        SwHardeningNeeded, UpToDate,
    };
    match (platform, part) {
        (platform, UpToDate) => platform,
        (Revoked, _) | (_, Revoked) => Revoked,
        (UpToDate | SwHardeningNeeded | OutOfDate, OutOfDate) => OutOfDate,
        (ConfigurationNeeded | ConfigurationAndSwHardeningNeeded | OutOfDateConfigurationNeeded, OutOfDate) => {
            OutOfDateConfigurationNeeded
        }
        // No other status is given to a part; if it ever is, the worst is assumed.
        _ => Revoked,
    }
}

#[cfg(test)]
mod tests {
    use super::combine;
    use crate::TcbStatus::*;

    #[test]
    fn a_part_only_makes_it_worse() {
        assert_eq!(combine(UpToDate, UpToDate), UpToDate);
        assert_eq!(combine(ConfigurationNeeded, UpToDate), ConfigurationNeeded);
        assert_eq!(combine(SwHardeningNeeded, OutOfDate), OutOfDate);
        assert_eq!(combine(ConfigurationAndSwHardeningNeeded, OutOfDate), OutOfDateConfigurationNeeded);
        assert_eq!(combine(UpToDate, Revoked), Revoked);
        assert_eq!(combine(Revoked, OutOfDate), Revoked);
        assert_eq!(combine(UpToDate, ConfigurationNeeded), Revoked);
    }
}
