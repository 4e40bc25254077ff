//! What everybody knows about a job.

use crate::{Architecture, FederatedError};
use alloy_primitives::{Address, B256};
use lux_norm_proof::{LIMBS, Proof, Terms};
use lux_secagg::{Assumptions, Context, MAX_WORKERS, MIN_WORKERS, Settings, WordSize};
use lux_training::limits::MAX_COORDINATE;
use lux_training::privacy::{Budget, BudgetError, HEADROOM, Mechanism};
use lux_training::program::{Contribution, Output, Round, Step};
use lux_training::{Clip, FixedPoint, Rule};
use std::collections::BTreeSet;

/// How the updates of a round become one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Aggregation {
    /// Updates are public, and a rule withstands the false ones.
    Plain(Rule),
    /// Only the sum becomes known. Every worker counts alike, and nothing is withstood.
    Secure(Assumptions),
}

/// What a worker does with its data between two rounds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LocalTraining {
    pub epochs: u32,
    pub batch: u32,
    pub learning_rate: f32,
}

/// Whose privacy noise keeps, and what it may cost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Privacy {
    pub noise: Noise,
    /// Epsilon stays below it.
    pub epsilon: f64,
    pub delta: f64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Noise {
    /// Each example of a worker is private, from everybody but that worker: `steps` of DP-SGD in a round, in place of epochs and batches. The
    /// clip is of one example's gradient, in units. How many examples a worker has is public.
    Examples { noise_multiplier: f64, sampling_rate: f64, steps: u32, clip: u64 },
    /// Each worker is private, in masked sums: everyone adds a part of the noise, in units. `honest` are trusted to add theirs and to stay.
    Members { deviation: f64, honest: u32 },
}

#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    pub chain_id: u64,
    pub id: B256,
    /// Accounts that take part, where they are the same in all rounds; [`Board::members`](crate::Board::members) has those of a round.
    pub members: BTreeSet<Address>,
    pub architecture: Architecture,
    /// Of weights and updates: `x` is `x / 2^fraction_bits`.
    pub fraction_bits: u8,
    pub training: LocalTraining,
    /// Norm of an update, in units.
    pub clip: Option<Clip>,
    pub aggregation: Aggregation,
    /// What workers prove that the norm of their masked updates does not exceed, noise included, in units; `None` where nobody proves it.
    pub norm_bound: Option<u32>,
    pub privacy: Option<Privacy>,
    /// Rounds with a result.
    pub rounds: u64,
    /// Rounds begun; more than `rounds` where some come to nothing.
    pub attempts: u64,
}

impl Job {
    /// Checks what can be checked before the first round, and limits `attempts` to what the privacy budget allows.
    pub fn checked(self) -> Result<Self, FederatedError> {
        let members = self.members.len();
        self.checked_for(members)
    }

    /// The same for rounds of at most so many members.
    pub fn checked_for(mut self, members: usize) -> Result<Self, FederatedError> {
        self.architecture.check()?;
        let LocalTraining { epochs, batch, learning_rate } = self.training;
        if epochs == 0 || batch == 0 || !(learning_rate > 0.0 && learning_rate.is_finite()) {
            return Err(FederatedError::Job("epochs, batch and learning rate are positive"));
        }
        FixedPoint::new(self.fraction_bits).ok_or(FederatedError::Job("weights have at most 30 fraction bits"))?;
        match (self.aggregation, self.privacy.map(|privacy| privacy.noise)) {
            (Aggregation::Plain(_), Some(Noise::Members { .. })) => {
                return Err(FederatedError::Job("noise of members hides them in masked sums: aggregate securely"));
            }
            (_, Some(Noise::Examples { steps, clip, .. })) if steps == 0 || Clip::new(clip).is_none() => {
                return Err(FederatedError::Job("private steps of training, and the clip of gradients, are positive"));
            }
            (_, Some(Noise::Members { .. })) if self.clip.is_none() => {
                return Err(FederatedError::Job("noise of members needs updates of a bounded norm: set a clip"));
            }
            (Aggregation::Plain(rule), _) => rule.check(members)?,
            (Aggregation::Secure(_), _) if !(MIN_WORKERS.into()..=MAX_WORKERS.into()).contains(&members) => {
                return Err(FederatedError::Job("secure aggregation is for 3 to 4,096 members"));
            }
            (Aggregation::Secure(_), _) if i64::from(self.bound()) * members as i64 > i32::MAX.into() => {
                return Err(FederatedError::Job(
                    "sums of so many updates do not fit 32 bits: set a clip, or a lower one, or use fewer fraction bits",
                ));
            }
            (Aggregation::Secure(_), _) => {}
        }
        if let Some(bound) = self.norm_bound {
            Terms::new::<u32>(self.length() as u32, bound, members as u16)?;
            if matches!(self.aggregation, Aggregation::Plain(_)) {
                return Err(FederatedError::Job("norms are proven of masked updates: aggregate securely"));
            }
            if self.longest().is_none_or(|longest| longest > bound.into()) {
                return Err(FederatedError::Job("honest updates may be longer than the norm bound: set a lower clip"));
            }
        }
        if let Some(privacy) = self.privacy {
            self.attempts = self.attempts.min(self.affordable(privacy)?);
            if self.attempts == 0 {
                return Err(FederatedError::Job(
                    "the privacy budget does not suffice for one round: more noise is needed",
                ));
            }
        }
        Ok(self)
    }

    fn affordable(&self, privacy: Privacy) -> Result<u64, FederatedError> {
        let mut budget = privacy.budget()?;
        for begun in 0..self.attempts {
            match self.spend(&mut budget) {
                Ok(_) => {}
                Err(BudgetError::Exceeded { .. }) => return Ok(begun),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(self.attempts)
    }

    /// Takes what a round costs.
    pub fn spend(&self, budget: &mut Budget) -> Result<f64, BudgetError> {
        match self.privacy.map(|privacy| privacy.noise) {
            None => Ok(0.0),
            Some(Noise::Examples { noise_multiplier, sampling_rate, steps, .. }) => {
                budget.spend(&Mechanism::Gaussian { noise_multiplier, sampling_rate }, steps)
            }
            Some(Noise::Members { deviation, honest }) => {
                let mechanism = Mechanism::DiscreteGaussian {
                    clients: honest,
                    deviation,
                    norm: self.clip.map_or(f64::INFINITY, |clip| clip.norm() as f64),
                    dimension: self.architecture.parameters() as u64,
                };
                budget.spend(&mechanism, 1)
            }
        }
    }

    /// The epsilon after so many rounds were begun; `None` without noise.
    pub fn epsilon(&self, begun: u64) -> Result<Option<f64>, FederatedError> {
        let Some(privacy) = self.privacy else { return Ok(None) };
        let mut budget = privacy.budget()?;
        for _ in 0..begun {
            self.spend(&mut budget)?;
        }
        Ok(Some(budget.spent()))
    }

    pub fn fixed(&self) -> FixedPoint {
        FixedPoint::new(self.fraction_bits).expect("a job is checked before it begins")
    }

    /// Coordinates of weights and updates.
    pub fn length(&self) -> usize {
        self.architecture.parameters()
    }

    /// Domain of a round's secure aggregation.
    pub fn context(&self, round: u64) -> Context {
        Context { chain_id: self.chain_id, job: self.id, round }
    }

    /// Largest absolute value of a coordinate of an honest update; noise beyond `HEADROOM` deviations is cut off.
    pub fn bound(&self) -> i32 {
        let noise = match self.privacy.map(|privacy| privacy.noise) {
            Some(Noise::Members { deviation, .. }) => (HEADROOM * deviation) as u64,
            _ => 0,
        };
        let norm = self.clip.map_or(u64::MAX, Clip::norm);
        norm.saturating_add(noise).min(MAX_COORDINATE as u64) as i32
    }

    /// Largest norm of an honest update with a clip. Noise is longer with a probability below 2^-120.
    fn longest(&self) -> Option<u64> {
        let noise = match self.privacy.map(|privacy| privacy.noise) {
            Some(Noise::Members { deviation, .. }) => {
                (deviation * (libm::sqrt(self.length() as f64) + HEADROOM)).ceil() as u64
            }
            _ => 0,
        };
        self.clip.map(|clip| clip.norm().saturating_add(noise))
    }

    /// The norm bound of a job that says nothing else: that of honest updates, where they are masked and it can be proven of so many.
    pub fn provable_bound(&self, members: usize) -> Option<u32> {
        let bound = u32::try_from(self.longest()?).ok()?;
        let masked = matches!(self.aggregation, Aggregation::Secure(_));
        let terms = Terms::new::<u32>(u32::try_from(self.length()).ok()?, bound, u16::try_from(members).ok()?);
        (masked && terms.is_ok()).then_some(bound)
    }

    /// What proofs are about, where workers make them.
    pub fn norm_terms(&self) -> Result<Option<Terms>, FederatedError> {
        let terms = |bound| Terms::new::<u32>(self.length() as u32, bound, 1);
        Ok(self.norm_bound.map(terms).transpose()?)
    }

    /// The length of a proof, where workers make them.
    pub fn norm_proof_bytes(&self) -> Result<Option<usize>, FederatedError> {
        Ok(self.norm_terms()?.map(|terms| Proof::size(&terms)))
    }

    /// Words of a masked vector: the coordinates, and what hides them in the commitment of a norm proof.
    pub fn entries(&self) -> usize {
        self.length() + if self.norm_bound.is_some() { LIMBS } else { 0 }
    }

    /// Settings of secure aggregation. Sums of all members' coordinates fit the words.
    pub fn settings(&self, assumptions: Assumptions) -> Settings {
        Settings { assumptions, entries: self.entries() as u32, word: WordSize::U32 }
    }

    /// What the program `aggregate` is asked about a round: new weights are the old ones plus the aggregate.
    pub fn claim(&self, contributions: Vec<Contribution>) -> Round {
        let (rule, clip) = match self.aggregation {
            Aggregation::Plain(rule) => (rule, self.clip),
            // The mean of the unmasked sum is the only contribution.
            Aggregation::Secure(_) => (Rule::Mean { cap: 1 }, None),
        };
        let step = Step { multiplier: 1, shift: 0 };
        Round { rule, clip, output: Output::Summary, step, length: self.length() as u32, contributions }
    }
}

impl Privacy {
    pub fn budget(&self) -> Result<Budget, FederatedError> {
        let problem = FederatedError::Job("epsilon is positive, and delta between 0 and 1");
        Budget::below(self.epsilon, self.delta).ok_or(problem)
    }
}
