//! The bindings of distributed training are those of the contract that is committed.
#![allow(clippy::unwrap_used, reason = "tests")]

use alloy_primitives::{B256, keccak256};
use alloy_sol_types::SolInterface;
use lux_protocol::training::IExtendedRollup::IExtendedRollupCalls;
use lux_protocol::training::ITraining::{ITrainingCalls, ITrainingEvents};
use serde_json::Value;

/// Hashes of the functions or events in the ABI of an artifact.
fn signatures(artifact: &str, kind: &str) -> Vec<B256> {
    let path = format!("{}/../../contracts/artifacts/{artifact}.json", env!("CARGO_MANIFEST_DIR"));
    let json: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let of_kind = json["abi"].as_array().unwrap().iter().filter(|entry| entry["type"] == kind);
    of_kind
        .map(|entry| keccak256(format!("{}({})", entry["name"].as_str().unwrap(), types(&entry["inputs"]))))
        .collect()
}

#[test]
fn bindings_are_of_the_contract() {
    let functions = signatures("DistributedTrainingRollup", "function");
    for selector in ITrainingCalls::selectors().chain(IExtendedRollupCalls::selectors()) {
        assert!(functions.iter().any(|hash| hash[..4] == selector), "no function has the selector {selector:02x?}");
    }
    // None is forgotten.
    assert_eq!(ITrainingCalls::selectors().count(), signatures("ITraining", "function").len());
    let events = signatures("DistributedTrainingRollup", "event");
    for topic in ITrainingEvents::SELECTORS {
        assert!(events.iter().any(|hash| hash.0 == *topic), "no event has the topic {topic:02x?}");
    }
    let of_lp500 = 4;
    assert_eq!(ITrainingEvents::SELECTORS.len(), signatures("ITraining", "event").len() + of_lp500);
}

fn types(inputs: &Value) -> String {
    let one = |input: &Value| {
        let name = input["type"].as_str().unwrap();
        name.strip_prefix("tuple")
            .map_or_else(|| name.to_string(), |array| format!("({}){array}", types(&input["components"])))
    };
    inputs.as_array().unwrap().iter().map(one).collect::<Vec<_>>().join(",")
}
