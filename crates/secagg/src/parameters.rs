use crate::hypergeometric::{Hypergeometric, ln_factorial};
use crate::{MAX_WORKERS, MIN_WORKERS, ParameterError};

/// Up to so many workers all of them are neighbours of each other.
pub const COMPLETE_GRAPH_WORKERS: u16 = 100;

/// One third, rounded down: with more liars, two quorums need not share an honest worker.
pub const MAX_ADVERSARIAL_BPS: u16 = 3_333;

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
    /// The server and dishonest workers do what they want, once keys are advertised, but do not choose who drops out.
    SemiMaliciousServer,
    /// They also choose who drops out, when they know the graph.
    MaliciousServer,
}

impl Adversary {
    const fn lies(self) -> bool {
        matches!(self, Self::SemiMaliciousServer | Self::MaliciousServer)
    }
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
    /// For `workers` of the `job` accounts that might have taken part. The complete graph up to [`COMPLETE_GRAPH_WORKERS`], and above it
    /// where no sparser graph bears the assumptions.
    pub fn new(workers: u16, job: u16, assumptions: Assumptions) -> Result<Self, ParameterError> {
        if !(MIN_WORKERS..=MAX_WORKERS).contains(&workers) {
            return Err(ParameterError::Workers(workers));
        }
        if assumptions.adversarial_bps > MAX_ADVERSARIAL_BPS {
            return Err(ParameterError::Adversarial(assumptions.adversarial_bps));
        }
        let complete = Self { workers, degree: workers - 1, threshold: quorum(workers), quorum: quorum(job) };
        if workers <= COMPLETE_GRAPH_WORKERS || is_too_much(assumptions, Adversary::MaliciousServer) {
            return Ok(complete);
        }
        // All liars of the job may be among those who take part.
        let liars = share(job.max(workers).into(), assumptions.adversarial_bps);
        let dropouts = share(workers.into(), assumptions.dropout_bps);
        Ok(match sparsest(workers.into(), liars, dropouts, Adversary::MaliciousServer) {
            Some((degree, threshold)) => Self { degree: degree as u16, threshold: threshold as u16, ..complete },
            None => complete,
        })
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
    if is_too_much(assumptions, adversary) {
        return Err(infeasible);
    }
    let [liars, dropouts] = [assumptions.adversarial_bps, assumptions.dropout_bps].map(|bps| share(workers, bps));
    sparsest(workers, liars, dropouts, adversary).ok_or(infeasible)
}

fn is_too_much(assumptions: Assumptions, adversary: Adversary) -> bool {
    let (adversarial, dropouts) = (u32::from(assumptions.adversarial_bps), u32::from(assumptions.dropout_bps));
    let bad = adversarial + dropouts * if adversary.lies() { 2 } else { 1 };
    bad > MAX_BAD_BPS || (adversary == Adversary::None && adversarial > 0)
}

fn share(workers: u32, bps: u16) -> u32 {
    (u64::from(workers) * u64::from(bps) / 10_000) as u32
}

fn sparsest(workers: u32, liars: u32, dropouts: u32, adversary: Adversary) -> Option<(u32, u32)> {
    (2..workers.saturating_sub(1))
        .step_by(2)
        .find_map(|degree| Some((degree, threshold(workers, liars, dropouts, degree, adversary)?)))
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
    // Liars hand out both kinds of shares, and a server may ask the honest ones for different kinds: 2t > degree + liars.
    let one_kind = (liars + degree) / 2 + 1;
    let threshold = match adversary {
        Adversary::MaliciousServer => one_kind.max(uncut(workers, adversarial, degree)),
        Adversary::SemiMaliciousServer => one_kind,
        Adversary::None | Adversary::CuriousServer => liars + 1,
    };
    (threshold <= degree - gone).then_some(threshold.max(2))
}

/// The threshold with which a server that drops whom it likes cannot cut the ring.
///
/// To cut it, two stretches of at least `degree / 2` neighbours in the ring must hold liars and dropouts only. Next to each stands an honest
/// worker whose secret must be recovered; besides itself and `degree / 2` neighbours on the other side, only the liars of
/// the stretch have shares of it. With this threshold they are too few, unless both stretches hold more than `most` liars: a
/// pair of stretches does with probability at most `(2^-20.5 / n)^2`, as liars in one make those in the other less likely, and there
/// are less than `n^2 / 2` pairs.
fn uncut(workers: u32, adversarial: u32, degree: u32) -> u32 {
    let each = libm::exp2(-f64::from(SECURITY_BITS + 1) / 2.0) / f64::from(workers);
    let most = Hypergeometric::new(workers, adversarial, degree / 2).upper_quantile(each);
    degree / 2 + most + 2
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
        assert_eq!((found.degree, found.threshold), (130, 89));
        assert!(2 * found.threshold > found.degree);
    }

    /// The probability that `draws` workers hold more than `most` of the marked ones, term by term.
    fn tail(population: u32, marked: u32, draws: u32, most: u32) -> f64 {
        let product = |n: u32, k: u32| (0..k).map(|i| f64::from(n - i) / f64::from(i + 1)).product::<f64>();
        let ways = |x: u32| product(marked, x) * product(population - marked, draws - x);
        (most + 1..=draws.min(marked)).map(ways).sum::<f64>() / product(population, draws)
    }

    /// Wherever a server drops workers: it needs so many liars in two stretches of the ring that hardly any order has them.
    #[test]
    fn dropping_workers_on_purpose_does_not_cut_the_ring() {
        for (adversarial_bps, dropout_bps) in [(1_000, 1_500), (500, 500), (2_000, 1_000), (3_333, 1_000)] {
            for workers in [101, 120, 150, 200, 300, 500] {
                let found = Parameters::new(workers, workers, Assumptions { adversarial_bps, dropout_bps }).unwrap();
                assert!(found.degree + 1 < workers, "{found:?}");
                let (n, liars, half) = (u32::from(workers), share(workers.into(), adversarial_bps), found.degree / 2);
                let cut = tail(n, liars, half.into(), u32::from(found.threshold - half - 2));
                let pairs = f64::from(n * (n - 1) / 2);
                assert!(pairs * cut * cut < libm::exp2(-41.0), "{found:?}: {cut}");
            }
        }
    }

    /// A server may leave out a third of the job's accounts, all of them honest.
    #[test]
    fn all_liars_may_be_among_those_who_take_part() {
        let assumptions = Assumptions { adversarial_bps: 2_000, dropout_bps: 500 };
        let half = Parameters::new(200, 299, assumptions).unwrap();
        let liars = share(299, 2_000);
        assert!(half.threshold > Parameters::new(200, 200, assumptions).unwrap().threshold);
        let most = u32::from(2 * half.threshold - half.degree - 1);
        assert!(200.0 * tail(200, liars, half.degree.into(), most) < libm::exp2(-41.0), "{half:?}");
    }

    #[test]
    fn more_liars_than_a_third_are_refused() {
        let of = |adversarial_bps| Parameters::new(5, 5, Assumptions { adversarial_bps, dropout_bps: 0 });
        assert!(of(MAX_ADVERSARIAL_BPS).is_ok());
        assert_eq!(of(MAX_ADVERSARIAL_BPS + 1), Err(ParameterError::Adversarial(3_334)));
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
