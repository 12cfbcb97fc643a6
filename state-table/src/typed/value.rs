//! Value tables.

#![expect(
    clippy::inline_always,
    reason = "a call would build the accessor in memory"
)]

use state_api::descriptor::HeapSize;
use state_api::key::RowHash;
use state_api::{Address, KeyRef, ReadValue, Ref, Result, StateKey, StateValue, WriteValue};

use super::{KeyedRow, Lookup, Outcome, TypedMut, TypedRead, TypedTable, Unfinished, signed};
use crate::live::Ready;

impl<'r, S, K, N, V> ReadValue<'r, K, N, V> for TypedRead<'r, S>
where
    S: Lookup<Row = KeyedRow<K, N, V>>,
    K: StateKey,
    N: StateKey,
    V: StateValue,
{
    type Prepared = RowHash;

    #[inline(always)]
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
        self.table.insert(at, value)?;
        self.table.entries += 1;
        self.table.bytes += bytes;
        Ok(())
    }

    /// Runs `f` on `init`, and adds a row with it where there is none.
    #[inline(never)] // keeps the path of a hit short
    fn modify_absent<Q: KeyRef<K> + ?Sized, R>(
        mut self,
        at: Address<'_, Q, N, RowHash>,
        mut init: V,
        f: impl FnOnce(&mut V) -> R,
    ) -> Outcome<R> {
        let result = self.table.update_absent(at.key, &mut init, f);
        let inserted = result.and_then(|result| self.insert(at, init).map(|()| result));
        inserted.into()
    }

    /// Sets a value in a segment that is not the table's alone, or whose marks are not begun, or adds a row.
    #[inline(never)]
    fn put_first<Q: KeyRef<K> + ?Sized>(
        mut self,
        at: Address<'_, Q, N, RowHash>,
        value: V,
    ) -> Result<()> {
        let TypedTable { rows, bytes, .. } = &mut *self.table;
        if let Some(row) = rows.get_first_mut(at.prepared.get(), KeyedRow::is_at(at)) {
            change(&mut row.state, self.heap_size, bytes, |state| {
                *state = value;
            });
            return Ok(());
        }
        self.insert(at, value)
    }

    /// Runs `f` on a value in a segment that is not the table's alone, or whose marks are not begun, or on `init`.
    #[inline(never)]
    fn modify_first<Q: KeyRef<K> + ?Sized, R>(
        self,
        at: Address<'_, Q, N, RowHash>,
        init: V,
        f: impl FnOnce(&mut V) -> R,
    ) -> Outcome<R> {
        let heap_size = self.heap_size;
        let unfinished = Unfinished(&mut *self.table);
        let TypedTable { rows, bytes, .. } = &mut *unfinished.0;
        if let Some(row) = rows.get_first_mut(at.prepared.get(), KeyedRow::is_at(at)) {
            let result = change(&mut row.state, heap_size, bytes, f);
            unfinished.finish();
            return Outcome::Done(result);
        }
        unfinished.finish();
        self.modify_absent(at, init, f)
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
    #[inline(always)]
    fn remove<Q: KeyRef<K> + ?Sized>(
        &mut self,
        at: Address<'_, Q, N, RowHash>,
    ) -> Result<Option<V>> {
        let value = self.table.remove(at)?;
        self.forget(value.as_ref());
        Ok(value)
    }
}

/// Runs `f` on a value of a table that has `bytes` bytes.
#[inline(always)]
fn change<V, R>(
    value: &mut V,
    heap_size: Option<HeapSize<V>>,
    bytes: &mut i64,
    f: impl FnOnce(&mut V) -> R,
) -> R {
    match heap_size {
        None => f(value),
        Some(size) => {
            let (result, grown) = weighed(value, size, f);
            *bytes += grown;
            result
        }
    }
}

/// Runs `f` on a value, and returns how many bytes more it holds then.
#[inline(never)] // keeps the path of values without heap short
fn weighed<V, R>(value: &mut V, size: HeapSize<V>, f: impl FnOnce(&mut V) -> R) -> (R, i64) {
    let before = signed(size(value));
    let result = f(value);
    (result, signed(size(value)) - before)
}

impl<'t, K: StateKey, N: StateKey, V: StateValue> WriteValue<'t, K, N, V>
    for TypedMut<'t, K, N, V, V>
{
    type Prepared = RowHash;

    #[inline(always)]
    fn get<Q: KeyRef<K> + ?Sized>(
        self,
        at: Address<'_, Q, N, RowHash>,
    ) -> Result<Option<Ref<'t, V>>> {
        let table: &'t TypedTable<K, N, V> = self.table;
        TypedRead::new(table).get(at)
    }

    #[inline(always)]
    fn put<Q: KeyRef<K> + ?Sized>(
        &mut self,
        at: Address<'_, Q, N, RowHash>,
        value: V,
    ) -> Result<()> {
        let heap_size = self.heap_size;
        let TypedTable { rows, bytes, .. } = &mut *self.table;
        let absent = match rows.get_ready(at.prepared.get(), KeyedRow::is_at(at)) {
            Ready::Row(row) => {
                change(&mut row.state, heap_size, bytes, |state| *state = value);
                return Ok(());
            }
            Ready::Absent => true,
            Ready::NotYet => false,
        };
        super::apart::<K, _, _, _>(at, |at| {
            if absent {
                self.insert(at, value)
            } else {
                self.again().put_first(at, value)
            }
        })
    }

    #[inline(always)]
    fn take<Q: KeyRef<K> + ?Sized>(&mut self, at: Address<'_, Q, N, RowHash>) -> Result<Option<V>> {
        self.remove(at)
    }

    #[inline(always)]
    fn modify<Q: KeyRef<K> + ?Sized, R>(
        &mut self,
        at: Address<'_, Q, N, RowHash>,
        init: V,
        f: impl FnOnce(&mut V) -> R,
    ) -> Result<R> {
        let heap_size = self.heap_size;
        // Not by `foreign`: the compiler leaves its closure out of line, with all that this takes in memory.
        let unfinished = Unfinished(&mut *self.table);
        let TypedTable { rows, bytes, .. } = &mut *unfinished.0;
        let absent = match rows.get_ready(at.prepared.get(), KeyedRow::is_at(at)) {
            Ready::Row(row) => {
                let result = change(&mut row.state, heap_size, bytes, f);
                unfinished.finish();
                return Ok(result);
            }
            Ready::Absent => true,
            Ready::NotYet => false,
        };
        unfinished.finish();
        super::apart::<K, _, _, _>(at, |at| {
            if absent {
                self.again().modify_absent(at, init, f)
            } else {
                self.again().modify_first(at, init, f)
            }
        })
        .into_result()
    }

    #[inline(always)]
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
        let result = self.table.foreign(|_| f(&mut value));
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

    #[inline(always)]
    fn clear<Q: KeyRef<K> + ?Sized>(&mut self, at: Address<'_, Q, N, RowHash>) -> Result<()> {
        self.remove(at).map(drop)
    }
}
