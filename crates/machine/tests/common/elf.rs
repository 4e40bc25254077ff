//! A linker of two segments.

/// An executable with this text at its place, this entry index, and a writable segment.
pub fn link(text: &[u32], entry: u32, address: u64, data: &[u8], data_memory: u64) -> Vec<u8> {
    let code: Vec<u8> = text.iter().flat_map(|word| word.to_le_bytes()).collect();
    let text_offset = 0x1000u64;
    // Offsets must be congruent to addresses modulo the page size.
    let data_offset = (text_offset + code.len() as u64).next_multiple_of(0x1000) + address % 0x1000;
    let mut file = b"\x7fELF\x02\x01\x01".to_vec();
    file.resize(16, 0);
    file.extend(2u16.to_le_bytes());
    file.extend(243u16.to_le_bytes());
    file.extend(1u32.to_le_bytes());
    file.extend((0x0800_0000 + 4 * u64::from(entry)).to_le_bytes());
    file.extend(64u64.to_le_bytes());
    file.extend(0u64.to_le_bytes());
    file.extend(0u32.to_le_bytes());
    for half in [64u16, 56, 2, 64, 0, 0] {
        file.extend(half.to_le_bytes());
    }
    let code_bytes = code.len() as u64;
    header(&mut file, 5, text_offset, 0x0800_0000, code_bytes, code_bytes);
    header(&mut file, 6, data_offset, address, data.len() as u64, data_memory);
    file.resize(text_offset as usize, 0);
    file.extend(code);
    file.resize(data_offset as usize, 0);
    file.extend(data);
    file
}

fn header(file: &mut Vec<u8>, flags: u32, offset: u64, address: u64, file_bytes: u64, memory_bytes: u64) {
    file.extend(1u32.to_le_bytes());
    file.extend(flags.to_le_bytes());
    for double in [offset, address, address, file_bytes, memory_bytes, 0x1000] {
        file.extend(double.to_le_bytes());
    }
}
