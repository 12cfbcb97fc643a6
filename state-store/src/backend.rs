//! The backend: typed keyed state over any ordered store.

use std::any::Any;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Bound;
use std::sync::Arc;

use state_api::bind::{BoundHandle, Pick, Resolver, TableFamily};
use state_api::row::{CheckedRows, chunk};
use state_api::{
    BoundStates, Capability, Error, ErrorKind, Handles, KeyGroups, KeyRef, List, ListDescriptor,
    Map, MapDescriptor, MemoryHeld, NativeFile, NativePlace, NativeReport, Origin, Ref, Result,
    RowSource, StateBackend, StateId, StateKey, StateKind, StateMeta, StateRead, StateValue, Value,
    ValueDescriptor,
};

use crate::changes::{Changes, Tracking};
use crate::core::Core;
use crate::directory::{self, FIRST_STATE, LAST_STATE};
use crate::layout::RowPrefix;
use crate::read::{StoreTable, get_many};
use crate::slot::{ListTypes, MapTypes, Slot, Slots, ValueTypes};
use crate::store::{Entry, OrderedStore, Scan, TableId, TableRows};
use crate::view::StoreView;
use crate::write::StoreTableMut;

/// A state backend over the ordered store `S`, with keys `K`.
///
/// Values are encoded by their codec and kept in the engine: a table per state, a row per value,
/// list chunk or map entry. Every access is one call of the engine, but for those that read and
/// write: two; [there](OrderedStore#cost) they are one by one.
pub struct StoreBackend<K, S> {
    pub(crate) core: Core<S>,
    pub(crate) slots: Slots,
    pub(crate) groups: KeyGroups,
    origin: Origin,
    epoch: u64,
    /// Metadata of the last commit.
    committed: Option<Vec<u8>>,
    key: PhantomData<fn() -> K>,
}

impl<K: StateKey, S: OrderedStore> StoreBackend<K, S> {
    /// A backend over `store`, which is empty or was closed by a backend of the same key type and
    /// key groups.
    ///
    /// # Errors
    /// [`ErrorKind::Mismatch`] when the store was written by another backend, for another key type
    /// or other key groups; [`ErrorKind::Unsupported`] for another layout version;
    /// [`ErrorKind::Corrupt`] when its metadata does not parse, or lists what no backend writes; what
    /// the engine meets. A store that
    /// cannot be used is closed again, its rows unchanged.
    pub fn new(mut store: S, groups: KeyGroups) -> Result<Self> {
        let directory = match directory::open(&mut store, groups, K::type_name()) {
            Ok(directory) => directory,
            Err(error) => {
                // To drop it would be a crash, and the data would be lost for its owner. Where the
                // engine fails, so does this close, and the directory stays marked.
                store.close()?;
                return Err(error);
            }
        };
        let mut slots = Slots::default();
        for listed in directory.states {
            store.create_table(listed.table)?;
            slots.push(Slot::opaque(listed.table, listed.meta))?;
        }
        Ok(Self {
            core: Core::new(store, directory.chunks),
            slots,
            groups,
            origin: Origin::unique(),
            epoch: 0,
            committed: directory.committed,
            key: PhantomData,
        })
    }

    /// The engine below, for reading its own figures.
    pub fn store(&self) -> &S {
        self.core.store()
    }

    /// Finds or makes the slot of a state. One that is there must have the same description.
    pub(crate) fn slot(&mut self, meta: StateMeta) -> Result<StateId> {
        if let Some(id) = self.slots.find(&meta.name) {
            let found = self.slots.get_mut(id).map(|slot| Arc::clone(&slot.meta));
            return match found {
                Some(found) if *found != meta => Err(differs(&found, &meta)),
                _ => Ok(id),
            };
        }
        let table = self.slots.next_table(FIRST_STATE..=LAST_STATE)?;
        self.core.write(|store| {
            store.create_table(table)?;
            directory::add_state(store, table, &meta)
        })?;
        self.slots.push(Slot::opaque(table, meta))
    }

    fn register_types<T: Any + Send + Sync>(
        &mut self,
        meta: StateMeta,
        types: T,
    ) -> Result<StateId> {
        self.core.check()?;
        let id = self.slot(meta)?;
        if let Some(slot) = self.slots.get_mut(id) {
            slot.set_types(types)?;
        }
        Ok(id)
    }

    pub(crate) fn is_empty(&self) -> Result<bool> {
        for slot in self.slots.by_name() {
            let mut scan =
                self.core
                    .store()
                    .scan(slot.table, Bound::Unbounded, Bound::Unbounded)?;
            if scan.next_entry()?.is_some() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn ingest(&mut self, targets: &[(TableId, StateKind)], rows: CheckedRows<'_, K>) -> Result<()> {
        let mut rows = EngineRows {
            targets,
            rows,
            key: Vec::new(),
            next_chunk: 0,
        };
        // An old number may be that of a chunk that comes, and is not the last.
        self.core.forget_tails();
        self.core.write(|store| store.ingest(&mut rows))?;
        self.core.skip_chunks_to(rows.next_chunk)
    }
}

/// The rows of a restore, on their way into tables of the engine.
struct EngineRows<'t, 'r, K> {
    targets: &'t [(TableId, StateKind)],
    rows: CheckedRows<'r, K>,
    key: Vec<u8>,
    /// All chunk numbers seen are below it.
    next_chunk: u64,
}

impl<K: StateKey> TableRows for EngineRows<'_, '_, K> {
    fn next_row(&mut self) -> Result<Option<(TableId, Entry<'_>)>> {
        let Some(row) = self.rows.next_row()? else {
            return Ok(None);
        };
        let Some(&(table, kind)) = self.targets.get(row.state as usize) else {
            return Err(
                Error::new(ErrorKind::Invalid, "a listed state has no table")
                    .with("state", row.state),
            );
        };
        self.key.clear();
        self.key.extend_from_slice(&row.group.to_be_bytes());
        self.key.extend_from_slice(row.key);
        if kind == StateKind::List {
            self.next_chunk = self.next_chunk.max(chunk::number(row.key)? + 1);
        }
        let row = Entry {
            key: &self.key,
            value: row.envelope,
        };
        Ok(Some((table, row)))
    }
}

pub(crate) fn differs(found: &StateMeta, given: &StateMeta) -> Error {
    Error::new(
        ErrorKind::Mismatch,
        "the state is known with another description",
    )
    .with("known", found)
    .with("given", given)
}

impl<K, S: fmt::Debug> fmt::Debug for StoreBackend<K, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreBackend")
            .field("core", &self.core)
            .field("slots", &self.slots)
            .field("key_groups", &self.groups)
            .field("epoch", &self.epoch)
            .finish_non_exhaustive()
    }
}

impl<K: StateKey, S: OrderedStore> StateRead for StoreBackend<K, S> {
    type Key = K;
    type Prepared = RowPrefix;
    type ValueRead<'r, V: StateValue, N: StateKey>
        = StoreTable<'r, S, K, ValueTypes<V, N>>
    where
        Self: 'r;
    type ListRead<'r, T: StateValue, N: StateKey>
        = StoreTable<'r, S, K, ListTypes<T, N>>
    where
        Self: 'r;
    type MapRead<'r, UK: StateKey, UV: StateValue, N: StateKey>
        = StoreTable<'r, S, K, MapTypes<UK, UV, N>>
    where
        Self: 'r;

    #[inline]
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
        self.core.check()?;
        let (table, types) = self.slots.resolve::<ValueTypes<V, ()>>(handle.id())?;
        let keys = keys.into_iter().map(|key| self.prepare(key));
        let keys = keys.collect::<Result<Vec<_>>>()?;
        get_many(self.core.store(), table, &keys, &*types.codec)
    }

    fn states(&self) -> Vec<StateMeta> {
        self.slots.metas()
    }

    fn value_read<V: StateValue, N: StateKey>(
        &self,
        handle: Value<V, N>,
    ) -> Result<Self::ValueRead<'_, V, N>> {
        self.core.check()?;
        Ok(StoreTable::new(
            self.core.store(),
            self.slots.resolve(handle.id())?,
        ))
    }

    fn list_read<T: StateValue, N: StateKey>(
        &self,
        handle: List<T, N>,
    ) -> Result<Self::ListRead<'_, T, N>> {
        self.core.check()?;
        Ok(StoreTable::new(
            self.core.store(),
            self.slots.resolve(handle.id())?,
        ))
    }

    fn map_read<UK: StateKey, UV: StateValue, N: StateKey>(
        &self,
        handle: Map<UK, UV, N>,
    ) -> Result<Self::MapRead<'_, UK, UV, N>> {
        self.core.check()?;
        Ok(StoreTable::new(
            self.core.store(),
            self.slots.resolve(handle.id())?,
        ))
    }
}

impl<K: StateKey, S: OrderedStore> StateBackend for StoreBackend<K, S> {
    type View = StoreView<K, S::View>;
    type ValueTable<'t, V: StateValue, N: StateKey>
        = StoreTableMut<'t, S, K, ValueTypes<V, N>>
    where
        Self: 't;
    type ListTable<'t, T: StateValue, N: StateKey>
        = StoreTableMut<'t, S, K, ListTypes<T, N>>
    where
        Self: 't;
    type MapTable<'t, UK: StateKey, UV: StateValue, N: StateKey>
        = StoreTableMut<'t, S, K, MapTypes<UK, UV, N>>
    where
        Self: 't;
    type Bound<'b, H: Handles>
        = StoreBound<'b, K, S, H>
    where
        Self: 'b;

    fn name(&self) -> &'static str {
        self.core.store().name()
    }

    fn origin(&self) -> Origin {
        self.origin
    }

    fn capability(&self) -> Capability {
        self.core.store().capability().with_tracks_changes()
    }

    fn memory_held(&self) -> MemoryHeld {
        let bytes = |bytes| u64::try_from(bytes).unwrap_or(u64::MAX);
        MemoryHeld {
            bytes: bytes(self.core.bytes()),
            tracking_bytes: bytes(self.core.tracking_bytes()),
            ..MemoryHeld::default()
        }
    }

    fn register_value<V: StateValue, N: StateKey>(
        &mut self,
        descriptor: ValueDescriptor<V, N>,
    ) -> Result<Value<V, N>> {
        let codec = Arc::clone(descriptor.codec());
        let types = ValueTypes::<V, N> {
            codec,
            types: PhantomData,
        };
        self.register_types(descriptor.meta::<K>(), types)
            .map(Value::from_id)
    }

    fn register_list<T: StateValue, N: StateKey>(
        &mut self,
        descriptor: ListDescriptor<T, N>,
    ) -> Result<List<T, N>> {
        let codec = Arc::clone(descriptor.codec());
        let types = ListTypes::<T, N> {
            codec,
            types: PhantomData,
        };
        self.register_types(descriptor.meta::<K>(), types)
            .map(List::from_id)
    }

    fn register_map<UK: StateKey, UV: StateValue, N: StateKey>(
        &mut self,
        descriptor: MapDescriptor<UK, UV, N>,
    ) -> Result<Map<UK, UV, N>> {
        let codec = Arc::clone(descriptor.codec());
        let types = MapTypes::<UK, UV, N> {
            codec,
            types: PhantomData,
        };
        self.register_types(descriptor.meta::<K>(), types)
            .map(Map::from_id)
    }

    fn drop_state(&mut self, name: &str) -> Result<()> {
        self.core.check()?;
        let slot = self.slots.find(name).and_then(|id| self.slots.remove(id));
        let Some(slot) = slot else {
            return Err(
                Error::new(ErrorKind::NotFound, "no state of that name").with("state", name)
            );
        };
        self.core.forget_tails();
        self.core.tracking().give_up();
        self.core.write(|store| {
            directory::remove_state(store, slot.table)?;
            store.drop_table(slot.table)
        })
    }

    #[inline]
    fn value_table<V: StateValue, N: StateKey>(
        &mut self,
        handle: Value<V, N>,
    ) -> Result<Self::ValueTable<'_, V, N>> {
        self.core.check()?;
        Ok(StoreTableMut::new(
            &mut self.core,
            self.slots.resolve(handle.id())?,
        ))
    }

    #[inline]
    fn list_table<T: StateValue, N: StateKey>(
        &mut self,
        handle: List<T, N>,
    ) -> Result<Self::ListTable<'_, T, N>> {
        self.core.check()?;
        Ok(StoreTableMut::new(
            &mut self.core,
            self.slots.resolve(handle.id())?,
        ))
    }

    #[inline]
    fn map_table<UK: StateKey, UV: StateValue, N: StateKey>(
        &mut self,
        handle: Map<UK, UV, N>,
    ) -> Result<Self::MapTable<'_, UK, UV, N>> {
        self.core.check()?;
        Ok(StoreTableMut::new(
            &mut self.core,
            self.slots.resolve(handle.id())?,
        ))
    }

    fn bind<H: Handles>(&mut self, handles: H) -> Result<(StoreBound<'_, K, S, H>, H::Bound)> {
        state_api::bind::check_distinct(handles)?;
        handles.resolve::<NoTables, _>(&mut Check(self))?;
        let bound = StoreBound {
            backend: self,
            handles: PhantomData,
        };
        Ok((bound, handles.bound()))
    }

    fn freeze(&mut self) -> Result<Self::View> {
        self.core.check()?;
        let view = self.core.write(OrderedStore::freeze)?;
        self.epoch += 1;
        Ok(StoreView::new(
            view,
            self.slots.clone(),
            self.groups,
            (self.origin, self.epoch),
            self.core.tracking().freeze(),
        ))
    }

    fn restore(&mut self, states: &[StateMeta], rows: &mut dyn RowSource) -> Result<()> {
        self.core.check()?;
        if !self.is_empty()? {
            return Err(Error::new(
                ErrorKind::Invalid,
                "a backend that holds rows cannot restore",
            ));
        }
        let rows = CheckedRows::new(self.groups, states, rows)?;
        let mut targets = Vec::with_capacity(states.len());
        for meta in states {
            let id = self.slot(meta.clone())?;
            if let Some(slot) = self.slots.get_mut(id) {
                targets.push((slot.table, slot.meta.kind));
            }
        }
        self.core.tracking().restored();
        let restored = self.ingest(&targets, rows);
        if let Err(error) = &restored {
            // Half of the rows must not be closed cleanly and found again as if they were all.
            self.core.fail(error);
        }
        restored
    }

    /// Cost: a write copies its row key; 128 at once are looked up among those since the last freeze, and a
    /// new one is kept: 20 to 30 bytes beside the key. What views still share counts.
    fn track_changes(&mut self, budget: usize) -> Result<()> {
        self.core.check()?;
        if let Tracking::On(changes) = self.core.tracking() {
            changes.set_budget(budget);
            return Ok(());
        }
        let untouched = matches!(self.core.tracking(), Tracking::Untouched);
        let is_known = untouched && self.is_empty()?;
        *self.core.tracking() = Tracking::On(Changes::new(budget, self.epoch, is_known));
        Ok(())
    }

    fn confirm(&mut self, epoch: u64) -> Result<()> {
        self.core.check()?;
        if epoch > self.epoch {
            return Err(
                Error::new(ErrorKind::Invalid, "an epoch that was never frozen")
                    .with("epoch", epoch)
                    .with("last", self.epoch),
            );
        }
        if let Tracking::On(changes) = self.core.tracking() {
            changes.confirm(epoch);
        }
        Ok(())
    }

    fn commit(&mut self, metadata: &[u8]) -> Result<()> {
        self.core.check()?;
        if !self.capability().durable_commit {
            return Err(crate::store::no_commits(self.name()));
        }
        self.core.write(|store| {
            directory::set_committed(store, metadata)?;
            store.commit()
        })?;
        self.committed = Some(metadata.to_vec());
        Ok(())
    }

    fn native_checkpoint(&mut self, place: NativePlace<'_>) -> Result<NativeReport> {
        self.take_native(place)
    }

    fn native_files(&self, place: NativePlace<'_>) -> Result<Vec<NativeFile>> {
        self.core.store().native_files(place)
    }

    fn native_restore(&mut self, places: &[NativePlace<'_>]) -> Result<()> {
        self.restore_native(places)
    }

    fn committed(&self) -> Result<Option<&[u8]>> {
        self.core.check()?;
        if self.capability().durable_commit {
            Ok(self.committed.as_deref())
        } else {
            Err(crate::store::no_commits(self.name()))
        }
    }

    fn close(self) -> Result<()> {
        self.core.check()?;
        self.core.into_store().close()
    }

    fn destroy(self) -> Result<()> {
        self.core.into_store().destroy()
    }
}

/// States bound for a batch: the backend itself, since an engine resolves nothing ahead.
pub struct StoreBound<'b, K, S, H> {
    backend: &'b mut StoreBackend<K, S>,
    /// Whose positions its handles have: only so can the compiler tell on a backend that it knows.
    handles: PhantomData<fn() -> H>,
}

impl<K, S, H> fmt::Debug for StoreBound<'_, K, S, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreBound").finish_non_exhaustive()
    }
}

impl<K: StateKey, S: OrderedStore, H: Handles> BoundStates<StoreBackend<K, S>, H>
    for StoreBound<'_, K, S, H>
{
    #[inline]
    fn prepare<Q: KeyRef<K> + ?Sized>(&self, key: &Q) -> Result<RowPrefix> {
        self.backend.prepare(key)
    }

    #[inline]
    fn value_table<V: StateValue, N: StateKey, P>(
        &mut self,
        handle: BoundHandle<Value<V, N>, P>,
    ) -> Result<StoreTableMut<'_, S, K, ValueTypes<V, N>>>
    where
        H: Pick<P, Handle = Value<V, N>>,
    {
        self.backend.value_table(handle.handle())
    }

    #[inline]
    fn list_table<T: StateValue, N: StateKey, P>(
        &mut self,
        handle: BoundHandle<List<T, N>, P>,
    ) -> Result<StoreTableMut<'_, S, K, ListTypes<T, N>>>
    where
        H: Pick<P, Handle = List<T, N>>,
    {
        self.backend.list_table(handle.handle())
    }

    #[inline]
    fn map_table<UK: StateKey, UV: StateValue, N: StateKey, P>(
        &mut self,
        handle: BoundHandle<Map<UK, UV, N>, P>,
    ) -> Result<StoreTableMut<'_, S, K, MapTypes<UK, UV, N>>>
    where
        H: Pick<P, Handle = Map<UK, UV, N>>,
    {
        self.backend.map_table(handle.handle())
    }
}

/// The family without tables: binding an engine's states only checks the handles.
struct NoTables;

impl TableFamily for NoTables {
    type Value<V: StateValue, N: StateKey> = ();
    type List<T: StateValue, N: StateKey> = ();
    type Map<UK: StateKey, UV: StateValue, N: StateKey> = ();
}

struct Check<'b, K, S>(&'b mut StoreBackend<K, S>);

impl<K: StateKey, S: OrderedStore> Resolver<NoTables> for Check<'_, K, S> {
    fn value<V: StateValue, N: StateKey>(&mut self, handle: Value<V, N>) -> Result<()> {
        self.0.value_table(handle).map(drop)
    }

    fn list<T: StateValue, N: StateKey>(&mut self, handle: List<T, N>) -> Result<()> {
        self.0.list_table(handle).map(drop)
    }

    fn map<UK: StateKey, UV: StateValue, N: StateKey>(
        &mut self,
        handle: Map<UK, UV, N>,
    ) -> Result<()> {
        self.0.map_table(handle).map(drop)
    }
}
