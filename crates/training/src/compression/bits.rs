//! Integers of a few bits each, from the lowest bit of the first byte on.

pub(super) fn pack(values: impl Iterator<Item = u32>, width: u8) -> Vec<u8> {
    let (mut out, mut buffer, mut held) = (Vec::new(), 0u64, 0);
    for value in values {
        buffer |= u64::from(value) << held;
        held += u32::from(width);
        while held >= 8 {
            out.push(buffer as u8);
            (buffer, held) = (buffer >> 8, held - 8);
        }
    }
    if held > 0 {
        out.push(buffer as u8);
    }
    out
}

/// As many as there are whole ones.
pub(super) fn unpack(bytes: &[u8], width: u8) -> impl Iterator<Item = u32> {
    let (mut bytes, mut buffer, mut held) = (bytes.iter(), 0u64, 0);
    core::iter::from_fn(move || {
        while held < u32::from(width) {
            buffer |= u64::from(*bytes.next()?) << held;
            held += 8;
        }
        let value = buffer & ((1 << width) - 1);
        (buffer, held) = (buffer >> width, held - u32::from(width));
        Some(value as u32)
    })
}
