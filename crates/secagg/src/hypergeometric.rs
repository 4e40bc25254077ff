//! Tails of the hypergeometric distribution. `libm` instead of the platform's logarithms: every worker must find the same parameters.

/// How many of `draws` workers, drawn without replacement from `population`, are among the `marked` ones.
pub(crate) struct Hypergeometric {
    population: f64,
    marked: f64,
    draws: f64,
}

impl Hypergeometric {
    pub fn new(population: u32, marked: u32, draws: u32) -> Self {
        Self { population: population.into(), marked: marked.into(), draws: draws.into() }
    }

    /// The smallest `x` with `Pr[X > x] <= probability`.
    pub fn upper_quantile(&self, probability: f64) -> u32 {
        let lowest = (self.draws - (self.population - self.marked)).max(0.0);
        let highest = self.draws.min(self.marked);
        let mode = ((self.draws + 1.0) * (self.marked + 1.0) / (self.population + 2.0)).floor().clamp(lowest, highest);

        // Terms above this one are too small to matter, and fall from here on.
        let negligible = libm::log(probability) - 40.0;
        let (mut x, mut beyond) = (mode, highest + 1.0);
        while beyond - x > 1.0 {
            let middle = ((x + beyond) / 2.0).floor();
            if self.ln_pmf(middle) < negligible { beyond = middle } else { x = middle }
        }

        let mut term = libm::exp(self.ln_pmf(x));
        let mut tail = term;
        while tail <= probability && x > lowest {
            // pmf(x - 1) / pmf(x)
            term *= x * (self.population - self.marked - self.draws + x)
                / ((self.marked - x + 1.0) * (self.draws - x + 1.0));
            tail += term;
            x -= 1.0;
        }
        x as u32
    }

    fn ln_pmf(&self, x: f64) -> f64 {
        ln_binomial(self.marked, x) + ln_binomial(self.population - self.marked, self.draws - x)
            - ln_binomial(self.population, self.draws)
    }
}

fn ln_binomial(n: f64, k: f64) -> f64 {
    ln_factorial(n) - ln_factorial(k) - ln_factorial(n - k)
}

pub(crate) fn ln_factorial(n: f64) -> f64 {
    libm::lgamma(n + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn binomial(n: u32, k: u32) -> u128 {
        if k > n { 0 } else { (0..u128::from(k)).fold(1, |acc, i| acc * (u128::from(n) - i) / (i + 1)) }
    }

    proptest! {
        /// Against exact counting.
        #[test]
        fn quantiles(population in 1u32..60, marked in 0u32..60, draws in 0u32..60, exponent in 1i32..12) {
            let (marked, draws) = (marked.min(population), draws.min(population));
            let probability = 0.5f64.powi(exponent) * 0.999;
            let ways = |x| binomial(marked, x) * binomial(population - marked, draws - x);
            let tail = |x: u32| (x + 1..=draws).map(ways).sum::<u128>() as f64 / binomial(population, draws) as f64;
            let found = Hypergeometric::new(population, marked, draws).upper_quantile(probability);
            prop_assert!(tail(found) <= probability);
            prop_assert!(found == 0 || tail(found - 1) > probability);
        }
    }
}
