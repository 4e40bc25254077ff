//! The encoding of a job's terms.

use lux_federated::{Architecture, LocalTraining, Noise, Privacy};
use lux_training_chain::Terms;
use proptest::prelude::*;

fn terms() -> impl Strategy<Value = Terms> {
    let number = 0.0f64..100.0;
    let noise = prop_oneof![
        (number.clone(), number.clone(), any::<u32>(), any::<u64>())
            .prop_map(|(a, b, steps, clip)| { Noise::Examples { noise_multiplier: a, sampling_rate: b, steps, clip } }),
        (number.clone(), any::<u32>()).prop_map(|(deviation, honest)| Noise::Members { deviation, honest }),
    ];
    let privacy = proptest::option::of((noise, number.clone(), number));
    let privacy = privacy.prop_map(|some| some.map(|(noise, epsilon, delta)| Privacy { noise, epsilon, delta }));
    let hidden = proptest::collection::vec(1usize..9, 0..=16);
    (1usize..9, hidden, 2usize..9, 0u8..31, any::<[u32; 2]>(), 0.001f32..9.0, privacy).prop_map(
        |(inputs, hidden, classes, fraction_bits, [epochs, batch], learning_rate, privacy)| Terms {
            architecture: Architecture { inputs, hidden, classes },
            fraction_bits,
            training: LocalTraining { epochs, batch, learning_rate },
            privacy,
        },
    )
}

proptest! {
    #[test]
    fn round_trip(terms in terms(), cut in 1usize..20) {
        let bytes = terms.encode();
        prop_assert!(bytes.len() <= Terms::MAX_BYTES);
        prop_assert!(Terms::decode(&bytes[..bytes.len() - cut]).is_err());
        prop_assert!(Terms::decode(&[bytes.as_slice(), &[0]].concat()).is_err());
        prop_assert_eq!(Terms::decode(&bytes).unwrap(), terms);
    }

    #[test]
    fn changed_bytes_are_refused_or_canonical(terms in terms(), at: proptest::sample::Index, value: u8) {
        let mut bytes = terms.encode();
        let at = at.index(bytes.len());
        bytes[at] = value;
        if let Ok(terms) = Terms::decode(&bytes) {
            prop_assert_eq!(terms.encode(), bytes);
        }
    }
}
