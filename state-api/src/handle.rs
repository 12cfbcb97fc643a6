//! Handles: small, `Copy` tickets for registered states. A handle borrows nothing; it names a
//! state of the backend that issued it, and works on that backend and on all of its views.

use std::fmt;
use std::marker::PhantomData;

/// A type that can be a value, a list element or a map value: a blanket name for the bounds.
///
/// `Clone` because a write to a row that a view shares copies it; `Send + Sync` because views
/// are read on other threads. Serialisation is the codec's business.
pub trait StateValue: Clone + Send + Sync + 'static {}

impl<T: Clone + Send + Sync + 'static> StateValue for T {}

/// Number of a state within one backend, in order of registration. Not stable across backends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StateId(pub u32);

impl StateId {
    /// The id as an index.
    #[inline]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

macro_rules! handle {
    ($(#[$doc:meta])* $name:ident<$($param:ident),+>) => {
        $(#[$doc])*
        pub struct $name<$($param,)+ N = ()> {
            id: StateId,
            types: PhantomData<fn() -> ($($param,)+ N)>,
        }

        impl<$($param,)+ N> $name<$($param,)+ N> {
            /// The handle of the state `id`. For backends: they issue handles when a state is
            /// registered, and answer a handle of other types with
            /// [`Mismatch`](crate::ErrorKind::Mismatch).
            pub fn from_id(id: StateId) -> Self {
                Self { id, types: PhantomData }
            }

            /// The state.
            #[inline]
            pub fn id(self) -> StateId {
                self.id
            }
        }

        impl<$($param,)+ N> Clone for $name<$($param,)+ N> {
            #[inline]
            fn clone(&self) -> Self {
                *self
            }
        }

        impl<$($param,)+ N> Copy for $name<$($param,)+ N> {}

        impl<$($param,)+ N> fmt::Debug for $name<$($param,)+ N> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.id.0)
            }
        }
    };
}

handle! {
    /// Handle of a value state: one `V` per key and namespace.
    Value<V>
}

handle! {
    /// Handle of a list state: a list of `T` per key and namespace.
    List<T>
}

handle! {
    /// Handle of a map state: an ordered map from `UK` to `UV` per key and namespace.
    Map<UK, UV>
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handles_are_one_number_and_send_whatever_their_types() {
        fn assert_copy_send_sync<T: Copy + Send + Sync + 'static>() {}
        assert_copy_send_sync::<Value<std::rc::Rc<u8>>>();
        assert_eq!(size_of::<Map<String, String, u64>>(), 4);
    }
}
