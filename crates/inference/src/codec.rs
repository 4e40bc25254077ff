//! The canonical encoding of a model: fields of fixed width in order, big-endian. Every model has exactly one.

use crate::{DType, ModelError, Requantize, Shape, limits::MAX_RANK};
use alloc::{boxed::Box, vec::Vec};
use alloy_primitives::B256;

/// First bytes of every model: name and version of the format.
pub const MAGIC: [u8; 5] = *b"LUXM\x01";

/// What is left to decode.
pub(crate) struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    pub fn take(&mut self, len: usize, what: &'static str) -> Result<&'a [u8], ModelError> {
        let (head, tail) = self.0.split_at_checked(len).ok_or(ModelError::Truncated(what))?;
        self.0 = tail;
        Ok(head)
    }
}

/// A part of the encoding.
pub(crate) trait Field: Sized {
    fn write(&self, out: &mut Vec<u8>);
    fn read(reader: &mut Reader<'_>, what: &'static str) -> Result<Self, ModelError>;
}

macro_rules! integers {
    ($($type:ty),*) => { $(
        impl Field for $type {
            fn write(&self, out: &mut Vec<u8>) {
                out.extend(self.to_be_bytes());
            }

            fn read(reader: &mut Reader<'_>, what: &'static str) -> Result<Self, ModelError> {
                let bytes = reader.take(size_of::<Self>(), what)?;
                Ok(Self::from_be_bytes(bytes.try_into().map_err(|_| ModelError::Truncated(what))?))
            }
        }
    )* };
}

integers!(u8, u16, u32, u64, i16, i32);

impl Field for bool {
    fn write(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }

    fn read(reader: &mut Reader<'_>, what: &'static str) -> Result<Self, ModelError> {
        match u8::read(reader, what)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(ModelError::Field(what)),
        }
    }
}

impl Field for B256 {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend(self.0);
    }

    fn read(reader: &mut Reader<'_>, what: &'static str) -> Result<Self, ModelError> {
        reader.take(32, what).map(Self::from_slice)
    }
}

impl<T: Field + Copy + Default, const N: usize> Field for [T; N] {
    fn write(&self, out: &mut Vec<u8>) {
        self.iter().for_each(|element| element.write(out));
    }

    fn read(reader: &mut Reader<'_>, what: &'static str) -> Result<Self, ModelError> {
        let mut elements = [T::default(); N];
        for element in &mut elements {
            *element = T::read(reader, what)?;
        }
        Ok(elements)
    }
}

impl<T: Field> Field for Box<T> {
    fn write(&self, out: &mut Vec<u8>) {
        T::write(self, out);
    }

    fn read(reader: &mut Reader<'_>, what: &'static str) -> Result<Self, ModelError> {
        T::read(reader, what).map(Self::new)
    }
}

impl Field for DType {
    fn write(&self, out: &mut Vec<u8>) {
        out.push(*self as u8);
    }

    fn read(reader: &mut Reader<'_>, what: &'static str) -> Result<Self, ModelError> {
        Self::from_code(u8::read(reader, what)?).ok_or(ModelError::Field(what))
    }
}

/// A byte for the number of elements, then they.
macro_rules! short_list {
    ($type:ty) => {
        impl Field for Vec<$type> {
            fn write(&self, out: &mut Vec<u8>) {
                out.push(self.len() as u8);
                self.iter().for_each(|element| element.write(out));
            }

            fn read(reader: &mut Reader<'_>, what: &'static str) -> Result<Self, ModelError> {
                let count = u8::read(reader, what)?;
                (0..count).map(|_| <$type>::read(reader, what)).collect()
            }
        }
    };
}

short_list!(u8);
short_list!(u16);

impl Field for Shape {
    fn write(&self, out: &mut Vec<u8>) {
        out.push(self.rank() as u8);
        self.dims().iter().for_each(|dim| dim.write(out));
    }

    fn read(reader: &mut Reader<'_>, what: &'static str) -> Result<Self, ModelError> {
        let rank = usize::from(u8::read(reader, what)?).min(MAX_RANK + 1);
        let dims: Vec<u32> = (0..rank).map(|_| u32::read(reader, what)).collect::<Result<_, _>>()?;
        Self::new(dims).ok_or(ModelError::Field(what))
    }
}

/// Declares a struct whose encoding is that of its fields in order.
macro_rules! fields {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name { $($(#[$doc])* pub $field: $type,)* }

        impl $crate::codec::Field for $name {
            fn write(&self, out: &mut alloc::vec::Vec<u8>) {
                $($crate::codec::Field::write(&self.$field, out);)*
            }

            fn read(
                reader: &mut $crate::codec::Reader<'_>,
                _what: &'static str,
            ) -> Result<Self, $crate::ModelError> {
                Ok(Self { $($field: $crate::codec::Field::read(
                    reader,
                    concat!(stringify!($name), ", field ", stringify!($field)),
                )?,)* })
            }
        }
    };
}
pub(crate) use fields;

impl Field for Requantize {
    fn write(&self, out: &mut Vec<u8>) {
        self.dtype.write(out);
        self.shift.write(out);
        self.low.write(out);
        self.high.write(out);
    }

    fn read(reader: &mut Reader<'_>, what: &'static str) -> Result<Self, ModelError> {
        Ok(Self {
            dtype: DType::read(reader, what)?,
            shift: u8::read(reader, what)?,
            low: i32::read(reader, what)?,
            high: i32::read(reader, what)?,
        })
    }
}
