//! Which types may be keys, and what they may be borrowed as.

use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::num::{
    NonZeroI8, NonZeroI16, NonZeroI32, NonZeroI64, NonZeroI128, NonZeroIsize, NonZeroU8,
    NonZeroU16, NonZeroU32, NonZeroU64, NonZeroU128, NonZeroUsize,
};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::float::{TotalF32, TotalF64};

/// A type that may be a key, a namespace or a map key.
///
/// Opt in by one line: `impl StateKey for MyKey {}`. With it you promise that identity and order
/// of the type are those of its [encoding](super), since that is what every backend goes by:
///
/// - `a == b` if and only if `enc(a) == enc(b)`,
/// - `a < b` if and only if `enc(a) < enc(b)`, byte by byte,
/// - no encoding is a proper prefix of another,
/// - `decode(enc(a)) == a`,
/// - `a == b` implies that [`KeyHash::of`](crate::KeyHash::of) is equal.
///
/// Derived `Ord`, `Serialize` and `Deserialize` keep the law if the fields do. What breaks it:
///
/// - an `Ord` or `PartialEq` written by hand, or one that skips a field (`std::cmp::Reverse` too),
/// - `#[serde(skip)]`, `#[serde(untagged)]`, `#[serde(tag)]`, `#[serde(flatten)]`,
///   `#[serde(skip_serializing_if)]`,
/// - enum discriminants that do not ascend in order of declaration,
/// - a `HashMap` or `HashSet` inside: it has no order.
///
/// [`check_key_pair`](super::check_key_pair) tests the law on two values. Reordering fields or
/// variants, or changing their types, makes another key: stored rows are not found any more.
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use state_api::key::StateKey;
///
/// #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
/// struct UserId {
///     tenant: u32,
///     name: String,
/// }
///
/// impl StateKey for UserId {}
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not declared to be a state key",
    label = "not a `StateKey`",
    note = "if identity and order of the type are those of its encoding, write `impl StateKey for {Self} {{}}`",
    note = "floats have no total order: use `TotalF64` or `TotalF32`"
)]
pub trait StateKey: Serialize + DeserializeOwned + Ord + Clone + Send + Sync + 'static {
    /// Name of the type in checkpoints and directories, where another name is another type.
    ///
    /// The default changes when the type is moved or renamed; a type that is to outlive that says
    /// `fn type_name() -> &'static str { "holder/1" }`.
    fn type_name() -> &'static str {
        std::any::type_name::<Self>()
    }
}

/// A form in which a key `K` can be given without owning one: `str` for `String`, `[u8]` for
/// `Vec<u8>`, and `K` for itself.
///
/// Implemented for everything that [`Borrow`] and [`ToOwned`] connect, and only for that. The
/// borrowed form must have the encoding, the hash and the order of the key, as that of the standard
/// types has.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a borrowed form of the key type `{K}`",
    label = "expected `&{K}` or what it borrows as",
    note = "`&str` stands for `String` and `&[u8]` for `Vec<u8>`; a literal `b\"..\"` is an array, write `&b\"..\"[..]`"
)]
pub trait KeyRef<K>: Serialize + Ord {
    /// The owned key; may allocate.
    fn to_key(&self) -> K;

    /// The borrowed form of `key`.
    fn from_key(key: &K) -> &Self;
}

impl<K, Q> KeyRef<K> for Q
where
    Q: Serialize + Ord + ToOwned<Owned = K> + ?Sized,
    K: Borrow<Q>,
{
    #[inline]
    fn to_key(&self) -> K {
        self.to_owned()
    }

    #[inline]
    fn from_key(key: &K) -> &Self {
        key.borrow()
    }
}

macro_rules! keys {
    ($($type:ty)*) => {$(
        impl StateKey for $type {}
    )*};
}

keys! {
    () bool char
    u8 u16 u32 u64 u128 usize
    i8 i16 i32 i64 i128 isize
    NonZeroU8 NonZeroU16 NonZeroU32 NonZeroU64 NonZeroU128 NonZeroUsize
    NonZeroI8 NonZeroI16 NonZeroI32 NonZeroI64 NonZeroI128 NonZeroIsize
    TotalF32 TotalF64
    String Box<str>
    Duration IpAddr Ipv4Addr Ipv6Addr
}

impl<T: StateKey> StateKey for Option<T> {}
impl<T: StateKey> StateKey for Box<T> {}
impl<T: StateKey> StateKey for Box<[T]> {}
impl<T: StateKey> StateKey for Vec<T> {}
impl<T: StateKey> StateKey for VecDeque<T> {}
impl<T: StateKey> StateKey for BTreeSet<T> {}
impl<K: StateKey, V: StateKey> StateKey for BTreeMap<K, V> {}
impl<T: StateKey, E: StateKey> StateKey for Result<T, E> {}

macro_rules! tuples {
    ($(($($part:ident)*))*) => {$(
        impl<$($part: StateKey),*> StateKey for ($($part,)*) {}
    )*};
}

tuples! { (A) (A B) (A B C) (A B C D) (A B C D E) (A B C D E F) (A B C D E F G) (A B C D E F G H) }

macro_rules! arrays {
    ($($len:literal)*) => {$(
        impl<T: StateKey> StateKey for [T; $len] {}
    )*};
}

// The lengths that serde implements.
arrays! { 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 }

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_type_has_another_name() {
        assert_eq!(<u64 as StateKey>::type_name(), "u64");
        assert_ne!(<(u8, String)>::type_name(), <(u8, Vec<u8>)>::type_name());
    }
}
