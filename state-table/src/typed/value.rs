//! Value tables.

use state_api::address::RowHash;
use state_api::{Address, KeyRef, ReadValue, Ref, Result, StateKey, StateValue, WriteValue};

use super::{KeyedRow, Lookup, TypedMut, TypedRead};

impl<'r, S, K, N, V> ReadValue<'r, K, N, V> for TypedRead<'r, S>
where
    S: Lookup<Row = KeyedRow<K, N, V>>,
    K: StateKey,
    N: StateKey,
    V: StateValue,
{
    type Prepared = RowHash;

    #[inline]
    fn get<Q: KeyRef<K> + ?Sized>(
        self,
        at: Address<'_, Q, N, RowHash>,
    ) -> Result<Option<Ref<'r, V>>> {
        let row = self.0.find(at.prepared.get(), |row| row.is_at(at));
        Ok(row.map(|row| Ref::Borrowed(&row.state)))
    }
}

impl<K: StateKey, N: StateKey, V: StateValue> TypedMut<'_, K, N, V, V> {
    /// Adds a row that is known to be absent.
    #[inline]
    fn insert<Q: KeyRef<K> + ?Sized>(
        &mut self,
        at: Address<'_, Q, N, RowHash>,
        value: V,
    ) -> &mut V {
        let bytes = self.heap_bytes(&value);
        self.table.entries += 1;
        self.table.bytes += bytes;
        let is_at = |row: &KeyedRow<K, N, V>| row.is_at(at);
        let make = || KeyedRow::at(at, value);
        &mut self
            .table
            .rows
            .find_or_insert_with(at.prepared.get(), is_at, make)
            .0
            .state
    }

    /// Takes a row out.
    #[inline]
    fn remove<Q: KeyRef<K> + ?Sized>(&mut self, at: Address<'_, Q, N, RowHash>) -> Option<V> {
        let row = self
            .table
            .rows
            .remove(at.prepared.get(), |row| row.is_at(at))?;
        self.table.entries -= 1;
        self.table.bytes -= self.heap_bytes(&row.state);
        Some(row.state)
    }
}

impl<'t, K: StateKey, N: StateKey, V: StateValue> WriteValue<'t, K, N, V>
    for TypedMut<'t, K, N, V, V>
{
    type Prepared = RowHash;

    #[inline]
    fn get<Q: KeyRef<K> + ?Sized>(
        self,
        at: Address<'_, Q, N, RowHash>,
    ) -> Result<Option<Ref<'t, V>>> {
        let row = self.table.rows.get(at.prepared.get(), |row| row.is_at(at));
        Ok(row.map(|row| Ref::Borrowed(&row.state)))
    }

    #[inline]
    fn put<Q: KeyRef<K> + ?Sized>(
        &mut self,
        at: Address<'_, Q, N, RowHash>,
        value: V,
    ) -> Result<()> {
        let (heap_size, hash) = (self.heap_size, at.prepared.get());
        match self.table.rows.get_mut(hash, |row| row.is_at(at)) {
            Some(row) => {
                let before = std::mem::replace(&mut row.state, value);
                if let Some(heap_size) = heap_size {
                    let grown = super::signed(heap_size(&row.state));
                    self.table.bytes += grown - super::signed(heap_size(&before));
                }
            }
            None => {
                self.insert(at, value);
            }
        }
        Ok(())
    }

    #[inline]
    fn take<Q: KeyRef<K> + ?Sized>(&mut self, at: Address<'_, Q, N, RowHash>) -> Result<Option<V>> {
        Ok(self.remove(at))
    }

    #[inline]
    fn modify<Q: KeyRef<K> + ?Sized, R>(
        &mut self,
        at: Address<'_, Q, N, RowHash>,
        init: V,
        f: impl FnOnce(&mut V) -> R,
    ) -> Result<R> {
        let hash = at.prepared.get();
        let heap_size = self.heap_size;
        let table = &mut *self.table;
        let is_at = |row: &KeyedRow<K, N, V>| row.is_at(at);
        let (row, inserted) = table
            .rows
            .find_or_insert_with(hash, is_at, || KeyedRow::at(at, init));
        let before = match heap_size {
            Some(heap_size) if !inserted => super::signed(heap_size(&row.state)),
            _ => 0,
        };
        table.entries += u64::from(inserted);
        table.in_update = true;
        let result = f(&mut row.state);
        table.in_update = false;
        if let Some(heap_size) = heap_size {
            table.bytes += super::signed(heap_size(&row.state)) - before;
        }
        Ok(result)
    }

    #[inline]
    fn update<Q: KeyRef<K> + ?Sized, R>(
        &mut self,
        at: Address<'_, Q, N, RowHash>,
        f: impl FnOnce(&mut Option<V>) -> R,
    ) -> Result<R> {
        let mut value = self.remove(at);
        self.table.in_update = true;
        let result = f(&mut value);
        self.table.in_update = false;
        if let Some(value) = value {
            self.insert(at, value);
        }
        Ok(result)
    }

    #[inline]
    fn clear<Q: KeyRef<K> + ?Sized>(&mut self, at: Address<'_, Q, N, RowHash>) -> Result<()> {
        self.remove(at);
        Ok(())
    }
}
