//! The types that the laws of keys are checked on, with generators that love the bytes 0, 1 and 255,
//! few distinct values and shared prefixes.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::{btree_map, btree_set, vec};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use state_api::StateKey;
use state_api::key::TotalF64;

/// A `u8` in a newtype struct: still a byte as an element of a sequence.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Byte(pub(crate) u8);

impl StateKey for Byte {}

/// A newtype struct that `serde` does not see.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Name {
    pub(crate) name: String,
}

impl StateKey for Name {}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Nothing;

impl StateKey for Nothing {}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) id: i32,
    #[serde(alias = "title", alias = "label")]
    pub(crate) name: Name,
    pub(crate) tags: Vec<String>,
    pub(crate) nothing: Nothing,
    pub(crate) parent: Option<Box<Record>>,
}

impl StateKey for Record {}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Shape {
    Unit,
    Newtype(Vec<u8>),
    Tuple(u8, Option<i16>),
    Struct { name: String, last: bool },
    Nested(Box<Shape>),
    Empty(),
}

impl StateKey for Shape {}

pub(crate) fn byte() -> impl Strategy<Value = u8> + Clone {
    prop_oneof![
        Just(0_u8),
        Just(1),
        Just(2),
        Just(0xfe),
        Just(0xff),
        any::<u8>()
    ]
}

pub(crate) fn bytes() -> impl Strategy<Value = Vec<u8>> + Clone {
    vec(byte(), 0..6)
}

pub(crate) fn text() -> impl Strategy<Value = String> + Clone {
    let edges = "\0\u{1}\u{2}a\u{7f}\u{80}é\u{ffff}\u{10ffff}"
        .chars()
        .collect::<Vec<_>>();
    vec(proptest::sample::select(edges), 0..5).prop_map(String::from_iter)
}

pub(crate) fn float() -> impl Strategy<Value = f64> + Clone {
    let edges = [
        0.0,
        1.0,
        f64::MIN_POSITIVE,
        f64::MAX,
        f64::INFINITY,
        f64::NAN,
        5e-324,
    ];
    prop_oneof![
        (proptest::sample::select(edges.to_vec()), any::<bool>())
            .prop_map(|(value, negative)| if negative { -value } else { value }),
        any::<u64>().prop_map(f64::from_bits),
        // Signalling NaNs of both signs.
        Just(f64::from_bits(0x7ff0_0000_0000_0001)),
        Just(f64::from_bits(0xfff4_0000_0000_0000)),
    ]
}

pub(crate) fn total() -> impl Strategy<Value = TotalF64> + Clone {
    float().prop_map(TotalF64)
}

pub(crate) fn record() -> impl Strategy<Value = Record> + Clone {
    let level = || (-1..2_i32, text(), vec(text(), 0..3));
    (level(), vec(level(), 0..3)).prop_map(|(last, levels)| {
        let record = |(id, name, tags), parent| {
            let name = Name { name };
            Record {
                id,
                name,
                tags,
                nothing: Nothing,
                parent,
            }
        };
        let parent = levels
            .into_iter()
            .fold(None, |parent, level| Some(Box::new(record(level, parent))));
        record(last, parent)
    })
}

pub(crate) fn shape() -> impl Strategy<Value = Shape> + Clone {
    let flat = prop_oneof![
        Just(Shape::Unit),
        bytes().prop_map(Shape::Newtype),
        (byte(), small()).prop_map(|(byte, small)| Shape::Tuple(byte, small)),
        (text(), any::<bool>()).prop_map(|(name, last)| Shape::Struct { name, last }),
        Just(Shape::Empty()),
    ];
    flat.prop_recursive(3, 4, 1, |inner| {
        inner.prop_map(|shape| Shape::Nested(Box::new(shape)))
    })
}

pub(crate) fn small() -> impl Strategy<Value = Option<i16>> + Clone {
    proptest::option::of(-2..3_i16)
}

pub(crate) fn lists() -> impl Strategy<Value = Vec<Vec<u8>>> + Clone {
    vec(bytes(), 0..4)
}

pub(crate) fn map() -> impl Strategy<Value = BTreeMap<String, Vec<u8>>> + Clone {
    btree_map(text(), bytes(), 0..3)
}

pub(crate) fn set() -> impl Strategy<Value = BTreeSet<Option<u8>>> + Clone {
    btree_set(proptest::option::of(byte()), 0..4)
}

/// One test per type: `$check` is called with two values, equal ones every other time.
#[macro_export]
macro_rules! for_every_key_type {
    ($check:ident) => {
        for_every_key_type! { $check:
            bools: bool = any::<bool>();
            u8s: u8 = key_shapes::byte();
            u16s: u16 = prop_oneof![0..3_u16, any::<u16>()];
            u32s: u32 = any::<u32>();
            u64s: u64 = any::<u64>();
            u128s: u128 = any::<u128>();
            usizes: usize = any::<usize>();
            i8s: i8 = any::<i8>();
            i16s: i16 = prop_oneof![-3..3_i16, any::<i16>()];
            i32s: i32 = prop_oneof![-3..3_i32, any::<i32>()];
            i64s: i64 = prop_oneof![-3..3_i64, any::<i64>()];
            i128s: i128 = prop_oneof![-3..3_i128, any::<i128>()];
            isizes: isize = any::<isize>();
            chars: char = any::<char>();
            units: () = Just(());
            floats: state_api::key::TotalF64 = key_shapes::total();
            floats_of_32_bits: state_api::key::TotalF32 = any::<u32>()
                .prop_map(|bits| state_api::key::TotalF32(f32::from_bits(bits)));
            strings: String = key_shapes::text();
            boxed_strings: Box<str> = key_shapes::text().prop_map(String::into_boxed_str);
            durations: std::time::Duration = (0..2_u64, 0..3_u32)
                .prop_map(|(secs, nanos)| std::time::Duration::new(secs, nanos));
            addresses: std::net::IpAddr = any::<std::net::IpAddr>();
            options: Option<Option<u8>> =
                proptest::option::of(proptest::option::of(key_shapes::byte()));
            results: std::result::Result<u8, String> = prop_oneof![
                key_shapes::byte().prop_map(Ok), key_shapes::text().prop_map(Err)];
            vecs_of_bytes: Vec<u8> = key_shapes::bytes();
            vecs_of_signed_bytes: Vec<i8> = vec(any::<i8>(), 0..4);
            vecs_of_bools: Vec<bool> = vec(any::<bool>(), 0..5);
            vecs_of_units: Vec<()> = vec(Just(()), 0..5);
            vecs_of_unit_structs: Vec<key_shapes::Nothing> =
                vec(Just(key_shapes::Nothing), 0..5);
            vecs_of_newtypes: Vec<key_shapes::Byte> =
                vec(key_shapes::byte().prop_map(key_shapes::Byte), 0..6);
            vecs_of_non_zero: Vec<std::num::NonZeroU8> = vec(any::<std::num::NonZeroU8>(), 0..4);
            vecs_of_u32: Vec<u32> = vec(0..3_u32, 0..5);
            vecs_of_strings: Vec<String> = vec(key_shapes::text(), 0..4);
            vecs_of_vecs: Vec<Vec<u8>> = key_shapes::lists();
            vecs_of_vecs_of_vecs: Vec<Vec<Vec<u8>>> = vec(key_shapes::lists(), 0..3);
            vecs_of_options: Vec<Option<u8>> = vec(proptest::option::of(key_shapes::byte()), 0..5);
            vecs_of_tuples: Vec<(u8, u8)> = vec((key_shapes::byte(), key_shapes::byte()), 0..4);
            vecs_of_one_tuples: Vec<(u8,)> = vec(key_shapes::byte().prop_map(|b| (b,)), 0..4);
            vecs_of_arrays: Vec<[u8; 2]> = vec([key_shapes::byte(), key_shapes::byte()], 0..4);
            vecs_of_enums: Vec<key_shapes::Shape> = vec(key_shapes::shape(), 0..3);
            deques: std::collections::VecDeque<u8> = key_shapes::bytes().prop_map(Into::into);
            boxed_slices: Box<[u16]> = vec(0..3_u16, 0..4).prop_map(Into::into);
            arrays: [u8; 3] = [key_shapes::byte(), key_shapes::byte(), key_shapes::byte()];
            arrays_of_strings: [String; 2] = [key_shapes::text(), key_shapes::text()];
            empty_arrays: [String; 0] = Just([]);
            tuples: (String, u8) = (key_shapes::text(), key_shapes::byte());
            nested_tuples: ((Vec<u8>, i16), (Option<String>, (), bool)) = (
                (key_shapes::bytes(), -2..2_i16),
                (proptest::option::of(key_shapes::text()), Just(()), any::<bool>()),
            );
            eight_tuples: (u8, i8, String, (), char, Vec<u8>, bool, Option<()>) = (
                key_shapes::byte(), -1..1_i8, key_shapes::text(), Just(()), any::<char>(),
                key_shapes::bytes(), any::<bool>(), proptest::option::of(Just(())),
            );
            newtypes: key_shapes::Byte = key_shapes::byte().prop_map(key_shapes::Byte);
            transparent_structs: key_shapes::Name =
                key_shapes::text().prop_map(|name| key_shapes::Name { name });
            records: key_shapes::Record = key_shapes::record();
            enums: key_shapes::Shape = key_shapes::shape();
            maps: std::collections::BTreeMap<String, Vec<u8>> = key_shapes::map();
            sets: std::collections::BTreeSet<Option<u8>> = key_shapes::set();
        }
    };
    ($check:ident: $($name:ident: $type:ty = $strategy:expr;)*) => {
        proptest! {$(
            #[test]
            fn $name(a in $strategy, b in $strategy) {
                let (a, b): ($type, $type) = (a, b);
                $check(&a, &b)?;
                $check(&a, &a.clone())?;
            }
        )*}
    };
}
