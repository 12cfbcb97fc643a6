//! What a read returns.

use std::fmt;
use std::ops::Deref;

/// A value that was read: a borrow where the backend holds the value as a Rust object, an owned
/// value where it had to be decoded.
///
/// Dereferences to the value. Two states of one key are read by holding two of them:
///
/// ```
/// # use state_api::Ref;
/// let count = Ref::Borrowed(&3_u64);
/// let name = Ref::Owned(String::from("orders"));
/// assert_eq!(format!("{name}: {count}"), "orders: 3");
/// assert_eq!(*count + 1, 4);
/// assert_eq!(name.into_owned(), "orders");
/// ```
pub enum Ref<'a, V> {
    /// The value lives in the backend.
    Borrowed(&'a V),
    /// The value was decoded for this read.
    Owned(V),
}

impl<V: Clone> Ref<'_, V> {
    /// The value itself: cloned if it is borrowed.
    #[inline]
    pub fn into_owned(self) -> V {
        match self {
            Self::Borrowed(value) => value.clone(),
            Self::Owned(value) => value,
        }
    }
}

impl<V> Deref for Ref<'_, V> {
    type Target = V;

    #[inline]
    fn deref(&self) -> &V {
        match self {
            Self::Borrowed(value) => value,
            Self::Owned(value) => value,
        }
    }
}

impl<V> AsRef<V> for Ref<'_, V> {
    fn as_ref(&self) -> &V {
        self
    }
}

impl<V: fmt::Debug> fmt::Debug for Ref<'_, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<V: fmt::Display> fmt::Display for Ref<'_, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<V: PartialEq> PartialEq for Ref<'_, V> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<V: PartialEq> PartialEq<V> for Ref<'_, V> {
    fn eq(&self, other: &V) -> bool {
        **self == *other
    }
}
