//! Documents of Nitro enclaves.

use super::Request;
use super::certificate::{Role, Template, certificate};
use super::key::DevKey;
use crate::cose::sign1;
use alloc::vec;
use alloc::vec::Vec;
use minicbor::Encoder;

const ROOT: &str = "Lux development aws.nitro-enclaves";
const ISSUER: &str = "Lux development aws.nitro-enclaves region";

pub(super) fn document(request: &Request) -> Vec<u8> {
    let keys = ["nitro root", "nitro issuer", "nitro module"].map(DevKey::p384);
    let [root, issuer, module] = &keys;
    let template = |name, serial, role| Template { name, serial, role, window: request.window, extensions: vec![] };
    let root_bytes = certificate(&template(ROOT, &[1], Role::Authority), root, ROOT, root);
    let issuer_bytes = certificate(&template(ISSUER, &[2], Role::Authority), issuer, ROOT, root);
    let leaf = certificate(&template("i-0dev.us-east-1", &[3], Role::Signer), module, ISSUER, issuer);

    let image = if request.debug { [0; 48] } else { Request::digest48(&request.software) };
    let pcrs = [(0, image), (1, image), (2, image), (8, Request::digest48(&request.signer))];
    let mut out = Encoder::new(Vec::new());
    let written = (|| {
        out.map(7)?.str("module_id")?.str("i-0dev-enc0")?.str("digest")?.str("SHA384")?;
        out.str("timestamp")?.u64(request.window.from * 1000)?;
        out.str("pcrs")?.map(pcrs.len() as u64)?;
        for (index, value) in pcrs {
            out.u8(index)?.bytes(&value)?;
        }
        out.str("certificate")?.bytes(&leaf)?;
        out.str("cabundle")?.array(2)?.bytes(&root_bytes)?.bytes(&issuer_bytes)?;
        out.str("user_data")?.bytes(&request.report_data)?;
        Ok::<_, minicbor::encode::Error<core::convert::Infallible>>(())
    })();
    written.expect("memory takes every byte");
    sign1(-35, out.writer(), false, |message| module.sign_raw(message))
}
