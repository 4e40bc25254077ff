//! RLP tests, of the library that decodes everything here.

use crate::archive::Folder;
use alloy_primitives::{Bytes, U512};
use alloy_rlp::{Header, PayloadView};
use serde_json::{Map, Value};

/// What any RLP is.
#[derive(Debug, PartialEq, Eq)]
enum Item {
    Text(Vec<u8>),
    List(Vec<Item>),
}

impl Item {
    fn decode(rlp: &mut &[u8]) -> alloy_rlp::Result<Self> {
        Ok(match Header::decode_raw(rlp)? {
            PayloadView::String(bytes) => Self::Text(bytes.to_vec()),
            PayloadView::List(items) => {
                Self::List(items.into_iter().map(|mut item| Self::decode(&mut item)).collect::<alloy_rlp::Result<_>>()?)
            }
        })
    }

    fn decode_all(mut rlp: &[u8]) -> Option<Self> {
        let item = Self::decode(&mut rlp).ok()?;
        rlp.is_empty().then_some(item)
    }

    fn encode(&self) -> Vec<u8> {
        match self {
            Self::Text(bytes) => alloy_rlp::encode(bytes.as_slice()),
            Self::List(items) => {
                let payload: Vec<u8> = items.iter().flat_map(Self::encode).collect();
                let mut rlp = Vec::new();
                Header { list: true, payload_length: payload.len() }.encode(&mut rlp);
                [rlp, payload].concat()
            }
        }
    }
}

/// Numbers are written as such, or after a `#` when they are large.
fn parse(value: &Value) -> Item {
    let number = |number: U512| {
        let bytes: [u8; 64] = number.to_be_bytes();
        Item::Text(bytes.iter().copied().skip_while(|byte| *byte == 0).collect())
    };
    match value {
        Value::Array(items) => Item::List(items.iter().map(parse).collect()),
        Value::Number(small) => number(U512::from(small.as_u64().unwrap())),
        Value::String(text) => match text.strip_prefix('#') {
            Some(digits) => number(digits.parse().unwrap()),
            None => Item::Text(text.clone().into_bytes()),
        },
        other => panic!("{other}"),
    }
}

#[test]
fn every_item_is_encoded_decoded_or_refused_as_the_reference_says() {
    let Some(folder) = Folder::open("RLPTests") else { return };
    for file in folder.files() {
        let tests: Map<String, Value> = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
        for (name, test) in tests {
            let rlp: Bytes = test["out"].as_str().unwrap().parse().unwrap();
            let item = Item::decode_all(&rlp);
            match &test["in"] {
                Value::String(verdict) if verdict == "INVALID" => assert_eq!(item, None, "{name}"),
                Value::String(verdict) if verdict == "VALID" => assert_eq!(item.unwrap().encode(), rlp, "{name}"),
                value => {
                    assert_eq!(parse(value).encode(), rlp, "{name}");
                    assert_eq!(item, Some(parse(value)), "{name}");
                }
            }
        }
    }
}
