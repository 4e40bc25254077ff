//! NumPy's file format for one array, versions 1 to 3: what calibration data, inputs and outputs are written in.

/// Dimensions that an array may have.
const MAX_RANK: usize = 32;
const MAX_HEADER_BYTES: usize = 64 << 10;
const MAGIC: &[u8] = b"\x93NUMPY";
/// Whole numbers up to here are exact as floats.
const EXACT: f64 = (1 << 24) as f64;

/// An array of floats, row-major. Whole numbers are held as floats too.
#[derive(Clone, Debug, PartialEq)]
pub struct NpyArray {
    pub shape: Vec<usize>,
    pub data: Vec<f32>,
}

/// Why a file is no array that can be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NpyError {
    #[error("not a .npy file: it must begin with \\x93NUMPY; write it with numpy.save")]
    Magic,
    #[error("version {0} of the .npy format is not known; 1 to 3 are")]
    Version(u8),
    #[error("the file ends within its header")]
    Truncated,
    #[error("its header is {0} bytes long; at most {MAX_HEADER_BYTES} are allowed")]
    LongHeader(usize),
    #[error("its header is malformed: {0}")]
    Header(&'static str),
    #[error(
        "elements of type {0:?} are not supported: save float32, float64, uint8, int32 or int64, little-endian, as with \
         array.astype('float32')"
    )]
    DType(String),
    #[error("it is in Fortran order: save numpy.ascontiguousarray(array)")]
    FortranOrder,
    #[error("its shape takes {expected} bytes, and {found} follow the header")]
    Length { expected: u128, found: usize },
    #[error("element {0} is infinite or no number")]
    NotFinite(usize),
    #[error("element {0} is a whole number above 2^24, which is not exact as float32")]
    Inexact(usize),
}

impl NpyArray {
    /// # Errors
    ///
    /// If the file is malformed, or has elements that floats do not hold.
    pub fn decode(file: &[u8]) -> Result<Self, NpyError> {
        let rest = file.strip_prefix(MAGIC).ok_or(NpyError::Magic)?;
        let (&[major, _minor], rest) = rest.split_first_chunk().ok_or(NpyError::Truncated)?;
        let (length, rest) = match major {
            1 => {
                let (length, rest) = rest.split_first_chunk().ok_or(NpyError::Truncated)?;
                (usize::from(u16::from_le_bytes(*length)), rest)
            }
            2 | 3 => {
                let (length, rest) = rest.split_first_chunk().ok_or(NpyError::Truncated)?;
                (u32::from_le_bytes(*length) as usize, rest)
            }
            other => return Err(NpyError::Version(other)),
        };
        if length > MAX_HEADER_BYTES {
            return Err(NpyError::LongHeader(length));
        }
        let (header, data) = rest.split_at_checked(length).ok_or(NpyError::Truncated)?;
        let header = std::str::from_utf8(header).map_err(|_| NpyError::Header("it is no text"))?;
        let Header { descr, fortran_order, shape } = Header::parse(header)?;
        if fortran_order && shape.len() > 1 {
            return Err(NpyError::FortranOrder);
        }
        let element = Element::named(&descr).ok_or(NpyError::DType(descr))?;
        let expected = shape.iter().try_fold(element.bytes() as u128, |bytes, dim| bytes.checked_mul(*dim as u128));
        let (expected, found) = (expected.unwrap_or(u128::MAX), data.len());
        if expected != found as u128 {
            return Err(NpyError::Length { expected, found });
        }
        Ok(Self { shape, data: element.floats(data)? })
    }

    /// Version 1, float32.
    pub fn encode(&self) -> Vec<u8> {
        let dims = match &self.shape[..] {
            [dim] => format!("{dim},"),
            dims => dims.iter().map(usize::to_string).collect::<Vec<_>>().join(", "),
        };
        let mut header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({dims}), }}");
        // The data begins at a multiple of 64.
        let unpadded = MAGIC.len() + 4 + header.len() + 1;
        header.extend(std::iter::repeat_n(' ', unpadded.next_multiple_of(64) - unpadded));
        header.push('\n');
        let mut file = [MAGIC, &[1, 0], &(header.len() as u16).to_le_bytes(), header.as_bytes()].concat();
        file.extend(self.data.iter().flat_map(|x| x.to_le_bytes()));
        file
    }
}

#[derive(Clone, Copy)]
enum Element {
    F32,
    F64,
    U8,
    I32,
    I64,
}

impl Element {
    fn named(descr: &str) -> Option<Self> {
        Some(match descr {
            "<f4" => Self::F32,
            "<f8" => Self::F64,
            "|u1" | "<u1" => Self::U8,
            "<i4" => Self::I32,
            "<i8" => Self::I64,
            _ => return None,
        })
    }

    const fn bytes(self) -> usize {
        match self {
            Self::U8 => 1,
            Self::F32 | Self::I32 => 4,
            Self::F64 | Self::I64 => 8,
        }
    }

    fn floats(self, data: &[u8]) -> Result<Vec<f32>, NpyError> {
        let (words, doubles) = (data.as_chunks::<4>().0.iter(), data.as_chunks::<8>().0.iter());
        let floats: Vec<f32> = match self {
            Self::F32 => words.map(|bytes| f32::from_le_bytes(*bytes)).collect(),
            Self::F64 => doubles.map(|bytes| f64::from_le_bytes(*bytes) as f32).collect(),
            Self::U8 => data.iter().map(|byte| f32::from(*byte)).collect(),
            Self::I32 => return whole(words.map(|bytes| i32::from_le_bytes(*bytes).into())),
            Self::I64 => return whole(doubles.map(|bytes| i64::from_le_bytes(*bytes) as f64)),
        };
        match floats.iter().position(|x| !x.is_finite()) {
            Some(index) => Err(NpyError::NotFinite(index)),
            None => Ok(floats),
        }
    }
}

fn whole(numbers: impl Iterator<Item = f64>) -> Result<Vec<f32>, NpyError> {
    let exact = |(index, x): (usize, f64)| (x.abs() <= EXACT).then_some(x as f32).ok_or(NpyError::Inexact(index));
    numbers.enumerate().map(exact).collect()
}

/// A literal of a Python dictionary with these three keys.
struct Header {
    descr: String,
    fortran_order: bool,
    shape: Vec<usize>,
}

impl Header {
    fn parse(text: &str) -> Result<Self, NpyError> {
        let (mut descr, mut fortran_order, mut shape) = (None, None, None);
        let mut literal = Literal(text);
        literal.expect('{', "it is no dictionary")?;
        while !literal.take('}') {
            let key = literal.string().ok_or(NpyError::Header("a key is no string"))?;
            literal.expect(':', "a key has no value")?;
            match key {
                "descr" if descr.is_none() => {
                    let records = NpyError::DType("of a record".to_owned());
                    descr = Some(literal.string().ok_or(records)?.to_owned());
                }
                "fortran_order" if fortran_order.is_none() => fortran_order = Some(literal.boolean()?),
                "shape" if shape.is_none() => shape = Some(literal.tuple()?),
                _ => return Err(NpyError::Header("a key is unknown or there twice")),
            }
            if !literal.take(',') {
                literal.expect('}', "it does not end")?;
                break;
            }
        }
        if !literal.0.trim().is_empty() {
            return Err(NpyError::Header("something follows the dictionary"));
        }
        let lacks = NpyError::Header("it lacks descr, fortran_order or shape");
        match (descr, fortran_order, shape) {
            (Some(descr), Some(fortran_order), Some(shape)) => Ok(Self { descr, fortran_order, shape }),
            _ => Err(lacks),
        }
    }
}

/// What is left of a Python literal.
struct Literal<'a>(&'a str);

impl<'a> Literal<'a> {
    fn take(&mut self, mark: char) -> bool {
        let rest = self.0.trim_start().strip_prefix(mark);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    fn expect(&mut self, mark: char, problem: &'static str) -> Result<(), NpyError> {
        if self.take(mark) { Ok(()) } else { Err(NpyError::Header(problem)) }
    }

    fn string(&mut self) -> Option<&'a str> {
        let quote = ['\'', '"'].into_iter().find(|quote| self.take(*quote))?;
        let (string, rest) = self.0.split_once(quote)?;
        self.0 = rest;
        Some(string)
    }

    fn boolean(&mut self) -> Result<bool, NpyError> {
        for (word, value) in [("True", true), ("False", false)] {
            if let Some(rest) = self.0.trim_start().strip_prefix(word) {
                self.0 = rest;
                return Ok(value);
            }
        }
        Err(NpyError::Header("fortran_order is neither True nor False"))
    }

    fn tuple(&mut self) -> Result<Vec<usize>, NpyError> {
        let mut numbers = Vec::new();
        self.expect('(', "shape is no tuple")?;
        while !self.take(')') {
            let text = self.0.trim_start();
            let (digits, rest) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
            numbers.push(digits.parse().map_err(|_| NpyError::Header("a dimension is no number, or too large"))?);
            self.0 = rest;
            if numbers.len() > MAX_RANK {
                return Err(NpyError::Header("it has more than 32 dimensions"));
            }
            if !self.take(',') {
                self.expect(')', "shape is no tuple")?;
                break;
            }
        }
        Ok(numbers)
    }
}
