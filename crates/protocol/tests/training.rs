//! The bindings of distributed training are those of the contract that is committed.
#![allow(clippy::unwrap_used, reason = "tests")]

use alloy_primitives::{B256, keccak256};
use alloy_sol_types::SolInterface;
use lux_protocol::training::IExtendedRollup::IExtendedRollupCalls;
use lux_protocol::training::ITraining::{ITrainingCalls, ITrainingEvents};
use serde_json::Value;

#[test]
fn bindings_are_of_the_contract() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../contracts/artifacts/DistributedTrainingRollup.json");
    let json: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let signatures = |kind: &str| -> Vec<B256> {
        let of_kind = json["abi"].as_array().unwrap().iter().filter(|entry| entry["type"] == kind);
        of_kind
            .map(|entry| keccak256(format!("{}({})", entry["name"].as_str().unwrap(), types(&entry["inputs"]))))
            .collect()
    };
    let functions = signatures("function");
    for selector in ITrainingCalls::selectors().chain(IExtendedRollupCalls::selectors()) {
        assert!(functions.iter().any(|hash| hash[..4] == selector), "no function has the selector {selector:02x?}");
    }
    // Those of training and no others, so that none is forgotten here.
    let training: Value = serde_json::from_str(
        &std::fs::read_to_string(path.replace("DistributedTrainingRollup", "ITraining")).unwrap(),
    )
    .unwrap();
    let of_interface = training["abi"].as_array().unwrap().iter().filter(|entry| entry["type"] == "function").count();
    assert_eq!(ITrainingCalls::selectors().count(), of_interface);
    // Events that are emitted in the second part or the first are those of the interface.
    let interface: Vec<B256> = training["abi"]
        .as_array()
        .unwrap()
        .iter()
        .chain(json["abi"].as_array().unwrap())
        .filter(|entry| entry["type"] == "event")
        .map(|entry| keccak256(format!("{}({})", entry["name"].as_str().unwrap(), types(&entry["inputs"]))))
        .collect();
    for topic in ITrainingEvents::SELECTORS {
        assert!(interface.iter().any(|hash| hash.0 == *topic), "no event has the topic {topic:02x?}");
    }
}

fn types(inputs: &Value) -> String {
    let one = |input: &Value| {
        let name = input["type"].as_str().unwrap();
        name.strip_prefix("tuple")
            .map_or_else(|| name.to_string(), |array| format!("({}){array}", types(&input["components"])))
    };
    inputs.as_array().unwrap().iter().map(one).collect::<Vec<_>>().join(",")
}
