//! Typed tables for writing, over a live store.

use std::fmt;
use std::marker::PhantomData;

use state_api::{
    Address, KeyRef, Ref, Result, StateKey, StateValue, WriteList, WriteMap, WriteValue,
};

use crate::core::Core;
use crate::layout::RowPrefix;
use crate::read::{StoreTable, get};
use crate::slot::{ListTypes, MapTypes, ValueTypes};
use crate::store::{OrderedStore, TableId};

/// A state's table in a live store, with its types.
pub struct StoreTableMut<'t, S, K, T> {
    core: &'t mut Core<S>,
    table: TableId,
    types: &'t T,
    key: PhantomData<fn() -> K>,
}

impl<'t, S: OrderedStore, K, T> StoreTableMut<'t, S, K, T> {
    #[inline]
    pub(crate) fn new(core: &'t mut Core<S>, (table, types): (TableId, &'t T)) -> Self {
        Self {
            core,
            table,
            types,
            key: PhantomData,
        }
    }
}

impl<S, K, T> fmt::Debug for StoreTableMut<'_, S, K, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("StoreTableMut").field(&self.table).finish()
    }
}

/// Reads a row, lets `f` change it, writes what it leaves.
#[inline]
fn update<S: OrderedStore, V: StateValue, R>(
    core: &mut Core<S>,
    table: TableId,
    key: &[u8],
    codec: &dyn state_api::Codec<V>,
    f: impl FnOnce(&mut Option<V>) -> R,
) -> Result<R> {
    core.check()?;
    let mut value = get(core.store(), table, key, codec)?;
    let was_there = value.is_some();
    let result = core.update(|| f(&mut value))?;
    match value {
        Some(value) => core.put(table, key, codec, &value)?,
        None if was_there => core.delete(table, key)?,
        None => {}
    }
    Ok(result)
}

/// Reads a row and removes it.
#[inline]
fn take<S: OrderedStore, V: StateValue>(
    core: &mut Core<S>,
    table: TableId,
    key: &[u8],
    codec: &dyn state_api::Codec<V>,
) -> Result<Option<V>> {
    core.check()?;
    let value = get(core.store(), table, key, codec)?;
    if value.is_some() {
        core.delete(table, key)?;
    }
    Ok(value)
}

impl<'t, S, K, N, V> WriteValue<'t, K, N, V> for StoreTableMut<'t, S, K, ValueTypes<V, N>>
where
    S: OrderedStore,
    K: StateKey,
    N: StateKey,
    V: StateValue,
{
    type Prepared = RowPrefix;

    #[inline]
    fn get<Q: KeyRef<K> + ?Sized>(
        self,
        at: Address<'_, Q, N, RowPrefix>,
    ) -> Result<Option<Ref<'t, V>>> {
        let core: &'t Core<S> = self.core;
        core.check()?;
        let value = get(
            core.store(),
            self.table,
            at.prepared.as_bytes(),
            &*self.types.codec,
        )?;
        Ok(value.map(Ref::Owned))
    }

    #[inline]
    fn put<Q: KeyRef<K> + ?Sized>(
        &mut self,
        at: Address<'_, Q, N, RowPrefix>,
        value: V,
    ) -> Result<()> {
        self.core.put(
            self.table,
            at.prepared.as_bytes(),
            &*self.types.codec,
            &value,
        )
    }

    #[inline]
    fn take<Q: KeyRef<K> + ?Sized>(
        &mut self,
        at: Address<'_, Q, N, RowPrefix>,
    ) -> Result<Option<V>> {
        take(
            self.core,
            self.table,
            at.prepared.as_bytes(),
            &*self.types.codec,
        )
    }

    #[inline]
    fn modify<Q: KeyRef<K> + ?Sized, R>(
        &mut self,
        at: Address<'_, Q, N, RowPrefix>,
        init: V,
        f: impl FnOnce(&mut V) -> R,
    ) -> Result<R> {
        self.core.modify(
            self.table,
            at.prepared.as_bytes(),
            &*self.types.codec,
            init,
            f,
        )
    }

    #[inline]
    fn update<Q: KeyRef<K> + ?Sized, R>(
        &mut self,
        at: Address<'_, Q, N, RowPrefix>,
        f: impl FnOnce(&mut Option<V>) -> R,
    ) -> Result<R> {
        update(
            self.core,
            self.table,
            at.prepared.as_bytes(),
            &*self.types.codec,
            f,
        )
    }

    #[inline]
    fn clear<Q: KeyRef<K> + ?Sized>(&mut self, at: Address<'_, Q, N, RowPrefix>) -> Result<()> {
        self.core.delete(self.table, at.prepared.as_bytes())
    }
}

impl<'t, S, K, N, T> WriteList<'t, K, N, T> for StoreTableMut<'t, S, K, ListTypes<T, N>>
where
    S: OrderedStore,
    K: StateKey,
    N: StateKey,
    T: StateValue,
{
    type Prepared = RowPrefix;
    type Read<'s>
        = StoreTable<'s, S, K, ListTypes<T, N>>
    where
        Self: 's;

    #[inline]
    fn read(&self) -> Result<Self::Read<'_>> {
        self.core.check()?;
        Ok(StoreTable::new(self.core.store(), (self.table, self.types)))
    }

    #[inline]
    fn into_read(self) -> Result<Self::Read<'t>> {
        let core: &'t Core<S> = self.core;
        core.check()?;
        Ok(StoreTable::new(core.store(), (self.table, self.types)))
    }

    #[inline]
    fn extend<Q: KeyRef<K> + ?Sized>(
        &mut self,
        at: Address<'_, Q, N, RowPrefix>,
        elements: impl IntoIterator<Item = T>,
    ) -> Result<()> {
        self.core
            .append(self.table, at.prepared, &*self.types.codec, elements)
    }

    fn replace<Q: KeyRef<K> + ?Sized>(
        &mut self,
        at: Address<'_, Q, N, RowPrefix>,
        elements: impl IntoIterator<Item = T>,
    ) -> Result<()> {
        self.core
            .replace(self.table, at.prepared, &*self.types.codec, elements)
    }

    fn clear<Q: KeyRef<K> + ?Sized>(&mut self, at: Address<'_, Q, N, RowPrefix>) -> Result<()> {
        self.core.clear(self.table, at.prepared)
    }
}

impl<'t, S, K, N, UK, UV> WriteMap<'t, K, N, UK, UV>
    for StoreTableMut<'t, S, K, MapTypes<UK, UV, N>>
where
    S: OrderedStore,
    K: StateKey,
    N: StateKey,
    UK: StateKey,
    UV: StateValue,
{
    type Prepared = RowPrefix;
    type Read<'s>
        = StoreTable<'s, S, K, MapTypes<UK, UV, N>>
    where
        Self: 's;

    #[inline]
    fn read(&self) -> Result<Self::Read<'_>> {
        self.core.check()?;
        Ok(StoreTable::new(self.core.store(), (self.table, self.types)))
    }

    #[inline]
    fn into_read(self) -> Result<Self::Read<'t>> {
        let core: &'t Core<S> = self.core;
        core.check()?;
        Ok(StoreTable::new(core.store(), (self.table, self.types)))
    }

    #[inline]
    fn get<Q: KeyRef<K> + ?Sized, UQ: KeyRef<UK> + ?Sized>(
        self,
        at: Address<'_, Q, N, RowPrefix>,
        map_key: &UQ,
    ) -> Result<Option<Ref<'t, UV>>> {
        self.core.check()?;
        let key = at.prepared.map_entry(map_key)?;
        let value = get(self.core.store(), self.table, &key, &*self.types.codec)?;
        Ok(value.map(Ref::Owned))
    }

    #[inline]
    fn insert<Q: KeyRef<K> + ?Sized>(
        &mut self,
        at: Address<'_, Q, N, RowPrefix>,
        map_key: UK,
        value: UV,
    ) -> Result<()> {
        let key = at.prepared.map_entry(&map_key)?;
        self.core.put(self.table, &key, &*self.types.codec, &value)
    }

    #[inline]
    fn take<Q: KeyRef<K> + ?Sized, UQ: KeyRef<UK> + ?Sized>(
        &mut self,
        at: Address<'_, Q, N, RowPrefix>,
        map_key: &UQ,
    ) -> Result<Option<UV>> {
        let key = at.prepared.map_entry(map_key)?;
        take(self.core, self.table, &key, &*self.types.codec)
    }

    #[inline]
    fn remove<Q: KeyRef<K> + ?Sized, UQ: KeyRef<UK> + ?Sized>(
        &mut self,
        at: Address<'_, Q, N, RowPrefix>,
        map_key: &UQ,
    ) -> Result<()> {
        let key = at.prepared.map_entry(map_key)?;
        self.core.delete(self.table, &key)
    }

    #[inline]
    fn modify<Q: KeyRef<K> + ?Sized, UQ: KeyRef<UK> + ?Sized, R>(
        &mut self,
        at: Address<'_, Q, N, RowPrefix>,
        map_key: &UQ,
        init: UV,
        f: impl FnOnce(&mut UV) -> R,
    ) -> Result<R> {
        let key = at.prepared.map_entry(map_key)?;
        self.core
            .modify(self.table, &key, &*self.types.codec, init, f)
    }

    #[inline]
    fn update<Q: KeyRef<K> + ?Sized, UQ: KeyRef<UK> + ?Sized, R>(
        &mut self,
        at: Address<'_, Q, N, RowPrefix>,
        map_key: &UQ,
        f: impl FnOnce(&mut Option<UV>) -> R,
    ) -> Result<R> {
        let key = at.prepared.map_entry(map_key)?;
        update(self.core, self.table, &key, &*self.types.codec, f)
    }

    fn clear<Q: KeyRef<K> + ?Sized>(&mut self, at: Address<'_, Q, N, RowPrefix>) -> Result<()> {
        self.core.clear(self.table, at.prepared)
    }
}
