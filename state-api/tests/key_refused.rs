//! What cannot be a key is refused with a typed error, and leaves the output as it was.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, Serializer, ser::Error as _};
use smallvec::SmallVec;
use state_api::{ErrorKind, KeyHash, key};

#[derive(Serialize, Deserialize)]
struct Holes {
    before: u32,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    hole: Option<u8>,
}

#[derive(Serialize, Deserialize)]
enum HolesInside {
    Struct {
        before: u32,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        hole: Option<u8>,
    },
}

#[derive(Debug, Serialize, Deserialize)]
struct Flattened {
    #[serde(flatten)]
    rest: BTreeMap<String, u8>,
}

struct Refusing;

impl Serialize for Refusing {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(S::Error::custom("not today"))
    }
}

fn assert_refused(value: &impl Serialize, message: &str) {
    let mut out = b"kept".to_vec();
    let error = key::encode(value, &mut out).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Codec);
    assert!(error.to_string().contains(message), "{error}");
    assert_eq!(out, b"kept");
    let mut out = SmallVec::<[u8; 8]>::from_slice(b"kept");
    key::encode(value, &mut out).unwrap_err();
    assert_eq!(&out[..], b"kept");
    assert_eq!(KeyHash::of(value).unwrap_err().kind(), ErrorKind::Codec);
}

#[test]
fn values_that_cannot_be_keys() {
    assert_refused(
        &Holes {
            before: 1,
            hole: None,
        },
        "field = hole",
    );
    assert_refused(
        &HolesInside::Struct {
            before: 1,
            hole: None,
        },
        "field = hole",
    );
    assert_refused(&("abc", 1_u64, Refusing), "not today");
}

#[test]
fn types_that_describe_themselves() {
    let error = key::decode::<Flattened>(b"\x01a\0\x07\0").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    assert!(
        error.message().contains("does not describe itself"),
        "{error}"
    );
}

#[test]
fn errors_say_where() {
    let decode = |bytes: &[u8]| key::decode::<(u16, Option<bool>, String)>(bytes).unwrap_err();
    for (bytes, expected) in [
        (&b"\0"[..], ("expected 2 bytes of a u16", "0")),
        (b"\0\0\x02", ("expected an option, 0 or 1", "2")),
        (b"\0\0\x01\x02", ("expected a bool, 0 or 1", "3")),
        (
            b"\0\0\0abc",
            ("expected a string or bytes up to a zero byte", "3"),
        ),
        (b"\0\0\0ab\x01\x03\0", ("expected an escaped byte", "5")),
        (b"\0\0\0\xff\0", ("expected a string of UTF-8", "3")),
        (b"\0\0\0\xff\x01\x01\0", ("expected a string of UTF-8", "3")),
        (b"\0\0\0abc\0d", ("expected the end of the key", "7")),
    ] {
        let error = decode(bytes);
        assert_eq!(error.kind(), ErrorKind::Corrupt);
        assert_eq!(
            (error.message(), error.context("offset").unwrap()),
            expected,
            "{bytes:02x?}"
        );
    }
    let error = key::decode::<(u8, char)>(&[7, 0, 0, 0xd8, 0]).unwrap_err();
    assert_eq!(error.context("offset"), Some("1"));
    let error = key::decode::<(u8, Result<u8, u8>)>(&[7, 0, 0, 0, 2, 0]).unwrap_err();
    assert_eq!(error.context("offset"), Some("1"));
}

/// Reads one element of a sequence and leaves the rest.
#[derive(Debug, PartialEq)]
struct First(u8);

impl<'de> Deserialize<'de> for First {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;

        impl<'de> serde::de::Visitor<'de> for Reader {
            type Value = First;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a byte")
            }

            fn visit_seq<A: serde::de::SeqAccess<'de>>(
                self,
                mut seq: A,
            ) -> Result<First, A::Error> {
                Ok(First(seq.next_element()?.unwrap_or_default()))
            }
        }

        deserializer.deserialize_seq(Reader)
    }
}

#[test]
fn a_type_that_stops_early_must_be_at_the_end() {
    assert_eq!(
        key::decode::<(First, u8)>(b"\x07\0\x08").unwrap(),
        (First(7), 8)
    );
    let error = key::decode_prefix::<First>(b"\x07\x08\0").unwrap_err();
    assert_eq!(error.message(), "expected the end of a sequence");
    assert_eq!(error.context("offset"), Some("1"));
}

/// Reads nothing at all.
#[derive(Debug)]
struct Blind;

impl<'de> Deserialize<'de> for Blind {
    fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Ok(Self)
    }
}

#[test]
fn an_element_that_reads_nothing_does_not_go_on_forever() {
    let error = key::decode::<Vec<Blind>>(b"\x01\0").unwrap_err();
    assert_eq!(error.message(), "expected an element that reads its bytes");
}
