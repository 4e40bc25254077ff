//! `debug_*`.

mod guard;
mod raw;
mod trace;
mod witness;

#[cfg(test)]
pub(crate) use witness::ExecutionWitness;

use crate::register::Registrar;

pub(crate) fn register(methods: &mut Registrar) {
    trace::register(methods);
    raw::register(methods);
    witness::register(methods);
}
