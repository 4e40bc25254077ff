//! What a training job is, as options say it.

use clap::{Args, ValueEnum};
use eyre::eyre;
use lux_federated::{Aggregation, Architecture, Job, LocalTraining, Noise, Privacy};
use lux_training::limits::MAX_POINTS;
use lux_training::{Clip, Rule};

#[derive(Args)]
pub struct JobArgs {
    #[arg(long, default_value_t = 30)]
    pub rounds: u64,
    /// Sizes of the hidden layers; none is softmax regression.
    #[arg(long, value_delimiter = ',', default_value = "32", num_args = 0..)]
    hidden: Vec<usize>,
    #[arg(long, default_value_t = 2)]
    epochs: u32,
    #[arg(long, default_value_t = 16)]
    batch: u32,
    #[arg(long, default_value_t = 0.1)]
    learning_rate: f32,
    /// Weights and updates are multiples of 2 to the minus this.
    #[arg(long, default_value_t = 16)]
    fraction_bits: u8,
    /// What becomes of the updates of a round.
    #[arg(long, value_enum, default_value_t = RuleName::TrimmedMean)]
    rule: RuleName,
    /// Dishonest workers that the rule is to withstand.
    #[arg(long, default_value_t = 2)]
    faults: u32,
    /// Mask the updates, so that only their sum becomes known. No rule is possible then.
    #[arg(long)]
    pub secure: bool,
    /// Euclidean norm that updates are clipped to.
    #[arg(long)]
    clip: Option<f64>,
    /// With --secure and --clip: takes updates without a proof of their norm.
    #[arg(long)]
    no_norm_proofs: bool,
    /// Noise for privacy, in clips: of each example (DP-SGD), or with --secure of each worker.
    #[arg(long)]
    noise: Option<f64>,
    /// The job ends before it costs so much privacy.
    #[arg(long, default_value_t = 1.0)]
    epsilon: f64,
    #[arg(long, default_value_t = 1e-5)]
    delta: f64,
    /// Norm that the gradient of an example is clipped to.
    #[arg(long, default_value_t = 1.0)]
    example_clip: f64,
    /// Probability of each example to be in a step of DP-SGD.
    #[arg(long, default_value_t = 0.05)]
    sampling_rate: f64,
    /// Steps of DP-SGD in a round.
    #[arg(long, default_value_t = 20)]
    steps: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum RuleName {
    Mean,
    Median,
    TrimmedMean,
    Krum,
    MultiKrum,
    Bulyan,
}

impl JobArgs {
    /// A job of so many workers, who are not known yet. It belongs to no chain.
    pub fn job(&self, workers: usize, inputs: usize, classes: usize) -> eyre::Result<Job> {
        let mut job = Job {
            chain_id: 0,
            id: Default::default(),
            members: Default::default(),
            architecture: Architecture { inputs, hidden: self.hidden.clone(), classes },
            fraction_bits: self.fraction_bits,
            training: LocalTraining { epochs: self.epochs, batch: self.batch, learning_rate: self.learning_rate },
            clip: self.clip()?,
            aggregation: self.aggregation(workers),
            norm_bound: None,
            privacy: self.privacy(workers)?,
            rounds: self.rounds,
            attempts: self.rounds.saturating_mul(2),
        };
        if !self.no_norm_proofs {
            job.norm_bound = job.provable_bound(workers);
        }
        Ok(job)
    }

    fn unit(&self) -> f64 {
        f64::from(1u32 << self.fraction_bits.min(30))
    }

    fn clip(&self) -> eyre::Result<Option<Clip>> {
        let clip = |clip| Clip::new((clip * self.unit()) as u64).ok_or_else(|| eyre!("--clip {clip} is out of range"));
        self.clip.map(clip).transpose()
    }

    fn aggregation(&self, workers: usize) -> Aggregation {
        if self.secure {
            return Aggregation::Secure(Default::default());
        }
        let (faults, workers) = (self.faults, workers as u32);
        Aggregation::Plain(match self.rule {
            RuleName::Mean => Rule::Mean { cap: MAX_POINTS },
            RuleName::Median => Rule::Median,
            RuleName::TrimmedMean => Rule::TrimmedMean { trim: faults },
            RuleName::Krum => Rule::Krum { faults, selected: 1 },
            // As many as are honest even if all who may drop out do; never more than the rule takes.
            RuleName::MultiKrum => Rule::Krum { faults, selected: workers.saturating_sub(2 * faults + 2).max(1) },
            RuleName::Bulyan => Rule::Bulyan { faults },
        })
    }

    fn privacy(&self, workers: usize) -> eyre::Result<Option<Privacy>> {
        let Some(noise) = self.noise else { return Ok(None) };
        let noise = if self.secure {
            let clip = self.clip.ok_or_else(|| eyre!("--noise with --secure hides whole workers: set a --clip"))?;
            // More than two thirds stay, and up to a third of all may lie.
            let quorum = 2 * workers / 3 + 1;
            let honest = quorum.saturating_sub(workers.saturating_sub(1) / 3).max(1) as u32;
            let deviation = noise * clip * self.unit() / f64::from(honest).sqrt();
            Noise::Members { deviation, honest }
        } else {
            let clip = (self.example_clip * self.unit()) as u64;
            let (sampling_rate, steps) = (self.sampling_rate, self.steps);
            Noise::Examples { noise_multiplier: noise, sampling_rate, steps, clip }
        };
        Ok(Some(Privacy { noise, epsilon: self.epsilon, delta: self.delta }))
    }
}
