//! What a false result of a network of the usual size costs whoever disproves it.
#![allow(clippy::unwrap_used)]

use lux_bench::market::disproof::disprove;
use lux_bench::market::scene::Scene;
use lux_bench::market::{DISPROOF_GAS, lenet_5, places};

#[tokio::test(flavor = "multi_thread")]
async fn a_false_result_of_lenet_5_falls_to_one_transaction_of_ten_million_gas_at_most() {
    let lenet = lenet_5().unwrap();
    let mut scene = Scene::open().await.unwrap();
    scene.register(&lenet.bundle, &lenet.data).await.unwrap();
    for (liar, (place, chunk)) in places(&lenet).into_iter().enumerate() {
        let disproof = disprove(&mut scene, &lenet, liar, chunk).await.unwrap();
        println!("{place}, chunk {chunk} of {}: {disproof:?}", lenet.chunks());
        assert_eq!(disproof.transactions, 1, "{place}");
        assert!(disproof.gas <= DISPROOF_GAS, "{place}: {} gas", disproof.gas);
    }
}
