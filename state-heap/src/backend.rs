//! The heap backend.

use std::fmt;
use std::marker::PhantomData;
use std::mem::needs_drop;
use std::sync::Arc;

use state_api::key::RowHash;
use state_api::row::CheckedRows;
use state_api::{
    Capability, Error, ErrorKind, Handles, KeyGroups, KeyRef, List, ListDescriptor, Map,
    MapDescriptor, MemoryHeld, Origin, Result, RowRef, RowSource, StateBackend, StateId, StateKey,
    StateMeta, StateRead, StateValue, Value, ValueDescriptor,
};
use state_table::{
    ChunkedList, ChunkedMap, KeyedRow, Table, TypedMut, TypedRead, TypedTable, Weight,
};

use crate::bound::{BoundFamily, HeapBound, Take};
use crate::codec::{ListRows, MapRows, ValueRows};
use crate::forecast::Forecast;
use crate::opaque::OpaqueRows;
use crate::slot::{
    Content, FrozenContent, HeapState, Kind, MAX_COLLECTION_ROWS, Slot, TypedState, unfit,
};
use crate::view::{FrozenSlot, HeapView};

/// A state backend that keeps typed values on the heap.
///
/// # Cost
/// An access is one hash of the key and one probe; reads are borrows; nothing is encoded but by a
/// checkpoint. A freeze costs one reference count per segment of up to 3,584 rows; the first write
/// to a segment that a view shares copies it.
///
/// The allocator's own pauses come on top. glibc merges the small blocks of a dropped view within
/// one later call for a large block, which took a tenth of a second at a million values of 100
/// bytes; `docs/performance.md` has the figures and the settings that avoid it.
pub struct HeapBackend<K> {
    slots: Vec<Option<Slot<K>>>,
    groups: KeyGroups,
    origin: Origin,
    epoch: u64,
    restored: bool,
    restore_failed: bool,
    tracking: Option<Tracking>,
    key: PhantomData<fn() -> K>,
}

/// That changes are tracked.
#[derive(Clone, Copy, Debug)]
struct Tracking {
    /// Most bytes to take.
    budget: usize,
    /// The earliest freeze that the backend can tell changes since; a state may have a later one.
    floor: u64,
}

impl<K: StateKey> HeapBackend<K> {
    /// An empty backend that owns `groups`.
    pub fn new(groups: KeyGroups) -> Self {
        Self {
            slots: Vec::new(),
            groups,
            origin: Origin::unique(),
            epoch: 0,
            restored: false,
            restore_failed: false,
            tracking: None,
            key: PhantomData,
        }
    }

    #[inline]
    fn typed<N: StateKey, X: StateValue, E: 'static>(
        &self,
        id: StateId,
    ) -> Result<TypedRead<'_, TypedTable<K, N, X>>> {
        let slot = self.slots.get(id.index()).and_then(Option::as_ref);
        match slot.and_then(|slot| Some((slot, slot.content.typed::<TypedState<K, N, X, E>>()?))) {
            Some((_, state)) => Ok(TypedRead::new(&state.table)),
            None => Err(unfit(slot.map(|slot| &slot.meta), id)),
        }
    }

    #[inline]
    fn typed_mut<N: StateKey, X: StateValue, E: 'static>(
        &mut self,
        id: StateId,
    ) -> Result<TypedMut<'_, K, N, X, E>> {
        let Some(Some(Slot { meta, content })) = self.slots.get_mut(id.index()) else {
            return Err(unfit(None, id));
        };
        match content.typed_mut::<TypedState<K, N, X, E>>() {
            Some(state) => Ok(TypedMut::new(&mut state.table, state.kind.heap_size)),
            None => Err(unfit(Some(meta), id)),
        }
    }

    fn find(&self, name: &str) -> Option<usize> {
        self.slots
            .iter()
            .position(|slot| slot.as_ref().is_some_and(|slot| slot.meta.name == name))
    }

    fn id(index: usize) -> Result<StateId> {
        u32::try_from(index)
            .map(StateId)
            .map_err(|_| Error::new(ErrorKind::Invalid, "more states than a number can hold"))
    }

    fn add(&mut self, slot: Slot<K>) -> Result<StateId> {
        let id = Self::id(self.slots.len())?;
        self.slots.push(Some(slot));
        self.share_budget();
        Ok(id)
    }

    /// A registered state without rows.
    fn fresh<N: StateKey, X: StateValue, E: 'static>(
        &self,
        name: &str,
        kind: Kind<X, E>,
    ) -> TypedState<K, N, X, E> {
        let mut state = TypedState::new(name, self.groups, kind);
        if let Some(Tracking { floor, .. }) = self.tracking {
            state.track(self.epoch + 1, floor);
        }
        state
    }

    /// All states that are registered.
    fn registered_mut(&mut self) -> impl Iterator<Item = &mut dyn HeapState> {
        let slots = self.slots.iter_mut().flatten();
        slots.filter_map(|slot| slot.content.registered_mut())
    }

    /// Shares what is left of the budget among the states, so that none has to ask for it at a
    /// write.
    fn share_budget(&mut self) {
        let Some(Tracking { budget, .. }) = self.tracking else {
            return;
        };
        let taken = self.registered_mut().map(|state| state.tracking_bytes());
        let (count, taken) = taken.fold((0_usize, 0_usize), |(count, sum), bytes| {
            (count + 1, sum.saturating_add(bytes))
        });
        let share = budget.saturating_sub(taken) / count.max(1);
        let most = (taken > budget).then(|| budget / count.max(1));
        for state in self.registered_mut() {
            let limit = state.tracking_bytes().saturating_add(share);
            state.limit_tracking(most.map_or(limit, |most| most.min(limit)));
        }
    }

    /// From now on changes can be told since the next freeze, and not since an earlier one.
    fn forget_changes(&mut self) {
        let next = self.epoch + 1;
        if let Some(tracking) = &mut self.tracking {
            tracking.floor = next;
        }
    }

    /// Whether any state holds rows.
    fn holds_rows(&self) -> bool {
        self.slots.iter().flatten().any(|slot| match &slot.content {
            Content::Opaque(rows) => !rows.is_empty(),
            content => content.registered().is_some_and(|state| !state.is_empty()),
        })
    }

    /// Registers a state; decodes the rows that a restore brought for it.
    fn register_kind<N: StateKey, X: StateValue, E: 'static>(
        &mut self,
        meta: StateMeta,
        kind: Kind<X, E>,
    ) -> Result<StateId> {
        self.check_restore()?;
        let Some(index) = self.find(&meta.name) else {
            let content = Content::of(self.fresh::<N, X, E>(&meta.name, kind));
            return self.add(Slot { meta, content });
        };
        let mut state = self.fresh::<N, X, E>(&meta.name, kind);
        let Some(Some(slot)) = self.slots.get_mut(index) else {
            return Err(unfit(None, Self::id(index)?));
        };
        if slot.meta != meta {
            return Err(differs(&slot.meta, &meta));
        }
        let is_same = slot.content.typed::<TypedState<K, N, X, E>>().is_some();
        match &slot.content {
            _ if is_same => {}
            Content::Opaque(rows) => {
                for (key, envelope) in rows.iter() {
                    state
                        .restore_row(key, envelope)
                        .map_err(|e| e.with("state", &meta.name))?;
                }
                state
                    .finish_restore()
                    .map_err(|e| e.with("state", &meta.name))?;
                slot.content = Content::of(state);
                self.share_budget();
            }
            Content::Common(_) | Content::Typed(_) => {
                return Err(Error::new(
                    ErrorKind::Mismatch,
                    "the state is registered with types of the same names that are not the same types",
                )
                .with("state", &slot.meta));
            }
        }
        Self::id(index)
    }

    /// Refuses further use after a restore failed half-way.
    fn check_restore(&self) -> Result<()> {
        if self.restore_failed {
            return Err(Error::new(
                ErrorKind::Poisoned,
                "a restore failed half-way: destroy the backend and restore into a new one",
            ));
        }
        Ok(())
    }

    /// Takes in all rows of a restore.
    fn take_rows(&mut self, states: &[StateMeta], mut rows: CheckedRows<'_, K>) -> Result<()> {
        let targets = self.restore_targets(states)?;
        let mut forecast = Forecast::new(rows.about_rows());
        while let Some(row) = rows.next_row()? {
            if let Some((part, whole)) = forecast.at_row(row.group) {
                let states = self.slots.iter_mut().flatten();
                states
                    .filter_map(|slot| slot.content.registered_mut())
                    .for_each(|state| state.make_room(part, whole));
            }
            let target = targets.get(row.state as usize).copied();
            self.restore_row(target.unwrap_or(usize::MAX), row)?;
        }
        for slot in self.slots.iter_mut().flatten() {
            if let Some(state) = slot.content.registered_mut() {
                state
                    .finish_restore()
                    .map_err(|e| e.with("state", &slot.meta.name))?;
            }
        }
        self.share_budget();
        Ok(())
    }

    /// The slots that a restore writes to, made where they are missing.
    fn restore_targets(&mut self, states: &[StateMeta]) -> Result<Vec<usize>> {
        let mut targets = Vec::with_capacity(states.len());
        for meta in states {
            targets.push(if let Some(index) = self.find(&meta.name) {
                if let Some(Some(slot)) = self.slots.get(index)
                    && slot.meta != *meta
                {
                    return Err(differs(&slot.meta, meta));
                }
                index
            } else {
                let content = Content::Opaque(Arc::default());
                self.add(Slot {
                    meta: meta.clone(),
                    content,
                })?
                .index()
            });
        }
        Ok(targets)
    }

    fn restore_row(&mut self, index: usize, row: RowRef<'_>) -> Result<()> {
        let Some(Some(Slot { meta, content })) = self.slots.get_mut(index) else {
            return Err(
                Error::new(ErrorKind::Invalid, "a listed state has no table")
                    .with("state", row.state),
            );
        };
        if let Content::Opaque(rows) = content {
            // Nobody shares the rows: the backend was empty.
            Arc::make_mut(rows).push(row);
        } else if let Some(state) = content.registered_mut() {
            state
                .restore_row(row.key, row.envelope)
                .map_err(|e| e.with("state", &meta.name))?;
        }
        Ok(())
    }
}

fn differs(found: &StateMeta, given: &StateMeta) -> Error {
    Error::new(
        ErrorKind::Mismatch,
        "the state is known with another description",
    )
    .with("known", found)
    .with("given", given)
}

impl<K> fmt::Debug for HeapBackend<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeapBackend")
            .field("states", &self.slots.iter().flatten().count())
            .field("key_groups", &self.groups)
            .field("epoch", &self.epoch)
            .finish_non_exhaustive()
    }
}

impl<K: StateKey> StateRead for HeapBackend<K> {
    type Key = K;
    type Prepared = RowHash;
    type ValueRead<'r, V: StateValue, N: StateKey> = TypedRead<'r, TypedTable<K, N, V>>;
    type ListRead<'r, T: StateValue, N: StateKey> = TypedRead<'r, TypedTable<K, N, ChunkedList<T>>>;
    type MapRead<'r, UK: StateKey, UV: StateValue, N: StateKey> =
        TypedRead<'r, TypedTable<K, N, ChunkedMap<UK, UV>>>;

    #[inline]
    fn key_groups(&self) -> KeyGroups {
        self.groups
    }

    #[inline]
    fn prepare<Q: KeyRef<K> + ?Sized>(&self, key: &Q) -> Result<RowHash> {
        RowHash::of(key)
    }

    fn states(&self) -> Vec<StateMeta> {
        let mut metas: Vec<_> = self
            .slots
            .iter()
            .flatten()
            .map(|slot| slot.meta.clone())
            .collect();
        metas.sort_by(|a, b| a.name.cmp(&b.name));
        metas
    }

    #[inline]
    fn value_read<V: StateValue, N: StateKey>(
        &self,
        handle: Value<V, N>,
    ) -> Result<Self::ValueRead<'_, V, N>> {
        self.typed::<N, V, V>(handle.id())
    }

    #[inline]
    fn list_read<T: StateValue, N: StateKey>(
        &self,
        handle: List<T, N>,
    ) -> Result<Self::ListRead<'_, T, N>> {
        self.typed::<N, ChunkedList<T>, T>(handle.id())
    }

    #[inline]
    fn map_read<UK: StateKey, UV: StateValue, N: StateKey>(
        &self,
        handle: Map<UK, UV, N>,
    ) -> Result<Self::MapRead<'_, UK, UV, N>> {
        self.typed::<N, ChunkedMap<UK, UV>, UV>(handle.id())
    }
}

impl<K: StateKey> StateBackend for HeapBackend<K> {
    type View = HeapView<K>;
    type ValueTable<'t, V: StateValue, N: StateKey> = TypedMut<'t, K, N, V, V>;
    type ListTable<'t, T: StateValue, N: StateKey> = TypedMut<'t, K, N, ChunkedList<T>, T>;
    type MapTable<'t, UK: StateKey, UV: StateValue, N: StateKey> =
        TypedMut<'t, K, N, ChunkedMap<UK, UV>, UV>;
    type Bound<'b, H: Handles> = HeapBound<'b, K, H>;

    fn name(&self) -> &'static str {
        "heap"
    }

    fn origin(&self) -> Origin {
        self.origin
    }

    fn capability(&self) -> Capability {
        Capability::default()
            .with_borrowed_reads()
            .with_constant_time_count()
            .with_tracks_changes()
    }

    fn memory_held(&self) -> MemoryHeld {
        let mut held = MemoryHeld::default();
        for slot in self.slots.iter().flatten() {
            if let Some(state) = slot.content.registered() {
                held.entries += state.entries();
                held.bytes += state.bytes();
                held.view_bytes += state.view_bytes();
                held.estimated |= state.is_estimated();
                if self.tracking.is_some() {
                    let bytes = state.tracking_bytes();
                    held.tracking_bytes += u64::try_from(bytes).unwrap_or(u64::MAX);
                }
            } else if let Content::Opaque(rows) = &slot.content {
                held.entries += u64::try_from(rows.len()).unwrap_or(u64::MAX);
                held.bytes += u64::try_from(rows.bytes()).unwrap_or(u64::MAX);
            }
        }
        held
    }

    fn register_value<V: StateValue, N: StateKey>(
        &mut self,
        descriptor: ValueDescriptor<V, N>,
    ) -> Result<Value<V, N>> {
        let kind = Kind {
            codec: Arc::new(ValueRows(Arc::clone(descriptor.codec()))),
            heap_size: descriptor.heap_size(),
            owns: needs_drop::<V>(),
            weigh: Weight::of_value::<V>,
            max_rows: Table::<KeyedRow<K, N, V>>::MAX_ROWS,
        };
        self.register_kind::<N, V, V>(descriptor.meta::<K>(), kind)
            .map(Value::from_id)
    }

    fn register_list<T: StateValue, N: StateKey>(
        &mut self,
        descriptor: ListDescriptor<T, N>,
    ) -> Result<List<T, N>> {
        let kind = Kind {
            codec: Arc::new(ListRows(Arc::clone(descriptor.codec()))),
            heap_size: descriptor.heap_size(),
            owns: needs_drop::<T>(),
            weigh: Weight::of_list::<T>,
            max_rows: MAX_COLLECTION_ROWS,
        };
        self.register_kind::<N, ChunkedList<T>, T>(descriptor.meta::<K>(), kind)
            .map(List::from_id)
    }

    fn register_map<UK: StateKey, UV: StateValue, N: StateKey>(
        &mut self,
        descriptor: MapDescriptor<UK, UV, N>,
    ) -> Result<Map<UK, UV, N>> {
        let kind = Kind {
            codec: Arc::new(MapRows(Arc::clone(descriptor.codec()))),
            heap_size: descriptor.heap_size(),
            owns: needs_drop::<(UK, UV)>(),
            weigh: Weight::of_map::<UK, UV>,
            max_rows: MAX_COLLECTION_ROWS,
        };
        self.register_kind::<N, ChunkedMap<UK, UV>, UV>(descriptor.meta::<K>(), kind)
            .map(Map::from_id)
    }

    fn drop_state(&mut self, name: &str) -> Result<()> {
        match self.find(name).and_then(|index| self.slots.get_mut(index)) {
            Some(slot) => {
                *slot = None;
                // Also without rows: the older checkpoint lists the state, and what was tracked of it
                // goes with it.
                self.forget_changes();
                self.share_budget();
                Ok(())
            }
            None => {
                Err(Error::new(ErrorKind::NotFound, "no state of that name").with("state", name))
            }
        }
    }

    #[inline]
    fn value_table<V: StateValue, N: StateKey>(
        &mut self,
        handle: Value<V, N>,
    ) -> Result<Self::ValueTable<'_, V, N>> {
        self.typed_mut(handle.id())
    }

    #[inline]
    fn list_table<T: StateValue, N: StateKey>(
        &mut self,
        handle: List<T, N>,
    ) -> Result<Self::ListTable<'_, T, N>> {
        self.typed_mut(handle.id())
    }

    #[inline]
    fn map_table<UK: StateKey, UV: StateValue, N: StateKey>(
        &mut self,
        handle: Map<UK, UV, N>,
    ) -> Result<Self::MapTable<'_, UK, UV, N>> {
        self.typed_mut(handle.id())
    }

    fn bind<H: Handles>(&mut self, handles: H) -> Result<(HeapBound<'_, K, H>, H::Bound)> {
        state_api::bind::check_distinct(handles)?;
        let mut take = Take {
            slots: self.slots.iter_mut().map(Option::as_mut).collect(),
        };
        let tables = handles.resolve::<BoundFamily<'_, K>, _>(&mut take)?;
        Ok((HeapBound { tables }, handles.bound()))
    }

    fn freeze(&mut self) -> Result<HeapView<K>> {
        self.check_restore()?;
        for slot in self.slots.iter().flatten() {
            slot.check()?;
        }
        let states = self.slots.iter_mut().map(|slot| {
            let Slot { meta, content } = slot.as_mut()?;
            let content = match content {
                Content::Common(state) => FrozenContent::Common(state.freeze()),
                Content::Typed(state) => FrozenContent::Typed(state.freeze()),
                Content::Opaque(rows) => FrozenContent::Typed(Arc::<OpaqueRows>::clone(rows)),
            };
            Some(FrozenSlot {
                meta: meta.clone(),
                content,
            })
        });
        let states: Vec<Option<FrozenSlot<K>>> = states.collect();
        self.epoch += 1;
        let tracked_since = self.tracking.and_then(|Tracking { floor, .. }| {
            let mut slots = states.iter().flatten();
            slots.try_fold(floor, |floor, slot| {
                Some(floor.max(slot.content.get().tracked_since()?))
            })
        });
        self.share_budget();
        Ok(HeapView::new(
            states,
            self.groups,
            (self.origin, self.epoch),
            tracked_since,
        ))
    }

    /// Cost: a byte at each write of a row, which is in cache more often than the row; a removal, a
    /// change of a map that is large, and the first change of a list that another backend wrote
    /// also go to a log. What each state may take is decided at freezes.
    fn track_changes(&mut self, budget: usize) -> Result<()> {
        if self.tracking.is_none() {
            let pristine = self.epoch == 0 && !self.restored && !self.holds_rows();
            let floor = if pristine { 0 } else { self.epoch + 1 };
            let interval = self.epoch + 1;
            self.registered_mut()
                .for_each(|state| state.track(interval, floor));
            self.tracking = Some(Tracking { budget, floor });
        }
        if let Some(tracking) = &mut self.tracking {
            tracking.budget = budget;
        }
        self.share_budget();
        Ok(())
    }

    /// Cost: a few instructions a segment, and dropping the logged keys that no view has.
    fn confirm(&mut self, epoch: u64) -> Result<()> {
        if epoch > self.epoch {
            return Err(
                Error::new(ErrorKind::Invalid, "no view of that epoch was ever frozen")
                    .with("epoch", epoch)
                    .with("last", self.epoch),
            );
        }
        if let Some(tracking) = &mut self.tracking {
            tracking.floor = tracking.floor.max(epoch);
            self.registered_mut().for_each(|state| state.confirm(epoch));
            self.share_budget();
        }
        Ok(())
    }

    fn restore(&mut self, states: &[StateMeta], rows: &mut dyn RowSource) -> Result<()> {
        self.check_restore()?;
        for slot in self.slots.iter().flatten() {
            slot.check()?;
        }
        if self.holds_rows() {
            return Err(Error::new(
                ErrorKind::Invalid,
                "a backend that holds rows cannot restore",
            ));
        }
        let rows = CheckedRows::new(self.groups, states, rows)?;
        self.restored = true;
        if self.epoch > 0 {
            self.forget_changes(); // what was frozen had other rows
        } else if let Some(Tracking { floor, .. }) = self.tracking {
            // What was written and removed before is not a change of what comes now.
            self.registered_mut()
                .for_each(|state| state.track(1, floor));
        }
        let restored = self.take_rows(states, rows);
        if restored.is_err() {
            self.restore_failed = true;
            for slot in self.slots.iter_mut().flatten() {
                if let Some(state) = slot.content.registered_mut() {
                    state.poison();
                }
            }
        }
        restored
    }

    fn close(self) -> Result<()> {
        Ok(())
    }

    fn destroy(self) -> Result<()> {
        Ok(())
    }
}
