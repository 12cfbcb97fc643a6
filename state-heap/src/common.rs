//! Value states of common types, told apart by an enum.
//!
//! A downcast of `dyn Any` asks the object for its type by a virtual call, whose 16-byte answer
//! comes back through memory in two halves: that stalls, and costs as much as the look-up itself.
//! Where the concrete type is known, the same downcast is decided at compile time. So states of
//! common types stand in an enum, and only the others pay for the call.

use std::any::Any;
use std::sync::Arc;

use state_api::StateKey;

use crate::slot::{FrozenState, HeapState, TypedState, TypedView};

macro_rules! common {
    ($($name:ident($value:ty),)+) => {
        /// A value state without a namespace, of a common type.
        pub(crate) enum Common<K> {
            $($name(Box<TypedState<K, (), $value, $value>>),)+
        }

        impl<K: StateKey> Common<K> {
            /// The state as a common one, or back as it was.
            pub(crate) fn of(state: Box<dyn HeapState>) -> Result<Self, Box<dyn HeapState>> {
                $(
                    if (&*state as &dyn Any).is::<TypedState<K, (), $value, $value>>() {
                        let state: Box<dyn Any> = state;
                        return match state.downcast() {
                            Ok(state) => Ok(Self::$name(state)),
                            // Asked just above.
                            Err(_) => unreachable!("the type was checked"),
                        };
                    }
                )+
                Err(state)
            }

            pub(crate) fn get(&self) -> &dyn HeapState {
                match self {
                    $(Self::$name(state) => &**state,)+
                }
            }

            pub(crate) fn get_mut(&mut self) -> &mut dyn HeapState {
                match self {
                    $(Self::$name(state) => &mut **state,)+
                }
            }

            pub(crate) fn freeze(&mut self) -> CommonView<K> {
                match self {
                    $(Self::$name(state) => CommonView::$name(Arc::new(state.view())),)+
                }
            }

            /// The state, if it has these types: decided by the variant alone.
            #[inline]
            pub(crate) fn typed<T: HeapState>(&self) -> Option<&T> {
                match self {
                    $(Self::$name(state) => (&**state as &dyn Any).downcast_ref(),)+
                }
            }

            /// The state, if it has these types: decided by the variant alone.
            #[inline]
            pub(crate) fn typed_mut<T: HeapState>(&mut self) -> Option<&mut T> {
                match self {
                    $(Self::$name(state) => (&mut **state as &mut dyn Any).downcast_mut(),)+
                }
            }
        }

        /// A [`Common`] state of a view.
        #[derive(Clone)]
        pub(crate) enum CommonView<K> {
            $($name(Arc<TypedView<K, (), $value>>),)+
        }

        impl<K: StateKey> CommonView<K> {
            pub(crate) fn get(&self) -> &dyn FrozenState {
                match self {
                    $(Self::$name(state) => &**state,)+
                }
            }

            pub(crate) fn into_state(self) -> Arc<dyn FrozenState> {
                match self {
                    $(Self::$name(state) => state,)+
                }
            }

            /// The state, if it has these types: decided by the variant alone.
            #[inline]
            pub(crate) fn typed<T: FrozenState>(&self) -> Option<&T> {
                match self {
                    $(Self::$name(state) => (&**state as &dyn Any).downcast_ref(),)+
                }
            }
        }
    };
}

common! {
    Bool(bool),
    U32(u32),
    I32(i32),
    U64(u64),
    I64(i64),
    U128(u128),
    F64(f64),
    String(String),
    Bytes(Vec<u8>),
    PairU64((u64, u64)),
    PairI64((i64, i64)),
    PairF64((f64, f64)),
}
