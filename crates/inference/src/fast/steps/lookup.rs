//! Functions of one element, as tables.

use super::super::part::Part;
use super::super::simd::{Level, lookup, lookup_bytes};
use super::{BadIndex, Step};
use crate::Tensor;
use std::sync::Arc;

#[derive(Debug)]
pub(in super::super) struct Lookup {
    pub level: Level,
    pub elements: usize,
    pub table: Box<[i16; 256]>,
}

impl Step for Lookup {
    fn granule(&self) -> usize {
        1
    }

    fn is_local(&self, _: usize) -> bool {
        true
    }

    fn work(&self) -> usize {
        self.elements
    }

    fn compute(&self, operands: &[Arc<Tensor>], start: usize, out: Part<'_>) -> Result<(), BadIndex> {
        let Tensor::I8(x) = &*operands[0] else { unreachable!("checked: tables are for int8") };
        let x = &x[start..start + out.len()];
        match out {
            Part::I8(y) => lookup_bytes(self.level, &self.table.map(|entry| entry as i8), x, y),
            Part::I16(y) => lookup(&self.table, x, y),
            Part::I32(_) => unreachable!("checked: tables have narrow entries"),
        }
        Ok(())
    }
}
