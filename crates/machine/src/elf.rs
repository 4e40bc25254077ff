//! Static RISC-V executables to images.

use crate::{ElfError, Page, params::*, tree::ZERO_PAGE};
use std::collections::BTreeMap;

const HEADER_BYTES: usize = 64;
const SEGMENT_BYTES: usize = 56;
const MAX_SEGMENTS: u16 = 64;
const LOAD: u32 = 1;
const EXECUTABLE: u32 = 1;
const WRITABLE: u32 = 2;

type Image = (Vec<u32>, u32, Vec<(u32, Box<Page>)>);

/// A program header.
struct Segment<'a> {
    flags: u32,
    address: u64,
    memory_bytes: u64,
    contents: &'a [u8],
}

pub(crate) fn parse(file: &[u8]) -> Result<Image, ElfError> {
    check_kind(file)?;
    let (text, data): (Vec<_>, Vec<_>) =
        segments(file)?.into_iter().partition(|segment| segment.flags & EXECUTABLE != 0);
    let [text] = text.as_slice() else { return Err(ElfError::Text("not exactly one")) };
    let words = words(text)?;
    let entry = u64::from_le_bytes(field(file, 24)?);
    let offset = entry.wrapping_sub(TEXT_BASE);
    if !offset.is_multiple_of(4) || offset / 4 >= words.len() as u64 {
        return Err(ElfError::Entry(entry));
    }
    Ok((words, (offset / 4) as u32, pages(data)?))
}

fn check_kind(file: &[u8]) -> Result<(), ElfError> {
    let half = |offset| field(file, offset).map(u16::from_le_bytes);
    if !file.starts_with(b"\x7fELF\x02\x01\x01") {
        return Err(ElfError::Kind("identification"));
    }
    if half(16)? != 2 {
        return Err(ElfError::Kind("type"));
    }
    if half(18)? != 243 {
        return Err(ElfError::Kind("machine"));
    }
    // Bit 0 says that there are compressed instructions, which the machine does not have.
    if u32::from_le_bytes(field(file, 48)?) & 1 != 0 {
        return Err(ElfError::Kind("compressed instructions"));
    }
    if usize::from(half(54)?) != SEGMENT_BYTES {
        return Err(ElfError::Kind("program header size"));
    }
    Ok(())
}

fn segments(file: &[u8]) -> Result<Vec<Segment<'_>>, ElfError> {
    let count = u16::from_le_bytes(field(file, 56)?);
    if count > MAX_SEGMENTS {
        return Err(ElfError::TooManySegments(count));
    }
    let start = usize::try_from(u64::from_le_bytes(field(file, 32)?)).map_err(|_| ElfError::Truncated)?;
    if start < HEADER_BYTES {
        return Err(ElfError::Kind("program header offset"));
    }
    let headers = slice(file, start, usize::from(count) * SEGMENT_BYTES)?;
    let mut segments = Vec::new();
    for header in headers.chunks_exact(SEGMENT_BYTES) {
        let double = |offset| field(header, offset).map(u64::from_le_bytes);
        let [offset, address, file_bytes, memory_bytes] = [double(8)?, double(16)?, double(32)?, double(40)?];
        if u32::from_le_bytes(field(header, 0)?) != LOAD || memory_bytes == 0 {
            continue;
        }
        let [offset, length] = [offset, file_bytes].map(usize::try_from);
        let contents = slice(file, offset.map_err(|_| ElfError::Truncated)?, length.map_err(|_| ElfError::Truncated)?)?;
        segments.push(Segment { flags: u32::from_le_bytes(field(header, 4)?), address, memory_bytes, contents });
    }
    Ok(segments)
}

fn words(text: &Segment<'_>) -> Result<Vec<u32>, ElfError> {
    if text.flags & WRITABLE != 0 {
        return Err(ElfError::Text("writable"));
    }
    if text.address != TEXT_BASE {
        return Err(ElfError::Text("misplaced"));
    }
    let (words, rest) = text.contents.as_chunks::<4>();
    if !rest.is_empty() || text.contents.len() as u64 != text.memory_bytes {
        return Err(ElfError::Text("not whole words of the file"));
    }
    Ok(words.iter().map(|word| u32::from_le_bytes(*word)).collect())
}

fn pages(mut segments: Vec<Segment<'_>>) -> Result<Vec<(u32, Box<Page>)>, ElfError> {
    segments.sort_unstable_by_key(|segment| segment.address);
    let mut pages = BTreeMap::<u32, Box<Page>>::new();
    let mut free = 0;
    for Segment { address, memory_bytes, contents, .. } in segments {
        let end = address.checked_add(memory_bytes).filter(|&end| end <= MEMORY_BYTES);
        let end = end.filter(|_| contents.len() as u64 <= memory_bytes).ok_or(ElfError::Segment(address))?;
        if address < free {
            return Err(ElfError::Overlap(address));
        }
        free = end;
        let mut rest = contents;
        let mut at = address as usize;
        while !rest.is_empty() {
            let (index, offset) = (at / PAGE_BYTES, at % PAGE_BYTES);
            let (piece, others) = rest.split_at(rest.len().min(PAGE_BYTES - offset));
            let page = pages.entry(index as u32).or_insert_with(|| Box::new(ZERO_PAGE));
            page[offset..offset + piece.len()].copy_from_slice(piece);
            at += piece.len();
            rest = others;
        }
    }
    Ok(pages.into_iter().collect())
}

fn slice(bytes: &[u8], start: usize, length: usize) -> Result<&[u8], ElfError> {
    start.checked_add(length).and_then(|end| bytes.get(start..end)).ok_or(ElfError::Truncated)
}

fn field<const N: usize>(bytes: &[u8], offset: usize) -> Result<[u8; N], ElfError> {
    bytes.get(offset..).and_then(|rest| rest.first_chunk()).copied().ok_or(ElfError::Truncated)
}
