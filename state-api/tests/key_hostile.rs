//! Decoding never panics: arbitrary bytes, and valid ones with one byte changed, dropped or added,
//! are a value or a typed error.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use serde::{Deserialize, Serialize};
use state_api::{ErrorKind, StateKey, key};

mod key_shapes;

type Everything = (
    key_shapes::Record,
    Vec<key_shapes::Shape>,
    std::collections::BTreeMap<char, Vec<Vec<u8>>>,
);

fn is_value_or_corrupt<T: StateKey>(bytes: &[u8]) -> Result<(), TestCaseError> {
    match key::decode_prefix::<T>(bytes) {
        Ok((_, rest)) => prop_assert!(bytes.ends_with(rest)),
        Err(error) => {
            prop_assert_eq!(error.kind(), ErrorKind::Corrupt);
            let offset: usize = error.context("offset").unwrap().parse().unwrap();
            prop_assert!(offset <= bytes.len(), "{error}");
        }
    }
    Ok(())
}

fn mutants_are_values_or_corrupt<T: StateKey>(a: &T, b: &T) -> Result<(), TestCaseError> {
    let (mut bytes, mut other) = (Vec::new(), Vec::new());
    key::encode(a, &mut bytes)?;
    key::encode(b, &mut other)?;
    for i in 0..bytes.len() {
        for byte in [0, 1, 2, 0x80, 0xff] {
            let mut mutant = bytes.clone();
            mutant[i] = byte;
            is_value_or_corrupt::<T>(&mutant)?;
            mutant.insert(i, byte);
            is_value_or_corrupt::<T>(&mutant)?;
        }
        is_value_or_corrupt::<T>(&[&bytes[..i], &bytes[i + 1..]].concat())?;
        is_value_or_corrupt::<T>(&[&bytes[..i], &other[..]].concat())?;
        // Prefix-free, so a truncated key is never a key.
        let error = key::decode_prefix::<T>(&bytes[..i])
            .err()
            .map(|error| error.kind());
        prop_assert_eq!(error, Some(ErrorKind::Corrupt), "truncated at {}", i);
    }
    bytes.push(0);
    let error = key::decode::<T>(&bytes).err().map(|error| error.kind());
    prop_assert_eq!(error, Some(ErrorKind::Corrupt), "a byte after the end");
    Ok(())
}

for_every_key_type!(mutants_are_values_or_corrupt);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Untagged {
    #[serde(untagged)]
    Any(u8),
}

impl StateKey for Untagged {}

proptest! {
    #[test]
    fn arbitrary_bytes(bytes in vec(key_shapes::byte(), 0..60)) {
        is_value_or_corrupt::<Everything>(&bytes)?;
        is_value_or_corrupt::<Vec<key_shapes::Shape>>(&bytes)?;
        is_value_or_corrupt::<key_shapes::Record>(&bytes)?;
        is_value_or_corrupt::<Vec<String>>(&bytes)?;
        is_value_or_corrupt::<Vec<Vec<Option<u8>>>>(&bytes)?;
        is_value_or_corrupt::<String>(&bytes)?;
        is_value_or_corrupt::<Vec<u8>>(&bytes)?;
        is_value_or_corrupt::<Vec<()>>(&bytes)?;
        is_value_or_corrupt::<(char, bool, Option<i128>)>(&bytes)?;
        is_value_or_corrupt::<std::collections::BTreeMap<String, u8>>(&bytes)?;
        is_value_or_corrupt::<std::time::Duration>(&bytes)?;
        is_value_or_corrupt::<std::net::IpAddr>(&bytes)?;
        is_value_or_corrupt::<std::num::NonZeroU16>(&bytes)?;
        is_value_or_corrupt::<Untagged>(&bytes)?;
    }

    /// Outside maps and sets, whose order a decoder does not check, one key has one encoding.
    #[test]
    fn what_decodes_encodes_to_the_same_bytes(
        bytes in vec(key_shapes::byte(), 0..20),
        at in any::<Index>(),
    ) {
        fn check<T: StateKey>(bytes: &[u8]) -> Result<(), TestCaseError> {
            if let Ok((value, rest)) = key::decode_prefix::<T>(bytes) {
                let mut again = Vec::new();
                key::encode(&value, &mut again)?;
                prop_assert_eq!(&bytes[..bytes.len() - rest.len()], again);
            }
            Ok(())
        }
        let mut terminated = bytes;
        let at = at.index(terminated.len() + 1);
        terminated.insert(at, 0);
        terminated.extend([0, 0]);
        check::<String>(&terminated)?;
        check::<Vec<u8>>(&terminated)?;
        check::<Vec<bool>>(&terminated)?;
        check::<Vec<Option<u8>>>(&terminated)?;
        check::<Vec<Vec<u8>>>(&terminated)?;
        check::<(Option<u8>, bool, Vec<key_shapes::Shape>)>(&terminated)?;
    }
}
