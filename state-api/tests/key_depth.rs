//! Nesting is bounded, at the same depth for encoding, hashing and decoding.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use state_api::key::{self, MAX_DEPTH};
use state_api::{ErrorKind, KeyHash};

/// A chain whose every link is one level, of each kind in turn.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Chain {
    End,
    Newtype(Box<Chain>),
    Tuple(u8, Box<Chain>),
    Struct { next: Box<Chain> },
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Optional(Option<Box<Optional>>);

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Sequence(Vec<Sequence>);

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Mapped {
    next: BTreeMap<u8, Mapped>,
}

fn chain(links: usize) -> Chain {
    (0..links).fold(Chain::End, |next, i| match i % 3 {
        0 => Chain::Newtype(Box::new(next)),
        1 => Chain::Tuple(1, Box::new(next)),
        _ => Chain::Struct {
            next: Box::new(next),
        },
    })
}

fn optional(links: usize) -> Optional {
    (0..links).fold(Optional(None), |next, _| Optional(Some(Box::new(next))))
}

fn sequence(links: usize) -> Sequence {
    (0..links).fold(Sequence(vec![]), |next, _| Sequence(vec![next]))
}

fn mapped(links: usize) -> Mapped {
    let end = Mapped {
        next: BTreeMap::new(),
    };
    (0..links).fold(end, |next, _| Mapped {
        next: BTreeMap::from([(1, next)]),
    })
}

/// `levels` says how many levels a value of `links` links has.
fn check<T>(build: impl Fn(usize) -> T, levels: impl Fn(usize) -> usize)
where
    T: Serialize + for<'de> Deserialize<'de> + PartialEq + std::fmt::Debug,
{
    for links in 0..300 {
        let value = build(links);
        let mut out = b"kept".to_vec();
        let encoded = key::encode(&value, &mut out);
        let hashed = KeyHash::of(&value);
        if levels(links) <= usize::from(MAX_DEPTH) {
            encoded.unwrap();
            hashed.unwrap();
            assert_eq!(key::decode::<T>(&out[4..]).unwrap(), value);
        } else {
            assert_eq!(encoded.unwrap_err().kind(), ErrorKind::Codec, "{links}");
            assert_eq!(hashed.unwrap_err().kind(), ErrorKind::Codec, "{links}");
            assert_eq!(out, b"kept");
        }
    }
}

#[test]
fn encoding_hashing_and_decoding_agree_on_the_last_level() {
    check(chain, |links| links + 1);
    // A newtype struct and an option.
    check(optional, |links| 2 * links + 1);
    check(sequence, |links| 2 * links + 2);
    check(mapped, |links| 2 * links + 2);
}

#[test]
fn hostile_bytes_do_not_overflow_the_stack() {
    let deep = vec![1; 1 << 20];
    for error in [
        key::decode::<Optional>(&deep).unwrap_err(),
        key::decode::<Sequence>(&deep).unwrap_err(),
        key::decode::<Mapped>(&deep).unwrap_err(),
        key::decode::<Chain>(&[0, 0, 0, 1].repeat(1 << 18)).unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Corrupt);
        assert!(error.message().contains("128 levels"), "{error}");
    }
}
