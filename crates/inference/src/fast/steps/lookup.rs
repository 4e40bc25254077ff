//! Functions of one element, as tables.

use super::super::part::{Part, each_part};
use super::{BadIndex, Step};
use crate::Tensor;
use crate::tensor::Element;
use std::sync::Arc;

#[derive(Debug)]
pub(in super::super) struct Lookup {
    pub elements: usize,
    pub table: Box<[i16; 256]>,
}

impl Step for Lookup {
    fn granule(&self) -> usize {
        64
    }

    fn work(&self) -> usize {
        self.elements
    }

    fn compute(&self, operands: &[Arc<Tensor>], start: usize, out: Part<'_>) -> Result<(), BadIndex> {
        let Tensor::I8(x) = &*operands[0] else { unreachable!("checked: tables are for int8") };
        each_part!(out, y => {
            let table = self.table.map(|entry| Element::from_i64(entry.into()));
            y.iter_mut().zip(&x[start..]).for_each(|(y, x)| *y = table[usize::from(*x as u8 ^ 0x80)]);
        });
        Ok(())
    }
}
