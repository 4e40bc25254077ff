//! What a PCK certificate says about its processor.

use crate::TeeError;
use crate::x509::{Certificate, DerReader, integer_u64};
use der::Tag;
use der::asn1::ObjectIdentifier;

const PART: &str = "PCK certificate";
const SGX: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113741.1.13.1");
const PPID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113741.1.13.1.1");
const TCB: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113741.1.13.1.2");
const PCE_ID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113741.1.13.1.3");
const FMSPC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113741.1.13.1.4");
const COMPONENTS: usize = 16;

/// The TCB of a processor, and which kind of processor it is.
pub(super) struct Pck {
    /// The one name of the processor that all of its certificates have.
    pub ppid: [u8; 16],
    pub fmspc: [u8; 6],
    pub pce_id: [u8; 2],
    pub components: [u8; COMPONENTS],
    pub pce_svn: u16,
}

impl Pck {
    pub fn parse(certificate: &Certificate<'_>) -> Result<Self, TeeError> {
        let content = certificate.extensions.get(SGX).ok_or(TeeError::missing(PART, "the SGX extension"))?;
        let mut outer = DerReader::new(content, PART)?;
        let mut list = outer.sequence("SGX extension")?;
        outer.finish()?;
        let (mut ppid, mut fmspc, mut pce_id, mut tcb) = (None, None, None, None);
        while !list.is_finished() {
            let mut entry = list.sequence("SGX extension")?;
            match entry.oid("SGX extension")? {
                PPID => set(&mut ppid, octets(&mut entry)?)?,
                FMSPC => set(&mut fmspc, octets(&mut entry)?)?,
                PCE_ID => set(&mut pce_id, octets(&mut entry)?)?,
                TCB => set(&mut tcb, components(entry.sequence("TCB")?)?)?,
                _ => continue,
            }
            entry.finish()?;
        }
        let (components, pce_svn) = tcb.ok_or(TeeError::missing(PART, "the TCB"))?;
        Ok(Self {
            ppid: ppid.ok_or(TeeError::missing(PART, "the PPID"))?,
            fmspc: fmspc.ok_or(TeeError::missing(PART, "the FMSPC"))?,
            pce_id: pce_id.ok_or(TeeError::missing(PART, "the PCE-ID"))?,
            components,
            pce_svn,
        })
    }
}

fn set<T>(place: &mut Option<T>, value: T) -> Result<(), TeeError> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(TeeError::invalid(PART, "SGX extension: a field occurs twice")),
    }
}

fn octets<const N: usize>(entry: &mut DerReader<'_>) -> Result<[u8; N], TeeError> {
    let bytes = entry.expect(Tag::OctetString, "SGX extension")?;
    bytes.try_into().map_err(|_| TeeError::invalid(PART, "SGX extension"))
}

/// SVNs of the components under 1 to 16, of the PCE under 17; 18 has them again.
fn components(mut list: DerReader<'_>) -> Result<([u8; COMPONENTS], u16), TeeError> {
    let invalid = || TeeError::invalid(PART, "TCB");
    let (mut components, mut pce_svn) = ([None; COMPONENTS], None);
    while !list.is_finished() {
        let mut entry = list.sequence("TCB")?;
        let oid = entry.oid("TCB")?;
        if oid.parent() != Some(TCB) {
            return Err(invalid());
        }
        let last = oid.arcs().last().ok_or_else(invalid)?;
        if last == COMPONENTS as u32 + 2 {
            continue;
        }
        let svn = integer_u64(entry.unsigned("TCB")?).and_then(|svn| u16::try_from(svn).ok()).ok_or_else(invalid)?;
        entry.finish()?;
        match last as usize {
            index @ 1..=COMPONENTS => {
                set(&mut components[index - 1], u8::try_from(svn).map_err(|_| invalid())?)?;
            }
            _ if last == COMPONENTS as u32 + 1 => set(&mut pce_svn, svn)?,
            _ => return Err(invalid()),
        }
    }
    let mut known = [0; COMPONENTS];
    for (place, component) in known.iter_mut().zip(components) {
        *place = component.ok_or(TeeError::missing(PART, "a component of the TCB"))?;
    }
    Ok((known, pce_svn.ok_or(TeeError::missing(PART, "the SVN of the PCE"))?))
}
