//! Tokens of Arm devices.

use super::Request;
use super::key::DevKey;
use crate::cose::sign1;
use alloc::vec::Vec;
use core::convert::Infallible;
use minicbor::Encoder;
use minicbor::encode::Error;
use sha2::{Digest, Sha256};

const SECURED: u16 = 0x3000;
const NOT_SECURED: u16 = 0x4000;
const INSTANCE: [u8; 33] = [1; 33];
const IMPLEMENTATION: [u8; 32] = [0x1d; 32];

pub(super) fn psa(request: &Request) -> Vec<u8> {
    let payload = write(|out| {
        out.map(7)?.u16(265)?.str("tag:psacertified.org,2023:psa#tfm")?;
        out.u16(2394)?.i32(1)?;
        out.u8(10)?.bytes(&request.report_data)?;
        platform(request, out)
    });
    sign1(-7, &payload, true, |message| DevKey::p256("psa device").sign_raw(message))
}

pub(super) fn cca(request: &Request) -> Vec<u8> {
    let key = DevKey::p384("cca realm");
    let initial = Request::digest32(&request.software);
    let realm = write(|out| {
        out.map(7)?.u8(10)?.bytes(&request.report_data)?;
        out.u16(44235)?.bytes(&[0; 64])?;
        out.u16(44236)?.str("sha-256")?;
        out.u16(44237)?.bytes(&key.point())?;
        out.u16(44238)?.bytes(&initial)?;
        out.u16(44239)?.array(4)?;
        for _ in 0..4 {
            out.bytes(&[0; 32])?;
        }
        out.u16(44240)?.str("sha-256")?;
        Ok(())
    });
    let payload = write(|out| {
        out.map(6)?.u16(265)?.str("http://arm.com/CCA-SSD/1.0.0")?;
        out.u8(10)?.bytes(&Sha256::digest(key.point()))?;
        platform(request, out)
    });
    let platform = sign1(-35, &payload, true, |message| DevKey::p384("cca platform").sign_raw(message));
    let realm = sign1(-35, &realm, true, |message| key.sign_raw(message));
    write(|out| {
        out.tag(minicbor::data::Tag::new(399))?.map(2)?;
        out.u16(44234)?.bytes(&platform)?.u16(44241)?.bytes(&realm)?;
        Ok(())
    })
}

/// What both kinds of platforms say: instance, implementation, state of life, components.
fn platform(request: &Request, out: &mut Encoder<Vec<u8>>) -> Result<(), Error<Infallible>> {
    let lifecycle = if request.debug { NOT_SECURED } else { SECURED };
    out.u16(256)?.bytes(&INSTANCE)?.u16(2396)?.bytes(&IMPLEMENTATION)?.u16(2395)?.u16(lifecycle)?;
    out.u16(2399)?.array(1)?.map(3)?.u8(1)?.str("SPE")?;
    out.u8(2)?.bytes(&Request::digest32(&request.software))?;
    out.u8(5)?.bytes(&Request::digest32(&request.signer))?;
    Ok(())
}

fn write(content: impl FnOnce(&mut Encoder<Vec<u8>>) -> Result<(), Error<Infallible>>) -> Vec<u8> {
    let mut out = Encoder::new(Vec::new());
    content(&mut out).expect("memory takes every byte");
    out.into_writer()
}
