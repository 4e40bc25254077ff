//! Reports of SEV-SNP, and AMD's certificates.

use super::Request;
use super::certificate::{Role, Template, certificate, revocation_list};
use super::der::{IA5_STRING, integer, tlv};
use super::key::DevKey;
use crate::{AmdCollateral, Collateral};
use alloc::vec;
use alloc::vec::Vec;

const ARK: &str = "ARK-Milan";
const ASK: &str = "SEV-Milan";
const ASK_SERIAL: [u8; 1] = [2];
const CHIP: [u8; 64] = [0xdc; 64];

pub(super) fn report(request: &Request) -> (Vec<u8>, Collateral) {
    let svn = request.platform_svn;
    let mut report = vec![0; 0x2a0];
    report[0] = 2;
    report[0x0a] = 0x03 | if request.debug { 0x08 } else { 0 }; // policy: SMT, the reserved one, debug
    report[0x34] = 1;
    report[0x50..0x90].copy_from_slice(&request.report_data);
    report[0x90..0xc0].copy_from_slice(&Request::digest48(&request.software));
    report[0xe0..0x110].copy_from_slice(&Request::digest48(&request.signer));
    let tcb = [svn, svn, 0, 0, 0, 0, svn, svn];
    for at in [0x38, 0x180, 0x1e0, 0x1f0] {
        report[at..at + 8].copy_from_slice(&tcb);
    }
    report[0x1a0..0x1e0].copy_from_slice(&CHIP);
    let (root, vcek) = (DevKey::rsa(), DevKey::p384("amd vcek"));
    let signature = vcek.sign_raw(&report);
    for half in signature.chunks(48) {
        report.extend(half.iter().rev());
        report.extend([0; 24]);
    }
    report.resize(1184, 0);

    let template = |name, serial, role| Template { name, serial, role, window: request.window, extensions: vec![] };
    let ark = certificate(&template(ARK, &[1], Role::Authority), &root, ARK, &root);
    let ask = certificate(&template(ASK, &ASK_SERIAL, Role::Authority), &root, ARK, &root);
    let mut leaf = template("SEV-VCEK", &[0], Role::Silent);
    leaf.extensions.push(("1.3.6.1.4.1.3704.1.2", tlv(IA5_STRING, b"Milan-B0")));
    // Bootloader, TEE, SNP firmware, microcode.
    for oid in ["1.3.6.1.4.1.3704.1.3.1", "1.3.6.1.4.1.3704.1.3.2", "1.3.6.1.4.1.3704.1.3.3", "1.3.6.1.4.1.3704.1.3.8"]
    {
        leaf.extensions.push((oid, integer(&[svn])));
    }
    leaf.extensions.push(("1.3.6.1.4.1.3704.1.4", CHIP.to_vec()));
    let leaf = certificate(&leaf, &vcek, ASK, &root);
    let revoked: &[&[u8]] = if request.revoked { &[&ASK_SERIAL] } else { &[] };
    let crl = revocation_list(ARK, &root, request, revoked).into();
    (report, Collateral::Amd(AmdCollateral { chain: vec![leaf.into(), ask.into(), ark.into()], crl }))
}
