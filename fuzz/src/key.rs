//! The key encoding.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::net::IpAddr;
use std::num::NonZeroU16;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use state_api::key::{TotalF64, check_key_pair, decode, decode_prefix, encode};
use state_api::{ErrorKind, KeyHash, StateKey};

use crate::bounded::bounded;
use crate::refused::refused;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Record {
    id: i32,
    name: String,
    tags: Vec<String>,
    parent: Option<Box<Record>>,
}

impl StateKey for Record {}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Shape {
    Unit,
    Newtype(Vec<u8>),
    Tuple(u8, Option<i16>),
    Struct { name: String, last: bool },
    Nested(Box<Shape>),
}

impl StateKey for Shape {}

/// Whether a type has one encoding for each of its values.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Canonical,
    /// A decoder takes entries in any order, or numbers that `serde` then normalises.
    Lenient,
}

fn check<T: StateKey + Debug>(form: Form, data: &[u8]) {
    match bounded(128 * data.len(), || decode_prefix::<T>(data)) {
        Ok((value, rest)) => {
            assert!(data.ends_with(rest));
            let (own, _) = data.split_at(data.len() - rest.len());
            let mut again = Vec::new();
            encode(&value, &mut again).expect("what was decoded has an encoding");
            match form {
                Form::Canonical => assert_eq!(again, own, "{value:?}"),
                Form::Lenient => {}
            }
            let back = decode::<T>(&again).expect("an encoding decodes");
            check_key_pair(&value, &back).expect("the laws of keys hold");
            assert!(value == back);
            let hash = |value: &T| KeyHash::of(value).expect("what has an encoding has a hash");
            assert_eq!(hash(&value), hash(&back));
            assert_eq!(decode::<T>(data).is_ok(), rest.is_empty());
        }
        Err(error) => {
            refused(&error, &[ErrorKind::Corrupt], &["offset"]);
            let offset = error.context("offset").and_then(|text| text.parse().ok());
            assert!(
                offset.is_some_and(|offset: usize| offset <= data.len()),
                "{error}"
            );
            assert!(decode::<T>(data).is_err());
        }
    }
}

/// A key: the first byte says of which type.
pub fn key(data: &[u8]) {
    let Some((of, data)) = data.split_first() else {
        return;
    };
    match of % 16 {
        0 => check::<String>(Form::Canonical, data),
        1 => check::<Vec<u8>>(Form::Canonical, data),
        2 => check::<Vec<String>>(Form::Canonical, data),
        3 => check::<Record>(Form::Canonical, data),
        4 => check::<(Option<u8>, bool, Vec<Shape>)>(Form::Canonical, data),
        5 => check::<Vec<Vec<Option<u8>>>>(Form::Canonical, data),
        6 => check::<(char, bool, Option<i128>)>(Form::Canonical, data),
        7 => check::<Vec<()>>(Form::Canonical, data),
        8 => check::<(u64, i8)>(Form::Canonical, data),
        9 => check::<TotalF64>(Form::Canonical, data),
        10 => check::<IpAddr>(Form::Canonical, data),
        11 => check::<NonZeroU16>(Form::Canonical, data),
        12 => check::<BTreeMap<char, Vec<Vec<u8>>>>(Form::Lenient, data),
        13 => check::<BTreeSet<String>>(Form::Lenient, data),
        14 => check::<Duration>(Form::Lenient, data),
        _ => check::<Shape>(Form::Canonical, data),
    }
}
