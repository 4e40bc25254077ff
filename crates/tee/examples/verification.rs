//! Time that verifications take on one core: the shortest of many, since other work only adds to it.

use lux_tee::dev::{Request, attest, roots};
use lux_tee::{Kind, TeeError, authenticate};
use std::time::{Duration, Instant};

const NOW: u64 = 1_800_000_000;
const RUNS: usize = 200;

fn main() -> Result<(), TeeError> {
    let roots = roots();
    for kind in [Kind::Sgx, Kind::Tdx, Kind::Snp, Kind::Nitro, Kind::Psa, Kind::Cca] {
        let (bytes, collateral) = attest(&Request::new(kind, b"software", [7; 64], NOW));
        let mut shortest = Duration::MAX;
        for _ in 0..RUNS {
            let start = Instant::now();
            authenticate(&bytes, &collateral, NOW, &roots)?;
            shortest = shortest.min(start.elapsed());
        }
        let target = if kind == Kind::Sgx { " (target: 2 ms)" } else { "" };
        println!("{:<6} {:>6.2} ms{target}", kind.name(), shortest.as_secs_f64() * 1e3);
    }
    Ok(())
}
