use crate::hypergeometric::{Hypergeometric, ln_factorial};
use crate::{MAX_WORKERS, MIN_WORKERS, ParameterError};

/// Up to so many workers all of them are neighbours of each other.
pub const COMPLETE_GRAPH_WORKERS: u16 = 100;

const MAX_BAD_BPS: u32 = 9_000;
const SECURITY_BITS: i32 = 40;
const CORRECTNESS_BITS: i32 = 20;

/// Who may lie, and to what end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Adversary {
    /// Every worker is honest; the server too.
    None,
    /// The server follows the protocol and looks at everything, together with dishonest workers.
    CuriousServer,
    /// The server and dishonest workers do what they want, once keys are advertised.
    SemiMaliciousServer,
}

/// Shares of all workers, in basis points, that a round's graph of neighbours must bear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Assumptions {
    pub adversarial_bps: u16,
    pub dropout_bps: u16,
}

impl Default for Assumptions {
    fn default() -> Self {
        Self { adversarial_bps: 1_000, dropout_bps: 1_500 }
    }
}

/// Numbers of a round, which every worker finds for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameters {
    pub workers: u16,
    /// Neighbours of each worker.
    pub degree: u16,
    /// Shares that recover a secret, of the `degree + 1` that its owner and the owner's neighbours hold.
    pub threshold: u16,
    /// Workers without whom a round fails: `floor(2m/3) + 1` of the `m` that might have taken part. Two quorums share more than a third of all workers, so they share an
    /// honest one as long as no more than a third lies, and an honest one signs only one list.
    pub quorum: u16,
}

impl Parameters {
    /// For `workers` of the `job` accounts that might have taken part. The complete graph up to [`COMPLETE_GRAPH_WORKERS`], and above it where no sparser graph bears the assumptions.
    pub fn new(workers: u16, job: u16, assumptions: Assumptions) -> Result<Self, ParameterError> {
        if !(MIN_WORKERS..=MAX_WORKERS).contains(&workers) {
            return Err(ParameterError::Workers(workers));
        }
        let complete = Self { workers, degree: workers - 1, threshold: quorum(workers), quorum: quorum(job) };
        if workers <= COMPLETE_GRAPH_WORKERS {
            return Ok(complete);
        }
        match harary(workers.into(), assumptions, Adversary::SemiMaliciousServer) {
            Ok((degree, threshold)) => Ok(Self { degree: degree as u16, threshold: threshold as u16, ..complete }),
            Err(ParameterError::Infeasible { .. }) => Ok(complete),
            Err(error) => Err(error),
        }
    }
}

/// More than two thirds: two such sets of `of` share more than a third.
pub(crate) const fn quorum(of: u16) -> u16 {
    of * 2 / 3 + 1
}

/// Degree and threshold of a Harary graph over randomly ordered workers (Bell et al. 2020, section 3): the smallest even degree
/// with which the honest workers who stay are connected and no threshold's worth of a worker's neighbours lies, but for a
/// probability of `2^-40`, and enough neighbours stay, but for one of `2^-20`.
///
/// # Errors
/// When the assumptions are more than any graph bears.
pub fn harary(workers: u32, assumptions: Assumptions, adversary: Adversary) -> Result<(u32, u32), ParameterError> {
    let infeasible = ParameterError::Infeasible { workers, assumptions };
    let (adversarial, dropouts) = (u32::from(assumptions.adversarial_bps), u32::from(assumptions.dropout_bps));
    let bad = adversarial + dropouts * if adversary == Adversary::SemiMaliciousServer { 2 } else { 1 };
    if bad > MAX_BAD_BPS || (adversary == Adversary::None && adversarial > 0) {
        return Err(infeasible);
    }
    let share = |bps: u32| (u64::from(workers) * u64::from(bps) / 10_000) as u32;
    let (adversarial, dropouts) = (share(adversarial), share(dropouts));
    (2..workers.saturating_sub(1))
        .step_by(2)
        .find_map(|degree| Some((degree, threshold(workers, adversarial, dropouts, degree, adversary)?)))
        .ok_or(infeasible)
}

/// The threshold with which a degree is enough.
fn threshold(workers: u32, adversarial: u32, dropouts: u32, degree: u32, adversary: Adversary) -> Option<u32> {
    // Half of the failure probability is for connectedness, half for the neighbours.
    let security = libm::ldexp(1.0, -SECURITY_BITS - 1);
    if ln_disconnected(workers, adversarial + dropouts, degree) >= libm::log(security) {
        return None;
    }
    let each = 1.0 / f64::from(workers);
    let liars = Hypergeometric::new(workers, adversarial, degree).upper_quantile(security * each);
    let gone = Hypergeometric::new(workers, dropouts, degree).upper_quantile(libm::ldexp(each, -CORRECTNESS_BITS));
    let threshold = match adversary {
        // Liars hand out both kinds of shares, and a server may ask the honest ones for different kinds: 2t > degree + liars.
        Adversary::SemiMaliciousServer => (liars + degree) / 2 + 1,
        Adversary::None | Adversary::CuriousServer => liars + 1,
    };
    (threshold <= degree - gone).then_some(threshold.max(2))
}

/// Logarithm of a bound on the probability that the graph falls apart without its bad workers. It does when `degree / 2` neighbours
/// in the ring are bad in two places; the sum over all pairs of places bounds it.
fn ln_disconnected(workers: u32, bad: u32, degree: u32) -> f64 {
    if degree > bad {
        return f64::NEG_INFINITY;
    }
    let (n, bad, degree) = (f64::from(workers), f64::from(bad), f64::from(degree));
    let places = libm::log(n) + libm::log(n - degree - 1.0) - core::f64::consts::LN_2;
    places + ln_factorial(bad) - ln_factorial(bad - degree) + ln_factorial(n - degree) - ln_factorial(n)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn up_to_a_hundred_workers_the_graph_is_complete() {
        for workers in MIN_WORKERS..=COMPLETE_GRAPH_WORKERS {
            let found = Parameters::new(workers, workers, Assumptions::default()).unwrap();
            assert_eq!((found.degree, found.threshold), (workers - 1, workers * 2 / 3 + 1));
            assert!(2 * found.quorum - workers > workers / 3);
        }
    }

    #[test]
    fn above_it_the_degree_grows_slowly() {
        let found = Parameters::new(500, 500, Assumptions::default()).unwrap();
        assert!(found.degree < 250, "{found:?}");
        assert!(2 * found.threshold > found.degree);
    }

    #[test]
    fn too_few_and_too_many_are_refused() {
        for workers in [0, 2, MAX_WORKERS + 1] {
            assert_eq!(
                Parameters::new(workers, workers, Assumptions::default()),
                Err(ParameterError::Workers(workers))
            );
        }
    }

    #[test]
    fn what_no_sparse_graph_bears_needs_the_complete_one() {
        let assumptions = Assumptions { adversarial_bps: 3_300, dropout_bps: 3_300 };
        assert_eq!(Parameters::new(300, 300, assumptions).unwrap().degree, 299);
    }
}
