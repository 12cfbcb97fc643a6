//! Value tables.

use state_api::key::RowHash;
use state_api::{Address, KeyRef, ReadValue, Ref, Result, StateKey, StateValue, WriteValue};

use super::{KeyedRow, Lookup, TypedMut, TypedRead, TypedTable};

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
        Ok(self.find(at)?.map(Ref::Borrowed))
    }
}

impl<K: StateKey, N: StateKey, V: StateValue> TypedMut<'_, K, N, V, V> {
    /// Adds a row where there is none.
    #[inline]
    fn insert<Q: KeyRef<K> + ?Sized>(
        &mut self,
        at: Address<'_, Q, N, RowHash>,
        value: V,
    ) -> Result<()> {
        let bytes = self.heap_bytes(&value);
        self.table.find_or_insert(at, || value)?;
        self.table.entries += 1;
        self.table.bytes += bytes;
        Ok(())
    }

    /// Takes the weight of a value that was taken out off the accounts.
    #[inline]
    fn forget(&mut self, value: Option<&V>) {
        if let Some(value) = value {
            self.table.entries -= 1;
            self.table.bytes -= self.heap_bytes(value);
        }
    }

    /// Takes a row out.
    #[inline]
    fn remove<Q: KeyRef<K> + ?Sized>(
        &mut self,
        at: Address<'_, Q, N, RowHash>,
    ) -> Result<Option<V>> {
        let value = self.table.remove(at)?;
        self.forget(value.as_ref());
        Ok(value)
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
        self.table.usable()?;
        let table: &'t TypedTable<K, N, V> = self.table;
        TypedRead::new(table).get(at)
    }

    #[inline]
    fn put<Q: KeyRef<K> + ?Sized>(
        &mut self,
        at: Address<'_, Q, N, RowHash>,
        value: V,
    ) -> Result<()> {
        self.table.usable()?;
        let Some(state) = self.table.find_mut(at) else {
            return self.insert(at, value);
        };
        let before = std::mem::replace(state, value);
        if let Some(heap_size) = self.heap_size {
            let grown = super::signed(heap_size(state));
            self.table.bytes += grown - super::signed(heap_size(&before));
        }
        Ok(())
    }

    #[inline]
    fn take<Q: KeyRef<K> + ?Sized>(&mut self, at: Address<'_, Q, N, RowHash>) -> Result<Option<V>> {
        self.remove(at)
    }

    #[inline]
    fn modify<Q: KeyRef<K> + ?Sized, R>(
        &mut self,
        at: Address<'_, Q, N, RowHash>,
        init: V,
        f: impl FnOnce(&mut V) -> R,
    ) -> Result<R> {
        let (state, inserted) = self.table.begin_update(at, || init)?;
        let before = match self.heap_size {
            Some(heap_size) if !inserted => super::signed(heap_size(state)),
            _ => 0,
        };
        let result = f(state);
        if let Some(heap_size) = self.heap_size {
            let grown = super::signed(heap_size(state)) - before;
            self.table.bytes += grown;
        }
        self.table.entries += u64::from(inserted);
        self.table.in_update = false;
        Ok(result)
    }

    #[inline]
    fn update<Q: KeyRef<K> + ?Sized, R>(
        &mut self,
        at: Address<'_, Q, N, RowHash>,
        f: impl FnOnce(&mut Option<V>) -> R,
    ) -> Result<R> {
        let taken = self.table.take(at)?;
        let (mut value, place) = match taken {
            Some((row, fresh)) => {
                let KeyedRow {
                    key,
                    namespace,
                    state,
                } = row;
                self.forget(Some(&state));
                (Some(state), Some((key, namespace, fresh)))
            }
            None => (None, None),
        };
        self.table.in_update = true;
        let result = f(&mut value);
        self.table.in_update = false;
        match (value, place) {
            (Some(value), None) => self.insert(at, value)?,
            (Some(state), Some((key, namespace, fresh))) => {
                self.table.entries += 1;
                self.table.bytes += self.heap_bytes(&state);
                let row = KeyedRow {
                    key,
                    namespace,
                    state,
                };
                self.table.put_back(*at.prepared, row, fresh);
            }
            (None, Some((key, namespace, fresh))) => {
                self.table.log_removed(key, namespace, fresh);
            }
            (None, None) => {}
        }
        Ok(result)
    }

    #[inline]
    fn clear<Q: KeyRef<K> + ?Sized>(&mut self, at: Address<'_, Q, N, RowHash>) -> Result<()> {
        self.remove(at).map(drop)
    }
}
