//! The machine once more, as plainly as the specification reads: it runs a chunk from nothing but its proof.

use super::alu;
use alloy_primitives::{B256, keccak256};
use lux_machine::{ChunkProof, Op, Page, decode, faulted_hash, halted_hash, leaf_hash, merkle_root, running_hash};
use std::collections::{BTreeMap, BTreeSet};

/// Why a proof shows nothing.
#[derive(Debug, PartialEq, Eq)]
pub enum Invalid {
    /// The pages do not have the root, or the state not the hash.
    Pre,
    MissingPage,
    MissingPreimage,
}

enum End {
    Invalid(Invalid),
    Fault,
    Halt(B256),
    Chunk,
}

/// What the chunk did.
pub struct Run {
    pub post: B256,
    pub weight: u64,
    pub touch_order: Vec<u32>,
    pub code_order: Vec<u32>,
    pub unused_preimages: usize,
}

struct Slow<'a> {
    text: &'a [u32],
    pc: u32,
    x: [u64; 32],
    pages: BTreeMap<u32, Page>,
    preimages: std::slice::Iter<'a, alloy_primitives::Bytes>,
    weight: u64,
    page_count: u64,
    spare: u64,
    touched: BTreeSet<u32>,
    touch_order: Vec<u32>,
    code_order: Vec<u32>,
}

/// Runs the chunk of a proof.
pub fn verify(text: &[u32], proof: &ChunkProof) -> Result<Run, Invalid> {
    let root = root(proof.pages.iter().map(|(index, page)| (*index, **page)).collect(), proof)?;
    if root != proof.memory_root || running_hash(proof.pc, &proof.registers, &root) != proof.pre {
        return Err(Invalid::Pre);
    }
    let mut x = [0; 32];
    x[1..].copy_from_slice(&proof.registers);
    let mut slow = Slow {
        text,
        pc: proof.pc,
        x,
        pages: proof.pages.iter().map(|(index, page)| (*index, **page)).collect(),
        preimages: proof.preimages.iter(),
        weight: 0,
        page_count: 0,
        spare: 18,
        touched: BTreeSet::new(),
        touch_order: vec![],
        code_order: vec![],
    };
    let post = loop {
        match slow.step() {
            Ok(()) => {}
            Err(End::Invalid(why)) => return Err(why),
            Err(End::Fault) => break faulted_hash(),
            Err(End::Halt(output)) => break halted_hash(&output),
            Err(End::Chunk) => {
                let registers = slow.x[1..].try_into().unwrap();
                break running_hash(slow.pc, &registers, &self::root(slow.pages.clone(), proof)?);
            }
        }
    };
    Ok(Run {
        post,
        weight: slow.weight,
        touch_order: slow.touch_order,
        code_order: slow.code_order,
        unused_preimages: slow.preimages.len(),
    })
}

fn root(pages: BTreeMap<u32, Page>, proof: &ChunkProof) -> Result<B256, Invalid> {
    if pages.is_empty() {
        return Ok(proof.memory_root);
    }
    let leaves: Vec<_> = pages.iter().map(|(index, page)| (*index, leaf_hash(page))).collect();
    merkle_root(&leaves, &proof.siblings).ok_or(Invalid::Pre)
}

impl Slow<'_> {
    fn step(&mut self) -> Result<(), End> {
        self.pc %= 1 << 19;
        let code_page = self.pc / 256;
        if !self.code_order.contains(&code_page) {
            self.weight += 32 + self.code_order.len() as u64 / 8;
            self.code_order.push(code_page);
        }
        let instruction = decode(*self.text.get(self.pc as usize).ok_or(End::Fault)?);
        let here = 0x0800_0000 + 4 * u64::from(self.pc);
        let (a, b) = (self.x[instruction.rs1 as usize], self.x[instruction.rs2 as usize]);
        let imm = instruction.imm as i64 as u64;
        let address = a.wrapping_add(imm);
        let near = (i64::from(self.pc) + i64::from(instruction.imm >> 2)) as u32 % (1 << 19);
        let mut target = None;
        let value = match instruction.op {
            Op::Lui => imm,
            Op::Auipc => here.wrapping_add(imm),
            Op::Jal => {
                target = Some(near);
                here + 4
            }
            Op::Jalr => {
                target = Some((address >> 2) as u32 % (1 << 19));
                here + 4
            }
            Op::Lb => self.load(address, 1)? as i8 as u64,
            Op::Lh => self.load(address, 2)? as i16 as u64,
            Op::Lw => self.load(address, 4)? as i32 as u64,
            Op::Ld => self.load(address, 8)?,
            Op::Lbu => self.load(address, 1)?,
            Op::Lhu => self.load(address, 2)?,
            Op::Lwu => self.load(address, 4)?,
            Op::Sb => self.store(address, &b.to_le_bytes()[..1])?,
            Op::Sh => self.store(address, &b.to_le_bytes()[..2])?,
            Op::Sw => self.store(address, &b.to_le_bytes()[..4])?,
            Op::Sd => self.store(address, &b.to_le_bytes())?,
            Op::Fence | Op::FenceI => 0,
            Op::Ecall => {
                self.ecall()?;
                0
            }
            Op::Illegal => return Err(End::Fault),
            op => {
                if let Some(taken) = alu::is_taken(op, a, b) {
                    target = taken.then_some(near);
                    0
                } else {
                    let immediate = op.mnemonic().trim_end_matches('u').trim_end_matches('w').ends_with('i');
                    alu::result(op, a, if immediate { imm } else { b }).unwrap()
                }
            }
        };
        if instruction.rd != 0 {
            self.x[instruction.rd as usize] = value;
        }
        let near = target.is_some_and(|target| target / 256 == code_page);
        self.weight += match instruction.op {
            Op::Jalr => 2,
            Op::Jal => 2 - u64::from(near && instruction.rd == 0),
            _ => 2 - u64::from(target.is_none() || near),
        };
        self.pc = target.unwrap_or(self.pc + 1);
        // A preimage was longer than its capacity.
        if instruction.op == Op::Ecall && self.x[17] == 1 && self.x[10] > self.x[15] {
            return Err(End::Chunk);
        }
        let crosses = target.is_none() && self.pc.is_multiple_of(256);
        self.weight += u64::from(crosses);
        if (crosses || target.is_some()) && (self.weight >= 45_000 || self.page_count >= 106) {
            Err(End::Chunk)
        } else {
            Ok(())
        }
    }

    fn byte(&mut self, address: u64) -> Result<&mut u8, End> {
        let address = address % (1 << 27);
        let page = (address / 512) as u32;
        if self.touched.insert(page) {
            if self.page_count >= 106 {
                if self.spare == 0 {
                    return Err(End::Fault);
                }
                self.spare -= 1;
            }
            self.touch_order.push(page);
            self.page_count += 1;
        }
        let page = self.pages.get_mut(&page).ok_or(End::Invalid(Invalid::MissingPage))?;
        Ok(&mut page[address as usize % 512])
    }

    fn load(&mut self, address: u64, size: u64) -> Result<u64, End> {
        let mut value = 0;
        for k in (0..size).rev() {
            value = value << 8 | u64::from(*self.byte(address / size * size + k)?);
        }
        Ok(value)
    }

    fn store(&mut self, address: u64, bytes: &[u8]) -> Result<u64, End> {
        let size = bytes.len() as u64;
        self.write(address / size * size, bytes)?;
        Ok(0)
    }

    fn read(&mut self, address: u64, length: u64) -> Result<Vec<u8>, End> {
        (0..length).map(|k| self.byte(address.wrapping_add(k)).map(|byte| *byte)).collect()
    }

    fn write(&mut self, address: u64, bytes: &[u8]) -> Result<(), End> {
        for (k, byte) in bytes.iter().enumerate() {
            *self.byte(address.wrapping_add(k as u64))? = *byte;
        }
        Ok(())
    }

    fn write_padded(&mut self, address: u64, bytes: &[u8]) -> Result<(), End> {
        let mut bytes = bytes.to_vec();
        while !bytes.len().is_multiple_of(32) {
            bytes.push(0);
        }
        self.write(address / 32 * 32, &bytes)
    }

    fn reserve(&self, weight: u64, pages: u64) -> Result<(), End> {
        if self.weight + weight > 45_000 || self.page_count + pages > 106 { Err(End::Chunk) } else { Ok(()) }
    }

    fn ecall(&mut self) -> Result<(), End> {
        let words = |n: u64| n.div_ceil(32);
        let x = self.x;
        let hash = B256::from_slice(&[x[10], x[11], x[12], x[13]].map(u64::to_le_bytes).concat());
        match x[17] {
            0 => return Err(End::Halt(hash)),
            1 if x[15] <= 24_576 => {
                self.reserve(64 + 7 * words(x[15]), 2 * (x[15] / 512) + 9)?;
                let preimage = self.preimages.next().filter(|preimage| keccak256(preimage) == hash);
                let preimage = preimage.ok_or(End::Invalid(Invalid::MissingPreimage))?;
                let length = preimage.len() as u64;
                self.weight += 64 + 7 * words(length);
                self.page_count += length.div_ceil(512);
                self.write_padded(x[14], &preimage[..length.min(x[15]) as usize])?;
                self.x[10] = length;
            }
            2 if x[11] <= 24_576 => {
                self.reserve(32 + 3 * words(x[11]), x[11] / 512 + 3)?;
                self.weight += 32 + 3 * words(x[11]);
                let hash = keccak256(self.read(x[10] / 32 * 32, x[11])?);
                self.write_padded(x[12], hash.as_slice())?;
            }
            3 if known().contains(&x[10]) && x[12] <= 24_576 && x[14] <= 4_500_000 => {
                let weight = 64 + 3 * words(x[12]) + x[14].div_ceil(128);
                self.reserve(weight, x[12] / 512 + 6)?;
                self.weight += weight;
                let input = self.read(x[11] / 32 * 32, x[12])?;
                let address = alloy_primitives::Address::with_last_byte(x[10] as u8);
                let address = if x[10] == 256 {
                    alloy_primitives::address!("0000000000000000000000000000000000000100")
                } else {
                    address
                };
                let output = revm::precompile::Precompiles::osaka().get(&address).unwrap();
                let output = output.execute(&input, 4_500_000, 0).unwrap();
                self.write_padded(x[13], &output.bytes)?;
                self.x[10] = output.is_success().into();
                self.x[11] = output.bytes.len() as u64;
            }
            4 if x[12] <= 24_576 => {
                self.reserve(16 + words(x[12]), 2 * (x[12] / 512) + 4)?;
                self.weight += 16 + words(x[12]);
                let bytes = self.read(x[11], x[12])?;
                self.write(x[10], &bytes)?;
            }
            _ => return Err(End::Fault),
        }
        Ok(())
    }
}

fn known() -> BTreeSet<u64> {
    (1..=3).chain(5..=17).chain([256]).collect()
}
