//! The parts of a static RISC-V executable that moving its code needs.

use eyre::{OptionExt, bail};

pub const TEXT_BASE: u64 = 0x0800_0000;
const EXECUTABLE: u64 = 4;
const RELOCATIONS: u32 = 4;
const SYMBOLS: u32 = 2;

/// An executable linked with `--emit-relocs`.
#[derive(Debug)]
pub struct Elf {
    file: Vec<u8>,
    /// Words of the text.
    pub text: Vec<u32>,
    text_offset: usize,
    /// Indices where functions start, and their names, ascending.
    pub functions: Vec<(usize, String)>,
    /// Relocations of the text: index of the word, type, address.
    pub in_text: Vec<(usize, u32, u64)>,
    /// Relocations of data: where in the file, type, address.
    pub in_data: Vec<(usize, u32, u64)>,
}

struct Section {
    kind: u32,
    flags: u64,
    address: u64,
    offset: usize,
    size: usize,
    link: usize,
    info: usize,
}

impl Elf {
    pub fn parse(file: Vec<u8>) -> eyre::Result<Self> {
        let sections = sections(&file).ok_or_eyre("no section table")?;
        let is_text = |section: &&Section| section.flags & EXECUTABLE != 0;
        let text = sections.iter().find(is_text).ok_or_eyre("no text")?;
        let symbols = sections.iter().find(|section| section.kind == SYMBOLS).ok_or_eyre("no symbols")?;
        let text_offset = text.offset;
        let words = file.get(text.offset..text.offset + text.size).ok_or_eyre("text is cut off")?;
        let words: Vec<u32> = words.as_chunks().0.iter().map(|&word| u32::from_le_bytes(word)).collect();
        let functions = functions(&file, symbols, &sections, words.len()).ok_or_eyre("symbols are cut off")?;
        let (mut in_text, mut in_data) = (Vec::new(), Vec::new());
        for table in sections.iter().filter(|section| section.kind == RELOCATIONS) {
            let target = sections.get(table.info).ok_or_eyre("relocations of no section")?;
            for at in (table.offset..table.offset + table.size).step_by(24) {
                let relocation = relocation(&file, at, symbols).ok_or_eyre("relocations are cut off")?;
                let (address, kind, value) = relocation;
                let offset = address.wrapping_sub(target.address) as usize;
                if target.flags & EXECUTABLE != 0 {
                    in_text.push((offset / 4, kind, value));
                } else {
                    in_data.push((target.offset + offset, kind, value));
                }
            }
        }
        Ok(Self { file, text: words, text_offset, functions, in_text, in_data })
    }

    /// A text whose data is one address in it.
    #[cfg(test)]
    pub fn of(text: Vec<u32>, functions: Vec<(usize, String)>, address: u64) -> Self {
        use crate::blocks::{HI20, IN_DATA, LO12_I};
        let in_text = vec![(4, HI20, address), (5, LO12_I, address)];
        Self { file: vec![0; 64], text, text_offset: 64, functions, in_text, in_data: vec![(0, IN_DATA[1], address)] }
    }

    /// Index of the word at an address, if that is in the text.
    pub fn index(&self, address: u64) -> Option<usize> {
        let index = address.checked_sub(TEXT_BASE)? as usize / 4;
        (index < self.text.len()).then_some(index)
    }

    /// Index of the first word to run.
    pub fn entry(&self) -> eyre::Result<usize> {
        let address = double(&self.file, 24).ok_or_eyre("no entry")?;
        self.index(address).ok_or_eyre("the entry is not in the text")
    }

    /// Overwrites bytes of data.
    pub fn write(&mut self, at: usize, bytes: &[u8]) -> eyre::Result<()> {
        let Some(place) = self.file.get_mut(at..at + bytes.len()) else { bail!("data is cut off") };
        place.copy_from_slice(bytes);
        Ok(())
    }

    /// The file with this text, which starts at the word with this index. Nothing behind the text stays.
    pub fn replace_text(mut self, text: &[u32], entry: usize) -> eyre::Result<Vec<u8>> {
        self.file.truncate(self.text_offset);
        self.file.extend(text.iter().flat_map(|word| word.to_le_bytes()));
        self.write(24, &(TEXT_BASE + 4 * entry as u64).to_le_bytes())?;
        let bytes = (4 * text.len() as u64).to_le_bytes();
        let headers = double(&self.file, 32).ok_or_eyre("no segments")? as usize;
        let count = half(&self.file, 56).ok_or_eyre("no segments")?;
        for header in (0..count).map(|index| headers + 56 * index) {
            if double(&self.file, header + 8) == Some(self.text_offset as u64) {
                self.write(header + 32, &bytes)?;
                self.write(header + 40, &bytes)?;
            }
        }
        Ok(self.file)
    }
}

fn sections(file: &[u8]) -> Option<Vec<Section>> {
    let (table, count) = (double(file, 40)? as usize, half(file, 60)?);
    let section = |index: usize| {
        let at = table + 64 * index;
        Some(Section {
            kind: word(file, at + 4)?,
            flags: double(file, at + 8)?,
            address: double(file, at + 16)?,
            offset: double(file, at + 24)? as usize,
            size: double(file, at + 32)? as usize,
            link: word(file, at + 40)? as usize,
            info: word(file, at + 44)? as usize,
        })
    };
    (0..count).map(section).collect()
}

/// Where the functions start that have names; of several names of one place, the first in order of the alphabet.
fn functions(file: &[u8], symbols: &Section, sections: &[Section], words: usize) -> Option<Vec<(usize, String)>> {
    let strings = sections.get(symbols.link)?;
    let mut functions = Vec::new();
    for at in (symbols.offset..symbols.offset + symbols.size).step_by(24) {
        let value = double(file, at + 8)?;
        let name = file.get(strings.offset + word(file, at)? as usize..)?;
        let name = String::from_utf8_lossy(name.split(|&byte| byte == 0).next()?).into_owned();
        let is_inner = name.is_empty() || name.starts_with(['.', '$']);
        let index = value.wrapping_sub(TEXT_BASE) as usize / 4;
        if value >= TEXT_BASE && index < words && !is_inner {
            functions.push((index, name));
        }
    }
    functions.sort();
    functions.dedup_by_key(|(index, _)| *index);
    Some(functions)
}

/// Address that is changed, type, and the address that is put there.
fn relocation(file: &[u8], at: usize, symbols: &Section) -> Option<(u64, u32, u64)> {
    let [address, info, addend] = [double(file, at)?, double(file, at + 8)?, double(file, at + 16)?];
    let symbol = symbols.offset + 24 * (info >> 32) as usize;
    Some((address, info as u32, double(file, symbol + 8)?.wrapping_add(addend)))
}

fn half(file: &[u8], at: usize) -> Option<usize> {
    Some(u16::from_le_bytes(*file.get(at..)?.first_chunk()?).into())
}

fn word(file: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*file.get(at..)?.first_chunk()?))
}

fn double(file: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(*file.get(at..)?.first_chunk()?))
}
