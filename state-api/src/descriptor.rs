//! Descriptors: what a program says of a state when it registers it.

use std::any::type_name;
use std::fmt;
use std::marker::PhantomData;
use std::mem::needs_drop;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::codec::{Bincode, Codec};
use crate::error::Result;
use crate::handle::{List, Map, StateValue, Value};
use crate::key::StateKey;
use crate::row::{StateKind, StateMeta};
use crate::write::StateBackend;

/// Bytes that a value holds outside of itself (behind its pointers), for accounting.
pub type HeapSize<V> = fn(&V) -> usize;

/// The type-independent parts of a descriptor.
#[derive(Clone)]
struct Names {
    state: String,
    value: Option<String>,
}

macro_rules! descriptor {
    (
        $(#[$doc:meta])*
        $name:ident<$($key:ident,)? ; $value:ident> => $handle:ty, $kind:expr, $register:ident, $map_key:expr
    ) => {
        $(#[$doc])*
        pub struct $name<$($key,)? $value, N = ()> {
            names: Names,
            codec: Arc<dyn Codec<$value>>,
            heap_size: Option<HeapSize<$value>>,
            types: PhantomData<fn() -> ($($key,)? N,)>,
        }

        impl<$($key: StateKey,)? $value> $name<$($key,)? $value>
        where
            $value: StateValue + Serialize + DeserializeOwned,
        {
            /// A state called `name`, encoded by [`Bincode`] where bytes are needed.
            pub fn new(name: impl Into<String>) -> Self {
                Self::with_codec(name, Bincode)
            }
        }

        impl<$($key: StateKey,)? $value: StateValue> $name<$($key,)? $value> {
            /// A state called `name`, encoded by `codec` where bytes are needed.
            pub fn with_codec(name: impl Into<String>, codec: impl Codec<$value>) -> Self {
                Self {
                    names: Names { state: name.into(), value: None },
                    codec: Arc::new(codec),
                    heap_size: None,
                    types: PhantomData,
                }
            }

            /// The same state, kept per key *and* namespace of type `N` (a window, a tenant).
            #[must_use]
            pub fn namespaced<N: StateKey>(self) -> $name<$($key,)? $value, N> {
                $name {
                    names: self.names,
                    codec: self.codec,
                    heap_size: self.heap_size,
                    types: PhantomData,
                }
            }
        }

        impl<$($key: StateKey,)? $value: StateValue, N: StateKey> $name<$($key,)? $value, N> {
            /// Name of the state.
            pub fn name(&self) -> &str {
                &self.names.state
            }

            /// Gives the value type a name of its own in checkpoints, instead of
            /// [`std::any::type_name`], which changes when the type is moved or renamed.
            #[must_use]
            pub fn with_type_name(mut self, name: impl Into<String>) -> Self {
                self.names.value = Some(name.into());
                self
            }

            /// Makes the accounting count what a value holds behind its pointers. Without it the
            /// bytes that a backend reports are an estimate, labelled so; but not of a type without
            /// [drop glue](std::mem::needs_drop), which is taken to hold nothing there and is never asked.
            ///
            /// Cost: two calls for each in-place update, one for each other write.
            #[must_use]
            pub fn with_heap_size(mut self, heap_size: HeapSize<$value>) -> Self {
                self.heap_size = needs_drop::<$value>().then_some(heap_size);
                self
            }

            /// The codec.
            pub fn codec(&self) -> &Arc<dyn Codec<$value>> {
                &self.codec
            }

            /// The size function, if one was given that has something to measure.
            pub fn heap_size(&self) -> Option<HeapSize<$value>> {
                self.heap_size
            }

            /// What is stored of this state in a backend with keys `K`.
            pub fn meta<K: StateKey>(&self) -> StateMeta {
                StateMeta {
                    name: self.names.state.clone(),
                    kind: $kind,
                    codec: self.codec.id(),
                    key_type: K::type_name().into(),
                    namespace_type: N::type_name().into(),
                    map_key_type: $map_key,
                    value_type: match &self.names.value {
                        Some(name) => name.clone(),
                        None => type_name::<$value>().into(),
                    },
                }
            }
        }

        impl<$($key: StateKey,)? $value: StateValue, N: StateKey> Descriptor for $name<$($key,)? $value, N> {
            type Handle = $handle;

            fn register_in<B: StateBackend>(self, backend: &mut B) -> Result<Self::Handle> {
                backend.$register(self)
            }
        }

        impl<$($key,)? $value: 'static, N> Clone for $name<$($key,)? $value, N> {
            fn clone(&self) -> Self {
                Self {
                    names: self.names.clone(),
                    codec: Arc::clone(&self.codec),
                    heap_size: self.heap_size,
                    types: PhantomData,
                }
            }
        }

        impl<$($key,)? $value: 'static, N> fmt::Debug for $name<$($key,)? $value, N> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name))
                    .field("name", &self.names.state)
                    .field("codec", &self.codec.id())
                    .finish_non_exhaustive()
            }
        }
    };
}

/// A description that a backend can register: see [`StateBackend::register`].
pub trait Descriptor {
    /// The handle that registering gives.
    type Handle;

    /// Registers in `backend`; what [`StateBackend::register`] calls.
    ///
    /// # Errors
    /// As [`StateBackend::register`].
    fn register_in<B: StateBackend>(self, backend: &mut B) -> Result<Self::Handle>;
}

descriptor! {
    /// Describes a value state: one `V` per key and namespace.
    ///
    /// ```
    /// use state_api::ValueDescriptor;
    ///
    /// let balance = ValueDescriptor::<i64>::new("balance");
    /// let per_day = ValueDescriptor::<i64>::new("balance-per-day").namespaced::<u32>();
    /// assert_eq!(balance.name(), "balance");
    /// ```
    ValueDescriptor<; V> => Value<V, N>, StateKind::Value, register_value, None
}

descriptor! {
    /// Describes a list state: a list of `T` per key and namespace.
    ListDescriptor<; T> => List<T, N>, StateKind::List, register_list, None
}

descriptor! {
    /// Describes a map state: an ordered map from `UK` to `UV` per key and namespace.
    MapDescriptor<UK, ; UV> => Map<UK, UV, N>, StateKind::Map, register_map, Some(UK::type_name().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_owns_nothing_is_not_measured() {
        let number = ValueDescriptor::<u64>::new("number").with_heap_size(|_| 1);
        assert!(number.heap_size().is_none());
        let name = ListDescriptor::<String>::new("name").with_heap_size(String::capacity);
        assert!(name.heap_size().is_some());
    }
}
