//! Tables for writing, with a defect.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use state_api::{
    Address, KeyGroups, KeyRef, Ref, Result, StateKey, StateRead, StateValue, WriteList, WriteMap,
    WriteValue,
};
use state_store::{MemoryStore, RowPrefix, StoreBackend};

use super::Bend;

/// A table of the sound backend, and what is wrong with it.
pub(crate) struct BentTable<T> {
    pub(super) inner: T,
    pub(super) bend: Option<Bend>,
    pub(super) groups: KeyGroups,
}

impl<T> BentTable<T> {
    fn is(&self, bend: Bend) -> bool {
        self.bend == Some(bend)
    }

    /// The key without its namespace, where `clear` forgets it.
    fn bare<K: StateKey, Q: KeyRef<K> + ?Sized>(&self, key: &Q) -> Result<Option<RowPrefix>> {
        if !self.is(Bend::ClearIgnoresNamespace) {
            return Ok(None);
        }
        let clerk = StoreBackend::<K, _>::new(MemoryStore::new(), self.groups)?;
        clerk.prepare(key).map(Some)
    }
}

/// Runs `f` on a copy; when it panics the original is as it was.
fn on_a_copy<V: Clone, R>(value: &mut V, f: impl FnOnce(&mut V) -> R) -> std::thread::Result<R> {
    let mut copy = value.clone();
    let result = catch_unwind(AssertUnwindSafe(|| f(&mut copy)));
    if result.is_ok() {
        *value = copy;
    }
    result
}

impl<'t, K, N, V, T> WriteValue<'t, K, N, V> for BentTable<T>
where
    K: StateKey,
    N: StateKey,
    V: StateValue,
    T: WriteValue<'t, K, N, V, Prepared = RowPrefix>,
{
    type Prepared = RowPrefix;

    fn get<Q: KeyRef<K> + ?Sized>(
        self,
        at: Address<'_, Q, N, RowPrefix>,
    ) -> Result<Option<Ref<'t, V>>> {
        self.inner.get(at)
    }

    fn put<Q: KeyRef<K> + ?Sized>(
        &mut self,
        at: Address<'_, Q, N, RowPrefix>,
        value: V,
    ) -> Result<()> {
        self.inner.put(at, value)
    }

    fn take<Q: KeyRef<K> + ?Sized>(
        &mut self,
        at: Address<'_, Q, N, RowPrefix>,
    ) -> Result<Option<V>> {
        self.inner.take(at)
    }

    fn modify<Q: KeyRef<K> + ?Sized, R>(
        &mut self,
        at: Address<'_, Q, N, RowPrefix>,
        init: V,
        f: impl FnOnce(&mut V) -> R,
    ) -> Result<R> {
        if self.is(Bend::ModifyStartsAnew) {
            self.inner.take(at)?;
        }
        if self.is(Bend::ForgetsPoison) {
            let outcome = self.inner.modify(at, init, |value| on_a_copy(value, f))?;
            return Ok(outcome.unwrap_or_else(|panic| resume_unwind(panic)));
        }
        self.inner.modify(at, init, f)
    }

    fn update<Q: KeyRef<K> + ?Sized, R>(
        &mut self,
        at: Address<'_, Q, N, RowPrefix>,
        f: impl FnOnce(&mut Option<V>) -> R,
    ) -> Result<R> {
        if self.is(Bend::ForgetsPoison) {
            let outcome = self.inner.update(at, |value| on_a_copy(value, f))?;
            return Ok(outcome.unwrap_or_else(|panic| resume_unwind(panic)));
        }
        self.inner.update(at, f)
    }

    fn clear<Q: KeyRef<K> + ?Sized>(&mut self, at: Address<'_, Q, N, RowPrefix>) -> Result<()> {
        let bare = self.bare::<K, Q>(at.key)?;
        let prepared = bare.as_ref().unwrap_or(at.prepared);
        self.inner.clear(Address { prepared, ..at })
    }
}

impl<'t, K, N, E, T> WriteList<'t, K, N, E> for BentTable<T>
where
    K: StateKey,
    N: StateKey,
    E: StateValue,
    T: WriteList<'t, K, N, E, Prepared = RowPrefix>,
{
    type Prepared = RowPrefix;
    type Read<'s>
        = T::Read<'s>
    where
        Self: 's,
        K: 's,
        N: 's,
        E: 's;

    fn read(&self) -> Result<Self::Read<'_>> {
        self.inner.read()
    }

    fn into_read(self) -> Result<Self::Read<'t>> {
        self.inner.into_read()
    }

    fn extend<Q: KeyRef<K> + ?Sized>(
        &mut self,
        at: Address<'_, Q, N, RowPrefix>,
        elements: impl IntoIterator<Item = E>,
    ) -> Result<()> {
        if self.is(Bend::ExtendReverses) {
            let mut elements: Vec<_> = elements.into_iter().collect();
            elements.reverse();
            return self.inner.extend(at, elements);
        }
        self.inner.extend(at, elements)
    }

    fn replace<Q: KeyRef<K> + ?Sized>(
        &mut self,
        at: Address<'_, Q, N, RowPrefix>,
        elements: impl IntoIterator<Item = E>,
    ) -> Result<()> {
        self.inner.replace(at, elements)
    }

    fn clear<Q: KeyRef<K> + ?Sized>(&mut self, at: Address<'_, Q, N, RowPrefix>) -> Result<()> {
        let bare = self.bare::<K, Q>(at.key)?;
        let prepared = bare.as_ref().unwrap_or(at.prepared);
        self.inner.clear(Address { prepared, ..at })
    }
}

impl<'t, K, N, UK, UV, T> WriteMap<'t, K, N, UK, UV> for BentTable<T>
where
    K: StateKey,
    N: StateKey,
    UK: StateKey,
    UV: StateValue,
    T: WriteMap<'t, K, N, UK, UV, Prepared = RowPrefix>,
{
    type Prepared = RowPrefix;
    type Read<'s>
        = T::Read<'s>
    where
        Self: 's,
        K: 's,
        N: 's,
        UK: 's,
        UV: 's;

    fn read(&self) -> Result<Self::Read<'_>> {
        self.inner.read()
    }

    fn get<Q: KeyRef<K> + ?Sized, UQ: KeyRef<UK> + ?Sized>(
        self,
        at: Address<'_, Q, N, RowPrefix>,
        map_key: &UQ,
    ) -> Result<Option<Ref<'t, UV>>> {
        self.inner.get(at, map_key)
    }

    fn into_read(self) -> Result<Self::Read<'t>> {
        self.inner.into_read()
    }

    fn insert<Q: KeyRef<K> + ?Sized>(
        &mut self,
        at: Address<'_, Q, N, RowPrefix>,
        map_key: UK,
        value: UV,
    ) -> Result<()> {
        self.inner.insert(at, map_key, value)
    }

    fn take<Q: KeyRef<K> + ?Sized, UQ: KeyRef<UK> + ?Sized>(
        &mut self,
        at: Address<'_, Q, N, RowPrefix>,
        map_key: &UQ,
    ) -> Result<Option<UV>> {
        self.inner.take(at, map_key)
    }

    fn remove<Q: KeyRef<K> + ?Sized, UQ: KeyRef<UK> + ?Sized>(
        &mut self,
        at: Address<'_, Q, N, RowPrefix>,
        map_key: &UQ,
    ) -> Result<()> {
        self.inner.remove(at, map_key)
    }

    fn modify<Q: KeyRef<K> + ?Sized, UQ: KeyRef<UK> + ?Sized, R>(
        &mut self,
        at: Address<'_, Q, N, RowPrefix>,
        map_key: &UQ,
        init: UV,
        f: impl FnOnce(&mut UV) -> R,
    ) -> Result<R> {
        if self.is(Bend::ForgetsPoison) {
            let outcome = self
                .inner
                .modify(at, map_key, init, |value| on_a_copy(value, f))?;
            return Ok(outcome.unwrap_or_else(|panic| resume_unwind(panic)));
        }
        if self.is(Bend::ModifyOfMapIsLost) {
            return self.inner.update(at, map_key, |value| match value.clone() {
                Some(mut copy) => f(&mut copy),
                None => f(value.insert(init)),
            });
        }
        self.inner.modify(at, map_key, init, f)
    }

    fn update<Q: KeyRef<K> + ?Sized, UQ: KeyRef<UK> + ?Sized, R>(
        &mut self,
        at: Address<'_, Q, N, RowPrefix>,
        map_key: &UQ,
        f: impl FnOnce(&mut Option<UV>) -> R,
    ) -> Result<R> {
        if self.is(Bend::ForgetsPoison) {
            let outcome = self
                .inner
                .update(at, map_key, |value| on_a_copy(value, f))?;
            return Ok(outcome.unwrap_or_else(|panic| resume_unwind(panic)));
        }
        self.inner.update(at, map_key, f)
    }

    fn clear<Q: KeyRef<K> + ?Sized>(&mut self, at: Address<'_, Q, N, RowPrefix>) -> Result<()> {
        let bare = self.bare::<K, Q>(at.key)?;
        let prepared = bare.as_ref().unwrap_or(at.prepared);
        self.inner.clear(Address { prepared, ..at })
    }
}
