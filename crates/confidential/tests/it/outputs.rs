use alloy_primitives::B256;
use lux_confidential::{ConfidentialError, ContentKey, Context, open_output, seal_output, sealed_output_bytes};

/// Enclaves that agree must sign the same bytes: two outputs for one input are a contradiction, which ends policies.
#[test]
fn one_output_has_one_sealed_form() {
    let (key, context, input) = (ContentKey::random(), Context::at_rest(B256::ZERO), B256::repeat_byte(1));
    let sealed = seal_output(b"output", &key, &context, &input);
    assert_eq!(sealed, seal_output(b"output", &key, &context, &input));
    assert_ne!(sealed, seal_output(b"other!", &key, &context, &input));
    assert_eq!(sealed.len(), sealed_output_bytes(6));
    assert_eq!(open_output(&sealed, &key, &context, &input).unwrap().as_slice(), b"output");
}

#[test]
fn it_opens_for_its_input_alone() {
    let (key, context, input) = (ContentKey::random(), Context::at_rest(B256::ZERO), B256::repeat_byte(1));
    let sealed = seal_output(b"output", &key, &context, &input);
    let tampered = Err(ConfidentialError::Tampered);
    assert_eq!(open_output(&sealed, &ContentKey::random(), &context, &input), tampered);
    assert_eq!(open_output(&sealed, &key, &Context::at_rest(input), &input), tampered);
    assert_eq!(open_output(&sealed, &key, &context, &B256::repeat_byte(2)), tampered);
    for at in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        assert!(open_output(&changed, &key, &context, &input).is_err());
        assert!(open_output(&sealed[..at], &key, &context, &input).is_err());
    }
}
