//! Everybody with a store of its own, and blobs over HTTP.

use crate::world::{masked, small_plan};
use alloy_primitives::Address;
use lux_blobs::{BlobStore, Client, ClientConfig, ServerConfig, serve};
use lux_federated::simulation::{DURATIONS, Simulation, account};
use lux_federated::{Coordinator, Exchange, LocalTrainer, Notebook, Progress, Worker};
use std::sync::Arc;

#[tokio::test(flavor = "multi_thread")]
async fn a_masked_round_over_http() {
    const WORKERS: usize = 5;
    let simulation = Simulation::new(small_plan(WORKERS, masked(), 1)).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let client = Client::new(ClientConfig { allow_private: true, ..ClientConfig::default() }).unwrap();
    let mut servers = Vec::new();
    let mut exchanges = Vec::new();
    for place in 0..=WORKERS {
        let store = BlobStore::folder(&folder.path().join(place.to_string())).unwrap();
        servers.push(serve("127.0.0.1:0".parse().unwrap(), store.clone(), ServerConfig::default()).await.unwrap());
        exchanges.push(Exchange::new(store));
    }
    let url = |place: usize| format!("http://{}", servers[place].local_addr);
    // Workers know the coordinator's server, the coordinator those of the workers; the first weights are at the coordinator's.
    let state = lux_federated::Board::state(&simulation.board.pen(Address::ZERO)).await.unwrap();
    let initial = simulation.blobs.get(state.weights, 1 << 20).await.unwrap();
    exchanges[WORKERS].put(initial.to_vec()).await.unwrap();
    let coordinators = exchanges.pop().unwrap().with_sources(client.clone(), (0..WORKERS).map(url).collect());
    let job = simulation.job.clone();
    let mut workers = Vec::new();
    for (number, exchange) in exchanges.into_iter().enumerate() {
        let trainer = LocalTrainer::new(&job, simulation.shares()[number].clone(), Default::default()).unwrap();
        let board = Arc::new(simulation.board.pen(account(number).address()));
        let blobs = exchange.with_sources(client.clone(), vec![url(WORKERS)]);
        let notebook = Notebook::folder(&folder.path().join(format!("notes{number}"))).unwrap();
        workers.push(Worker::open(job.clone(), board, blobs, account(number), Box::new(trainer), notebook).unwrap());
    }
    let board = Arc::new(simulation.board.pen(Address::ZERO));
    let mut coordinator = Coordinator::new(job, board, coordinators, DURATIONS, None);
    let record = loop {
        for worker in &mut workers {
            worker.step().await.unwrap();
        }
        if let Progress::Round(record) = coordinator.step().await.unwrap() {
            break record;
        }
    };
    assert_eq!((record.contributors.len(), record.abandoned), (WORKERS, None));
    // What was masked never lay open: no server of a worker has its update.
    let update = workers.remove(0).into_notebook().read_vector().unwrap().unwrap();
    let store = BlobStore::folder(&folder.path().join("0")).unwrap();
    assert!(!store.has(lux_inference::blob::commitment(&update)).await.unwrap());
}
