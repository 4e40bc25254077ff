use alloy_primitives::Address;
use lux_confidential::{ConfidentialError, ContentKey, Context, RollupContext, open_reply, seal_reply};

fn context() -> Context {
    Context::call(&RollupContext { l1_chain_id: 1, rollup: Address::ZERO, l2_chain_id: 2 })
}

#[test]
fn two_answers_to_one_request_have_nothing_in_common() {
    let (key, context) = (ContentKey::random(), context());
    let answers = [b"yes", b"no!"].map(|answer| seal_reply(answer, &key, &context, b"request"));
    for (sealed, answer) in answers.iter().zip([b"yes", b"no!"]) {
        assert_eq!(open_reply(sealed, &key, &context, b"request").unwrap().as_slice(), answer);
    }
    // Under one key the ciphertexts of two padded answers would be equal but for three bytes.
    let differing = answers[0].iter().zip(&answers[1]).filter(|(a, b)| a != b).count();
    assert!(differing > 200, "{differing}");
}

#[test]
fn an_answer_opens_for_its_request_alone() {
    let (key, context) = (ContentKey::random(), context());
    let sealed = seal_reply(b"yes", &key, &context, b"request");
    let tampered = Err(ConfidentialError::Tampered);
    assert_eq!(open_reply(&sealed, &key, &context, b"another"), tampered);
    assert_eq!(open_reply(&sealed, &ContentKey::random(), &context, b"request"), tampered);
    let rollup = RollupContext { l1_chain_id: 1, rollup: Address::ZERO, l2_chain_id: 2 };
    assert_eq!(open_reply(&sealed, &key, &Context::transaction(&rollup), b"request"), tampered);
    for at in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        assert!(open_reply(&changed, &key, &context, b"request").is_err());
        assert!(open_reply(&sealed[..at], &key, &context, b"request").is_err());
    }
}
