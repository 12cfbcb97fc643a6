//! Binding: tables resolved once for a batch of records.
//!
//! A handle names its state by number, so each access through it has to check that the table
//! behind the number has the handle's types. [`StateBackend::bind`] makes that check once and
//! returns handles that carry their *position* in the bound tuple as a type: the access behind
//! such a handle is resolved by the compiler.

use std::fmt;
use std::marker::PhantomData;

use crate::address::Located;
use crate::error::{Error, ErrorKind, Result};
use crate::handle::{List, Map, StateId, StateValue, Value};
use crate::key::{KeyRef, StateKey};
use crate::write::{ListMut, MapMut, StateBackend, ValueMut, list_mut, map_mut, value_mut};

/// A handle `H` at the position `P` of a bound tuple: see [`StateBackend::bind`].
pub struct BoundHandle<H, P> {
    handle: H,
    position: PhantomData<fn() -> P>,
}

impl<H: Copy, P> BoundHandle<H, P> {
    fn new(handle: H) -> Self {
        Self {
            handle,
            position: PhantomData,
        }
    }

    /// The handle that was bound.
    #[inline]
    pub fn handle(self) -> H {
        self.handle
    }
}

impl<H: Copy, P> Clone for BoundHandle<H, P> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<H: Copy, P> Copy for BoundHandle<H, P> {}

impl<H: fmt::Debug, P> fmt::Debug for BoundHandle<H, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("BoundHandle").field(&self.handle).finish()
    }
}

/// A family of table types, one for each kind of state: how a backend says what its tables are,
/// so that a tuple of handles can be turned into a tuple of tables.
pub trait TableFamily {
    /// Table of a value state.
    type Value<V: StateValue, N: StateKey>;
    /// Table of a list state.
    type List<T: StateValue, N: StateKey>;
    /// Table of a map state.
    type Map<UK: StateKey, UV: StateValue, N: StateKey>;
}

/// Finds the tables of a family by their handles.
pub trait Resolver<F: TableFamily> {
    /// The table behind a handle.
    ///
    /// # Errors
    /// As [`StateBackend::bind`].
    fn value<V: StateValue, N: StateKey>(&mut self, handle: Value<V, N>) -> Result<F::Value<V, N>>;

    /// The table behind a handle.
    ///
    /// # Errors
    /// As [`StateBackend::bind`].
    fn list<T: StateValue, N: StateKey>(&mut self, handle: List<T, N>) -> Result<F::List<T, N>>;

    /// The table behind a handle.
    ///
    /// # Errors
    /// As [`StateBackend::bind`].
    fn map<UK: StateKey, UV: StateValue, N: StateKey>(
        &mut self,
        handle: Map<UK, UV, N>,
    ) -> Result<F::Map<UK, UV, N>>;
}

/// A handle of any kind, as part of a tuple to bind.
pub trait BindHandle: Copy {
    /// Its table in a family.
    type In<F: TableFamily>;

    /// The state.
    fn id(self) -> StateId;

    /// Its table.
    ///
    /// # Errors
    /// As [`StateBackend::bind`].
    fn resolve<F: TableFamily, R: Resolver<F>>(self, resolver: &mut R) -> Result<Self::In<F>>;
}

impl<V: StateValue, N: StateKey> BindHandle for Value<V, N> {
    type In<F: TableFamily> = F::Value<V, N>;

    fn id(self) -> StateId {
        self.id()
    }

    fn resolve<F: TableFamily, R: Resolver<F>>(self, resolver: &mut R) -> Result<Self::In<F>> {
        resolver.value(self)
    }
}

impl<T: StateValue, N: StateKey> BindHandle for List<T, N> {
    type In<F: TableFamily> = F::List<T, N>;

    fn id(self) -> StateId {
        self.id()
    }

    fn resolve<F: TableFamily, R: Resolver<F>>(self, resolver: &mut R) -> Result<Self::In<F>> {
        resolver.list(self)
    }
}

impl<UK: StateKey, UV: StateValue, N: StateKey> BindHandle for Map<UK, UV, N> {
    type In<F: TableFamily> = F::Map<UK, UV, N>;

    fn id(self) -> StateId {
        self.id()
    }

    fn resolve<F: TableFamily, R: Resolver<F>>(self, resolver: &mut R) -> Result<Self::In<F>> {
        resolver.map(self)
    }
}

/// A tuple of one to eight handles.
pub trait Handles: Copy {
    /// The same tuple as bound handles.
    type Bound;

    /// The tuple of tables in a family.
    type Tables<F: TableFamily>;

    /// The bound handles.
    fn bound(self) -> Self::Bound;

    /// The states, in order.
    fn ids(self) -> Vec<StateId>;

    /// The tables.
    ///
    /// # Errors
    /// As [`StateBackend::bind`].
    fn resolve<F: TableFamily, R: Resolver<F>>(self, resolver: &mut R) -> Result<Self::Tables<F>>;
}

/// Refuses a tuple that names a state twice.
///
/// # Errors
/// [`Invalid`](crate::ErrorKind::Invalid).
pub fn check_distinct<H: Handles>(handles: H) -> Result<()> {
    let mut ids = handles.ids();
    ids.sort_unstable();
    match ids.windows(2).find(|pair| pair.first() == pair.last()) {
        None => Ok(()),
        Some(pair) => Err(Error::new(ErrorKind::Invalid, "a state is bound twice")
            .with("handle", pair.first().map_or(0, |id| id.0))),
    }
}

/// Picks the handle at position `P` out of a tuple, and its table out of the tables.
pub trait Pick<P>: Handles {
    /// The handle there.
    type Handle: BindHandle;

    /// The table there.
    fn pick<F: TableFamily>(
        tables: &mut Self::Tables<F>,
    ) -> &mut <Self::Handle as BindHandle>::In<F>;
}

/// Positions in a bound tuple, as types.
pub mod position {
    macro_rules! positions {
        ($($name:ident)+) => {
            $(
                #[doc = concat!("Position ", stringify!($name), ", counted from 0.")]
                #[derive(Debug)]
                pub enum $name {}
            )+
        };
    }

    positions!(P0 P1 P2 P3 P4 P5 P6 P7);
}

use position::{P0, P1, P2, P3, P4, P5, P6, P7};

macro_rules! tuple {
    ($($handle:ident $position:ident $index:tt),+) => {
        impl<$($handle: BindHandle),+> Handles for ($($handle,)+) {
            type Bound = ($(BoundHandle<$handle, $position>,)+);
            type Tables<Fam: TableFamily> = ($($handle::In<Fam>,)+);

            fn bound(self) -> Self::Bound {
                ($(BoundHandle::new(self.$index),)+)
            }

            fn ids(self) -> Vec<StateId> {
                vec![$(self.$index.id()),+]
            }

            fn resolve<Fam: TableFamily, Res: Resolver<Fam>>(
                self,
                resolver: &mut Res,
            ) -> Result<Self::Tables<Fam>> {
                Ok(($(self.$index.resolve(resolver)?,)+))
            }
        }

        tuple!(@pick ($($handle),+) $($handle $position $index),+);
    };
    (@pick $all:tt $($handle:ident $position:ident $index:tt),+) => {
        $(tuple!(@one $all $handle $position $index);)+
    };
    (@one ($($all:ident),+) $handle:ident $position:ident $index:tt) => {
        impl<$($all: BindHandle),+> Pick<$position> for ($($all,)+) {
            type Handle = $handle;

            #[inline]
            fn pick<Fam: TableFamily>(
                tables: &mut Self::Tables<Fam>,
            ) -> &mut <$handle as BindHandle>::In<Fam> {
                &mut tables.$index
            }
        }
    };
}

tuple!(A P0 0);
tuple!(A P0 0, B P1 1);
tuple!(A P0 0, B P1 1, C P2 2);
tuple!(A P0 0, B P1 1, C P2 2, D P3 3);
tuple!(A P0 0, B P1 1, C P2 2, D P3 3, E P4 4);
tuple!(A P0 0, B P1 1, C P2 2, D P3 3, E P4 4, F P5 5);
tuple!(A P0 0, B P1 1, C P2 2, D P3 3, E P4 4, F P5 5, G P6 6);
tuple!(A P0 0, B P1 1, C P2 2, D P3 3, E P4 4, F P5 5, G P6 6, H P7 7);

/// States bound for a batch: what a backend implements, and what [`BoundStates::at_mut`] offers
/// on top.
pub trait BoundStates<B: StateBackend, H: Handles> {
    /// As [`StateRead::prepare`](crate::StateRead::prepare) of the backend.
    ///
    /// # Errors
    /// As there.
    fn prepare<Q: KeyRef<B::Key> + ?Sized>(&self, key: &Q) -> Result<B::Prepared>;

    /// The table at a position.
    ///
    /// # Errors
    /// As [`StateBackend::value_table`].
    fn value_table<V: StateValue, N: StateKey, P>(
        &mut self,
        handle: BoundHandle<Value<V, N>, P>,
    ) -> Result<B::ValueTable<'_, V, N>>
    where
        H: Pick<P, Handle = Value<V, N>>;

    /// The table at a position.
    ///
    /// # Errors
    /// As [`StateBackend::value_table`].
    fn list_table<T: StateValue, N: StateKey, P>(
        &mut self,
        handle: BoundHandle<List<T, N>, P>,
    ) -> Result<B::ListTable<'_, T, N>>
    where
        H: Pick<P, Handle = List<T, N>>;

    /// The table at a position.
    ///
    /// # Errors
    /// As [`StateBackend::value_table`].
    fn map_table<UK: StateKey, UV: StateValue, N: StateKey, P>(
        &mut self,
        handle: BoundHandle<Map<UK, UV, N>, P>,
    ) -> Result<B::MapTable<'_, UK, UV, N>>
    where
        H: Pick<P, Handle = Map<UK, UV, N>>;

    /// A cursor, as [`StateBackend::at_mut`].
    #[inline]
    fn at_mut<'b, 'k, Q>(&'b mut self, key: &'k Q) -> BoundAt<'b, 'k, Self, B, H, Q>
    where
        Q: KeyRef<B::Key> + ?Sized,
        Self: Sized,
    {
        let located = Located::new(key, self.prepare(key));
        BoundAt {
            states: self,
            located,
            handles: PhantomData,
        }
    }
}

/// A cursor at one key (and namespace) of bound states.
pub struct BoundAt<'b, 'k, S, B: StateBackend, H, Q: ?Sized, N = ()> {
    states: &'b mut S,
    located: Located<'k, Q, N, B::Prepared>,
    handles: PhantomData<fn() -> H>,
}

impl<'k, S, B, H, Q> BoundAt<'_, 'k, S, B, H, Q>
where
    B: StateBackend,
    Q: KeyRef<B::Key> + ?Sized,
{
    /// The same key in a namespace, for as long as this cursor is borrowed.
    #[inline]
    pub fn in_namespace<'n, N: StateKey>(
        &mut self,
        namespace: &'n N,
    ) -> BoundAt<'_, 'n, S, B, H, Q, N>
    where
        'k: 'n,
    {
        BoundAt {
            located: self.located.in_namespace(namespace),
            states: self.states,
            handles: PhantomData,
        }
    }
}

impl<S, B, H, Q, N> BoundAt<'_, '_, S, B, H, Q, N>
where
    S: BoundStates<B, H>,
    B: StateBackend,
    H: Handles,
    Q: KeyRef<B::Key> + ?Sized,
    N: StateKey,
{
    /// A value state of this key.
    #[inline]
    pub fn value<V: StateValue, P>(
        &mut self,
        handle: BoundHandle<Value<V, N>, P>,
    ) -> ValueMut<'_, '_, B, Q, V, N>
    where
        H: Pick<P, Handle = Value<V, N>>,
    {
        value_mut(self.states.value_table(handle), &self.located)
    }

    /// A list state of this key.
    #[inline]
    pub fn list<T: StateValue, P>(
        &mut self,
        handle: BoundHandle<List<T, N>, P>,
    ) -> ListMut<'_, '_, B, Q, T, N>
    where
        H: Pick<P, Handle = List<T, N>>,
    {
        list_mut(self.states.list_table(handle), &self.located)
    }

    /// A map state of this key.
    #[inline]
    pub fn map<UK: StateKey, UV: StateValue, P>(
        &mut self,
        handle: BoundHandle<Map<UK, UV, N>, P>,
    ) -> MapMut<'_, '_, B, Q, UK, UV, N>
    where
        H: Pick<P, Handle = Map<UK, UV, N>>,
    {
        map_mut(self.states.map_table(handle), &self.located)
    }
}

impl<S, B: StateBackend, H, Q: fmt::Debug + ?Sized, N: fmt::Debug> fmt::Debug
    for BoundAt<'_, '_, S, B, H, Q, N>
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("BoundAt").field(&self.located).finish()
    }
}
