use lux_secagg::{Adversary, Assumptions, harary};
use serde_json::Value;

/// The table of the authors of SecAgg+, in the file that `LUX_SECAGG_VECTORS` names or where it lies beside the working tree.
#[test]
fn parameters_of_secagg_plus() {
    let path = std::env::var("LUX_SECAGG_VECTORS").unwrap_or_else(|_| {
        concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/vectors/secagg/harary_secagg_plus_params.json").into()
    });
    let Ok(file) = std::fs::read_to_string(&path) else {
        eprintln!("skipped: no table of parameters at {path}");
        return;
    };
    let table: Value = serde_json::from_str(&file).unwrap();
    for row in table["rows"].as_array().unwrap() {
        let rate = |name: &str| (row[name].as_f64().unwrap() * 10_000.0).round() as u16;
        let assumptions = Assumptions { adversarial_bps: rate("adversarial_rate"), dropout_bps: rate("dropout_rate") };
        let adversary = match row["adversary"].as_str().unwrap() {
            "NONE" => Adversary::None,
            "CURIOUS_SERVER" => Adversary::CuriousServer,
            "SEMI_MALICIOUS_SERVER" => Adversary::SemiMaliciousServer,
            other => panic!("{other}"),
        };
        let number = |name: &str| row[name].as_u64().unwrap() as u32;
        match harary(number("n"), assumptions, adversary) {
            Ok((degree, threshold)) => {
                assert!(row["feasible"].as_bool().unwrap(), "{row}");
                assert_eq!(degree, number("degree_k"), "{row}");
                assert!(threshold <= number("threshold_t"), "{threshold}: {row}");
            }
            Err(_) => assert!(!row["feasible"].as_bool().unwrap(), "{row}"),
        }
    }
}

/// Every worker has to find the same ones, whatever it runs on.
#[test]
fn parameters_of_a_few_rounds() {
    let of = |workers, adversarial_bps, dropout_bps, adversary| {
        harary(workers, Assumptions { adversarial_bps, dropout_bps }, adversary)
    };
    assert_eq!(of(100, 500, 3_300, Adversary::SemiMaliciousServer), Ok((72, 39)));
    assert_eq!(of(1_000, 500, 500, Adversary::SemiMaliciousServer), Ok((52, 37)));
    assert_eq!(of(1_000, 500, 500, Adversary::MaliciousServer), Ok((60, 44)));
    assert_eq!(of(300, 1_000, 1_500, Adversary::MaliciousServer), Ok((110, 76)));
    assert_eq!(of(1_000, 3_300, 3_300, Adversary::CuriousServer), Ok((286, 150)));
    assert!(of(1_000, 3_300, 3_300, Adversary::SemiMaliciousServer).is_err());
}
