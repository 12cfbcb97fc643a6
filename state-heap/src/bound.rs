//! States bound for a batch: disjoint borrows of their tables, resolved once.

use std::fmt;
use std::marker::PhantomData;

use state_api::bind::{BoundHandle, Pick, Resolver, TableFamily};
use state_api::key::RowHash;
use state_api::{
    BoundStates, Handles, KeyRef, List, Map, Result, StateId, StateKey, StateValue, Value,
};
use state_table::{ChunkedList, ChunkedMap, TypedMut};

use crate::backend::HeapBackend;
use crate::slot::{Slot, TypedState, unfit};

/// A borrow of a typed state.
pub(crate) struct BoundState<'b, K, N, X, E> {
    state: &'b mut TypedState<K, N, X, E>,
}

impl<K: StateKey, N: StateKey, X: StateValue, E: 'static> BoundState<'_, K, N, X, E> {
    #[inline]
    fn table(&mut self) -> TypedMut<'_, K, N, X, E> {
        TypedMut::new(&mut self.state.table, self.state.kind.heap_size)
    }
}

/// The family of bound states.
pub(crate) struct BoundFamily<'b, K>(PhantomData<&'b mut K>);

impl<'b, K: StateKey> TableFamily for BoundFamily<'b, K> {
    type Value<V: StateValue, N: StateKey> = BoundState<'b, K, N, V, V>;
    type List<T: StateValue, N: StateKey> = BoundState<'b, K, N, ChunkedList<T>, T>;
    type Map<UK: StateKey, UV: StateValue, N: StateKey> =
        BoundState<'b, K, N, ChunkedMap<UK, UV>, UV>;
}

/// Hands out each slot once.
pub(crate) struct Take<'b, K> {
    pub(crate) slots: Vec<Option<&'b mut Slot<K>>>,
}

impl<'b, K: StateKey> Take<'b, K> {
    fn take<N: StateKey, X: StateValue, E: 'static>(
        &mut self,
        id: StateId,
    ) -> Result<BoundState<'b, K, N, X, E>> {
        let slot = self.slots.get_mut(id.index()).and_then(Option::take);
        let Some(slot) = slot else {
            return Err(unfit(None, id));
        };
        slot.check()?;
        let Slot { meta, content } = slot;
        match content.typed_mut() {
            Some(state) => Ok(BoundState { state }),
            None => Err(unfit(Some(meta), id)),
        }
    }
}

impl<'b, K: StateKey> Resolver<BoundFamily<'b, K>> for Take<'b, K> {
    fn value<V: StateValue, N: StateKey>(
        &mut self,
        handle: Value<V, N>,
    ) -> Result<BoundState<'b, K, N, V, V>> {
        self.take(handle.id())
    }

    fn list<T: StateValue, N: StateKey>(
        &mut self,
        handle: List<T, N>,
    ) -> Result<BoundState<'b, K, N, ChunkedList<T>, T>> {
        self.take(handle.id())
    }

    fn map<UK: StateKey, UV: StateValue, N: StateKey>(
        &mut self,
        handle: Map<UK, UV, N>,
    ) -> Result<BoundState<'b, K, N, ChunkedMap<UK, UV>, UV>> {
        self.take(handle.id())
    }
}

/// States of a [`HeapBackend`] bound for a batch: an access is a hash and a probe, without a
/// dynamic check of types.
pub struct HeapBound<'b, K: StateKey, H: Handles> {
    pub(crate) tables: H::Tables<BoundFamily<'b, K>>,
}

impl<K: StateKey, H: Handles> fmt::Debug for HeapBound<'_, K, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeapBound").finish_non_exhaustive()
    }
}

impl<'b, K: StateKey, H: Handles> BoundStates<HeapBackend<K>, H> for HeapBound<'b, K, H> {
    #[inline]
    fn prepare<Q: KeyRef<K> + ?Sized>(&self, key: &Q) -> Result<RowHash> {
        RowHash::of(key)
    }

    #[inline]
    fn value_table<V: StateValue, N: StateKey, P>(
        &mut self,
        _: BoundHandle<Value<V, N>, P>,
    ) -> Result<TypedMut<'_, K, N, V, V>>
    where
        H: Pick<P, Handle = Value<V, N>>,
    {
        Ok(H::pick::<BoundFamily<'b, K>>(&mut self.tables).table())
    }

    #[inline]
    fn list_table<T: StateValue, N: StateKey, P>(
        &mut self,
        _: BoundHandle<List<T, N>, P>,
    ) -> Result<TypedMut<'_, K, N, ChunkedList<T>, T>>
    where
        H: Pick<P, Handle = List<T, N>>,
    {
        Ok(H::pick::<BoundFamily<'b, K>>(&mut self.tables).table())
    }

    #[inline]
    fn map_table<UK: StateKey, UV: StateValue, N: StateKey, P>(
        &mut self,
        _: BoundHandle<Map<UK, UV, N>, P>,
    ) -> Result<TypedMut<'_, K, N, ChunkedMap<UK, UV>, UV>>
    where
        H: Pick<P, Handle = Map<UK, UV, N>>,
    {
        Ok(H::pick::<BoundFamily<'b, K>>(&mut self.tables).table())
    }
}
