//! The backend: it is the sound one, but for what is bent.

use std::sync::Arc;

use state_api::bind::{BoundHandle, Pick};
use state_api::{
    BoundStates, Capability, Handles, KeyGroups, KeyRef, List, ListDescriptor, Map, MapDescriptor,
    MemoryHeld, Result, RowSource, StateBackend, StateKey, StateMeta, StateRead, StateValue, Value,
    ValueDescriptor,
};
use state_store::{MemoryStore, StoreBackend};

use super::Bend;
use super::rows::Without;
use super::tables::BentTable;
use super::view::{BentView, Rows, rows_of};

type Sound<K> = StoreBackend<K, MemoryStore>;

pub(crate) struct BentBackend<K: StateKey> {
    inner: Sound<K>,
    groups: KeyGroups,
    bend: Option<Bend>,
    /// Rows of the freeze before.
    before: Arc<Rows>,
    dropped: bool,
}

impl<K: StateKey> BentBackend<K> {
    pub(super) fn open(bend: Option<Bend>, groups: KeyGroups) -> Result<Self> {
        let owned = if bend == Some(Bend::AcceptsForeignKeys) {
            KeyGroups::all(groups.max_parallelism())?
        } else {
            groups
        };
        Ok(Self {
            inner: StoreBackend::new(MemoryStore::new(), owned)?,
            groups,
            bend,
            before: Arc::default(),
            dropped: false,
        })
    }

    fn is(&self, bend: Bend) -> bool {
        self.bend == Some(bend)
    }
}

impl<K: StateKey> StateRead for BentBackend<K> {
    type Key = K;
    type Prepared = <Sound<K> as StateRead>::Prepared;
    type ValueRead<'r, V: StateValue, N: StateKey> = <Sound<K> as StateRead>::ValueRead<'r, V, N>;
    type ListRead<'r, T: StateValue, N: StateKey> = <Sound<K> as StateRead>::ListRead<'r, T, N>;
    type MapRead<'r, UK: StateKey, UV: StateValue, N: StateKey> =
        <Sound<K> as StateRead>::MapRead<'r, UK, UV, N>;

    fn key_groups(&self) -> KeyGroups {
        self.groups
    }

    fn prepare<Q: KeyRef<K> + ?Sized>(&self, key: &Q) -> Result<Self::Prepared> {
        StateRead::prepare(&self.inner, key)
    }

    fn states(&self) -> Vec<StateMeta> {
        self.inner.states()
    }

    fn value_read<V: StateValue, N: StateKey>(
        &self,
        handle: Value<V, N>,
    ) -> Result<Self::ValueRead<'_, V, N>> {
        self.inner.value_read(handle)
    }

    fn list_read<T: StateValue, N: StateKey>(
        &self,
        handle: List<T, N>,
    ) -> Result<Self::ListRead<'_, T, N>> {
        self.inner.list_read(handle)
    }

    fn map_read<UK: StateKey, UV: StateValue, N: StateKey>(
        &self,
        handle: Map<UK, UV, N>,
    ) -> Result<Self::MapRead<'_, UK, UV, N>> {
        self.inner.map_read(handle)
    }
}

impl<K: StateKey> StateBackend for BentBackend<K> {
    type View = BentView<K>;
    type ValueTable<'t, V: StateValue, N: StateKey> =
        BentTable<<Sound<K> as StateBackend>::ValueTable<'t, V, N>>;
    type ListTable<'t, T: StateValue, N: StateKey> =
        BentTable<<Sound<K> as StateBackend>::ListTable<'t, T, N>>;
    type MapTable<'t, UK: StateKey, UV: StateValue, N: StateKey> =
        BentTable<<Sound<K> as StateBackend>::MapTable<'t, UK, UV, N>>;
    type Bound<'b, H: Handles> = BentBound<'b, K, H>;

    fn name(&self) -> &'static str {
        "bent"
    }

    fn origin(&self) -> state_api::Origin {
        self.inner.origin()
    }

    fn capability(&self) -> Capability {
        let mut capability = self.inner.capability();
        capability.tracks_changes &= !self.is(Bend::DeniesTracking);
        match self.bend {
            Some(Bend::PromisesCommits) => capability.with_durable_commit(),
            Some(Bend::PromisesBorrows) => capability.with_borrowed_reads(),
            Some(Bend::PromisesNative) => capability.with_native_checkpoint(),
            _ => capability,
        }
    }

    fn memory_held(&self) -> MemoryHeld {
        MemoryHeld {
            entries: u64::from(self.is(Bend::HoldsAGhost)),
            ..self.inner.memory_held()
        }
    }

    fn register_value<V: StateValue, N: StateKey>(
        &mut self,
        descriptor: ValueDescriptor<V, N>,
    ) -> Result<Value<V, N>> {
        self.inner.register_value(descriptor)
    }

    fn register_list<T: StateValue, N: StateKey>(
        &mut self,
        descriptor: ListDescriptor<T, N>,
    ) -> Result<List<T, N>> {
        self.inner.register_list(descriptor)
    }

    fn register_map<UK: StateKey, UV: StateValue, N: StateKey>(
        &mut self,
        descriptor: MapDescriptor<UK, UV, N>,
    ) -> Result<Map<UK, UV, N>> {
        self.inner.register_map(descriptor)
    }

    fn drop_state(&mut self, name: &str) -> Result<()> {
        self.dropped = true;
        if self.is(Bend::KeepsDroppedStates) {
            return Ok(());
        }
        self.inner.drop_state(name)
    }

    fn value_table<V: StateValue, N: StateKey>(
        &mut self,
        handle: Value<V, N>,
    ) -> Result<Self::ValueTable<'_, V, N>> {
        let (bend, groups) = (self.bend, self.groups);
        let inner = self.inner.value_table(handle)?;
        Ok(BentTable {
            inner,
            bend,
            groups,
        })
    }

    fn list_table<T: StateValue, N: StateKey>(
        &mut self,
        handle: List<T, N>,
    ) -> Result<Self::ListTable<'_, T, N>> {
        let (bend, groups) = (self.bend, self.groups);
        let inner = self.inner.list_table(handle)?;
        Ok(BentTable {
            inner,
            bend,
            groups,
        })
    }

    fn map_table<UK: StateKey, UV: StateValue, N: StateKey>(
        &mut self,
        handle: Map<UK, UV, N>,
    ) -> Result<Self::MapTable<'_, UK, UV, N>> {
        let (bend, groups) = (self.bend, self.groups);
        let inner = self.inner.map_table(handle)?;
        Ok(BentTable {
            inner,
            bend,
            groups,
        })
    }

    fn bind<H: Handles>(&mut self, handles: H) -> Result<(Self::Bound<'_, H>, H::Bound)> {
        let (bend, groups) = (self.bend, self.groups);
        let (states, handles) = self.inner.bind(handles)?;
        let bound = BentBound {
            states,
            bend,
            groups,
        };
        Ok((bound, handles))
    }

    fn freeze(&mut self) -> Result<BentView<K>> {
        let inner = self.inner.freeze()?;
        let now = match self.bend {
            None => Arc::default(),
            Some(_) => Arc::new(rows_of(inner.clone())?),
        };
        Ok(BentView {
            inner,
            groups: self.groups,
            bend: self.bend,
            before: std::mem::replace(&mut self.before, now),
            dropped: self.dropped,
        })
    }

    fn restore(&mut self, states: &[StateMeta], rows: &mut dyn RowSource) -> Result<()> {
        match self.bend {
            Some(Bend::SkipsForeignRows) => {
                let groups = self.groups;
                self.inner
                    .restore(states, &mut Without::foreign(rows, groups))
            }
            Some(Bend::SkipsUnregistered) => {
                let known = self.inner.states();
                let mut rows = Without::unknown(rows, states, &known);
                self.inner.restore(states, &mut rows)
            }
            _ => self.inner.restore(states, rows),
        }
    }

    fn track_changes(&mut self, budget: usize) -> Result<()> {
        let given = if self.is(Bend::IgnoresBudget) {
            usize::MAX
        } else {
            budget
        };
        self.inner.track_changes(given)
    }

    fn confirm(&mut self, epoch: u64) -> Result<()> {
        match self.inner.confirm(epoch) {
            Err(_) if self.is(Bend::ConfirmsAnything) => Ok(()),
            confirmed => confirmed,
        }
    }

    fn close(self) -> Result<()> {
        self.inner.close()
    }

    fn destroy(self) -> Result<()> {
        self.inner.destroy()
    }
}

pub(crate) struct BentBound<'b, K: StateKey, H: Handles> {
    states: <Sound<K> as StateBackend>::Bound<'b, H>,
    bend: Option<Bend>,
    groups: KeyGroups,
}

impl<K: StateKey, H: Handles> BoundStates<BentBackend<K>, H> for BentBound<'_, K, H> {
    fn prepare<Q: KeyRef<K> + ?Sized>(
        &self,
        key: &Q,
    ) -> Result<<BentBackend<K> as StateRead>::Prepared> {
        BoundStates::<Sound<K>, H>::prepare(&self.states, key)
    }

    fn value_table<V: StateValue, N: StateKey, P>(
        &mut self,
        handle: BoundHandle<Value<V, N>, P>,
    ) -> Result<<BentBackend<K> as StateBackend>::ValueTable<'_, V, N>>
    where
        H: Pick<P, Handle = Value<V, N>>,
    {
        let (bend, groups) = (self.bend, self.groups);
        let inner = BoundStates::<Sound<K>, H>::value_table(&mut self.states, handle)?;
        Ok(BentTable {
            inner,
            bend,
            groups,
        })
    }

    fn list_table<T: StateValue, N: StateKey, P>(
        &mut self,
        handle: BoundHandle<List<T, N>, P>,
    ) -> Result<<BentBackend<K> as StateBackend>::ListTable<'_, T, N>>
    where
        H: Pick<P, Handle = List<T, N>>,
    {
        let (bend, groups) = (self.bend, self.groups);
        let inner = BoundStates::<Sound<K>, H>::list_table(&mut self.states, handle)?;
        Ok(BentTable {
            inner,
            bend,
            groups,
        })
    }

    fn map_table<UK: StateKey, UV: StateValue, N: StateKey, P>(
        &mut self,
        handle: BoundHandle<Map<UK, UV, N>, P>,
    ) -> Result<<BentBackend<K> as StateBackend>::MapTable<'_, UK, UV, N>>
    where
        H: Pick<P, Handle = Map<UK, UV, N>>,
    {
        let (bend, groups) = (self.bend, self.groups);
        let inner = BoundStates::<Sound<K>, H>::map_table(&mut self.states, handle)?;
        Ok(BentTable {
            inner,
            bend,
            groups,
        })
    }
}
