//! Views of a store backend.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use state_api::view::untracked;
use state_api::{
    KeyGroupRange, KeyGroups, KeyRef, List, Map, Origin, Ref, Result, StateKey, StateMeta,
    StateRead, StateValue, StateView, Value,
};

use crate::changes::Tracked;
use crate::delta::StoreChanges;
use crate::directory;
use crate::layout::RowPrefix;
use crate::read::{StoreTable, get_many};
use crate::rows::StoreRows;
use crate::slot::{ListTypes, MapTypes, Slot, Slots, ValueTypes};
use crate::store::{OrderedRead, TableId};

/// A consistent view of a [`StoreBackend`](crate::StoreBackend): the engine's own view, with the
/// types that were registered when it was taken.
pub struct StoreView<K, V> {
    reader: Arc<V>,
    slots: Arc<Slots>,
    groups: KeyGroups,
    origin: Origin,
    epoch: u64,
    tracked: Option<Tracked>,
    key: PhantomData<fn() -> K>,
}

impl<K, V> StoreView<K, V> {
    pub(crate) fn new(
        reader: V,
        slots: Slots,
        groups: KeyGroups,
        (origin, epoch): (Origin, u64),
        tracked: Option<Tracked>,
    ) -> Self {
        Self {
            reader: Arc::new(reader),
            slots: Arc::new(slots),
            groups,
            origin,
            epoch,
            tracked,
            key: PhantomData,
        }
    }

    /// The tables of the states, ascending by name.
    fn tables(&self) -> Vec<TableId> {
        let slots = self.slots.by_name().into_iter();
        slots.map(|slot| slot.table).collect()
    }
}

impl<K: StateKey, R: OrderedRead> StoreView<K, R> {
    /// A view of a native checkpoint that `reader` reads and `description` describes, to be restored into
    /// a backend of any kind. Its states are known by their descriptions only: they have rows, and no
    /// handles.
    ///
    /// # Errors
    /// [`Mismatch`](state_api::ErrorKind::Mismatch) when it is of another backend or key type,
    /// [`Corrupt`](state_api::ErrorKind::Corrupt) when the description does not parse,
    /// [`Unsupported`](state_api::ErrorKind::Unsupported) for another layout version.
    pub fn of_native(reader: R, backend: &str, description: &str) -> Result<Self> {
        let (groups, description) =
            directory::parse_description(description, backend, K::type_name())?;
        let mut slots = Slots::default();
        for listed in description.states {
            slots.push(Slot::opaque(listed.table, listed.meta))?;
        }
        Ok(Self::new(
            reader,
            slots,
            groups,
            (Origin::unique(), 0),
            None,
        ))
    }
}

impl<K, V> Clone for StoreView<K, V> {
    fn clone(&self) -> Self {
        Self {
            reader: Arc::clone(&self.reader),
            slots: Arc::clone(&self.slots),
            groups: self.groups,
            origin: self.origin,
            epoch: self.epoch,
            tracked: self.tracked.clone(),
            key: PhantomData,
        }
    }
}

impl<K, V> fmt::Debug for StoreView<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreView")
            .field("epoch", &self.epoch)
            .field("key_groups", &self.groups)
            .finish_non_exhaustive()
    }
}

impl<K: StateKey, R: OrderedRead> StateRead for StoreView<K, R> {
    type Key = K;
    type Prepared = RowPrefix;
    type ValueRead<'r, V: StateValue, N: StateKey>
        = StoreTable<'r, R, K, ValueTypes<V, N>>
    where
        Self: 'r;
    type ListRead<'r, T: StateValue, N: StateKey>
        = StoreTable<'r, R, K, ListTypes<T, N>>
    where
        Self: 'r;
    type MapRead<'r, UK: StateKey, UV: StateValue, N: StateKey>
        = StoreTable<'r, R, K, MapTypes<UK, UV, N>>
    where
        Self: 'r;

    fn key_groups(&self) -> KeyGroups {
        self.groups
    }

    #[inline]
    fn prepare<Q: KeyRef<K> + ?Sized>(&self, key: &Q) -> Result<RowPrefix> {
        RowPrefix::of(self.groups, key)
    }

    fn get_many<'k, V, Q>(
        &self,
        handle: Value<V>,
        keys: impl IntoIterator<Item = &'k Q>,
    ) -> Result<Vec<Option<Ref<'_, V>>>>
    where
        V: StateValue,
        Q: KeyRef<K> + ?Sized + 'k,
    {
        let (table, types) = self.slots.resolve::<ValueTypes<V, ()>>(handle.id())?;
        let keys = keys.into_iter().map(|key| self.prepare(key));
        let keys = keys.collect::<Result<Vec<_>>>()?;
        get_many(&*self.reader, table, &keys, &*types.codec)
    }

    fn states(&self) -> Vec<StateMeta> {
        self.slots.metas()
    }

    fn value_read<V: StateValue, N: StateKey>(
        &self,
        handle: Value<V, N>,
    ) -> Result<Self::ValueRead<'_, V, N>> {
        Ok(StoreTable::new(
            &*self.reader,
            self.slots.resolve(handle.id())?,
        ))
    }

    fn list_read<T: StateValue, N: StateKey>(
        &self,
        handle: List<T, N>,
    ) -> Result<Self::ListRead<'_, T, N>> {
        Ok(StoreTable::new(
            &*self.reader,
            self.slots.resolve(handle.id())?,
        ))
    }

    fn map_read<UK: StateKey, UV: StateValue, N: StateKey>(
        &self,
        handle: Map<UK, UV, N>,
    ) -> Result<Self::MapRead<'_, UK, UV, N>> {
        Ok(StoreTable::new(
            &*self.reader,
            self.slots.resolve(handle.id())?,
        ))
    }
}

impl<K: StateKey, R: OrderedRead + Send + Sync + 'static> StateView for StoreView<K, R> {
    type Rows = StoreRows<R>;
    type Changes = StoreChanges<R>;

    fn epoch(&self) -> u64 {
        self.epoch
    }

    fn origin(&self) -> Origin {
        self.origin
    }

    fn into_rows(self, range: KeyGroupRange) -> Result<Self::Rows> {
        let tables = self.tables();
        Ok(StoreRows::new(self.reader, range, tables))
    }

    fn tracks_since(&self, epoch: u64) -> bool {
        let tracked = self.tracked.as_ref();
        tracked.is_some_and(|tracked| tracked.since(epoch))
    }

    /// Changes come as one run. Cost: for each `buffer` bytes of them, at 24 bytes a row, a pass over the
    /// keys that changed, and a sort of some; a read of each row. Memory: `buffer`, or what the changes
    /// of the largest key group take; and the ranges that were cleared.
    fn into_changes(
        self,
        since: Option<u64>,
        range: KeyGroupRange,
        buffer: usize,
    ) -> Result<Self::Changes> {
        let Some(since) = since else {
            return Ok(StoreChanges::all(self.into_rows(range)?));
        };
        let tracked = self.tracked.as_ref();
        let Some(tracked) = tracked.filter(|tracked| tracked.since(since)) else {
            return Err(untracked(since));
        };
        let intervals = tracked.behind(since);
        let tables = self.tables();
        StoreChanges::since(self.reader, &tables, intervals, range, buffer)
    }
}
