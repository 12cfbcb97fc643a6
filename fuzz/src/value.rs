//! Codecs of values. No type here is recursive, or a sequence of values without bytes: those codecs
//! have no bound on depth, and read as many empty elements as a length says.

use std::collections::BTreeMap;
use std::fmt::Debug;

use serde::{Deserialize, Serialize};
use state_api::codec::{Bincode, Postcard};
use state_api::{Codec, ErrorKind};

use crate::bounded::bounded;
use crate::refused::refused;

#[derive(Debug, Serialize, Deserialize)]
enum Event {
    Opened,
    Moved { from: u32, to: Option<i64> },
    Named(String, Vec<u8>),
}

/// What a collection reserves by the length that it states, at most, whatever is behind it: `serde`
/// believes a MiB. Twice, for a sequence in a sequence.
const RESERVED: usize = 2 << 20;

/// Whether a value has one encoding.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Canonical,
    Lenient,
}

fn check<T: Debug + 'static>(codec: &dyn Codec<T>, form: Form, data: &[u8]) {
    match bounded(RESERVED + 64 * data.len(), || codec.decode(data)) {
        Ok(value) => {
            let again = encode(codec, &value);
            if form == Form::Canonical {
                assert_eq!(again, data, "{value:?}");
            }
            let longer = codec.decode(&[data, &[0]].concat());
            assert!(longer.is_err(), "a byte behind {value:?} is passed over");
            let back = codec.decode(&again).expect("an encoding decodes");
            assert_eq!(encode(codec, &back), again, "{back:?}");
        }
        Err(error) => refused(&error, &[ErrorKind::Corrupt], &["codec", "type", "len"]),
    }
}

fn encode<T: Debug + 'static>(codec: &dyn Codec<T>, value: &T) -> Vec<u8> {
    let mut out = Vec::new();
    let encoded = codec.encode(value, &mut out);
    encoded.expect("what was decoded has an encoding");
    out
}

fn check_type<C>(codec: &C, fixed: Form, data: &[u8])
where
    C: Codec<String>
        + Codec<Vec<u8>>
        + Codec<Vec<String>>
        + Codec<Vec<Event>>
        + Codec<(char, bool, f64, i128)>
        + Codec<[u16; 32]>
        + Codec<Vec<[u64; 32]>>
        + Codec<BTreeMap<String, u32>>
        + Codec<Option<u64>>,
{
    let Some((of, data)) = data.split_first() else {
        return;
    };
    match of % 9 {
        0 => check::<String>(codec, fixed, data),
        1 => check::<Vec<u8>>(codec, fixed, data),
        2 => check::<Vec<String>>(codec, fixed, data),
        3 => check::<Vec<Event>>(codec, fixed, data),
        4 => check::<(char, bool, f64, i128)>(codec, fixed, data),
        5 => check::<[u16; 32]>(codec, fixed, data),
        6 => check::<Vec<[u64; 32]>>(codec, fixed, data),
        7 => check::<BTreeMap<String, u32>>(codec, Form::Lenient, data),
        _ => check::<Option<u64>>(codec, fixed, data),
    }
}

/// A value of the default codec: the first byte says of which type.
pub fn bincode(data: &[u8]) {
    check_type(&Bincode, Form::Canonical, data);
}

/// A value of the compact codec: the first byte says of which type. It takes numbers that are written
/// with more bytes than they need.
pub fn postcard(data: &[u8]) {
    check_type(&Postcard, Form::Lenient, data);
}
