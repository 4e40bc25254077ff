//! `.npy` files: those that NumPy writes, and those that it does not.
#![allow(clippy::unwrap_used)]

use lux_models::{NpyArray, NpyError};
use proptest::prelude::*;

fn file(version: u8, header: &str, data: &[u8]) -> Vec<u8> {
    let length = header.len() as u32;
    let length = if version == 1 { (length as u16).to_le_bytes().to_vec() } else { length.to_le_bytes().to_vec() };
    [&b"\x93NUMPY"[..], &[version, 0], &length, header.as_bytes(), data].concat()
}

fn header(descr: &str, shape: &str) -> String {
    format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}     \n")
}

fn decoded(descr: &str, shape: &str, data: &[u8]) -> Result<NpyArray, NpyError> {
    NpyArray::decode(&file(1, &header(descr, shape), data))
}

/// `numpy.save` of `numpy.array([[1, -2.5, 3], [4, 5, 6]], dtype="float32")`.
#[test]
fn as_numpy_writes_it() {
    let text = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
    let mut bytes = b"\x93NUMPY\x01\x00\x76\x00".to_vec();
    bytes.extend(format!("{text:<117}\n").as_bytes());
    let data = [1.0, -2.5, 3.0, 4.0, 5.0, 6.0f32];
    bytes.extend(data.iter().flat_map(|x| x.to_le_bytes()));
    let array = NpyArray { shape: vec![2, 3], data: data.to_vec() };
    assert_eq!(NpyArray::decode(&bytes).unwrap(), array);
    assert_eq!(array.encode(), bytes);
}

#[test]
fn every_type_and_version() {
    let expected = NpyArray { shape: vec![3], data: vec![0.0, 1.0, 200.0] };
    let numbers = [0, 1, 200];
    let types: [(&str, Vec<u8>); 5] = [
        ("<f4", numbers.iter().flat_map(|x| (*x as f32).to_le_bytes()).collect()),
        ("<f8", numbers.iter().flat_map(|x| f64::from(*x).to_le_bytes()).collect()),
        ("|u1", numbers.iter().map(|x| *x as u8).collect()),
        ("<i4", numbers.iter().flat_map(|x: &i32| x.to_le_bytes()).collect()),
        ("<i8", numbers.iter().flat_map(|x| i64::from(*x).to_le_bytes()).collect()),
    ];
    for (descr, data) in types {
        for version in 1..=3 {
            assert_eq!(NpyArray::decode(&file(version, &header(descr, "(3,)"), &data)).unwrap(), expected, "{descr}");
        }
    }
    let other_order = r#"{"shape":(3,),"fortran_order":True,"descr":"|u1"}"#;
    assert_eq!(NpyArray::decode(&file(2, other_order, &[0, 1, 200])).unwrap(), expected, "a vector has no order");
    assert_eq!(decoded("|u1", "()", &[7]).unwrap(), NpyArray { shape: vec![], data: vec![7.0] });
    assert_eq!(decoded("|u1", "(0, 5)", &[]).unwrap(), NpyArray { shape: vec![0, 5], data: vec![] });
}

#[test]
fn what_is_refused() {
    let refused = |file: &[u8]| NpyArray::decode(file).unwrap_err();
    assert_eq!(refused(b"PK\x03\x04"), NpyError::Magic);
    assert_eq!(refused(&file(4, "", &[])), NpyError::Version(4));
    assert_eq!(refused(&file(2, &" ".repeat(70_000), &[])), NpyError::LongHeader(70_000));
    let fortran = header("<f4", "(2, 2)").replace("False", "True");
    assert_eq!(refused(&file(1, &fortran, &[0; 16])), NpyError::FortranOrder);
    for descr in [">f4", "<f2", "<U3", "|O", "<c8", "|b1"] {
        assert_eq!(decoded(descr, "(1,)", &[0; 16]), Err(NpyError::DType(descr.to_owned())));
    }
    let records = header("", "(1,)").replace("''", "[('a', '<f4')]");
    assert!(matches!(refused(&file(1, &records, &[0; 4])), NpyError::DType(_)));
    assert_eq!(decoded("<f4", "(2, 2)", &[0; 15]), Err(NpyError::Length { expected: 16, found: 15 }));
    assert_eq!(decoded("<f4", "(2, 2)", &[0; 17]), Err(NpyError::Length { expected: 16, found: 17 }));
    for huge in ["(9223372036854775807, 9223372036854775807, 9223372036854775807)", "(4611686018427387905,)"] {
        assert!(matches!(decoded("<f4", huge, &[0; 4]), Err(NpyError::Length { .. })), "{huge}");
    }
    for shape in ["(99999999999999999999,)", "(-1,)", "(1.5,)", "(2", "2", "(,)", &format!("({})", "1, ".repeat(33))] {
        assert!(matches!(decoded("|u1", shape, &[0; 2]), Err(NpyError::Header(_))), "{shape}");
    }
    for text in ["", "{", "{}", "{'descr': '<f4'}", "{'x': 1}", "{'descr': '<f4', 'descr': '<f4'}", "{'descr", "{}x"] {
        assert!(matches!(refused(&file(1, text, &[])), NpyError::Header(_)), "{text}");
    }
    assert_eq!(decoded("<f4", "(2,)", &[[0; 4], f32::NAN.to_le_bytes()].concat()), Err(NpyError::NotFinite(1)));
    assert_eq!(decoded("<f8", "(1,)", &1e300f64.to_le_bytes()), Err(NpyError::NotFinite(0)));
    assert_eq!(decoded("<i8", "(1,)", &16_777_217i64.to_le_bytes()), Err(NpyError::Inexact(0)));
    assert_eq!(decoded("<i4", "(1,)", &i32::MIN.to_le_bytes()), Err(NpyError::Inexact(0)));
    assert_eq!(decoded("<i8", "(1,)", &(-16_777_216i64).to_le_bytes()).unwrap().data, [-16_777_216.0]);
}

proptest! {
    #[test]
    fn encoded_and_decoded(shape in proptest::collection::vec(0usize..6, 0..5), seed: u32) {
        let len = shape.iter().product();
        let number = |index: usize| (index as f32 + 0.5) * (seed % 1_000) as f32 - 1e3;
        let array = NpyArray { shape, data: (0..len).map(number).collect() };
        let file = array.encode();
        prop_assert_eq!((file.len() - 4 * len) % 64, 0);
        prop_assert_eq!(NpyArray::decode(&file).unwrap(), array);
        for cut in 0..file.len() {
            prop_assert!(NpyArray::decode(&file[..cut]).is_err());
        }
    }

    /// Whatever the file is, there is an array of its size or an error.
    #[test]
    fn changed_files(flips in proptest::collection::vec((0usize..200, any::<u8>()), 1..6)) {
        let mut file = NpyArray { shape: vec![3, 5], data: vec![1.5; 15] }.encode();
        let len = file.len();
        flips.into_iter().for_each(|(at, byte)| file[at % len] = byte);
        if let Ok(array) = NpyArray::decode(&file) {
            prop_assert_eq!(array.shape.iter().product::<usize>(), array.data.len());
            prop_assert!(array.data.len() <= len && array.data.iter().all(|x| x.is_finite()));
        }
    }

    #[test]
    fn any_bytes(bytes: Vec<u8>, text in "\\PC*") {
        let _ = NpyArray::decode(&bytes);
        let _ = NpyArray::decode(&file(3, &text, &bytes));
    }
}
