//! The compute market: what a false result and a true one cost.

pub mod disproof;
mod lifecycle;
pub mod scene;

use crate::inference::networks;
use crate::proofs::chunks::{self, Subject};
use crate::report::Report;
use disproof::{Inference, disprove};
use lux_compute::claimed_output;
use lux_models::infer_program;
use scene::Scene;

/// Asked of the transaction that disproves LeNet-5.
pub const DISPROOF_GAS: u64 = 10_000_000;

pub async fn run(report: &mut Report) -> eyre::Result<()> {
    let lenet = lenet_5()?;
    let subject = Subject {
        program: infer_program(),
        input: lenet.witness.input,
        output: claimed_output(Some(&lenet.output)),
        preimages: lenet.witness.preimages.clone(),
    };
    let gas = chunks::run(report, "LeNet-5", subject)?;
    let dearest = (0..gas.len()).max_by_key(|chunk| gas[*chunk]).unwrap_or_default();
    let mut scene = Scene::open().await?;
    scene.register(&lenet.bundle, &lenet.data).await?;
    let places = places(&lenet);
    for (liar, (place, chunk)) in places.into_iter().chain([("dearest", dearest)]).enumerate() {
        let disproof = disprove(&mut scene, &lenet, liar, chunk).await?;
        println!(
            "a result false from chunk {chunk} on of {} ({place}): {} transaction(s) of the watcher",
            lenet.chunks(),
            disproof.transactions
        );
        report.size("  gas of the disproof", disproof.gas as f64, Some(DISPROOF_GAS as f64));
        report.size("  bytes of its calldata", disproof.bytes as f64, None);
        report.size("  seconds from the false result to the disproof on L1", disproof.seconds, None);
    }
    lifecycle::run(report, &lenet)
}

/// A run of LeNet-5.
pub fn lenet_5() -> eyre::Result<Inference> {
    let bundle = networks::lenet_5()?;
    let data = vec![7; bundle.model.input_bytes()];
    Inference::run(bundle, data)
}

/// Chunks at which results turn false.
pub fn places(inference: &Inference) -> [(&'static str, usize); 4] {
    let last = inference.chunks() - 1;
    [
        ("first", 0),
        ("middle", last / 2),
        ("last with a checkpoint", last - 1),
        ("halting, only the output is false", last),
    ]
}
