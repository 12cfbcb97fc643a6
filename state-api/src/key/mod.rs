//! The key encoding: keys, namespaces and map keys as bytes whose order is the order of the values.
//!
//! The encoding is a `serde` format, so any type with `Serialize` and `Deserialize` has one. It is
//! frozen as version 1: rows on disk are sorted by it, and golden vectors pin every byte.
//!
//! # The bytes
//!
//! | serde type | bytes |
//! |---|---|
//! | `bool` | one byte, 0 or 1 |
//! | `u8` to `u128` | fixed width, big-endian |
//! | `i8` to `i128` | fixed width, sign bit flipped, big-endian |
//! | `char` | the scalar value as a `u32` |
//! | `f32`, `f64` | IEEE bits, all inverted if the sign bit is set, else the sign bit flipped; big-endian |
//! | `str`, `bytes` | each byte escaped (below), then `00` |
//! | sequence | each element, then `00`: a `u8` is escaped, any other element is `01` and its encoding |
//! | map | per entry `01`, key, value; then `00` |
//! | tuple, array, struct | the fields, one after the other |
//! | unit, unit struct | nothing |
//! | newtype struct | the inner value |
//! | option | `00` for none, `01` and the value for some |
//! | enum | the variant index (order of declaration) as a `u32`, then the content |
//!
//! Escape of a byte: `00` becomes `01 01`, `01` becomes `01 02`, any other byte is itself. So
//! content never holds a `00`, and `"abc"` is `abc\0`. A string, `serde` bytes and a sequence of
//! `u8` with the same content have the same encoding. A newtype struct around a `u8` is a `u8`, also
//! as an element; an `i8`, a `bool` or an `Option<u8>` is not.
//!
//! # The laws
//!
//! For a [`StateKey`] type, with `enc` for the encoding:
//!
//! 1. `a == b` if and only if `enc(a) == enc(b)`,
//! 2. `a < b` if and only if `enc(a) < enc(b)`, byte by byte,
//! 3. no encoding is a proper prefix of another one of the same type, so parts that follow each
//!    other need no separator,
//! 4. `decode(enc(a)) == a`,
//! 5. `a == b` implies equal [`KeyHash`](crate::KeyHash)es,
//! 6. a borrowed form ([`KeyRef`]) has the encoding, the hash and the order of what it borrows.
//!
//! [`check_key_pair`] tests a type of your own.
//!
//! # The hash
//!
//! The [`KeyHash`](crate::KeyHash) decides the key group. It is frozen as part of
//! [`KEY_GROUP_LAYOUT`](crate::key_group::KEY_GROUP_LAYOUT) 1. The key is a sequence of leaves in
//! `serde` order, and `state` goes from 0 through `state = xxh3_64(leaf bytes, seed = state)`, one
//! leaf at a time:
//!
//! | serde type | leaves |
//! |---|---|
//! | `bool` | one byte, 0 or 1 |
//! | integers | the value, fixed width, big-endian (signed: two's complement, no flipped bit) |
//! | `char` | the scalar value as a `u32`, big-endian |
//! | `f32`, `f64` | the IEEE bits, big-endian |
//! | `str`, `bytes` | the bytes as they are, also if there are none |
//! | option | one byte, 0 or 1; then the leaves of the value |
//! | enum | the variant index as a `u32`, big-endian; then the leaves of the content |
//! | sequence | the leaves of the elements; then the number of elements as a `u64`, big-endian |
//! | map | the leaves of key and value for each entry; then the number of entries as a `u64`, big-endian |
//! | tuple, array, struct, newtype struct | the leaves of the fields |
//! | unit, unit struct | none |
//!
//! Elements of a sequence that are `u8` (or newtype structs around one) make no leaf each: up to 64
//! of them that follow each other are one leaf, which ends after the 64th byte, before any element
//! of another type and at the end of the sequence. So a long `Vec<u8>` is not hashed byte by byte.
//!
//! Two consequences: a key that is one `u64` hashes to `xxh3_64` of its 8 big-endian bytes, and a
//! key that is one string to `xxh3_64` of the string.
//!
//! # The bounds
//!
//! Options, newtype structs, sequences, tuples, structs, maps and enums may nest [`MAX_DEPTH`] deep;
//! encoding, hashing and decoding refuse more, all three at the same depth. A decoder allocates
//! nothing that its input does not pay for: no length is stored, so none is believed.

mod decode;
mod encode;
mod float;
mod hash;
mod laws;
mod marker;
mod refused;
mod row_hash;

pub use decode::{decode, decode_prefix};
pub use encode::{KeySink, encode};
pub use float::{TotalF32, TotalF64};
pub use laws::check_key_pair;
pub use marker::{KeyRef, StateKey};
pub use row_hash::RowHash;

/// How deep a key may nest.
pub const MAX_DEPTH: u8 = 128;

/// The smallest byte string that is greater than every string starting with `prefix`; `None` if
/// there is none, because all bytes of `prefix` are `0xff` or there are no bytes.
///
/// `prefix..prefix_end(prefix)` is thus the range of all rows below a prefix.
///
/// ```
/// use state_api::key::prefix_end;
///
/// assert_eq!(prefix_end(b"ab"), Some(b"ac".to_vec()));
/// assert_eq!(prefix_end(b"a\xff"), Some(b"b".to_vec()));
/// assert_eq!(prefix_end(b"\xff\xff"), None);
/// ```
pub fn prefix_end(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|byte| *byte != u8::MAX)?;
    let mut end = prefix.get(..=last)?.to_vec();
    if let Some(byte) = end.last_mut() {
        *byte += 1;
    }
    Some(end)
}
