//! The laws of [`StateKey`], as a check for any type.

use std::fmt::{Debug, Write};

use super::{StateKey, decode, decode_prefix, encode};
use crate::key_group::KeyHash;

/// Checks every law of [`StateKey`] on two values, in both directions.
///
/// Feed it pairs from a generator; equal values, neighbours and values with a common prefix find
/// the most. It costs a few encodings.
///
/// # Errors
/// A sentence that names the law that is broken, the values and their encodings.
pub fn check_key_pair<T: StateKey + Debug>(a: &T, b: &T) -> Result<(), String> {
    let (enc_a, enc_b) = (check_one(a)?, check_one(b)?);
    let fail = |law: &str| {
        Err(format!(
            "{law}: {a:?} is encoded as {}, {b:?} as {}",
            hex(&enc_a),
            hex(&enc_b)
        ))
    };
    if a.cmp(b) != b.cmp(a).reverse() || (a == b) != a.cmp(b).is_eq() || a != &a.clone() {
        return fail("`Ord`, `Eq` and `Clone` of the type do not agree with each other");
    }
    if (a == b) != (enc_a == enc_b) {
        return fail("equal keys and only those must have equal encodings");
    }
    if a.cmp(b) != enc_a.cmp(&enc_b) {
        return fail("encodings must be in the order of the keys");
    }
    if enc_a != enc_b && (enc_a.starts_with(&enc_b) || enc_b.starts_with(&enc_a)) {
        return fail("no encoding may be a proper prefix of another");
    }
    if a == b && hash(a)? != hash(b)? {
        return fail("equal keys must have equal hashes");
    }
    Ok(())
}

/// The laws on one value; returns its encoding.
fn check_one<T: StateKey + Debug>(key: &T) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    encode(key, &mut bytes)
        .map_err(|error| format!("a key must be encodable: {key:?}: {error}"))?;
    match decode::<T>(&bytes) {
        Ok(back) if back == *key => {}
        Ok(back) => {
            return Err(format!(
                "a key must decode to itself: {key:?} is encoded as {} and decodes to {back:?}",
                hex(&bytes)
            ));
        }
        Err(error) => {
            return Err(format!(
                "a key must decode to itself: {key:?} is encoded as {}: {error}",
                hex(&bytes)
            ));
        }
    }
    let len = bytes.len();
    for next in [0x00, 0x01, 0xff] {
        bytes.push(next);
        match decode_prefix::<T>(&bytes) {
            Ok((back, rest)) if back == *key && rest == [next] => {}
            _ => {
                return Err(format!(
                    "a key must decode to itself whatever follows: {key:?}, encoding and next byte {}",
                    hex(&bytes)
                ));
            }
        }
        bytes.truncate(len);
    }
    Ok(bytes)
}

fn hash<T: StateKey + Debug>(key: &T) -> Result<KeyHash, String> {
    KeyHash::of(key).map_err(|error| format!("a key must be hashable: {key:?}: {error}"))
}

fn hex(bytes: &[u8]) -> String {
    let mut digits = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        let _ = write!(digits, "{byte:02x}");
    }
    digits
}
