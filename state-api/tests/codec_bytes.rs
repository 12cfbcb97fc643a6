//! A `Vec<u8>` has the bytes that `serde` gives it, though it is copied whole.

#![allow(clippy::unwrap_used, reason = "tests may panic, in their helpers too")]

use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use state_api::{Bincode, Codec};

/// Another type with the same bytes, element by element.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Elements(Vec<u8>);

/// An encoding, often with a length that is not that of the content.
fn encoded() -> impl Strategy<Value = Vec<u8>> {
    (any::<Vec<u8>>(), -2..3_i64, any::<bool>()).prop_map(|(content, off, is_short)| {
        let len = i64::try_from(content.len()).unwrap() + off;
        let mut bytes = len.to_le_bytes().to_vec();
        bytes.extend(content);
        if is_short {
            bytes.truncate(7);
        }
        bytes
    })
}

proptest! {
    #[test]
    fn encoded_alike(value: Vec<u8>, before: Vec<u8>) {
        let (mut found, mut expected) = (before.clone(), before);
        Bincode.encode(&value, &mut found).unwrap();
        Bincode.encode(&Elements(value), &mut expected).unwrap();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn decoded_and_refused_alike(bytes in prop_oneof![encoded(), any::<Vec<u8>>()]) {
        let found: Result<Vec<u8>, _> = Bincode.decode(&bytes);
        let expected: Result<Elements, _> = Bincode.decode(&bytes);
        match (found, expected) {
            (Ok(found), Ok(expected)) => prop_assert_eq!(Elements(found), expected),
            (Err(found), Err(expected)) => prop_assert_eq!(found.kind(), expected.kind()),
            (found, expected) => prop_assert!(false, "{:?} and {:?}", found, expected),
        }
    }
}
