//! Moments of the privacy loss of the Gaussian mechanism over a Poisson sample (Mironov, Talwar, Zhang 2019).

use libm::{exp, expm1, log, log1p, sqrt};
use std::f64::consts::PI;

/// Standard deviations around both humps of the integrand that are integrated over.
const TAIL: f64 = 12.0;
/// Points in a standard deviation.
const DENSITY: f64 = 16.0;

/// `log E[(1 + u)^order]`, where `u = rate · (exp((2z - 1) / 2σ²) - 1)` and `z` is normal with mean 0 and deviation `sigma`.
/// By the trapezoid rule, whose error for such integrands falls exponentially with the density. All orders above one are
/// alike, also those that are no integers.
pub(super) fn log_moment(rate: f64, sigma: f64, order: f64) -> f64 {
    let variance = sigma * sigma;
    // The integrand has a singularity at an imaginary distance of π·σ² from the line.
    let step = (sigma / DENSITY).min(variance);
    let log_weight = log(step / (sigma * sqrt(2.0 * PI)));
    let count = ((order + 2.0 * TAIL * sigma) / step) as u64;
    let (mut largest, mut sum, mut excess) = (f64::NEG_INFINITY, 0.0, 0.0);
    for index in 0..=count {
        let z = index as f64 * step - TAIL * sigma;
        let log_density = log_weight - z * z / (2.0 * variance);
        let tilt = (2.0 * z - 1.0) / (2.0 * variance);
        // Without overflow where the tilt is large.
        let log_factor =
            if tilt > 1.0 { tilt + log(rate + (1.0 - rate) * exp(-tilt)) } else { log1p(rate * expm1(tilt)) };
        let term = log_density + order * log_factor;
        if term > largest {
            sum *= exp(largest - term);
            largest = term;
        }
        sum += exp(term - largest);
        excess += excess_term(rate, order, log_density, tilt, term);
    }
    let log_moment = largest + log(sum);
    // As E[u] is zero, the excess is the moment minus one, but without cancellation.
    if log_moment > 0.1 { log_moment } else { log1p(excess) }
}

/// `density · ((1 + u)^order - 1 - order · u)`, which is never negative.
fn excess_term(rate: f64, order: f64, log_density: f64, tilt: f64, term: f64) -> f64 {
    let density = exp(log_density);
    let u = rate * expm1(tilt.min(700.0));
    if order * u.abs() < 0.5 {
        let (mut power, mut sum, mut k) = (order * u, 0.0, 1.0);
        while k < 60.0 {
            power *= (order - k) / (k + 1.0) * u;
            sum += power;
            k += 1.0;
        }
        return density * sum;
    }
    let density_u = rate * (exp(log_density + tilt) - density);
    exp(term) - density - order * density_u
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The closed form that there is for whole orders.
    fn binomial(rate: f64, sigma: f64, order: u32) -> f64 {
        let mut coefficient = 1.0;
        let mut sum = 0.0;
        for k in 0..=order {
            let k_f = f64::from(k);
            let weight = coefficient * (1.0 - rate).powi((order - k) as i32) * rate.powi(k as i32);
            // The first two terms and the exponentials' ones sum to one.
            sum += weight * expm1((k_f * k_f - k_f) / (2.0 * sigma * sigma));
            coefficient *= f64::from(order - k) / (k_f + 1.0);
        }
        log1p(sum)
    }

    #[test]
    fn whole_orders_have_a_closed_form() {
        for rate in [0.0001, 0.01, 0.3, 0.999] {
            for sigma in [0.3, 0.8, 2.0, 30.0] {
                for order in [2, 3, 7, 11] {
                    let (expected, actual) = (binomial(rate, sigma, order), log_moment(rate, sigma, f64::from(order)));
                    assert!((actual / expected - 1.0).abs() < 1e-9, "{rate} {sigma} {order}: {actual} {expected}");
                }
            }
        }
    }

    #[test]
    fn moments_grow_with_the_order() {
        let mut last = 0.0;
        for tenths in 11..80 {
            let order = f64::from(tenths) / 10.0;
            let divergence = log_moment(0.02, 1.3, order) / (order - 1.0);
            assert!(divergence > last, "{order}");
            last = divergence;
        }
    }
}
