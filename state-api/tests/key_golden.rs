//! Encoding, format version 1. Rows on disk are in these bytes: a change here is a change of the
//! format, not of the test.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use state_api::key::{TotalF32, TotalF64};
use state_api::{StateKey, key};

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Record {
    id: u16,
    name: String,
    last: Option<bool>,
}

impl StateKey for Record {}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Byte(u8);

impl StateKey for Byte {}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Nothing;

impl StateKey for Nothing {}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Shape {
    Unit,
    Newtype(u8),
    Tuple(u8, i8),
    Struct { name: String },
}

impl StateKey for Shape {}

#[expect(clippy::needless_pass_by_value, reason = "the literals read better")]
fn golden<T: StateKey + Debug>(key: T, hex: &str) {
    let mut bytes = Vec::new();
    key::encode(&key, &mut bytes).unwrap();
    let found = bytes
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect::<Vec<_>>()
        .concat();
    assert_eq!(found, hex.replace(' ', ""), "{key:?}");
    assert_eq!(key::decode::<T>(&bytes).unwrap(), key);
}

#[test]
fn integers() {
    golden(0x12_u8, "12");
    golden(0x1234_u16, "1234");
    golden(0x1234_5678_u32, "12345678");
    golden(0x0123_4567_89ab_cdef_u64, "0123456789abcdef");
    golden(1_u128 << 64, "0000000000000001 0000000000000000");
    golden(7_usize, "0000000000000007");
    golden(i8::MIN, "00");
    golden(-1_i8, "7f");
    golden(0_i16, "8000");
    golden(-2_i32, "7ffffffe");
    golden(1_i64, "8000000000000001");
    golden(i64::MIN, "0000000000000000");
    golden(-1_i128, "7fffffffffffffff ffffffffffffffff");
    golden(-1_isize, "7fffffffffffffff");
}

#[test]
fn other_scalars() {
    golden(false, "00");
    golden(true, "01");
    golden('é', "000000e9");
    golden('\u{10ffff}', "0010ffff");
    golden(TotalF64(0.0), "8000000000000000");
    golden(TotalF64(-0.0), "7fffffffffffffff");
    golden(TotalF64(1.0), "bff0000000000000");
    golden(TotalF64(-1.0), "400fffffffffffff");
    golden(TotalF64(f64::NEG_INFINITY), "000fffffffffffff");
    golden(
        TotalF64(f64::from_bits(0x7ff8_0000_0000_0000)),
        "fff8000000000000",
    );
    golden(TotalF32(1.0), "bf800000");
    golden(TotalF32(-1.0), "407fffff");
    golden((), "");
    golden(Nothing, "");
}

#[test]
fn strings_and_bytes() {
    golden(String::new(), "00");
    golden("abc".to_owned(), "616263 00");
    golden("a\0b\u{1}c\u{2}".to_owned(), "61 0101 62 0102 63 02 00");
    golden("é".to_owned().into_boxed_str(), "c3a9 00");
    golden(vec![0_u8, 1, 2, 255], "0101 0102 02 ff 00");
    golden(vec![Byte(0), Byte(7)], "0101 07 00");
}

#[test]
fn sequences_and_maps() {
    golden(Vec::<u32>::new(), "00");
    golden(vec![1_u16, 2], "01 0001 01 0002 00");
    golden(vec![-1_i8], "01 7f 00");
    golden(vec![(), ()], "01 01 00");
    golden(vec!["a".to_owned(), String::new()], "01 6100 01 00 00");
    golden(vec![vec![0_u8], vec![]], "01 0101 00 01 00 00");
    golden(vec![None, Some(0_u8)], "01 00 01 01 00 00");
    golden(vec![(0_u8, 1_u8)], "01 00 01 00");
    golden(BTreeSet::from([2_u16, 1]), "01 0001 01 0002 00");
    golden(
        BTreeMap::from([(2_u8, "b".to_owned()), (1, "a".to_owned())]),
        "01 01 6100 01 02 6200 00",
    );
}

#[test]
fn compound_types() {
    golden((1_u8, "a".to_owned(), -1_i8), "01 6100 7f");
    golden([0_u8, 1, 2], "00 01 02");
    golden(None::<u16>, "00");
    golden(Some(7_u16), "01 0007");
    golden(Some(None::<u8>), "01 00");
    golden(Byte(1), "01");
    golden(
        Record {
            id: 7,
            name: "a".to_owned(),
            last: Some(true),
        },
        "0007 6100 01 01",
    );
    golden(Shape::Unit, "00000000");
    golden(Shape::Newtype(0), "00000001 00");
    golden(Shape::Tuple(1, 0), "00000002 01 80");
    golden(
        Shape::Struct {
            name: "a".to_owned(),
        },
        "00000003 6100",
    );
    golden(Ok::<u8, u8>(1), "00000000 01");
    golden(Duration::new(1, 2), "0000000000000001 00000002");
    golden(std::net::Ipv4Addr::LOCALHOST, "7f 00 00 01");
}
