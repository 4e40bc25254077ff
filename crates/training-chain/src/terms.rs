//! What workers must know of a job beyond its contract: a blob, whose commitment is the job's `terms` (docs/training.md, "Terms").

use lux_federated::{Architecture, LocalTraining, Noise, Privacy};

const MAGIC: [u8; 5] = *b"LUXT\x01";
const MAX_HIDDEN: usize = 16;

#[derive(Clone, Debug, PartialEq)]
pub struct Terms {
    pub architecture: Architecture,
    pub fraction_bits: u8,
    pub training: LocalTraining,
    pub privacy: Option<Privacy>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TermsError {
    #[error("they do not begin as terms do")]
    Magic,
    #[error("they have another length")]
    Length,
    #[error("field {0} is out of its range")]
    Field(&'static str),
}

impl Terms {
    /// Longest encoding.
    pub const MAX_BYTES: usize = 160;

    /// # Panics
    /// For an architecture that is none.
    pub fn encode(&self) -> Vec<u8> {
        let size = |size: usize| u32::try_from(size).expect("sizes of a network fit 32 bits").to_be_bytes();
        let mut out = MAGIC.to_vec();
        out.push(self.fraction_bits);
        out.extend(size(self.architecture.inputs));
        out.push(u8::try_from(self.architecture.hidden.len()).expect("a network has few layers"));
        out.extend(self.architecture.hidden.iter().flat_map(|width| size(*width)));
        out.extend(size(self.architecture.classes));
        out.extend(self.training.epochs.to_be_bytes());
        out.extend(self.training.batch.to_be_bytes());
        out.extend(self.training.learning_rate.to_bits().to_be_bytes());
        let Some(Privacy { noise, epsilon, delta }) = self.privacy else {
            out.push(0);
            return out;
        };
        match noise {
            Noise::Examples { noise_multiplier, sampling_rate, steps, clip } => {
                out.push(1);
                out.extend([noise_multiplier, sampling_rate].map(|x| x.to_bits().to_be_bytes()).as_flattened());
                out.extend(steps.to_be_bytes());
                out.extend(clip.to_be_bytes());
            }
            Noise::Members { deviation, honest } => {
                out.push(2);
                out.extend(deviation.to_bits().to_be_bytes());
                out.extend(honest.to_be_bytes());
            }
        }
        out.extend([epsilon, delta].map(|x| x.to_bits().to_be_bytes()).as_flattened());
        out
    }

    /// There is one encoding of each terms; other bytes are none.
    pub fn decode(bytes: &[u8]) -> Result<Self, TermsError> {
        let mut reader = Reader(bytes);
        if reader.take::<5>()? != MAGIC {
            return Err(TermsError::Magic);
        }
        let [fraction_bits] = reader.take()?;
        let inputs = reader.u32()? as usize;
        let [layers] = reader.take()?;
        if usize::from(layers) > MAX_HIDDEN {
            return Err(TermsError::Field("hidden layers"));
        }
        let hidden = (0..layers).map(|_| Ok(reader.u32()? as usize)).collect::<Result<_, TermsError>>()?;
        let architecture = Architecture { inputs, hidden, classes: reader.u32()? as usize };
        architecture.check().map_err(|_| TermsError::Field("architecture"))?;
        let (epochs, batch) = (reader.u32()?, reader.u32()?);
        let learning_rate = f32::from_bits(reader.u32()?);
        let training = LocalTraining { epochs, batch, learning_rate };
        let noise = match reader.take()? {
            [0] => None,
            [1] => Some(Noise::Examples {
                noise_multiplier: reader.f64()?,
                sampling_rate: reader.f64()?,
                steps: reader.u32()?,
                clip: reader.u64()?,
            }),
            [2] => Some(Noise::Members { deviation: reader.f64()?, honest: reader.u32()? }),
            _ => return Err(TermsError::Field("noise")),
        };
        let privacy = match noise {
            Some(noise) => Some(Privacy { noise, epsilon: reader.f64()?, delta: reader.f64()? }),
            None => None,
        };
        if !reader.0.is_empty() {
            return Err(TermsError::Length);
        }
        let is_number = learning_rate.is_finite() && learning_rate > 0.0;
        is_number
            .then_some(Self { architecture, fraction_bits, training, privacy })
            .ok_or(TermsError::Field("learning rate"))
    }
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], TermsError> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(TermsError::Length)?;
        self.0 = rest;
        Ok(*taken)
    }

    fn u32(&mut self) -> Result<u32, TermsError> {
        Ok(u32::from_be_bytes(self.take()?))
    }

    fn u64(&mut self) -> Result<u64, TermsError> {
        Ok(u64::from_be_bytes(self.take()?))
    }

    fn f64(&mut self) -> Result<f64, TermsError> {
        let number = f64::from_bits(self.u64()?);
        number.is_finite().then_some(number).ok_or(TermsError::Field("number"))
    }
}
