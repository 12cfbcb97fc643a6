//! The bytes of both codecs, format version 1. Values in checkpoints are in these bytes: a change
//! here is a change of the format, which takes a new version, not of the test.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::fmt::Debug;

use serde::{Deserialize, Serialize};
use state_api::{Bincode, Codec};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Record {
    id: u64,
    count: u32,
    name: String,
    mean: f64,
    last: Option<bool>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Wrapper(u16);

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Shape {
    Unit,
    Newtype(u8),
    Tuple(u8, i16),
    Struct { name: String },
}

fn golden<T: PartialEq + Debug + 'static>(codec: &dyn Codec<T>, value: &T, hex: &str) {
    let mut bytes = Vec::new();
    codec.encode(value, &mut bytes).unwrap();
    let found = bytes
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect::<Vec<_>>()
        .concat();
    assert_eq!(found, hex.replace(' ', ""), "{value:?}");
    assert_eq!(&codec.decode(&bytes).unwrap(), value);
}

fn record() -> Record {
    Record {
        id: 7,
        count: 300,
        name: "ab".to_owned(),
        mean: 1.0,
        last: Some(true),
    }
}

#[test]
fn bincode_scalars() {
    golden(&Bincode, &0x12_u8, "12");
    golden(&Bincode, &0x1234_u16, "3412");
    golden(&Bincode, &0x1234_5678_u32, "78563412");
    golden(&Bincode, &0x0123_4567_89ab_cdef_u64, "efcdab8967452301");
    golden(&Bincode, &1_u128, "01000000000000000000000000000000");
    golden(&Bincode, &300_usize, "2c01000000000000");
    golden(&Bincode, &-1_i8, "ff");
    golden(&Bincode, &-2_i64, "feffffffffffffff");
    golden(&Bincode, &-2_isize, "feffffffffffffff");
    golden(&Bincode, &true, "01");
    golden(&Bincode, &'é', "c3a9");
    golden(&Bincode, &1.0_f32, "0000803f");
    golden(&Bincode, &-0.5_f64, "000000000000e0bf");
    golden(&Bincode, &(), "");
}

#[test]
fn bincode_compound_types() {
    golden(&Bincode, &"abc".to_owned(), "0300000000000000 616263");
    golden(&Bincode, &vec![1_u8, 2], "0200000000000000 0102");
    golden(&Bincode, &vec![1_u16, 2], "0200000000000000 0100 0200");
    golden(&Bincode, &[1_u8, 2], "0102");
    golden(&Bincode, &None::<u8>, "00");
    golden(&Bincode, &Some(7_u16), "01 0700");
    golden(&Bincode, &(1_u8, "a".to_owned()), "01 0100000000000000 61");
    golden(
        &Bincode,
        &BTreeMap::from([(1_u8, 2_u16)]),
        "0100000000000000 01 0200",
    );
    golden(&Bincode, &Wrapper(300), "2c01");
    golden(&Bincode, &Shape::Unit, "00000000");
    golden(&Bincode, &Shape::Newtype(7), "01000000 07");
    golden(&Bincode, &Shape::Tuple(7, -1), "02000000 07 ffff");
    golden(
        &Bincode,
        &Shape::Struct {
            name: "a".to_owned(),
        },
        "03000000 0100000000000000 61",
    );
    golden(
        &Bincode,
        &record(),
        "0700000000000000 2c010000 0200000000000000 6162 000000000000f03f 01 01",
    );
}

#[test]
fn bincode_id() {
    assert_eq!(Codec::<u8>::id(&Bincode).to_string(), "bincode/1");
}

#[cfg(feature = "postcard")]
mod postcard {
    use state_api::codec::Postcard;

    use super::*;

    #[test]
    fn scalars() {
        golden(&Postcard, &0x12_u8, "12");
        golden(&Postcard, &300_u16, "ac02");
        golden(&Postcard, &0x0123_4567_89ab_cdef_u64, "ef9bafcdf8acd19101");
        golden(&Postcard, &300_usize, "ac02");
        golden(&Postcard, &-1_i8, "ff");
        golden(&Postcard, &-2_i64, "03");
        golden(&Postcard, &true, "01");
        golden(&Postcard, &'é', "02 c3a9");
        golden(&Postcard, &1.0_f32, "0000803f");
        golden(&Postcard, &-0.5_f64, "000000000000e0bf");
        golden(&Postcard, &(), "");
    }

    #[test]
    fn compound_types() {
        golden(&Postcard, &"abc".to_owned(), "03 616263");
        golden(&Postcard, &vec![1_u8, 2], "02 0102");
        golden(&Postcard, &vec![1_u16, 300], "02 01 ac02");
        golden(&Postcard, &[1_u8, 2], "0102");
        golden(&Postcard, &None::<u8>, "00");
        golden(&Postcard, &Some(7_u16), "01 07");
        golden(&Postcard, &BTreeMap::from([(1_u8, 2_u16)]), "01 01 02");
        golden(&Postcard, &Wrapper(300), "ac02");
        golden(&Postcard, &Shape::Unit, "00");
        golden(&Postcard, &Shape::Newtype(7), "01 07");
        golden(&Postcard, &Shape::Tuple(7, -1), "02 07 01");
        golden(
            &Postcard,
            &Shape::Struct {
                name: "a".to_owned(),
            },
            "03 01 61",
        );
        golden(
            &Postcard,
            &record(),
            "07 ac02 02 6162 000000000000f03f 01 01",
        );
    }

    #[test]
    fn id() {
        assert_eq!(Codec::<u8>::id(&Postcard).to_string(), "postcard/1");
    }
}
