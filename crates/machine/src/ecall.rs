//! `ECALL`.

use crate::{
    Host, RunError,
    code::SINK,
    memory::{Memory, TooManyPages},
    meter::Meter,
    params::*,
    precompile,
    state::hash_in_registers,
};
use alloy_primitives::{B256, keccak256};

/// Registers of the interpreter: `x0 … x31`, a sink for writes to `x0`, and unused ones that spare bounds checks.
pub(crate) type Registers = [u64; 64];

const _: () = assert!(SINK < 64);

/// What an `ECALL` does to the run.
#[derive(Debug)]
pub(crate) enum Outcome {
    Done,
    /// Done, and the last instruction of its chunk.
    DoneLast,
    /// It belongs to the next chunk.
    Deferred,
    Halted(B256),
    Faulted,
}

impl From<TooManyPages> for Outcome {
    fn from(_: TooManyPages) -> Self {
        Self::Faulted
    }
}

pub(crate) struct Call<'a> {
    pub(crate) x: &'a mut Registers,
    pub(crate) memory: &'a mut Memory,
    pub(crate) meter: &'a mut Meter,
    pub(crate) host: &'a mut dyn Host,
}

impl Call<'_> {
    /// Runs the call. The meter counts everything before it.
    pub(crate) fn run(mut self) -> Result<Outcome, RunError> {
        let number = self.x[17];
        let outcome = match number {
            0 => Outcome::Halted(hash_in_registers(self.x)),
            1 => return self.preimage(),
            2 => self.keccak().unwrap_or_else(Outcome::from),
            3 => self.precompile().unwrap_or_else(Outcome::from),
            4 => self.copy().unwrap_or_else(Outcome::from),
            _ => Outcome::Faulted,
        };
        if !matches!(outcome, Outcome::Deferred | Outcome::Faulted) {
            self.meter.ecalls[number as usize] += 1;
        }
        Ok(outcome)
    }

    fn preimage(&mut self) -> Result<Outcome, RunError> {
        let capacity = self.x[15];
        if capacity > MAX_ECALL_BYTES {
            return Ok(Outcome::Faulted);
        }
        let pages = capacity / PAGE_BYTES as u64;
        if !self.meter.fits(64 + 7 * words(capacity), 2 * pages + 9) {
            return Ok(Outcome::Deferred);
        }
        let hash = hash_in_registers(self.x);
        let preimage = self.host.preimage(&hash).ok_or(RunError::MissingPreimage(hash))?;
        let length = preimage.len() as u64;
        if length > MAX_ECALL_BYTES {
            return Err(RunError::PreimageTooLong { hash, length: preimage.len() });
        }
        if keccak256(&preimage) != hash {
            return Err(RunError::WrongPreimage(hash));
        }
        self.meter.ecalls[1] += 1;
        self.meter.longest_call = self.meter.longest_call.max(length);
        self.meter.add(64 + 7 * words(length));
        self.meter.add_pages(length.div_ceil(PAGE_BYTES as u64));
        let written = &preimage[..length.min(capacity) as usize];
        if self.write(14, written).is_err() {
            return Ok(Outcome::Faulted);
        }
        self.x[10] = length;
        // What does not fit was not reserved.
        Ok(if length > capacity { Outcome::DoneLast } else { Outcome::Done })
    }

    fn keccak(&mut self) -> Result<Outcome, TooManyPages> {
        let length = self.x[11];
        if length > MAX_ECALL_BYTES {
            return Ok(Outcome::Faulted);
        }
        let weight = 32 + 3 * words(length);
        let pages = length / PAGE_BYTES as u64 + 3;
        if !self.meter.fits(weight, pages) {
            return Ok(Outcome::Deferred);
        }
        self.meter.add(weight);
        let hash = keccak256(self.read(10, length)?);
        self.write(12, hash.as_slice())?;
        Ok(Outcome::Done)
    }

    fn precompile(&mut self) -> Result<Outcome, TooManyPages> {
        let [address, _, length, _, gas] = [self.x[10], self.x[11], self.x[12], self.x[13], self.x[14]];
        if !precompile::is_known(address) || length > MAX_ECALL_BYTES || gas > MAX_PRECOMPILE_GAS {
            return Ok(Outcome::Faulted);
        }
        let weight = 64 + 3 * words(length) + gas.div_ceil(PRECOMPILE_GAS_PER_WEIGHT);
        let pages = length / PAGE_BYTES as u64 + 6;
        if !self.meter.fits(weight, pages) {
            return Ok(Outcome::Deferred);
        }
        self.meter.add(weight);
        let input = self.read(11, length)?;
        let output = precompile::call(address, &input);
        let bytes = output.as_ref().map_or(&[][..], |output| output);
        if bytes.len() > MAX_PRECOMPILE_OUTPUT {
            return Ok(Outcome::Faulted);
        }
        self.write(13, bytes)?;
        self.x[10] = output.is_some().into();
        self.x[11] = bytes.len() as u64;
        Ok(Outcome::Done)
    }

    fn copy(&mut self) -> Result<Outcome, TooManyPages> {
        let [destination, source, length] = [self.x[10], self.x[11], self.x[12]];
        if length > MAX_ECALL_BYTES {
            return Ok(Outcome::Faulted);
        }
        let weight = 16 + words(length);
        if !self.meter.fits(weight, 2 * (length / PAGE_BYTES as u64) + 4) {
            return Ok(Outcome::Deferred);
        }
        self.meter.add(weight);
        self.meter.longest_call = self.meter.longest_call.max(length);
        let bytes = self.memory.read(self.meter, source, length as usize)?;
        self.memory.write(self.meter, destination, &bytes)?;
        Ok(Outcome::Done)
    }

    /// Reads from the pointer in a register.
    fn read(&mut self, register: usize, length: u64) -> Result<Vec<u8>, TooManyPages> {
        self.meter.longest_call = self.meter.longest_call.max(length);
        self.memory.read(self.meter, pointer(self.x[register]), length as usize)
    }

    /// Writes to the pointer in a register, padded with zeros to whole words of the EVM.
    fn write(&mut self, register: usize, bytes: &[u8]) -> Result<(), TooManyPages> {
        let mut padded = bytes.to_vec();
        padded.resize(bytes.len().next_multiple_of(32), 0);
        self.memory.write(self.meter, pointer(self.x[register]), &padded)
    }
}

/// Pointers are aligned to words of the EVM.
const fn pointer(register: u64) -> u64 {
    register & !31
}

const fn words(bytes: u64) -> u64 {
    bytes.div_ceil(32)
}
