//! AWS Nitro Enclaves.

mod document;
mod verify;

pub(crate) use document::{Document, is_document};
pub(crate) use verify::authenticate;
