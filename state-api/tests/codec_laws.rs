//! The laws of codecs: a value decodes to itself, encoding appends, and other bytes are refused.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use std::collections::BTreeMap;
use std::fmt::Debug;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde::{Deserialize, Serialize, Serializer, ser::Error as _};
use state_api::{Bincode, Codec, ErrorKind};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Record {
    id: u64,
    name: String,
    letter: char,
    bytes: Vec<u8>,
    small: Option<i16>,
    tags: BTreeMap<u16, String>,
    shape: Shape,
    wide: (u128, isize, f32),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Shape {
    Unit,
    Newtype(Vec<String>),
    Tuple(u8, bool),
    Struct { name: String, last: [u16; 3] },
}

fn shape() -> impl Strategy<Value = Shape> {
    prop_oneof![
        Just(Shape::Unit),
        vec(any::<String>(), 0..4).prop_map(Shape::Newtype),
        any::<(u8, bool)>().prop_map(|(byte, last)| Shape::Tuple(byte, last)),
        any::<(String, [u16; 3])>().prop_map(|(name, last)| Shape::Struct { name, last }),
    ]
}

fn record() -> impl Strategy<Value = Record> {
    let wide = (any::<u128>(), any::<isize>(), proptest::num::f32::NORMAL);
    let bytes = vec(any::<u8>(), 0..20);
    let tags = btree_map(any::<u16>(), any::<String>(), 0..4);
    let parts = any::<(u64, String, char, Option<i16>)>();
    ((parts, bytes, tags), shape(), wide).prop_map(|(parts, shape, wide)| {
        let ((id, name, letter, small), bytes, tags) = parts;
        Record {
            id,
            name,
            letter,
            bytes,
            small,
            tags,
            shape,
            wide,
        }
    })
}

/// Refuses to be encoded, after some bytes went out; decodes from nothing.
#[derive(Debug, PartialEq, Deserialize)]
struct Refusing;

impl Serialize for Refusing {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(S::Error::custom("not today"))
    }
}

fn decodes_to_itself_and_appends<T: PartialEq + Debug + 'static>(
    codec: &dyn Codec<T>,
    value: &T,
) -> Result<(), TestCaseError> {
    let mut out = b"kept".to_vec();
    codec.encode(value, &mut out)?;
    prop_assert_eq!(&out[..4], b"kept");
    prop_assert_eq!(&codec.decode(&out[4..])?, value);
    Ok(())
}

fn refuses_every_other_length<T: PartialEq + Debug + 'static>(
    codec: &dyn Codec<T>,
    value: &T,
    after: u8,
) -> Result<(), TestCaseError> {
    let mut bytes = Vec::new();
    codec.encode(value, &mut bytes)?;
    for len in 0..bytes.len() {
        let error = codec.decode(&bytes[..len]).unwrap_err();
        prop_assert_eq!(error.kind(), ErrorKind::Corrupt, "truncated to {}", len);
    }
    let len = bytes.len().to_string();
    bytes.push(after);
    let error = codec.decode(&bytes).unwrap_err();
    prop_assert_eq!(error.kind(), ErrorKind::Corrupt, "a byte after the end");
    prop_assert_eq!(error.context("offset"), Some(&len[..]));
    Ok(())
}

fn is_value_or_corrupt<T: Debug + 'static>(
    codec: &dyn Codec<T>,
    bytes: &[u8],
) -> Result<(), TestCaseError> {
    if let Err(error) = codec.decode(bytes) {
        prop_assert_eq!(error.kind(), ErrorKind::Corrupt);
    }
    Ok(())
}

fn takes_back_what_it_wrote(codec: &dyn Codec<(u64, String, Refusing)>) {
    let mut out = b"kept".to_vec();
    let error = codec
        .encode(&(1, "abc".to_owned(), Refusing), &mut out)
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Codec);
    assert!(
        error.context("type").unwrap().contains("Refusing"),
        "{error}"
    );
    assert_eq!(out, b"kept");
}

/// All facts, for one codec.
macro_rules! laws {
    ($codec:expr) => {
        proptest! {
            #[test]
            fn a_value_decodes_to_itself(value in record()) {
                decodes_to_itself_and_appends(&$codec, &value)?;
            }

            #[test]
            fn every_truncation_and_a_byte_too_many_are_refused(
                value in record(),
                after: u8,
            ) {
                refuses_every_other_length(&$codec, &value, after)?;
            }

            #[test]
            fn arbitrary_bytes_never_panic(bytes: Vec<u8>) {
                is_value_or_corrupt::<Record>(&$codec, &bytes)?;
                is_value_or_corrupt::<Vec<Shape>>(&$codec, &bytes)?;
                is_value_or_corrupt::<Vec<u64>>(&$codec, &bytes)?;
                is_value_or_corrupt::<String>(&$codec, &bytes)?;
                is_value_or_corrupt::<(char, Option<bool>)>(&$codec, &bytes)?;
            }

            #[test]
            fn changed_bytes_never_panic(
                value in record(),
                at: proptest::sample::Index,
                byte: u8,
            ) {
                let mut bytes = Vec::new();
                Codec::encode(&$codec, &value, &mut bytes)?;
                let at = at.index(bytes.len());
                bytes[at] = byte;
                is_value_or_corrupt::<Record>(&$codec, &bytes)?;
            }
        }

        #[test]
        fn a_failed_encoding_leaves_the_output_as_it_was() {
            takes_back_what_it_wrote(&$codec);
        }

        /// Around every limit that the default codec decodes under.
        #[test]
        fn long_values_decode_to_themselves() {
            for limit in [0x1000, 0x1_0000, 0x10_0000, 0x100_0000_usize] {
                // Less the 8 bytes of the length.
                for len in [limit - 9, limit - 8, limit - 7, limit, limit + 1] {
                    decodes_to_itself_and_appends(&$codec, &"x".repeat(len)).unwrap();
                }
            }
        }
    };
}

laws!(Bincode);

#[cfg(feature = "postcard")]
mod postcard {
    use state_api::codec::Postcard;

    use super::*;

    laws!(Postcard);
}
