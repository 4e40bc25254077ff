//! CBOR, read strictly: definite lengths, bounded, nothing left over.

use crate::{Problem, TeeError};
use minicbor::Decoder;
use minicbor::data::Type;

/// The largest map or array of a token has 32 registers.
const MAX_ITEMS: u64 = 64;

pub(crate) struct Cbor<'a> {
    decoder: Decoder<'a>,
    part: &'static str,
}

impl<'a> Cbor<'a> {
    pub fn new(bytes: &'a [u8], part: &'static str) -> Self {
        Self { decoder: Decoder::new(bytes), part }
    }

    const fn invalid(&self) -> TeeError {
        TeeError::invalid(self.part, "CBOR")
    }

    pub fn kind(&self) -> Result<Type, TeeError> {
        self.decoder.datatype().map_err(|_| self.invalid())
    }

    /// Takes this tag, if it is next.
    pub fn skip_tag(&mut self, tag: u64) -> Result<bool, TeeError> {
        if self.kind()? != Type::Tag {
            return Ok(false);
        }
        match self.decoder.tag() {
            Ok(found) if found.as_u64() == tag => Ok(true),
            _ => Err(self.invalid()),
        }
    }

    pub fn map(&mut self) -> Result<u64, TeeError> {
        let items = self.decoder.map();
        self.items(items)
    }

    pub fn array(&mut self) -> Result<u64, TeeError> {
        let items = self.decoder.array();
        self.items(items)
    }

    fn items(&self, found: Result<Option<u64>, minicbor::decode::Error>) -> Result<u64, TeeError> {
        match found {
            Ok(Some(items)) if items <= MAX_ITEMS => Ok(items),
            Ok(Some(items)) => {
                let len = usize::try_from(items).unwrap_or(usize::MAX);
                Err(TeeError::malformed(self.part, Problem::TooLong { len, max: MAX_ITEMS as usize }))
            }
            Ok(None) | Err(_) => Err(self.invalid()),
        }
    }

    pub fn bytes(&mut self) -> Result<&'a [u8], TeeError> {
        self.decoder.bytes().map_err(|_| self.invalid())
    }

    pub fn text(&mut self) -> Result<&'a str, TeeError> {
        self.decoder.str().map_err(|_| self.invalid())
    }

    pub fn integer(&mut self) -> Result<i64, TeeError> {
        self.decoder.i64().map_err(|_| self.invalid())
    }

    pub fn unsigned(&mut self) -> Result<u64, TeeError> {
        self.decoder.u64().map_err(|_| self.invalid())
    }

    /// `None` where null is next.
    pub fn optional_bytes(&mut self) -> Result<Option<&'a [u8]>, TeeError> {
        if self.kind()? == Type::Null {
            return self.decoder.null().map(|()| None).map_err(|_| self.invalid());
        }
        self.bytes().map(Some)
    }

    /// Passes over the next value, whatever it is.
    pub fn skip(&mut self) -> Result<(), TeeError> {
        self.decoder.skip().map_err(|_| self.invalid())
    }

    pub fn finish(self) -> Result<(), TeeError> {
        match self.decoder.input().len() - self.decoder.position() {
            0 => Ok(()),
            more => Err(TeeError::malformed(self.part, Problem::TrailingBytes(more))),
        }
    }
}
