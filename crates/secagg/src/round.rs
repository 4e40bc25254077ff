use crate::context::tagged;
use crate::{Assumptions, Context, Graph, MAX_ENTRIES, ParameterError, Parameters, Roster};
use alloy_primitives::B256;

/// What the job says about every round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    pub assumptions: Assumptions,
    /// Length of the vectors.
    pub entries: u32,
    pub word: WordSize,
}

/// Sums are modulo `2^32` or `2^64`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum WordSize {
    U32 = 32,
    U64 = 64,
}

impl WordSize {
    pub const fn bits(self) -> u32 {
        self as u32
    }

    pub const fn bytes(self) -> usize {
        self as usize / 8
    }
}

/// What all workers of a round agree on once keys are advertised. Whatever they sign or encrypt from then on is bound to its digest.
#[derive(Clone, Debug)]
pub struct Round {
    pub(crate) context: Context,
    pub(crate) settings: Settings,
    pub(crate) roster: Roster,
    pub(crate) beacon: B256,
    pub(crate) parameters: Parameters,
    pub(crate) graph: Graph,
    pub(crate) digest: B256,
}

impl Round {
    /// `beacon` is public randomness that nobody knew when the roster was fixed, for example of a block after the one that recorded
    /// its digest. A worker takes it and the settings from the chain, never from the server: it orders the ring of neighbours.
    pub fn new(context: Context, settings: Settings, roster: Roster, beacon: B256) -> Result<Self, ParameterError> {
        if settings.entries == 0 || settings.entries > MAX_ENTRIES {
            return Err(ParameterError::Entries(settings.entries));
        }
        let parameters = Parameters::new(roster.len(), roster.job(), settings.assumptions)?;
        let digest = tagged(
            "round",
            &[
                context.digest().as_slice(),
                roster.digest().as_slice(),
                beacon.as_slice(),
                &parameters.degree.to_be_bytes(),
                &parameters.threshold.to_be_bytes(),
                &settings.entries.to_be_bytes(),
                &[settings.word as u8],
            ],
        );
        let graph = Graph::new(parameters.workers, parameters.degree, tagged("graph", &[digest.as_slice()]));
        Ok(Self { context, settings, roster, beacon, parameters, graph, digest })
    }

    pub const fn digest(&self) -> B256 {
        self.digest
    }

    pub const fn parameters(&self) -> Parameters {
        self.parameters
    }

    pub const fn roster(&self) -> &Roster {
        &self.roster
    }

    pub const fn graph(&self) -> &Graph {
        &self.graph
    }

    pub(crate) const fn vector_bytes(&self) -> usize {
        self.settings.entries as usize * self.settings.word.bytes()
    }
}
