use crate::context::{tagged, tagged_bytes};
use crate::{Assumptions, Context, Graph, MAX_ENTRIES, ParameterError, Parameters, Roster};
use alloy_primitives::{B256, keccak256};

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

/// What the chain says about a round. A worker takes it from there, never from the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// [`Roster::digest`] of the one roster of this round.
    pub roster: B256,
    /// Public randomness that nobody knew when the roster's digest was recorded, for example of a later block: it orders the
    /// ring of neighbours.
    pub beacon: B256,
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
    /// Refuses a roster that is not the recorded one: a server that knows the beacon could choose keys and workers by the ring that
    /// comes of them. A worker takes the settings from the chain too.
    pub fn new(
        context: Context,
        settings: Settings,
        roster: Roster,
        recorded: Recorded,
    ) -> Result<Self, ParameterError> {
        let (found, Recorded { roster: recorded, beacon }) = (roster.digest(), recorded);
        if found != recorded {
            return Err(ParameterError::OtherRoster { recorded, found });
        }
        if settings.entries == 0 || settings.entries > MAX_ENTRIES {
            return Err(ParameterError::Entries(settings.entries));
        }
        let parameters = Parameters::new(roster.len(), roster.job(), settings.assumptions)?;
        let digest = keccak256(preimage(&context, &settings, &roster, beacon, &parameters));
        let graph = Graph::new(parameters.workers, parameters.degree, tagged("graph", &[digest.as_slice()]));
        Ok(Self { context, settings, roster, beacon, parameters, graph, digest })
    }

    /// What its digest is of, and what that of its roster is.
    pub fn preimages(&self) -> [Vec<u8>; 2] {
        let round = preimage(&self.context, &self.settings, &self.roster, self.beacon, &self.parameters);
        [round, self.roster.preimage(&self.context)]
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

fn preimage(context: &Context, settings: &Settings, roster: &Roster, beacon: B256, parameters: &Parameters) -> Vec<u8> {
    tagged_bytes(
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
    )
}
