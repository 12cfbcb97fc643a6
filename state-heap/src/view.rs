//! Views of a heap backend.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use state_api::key::RowHash;
use state_api::view::untracked;
use state_api::{
    KeyGroupRange, KeyGroups, KeyRef, List, Map, Origin, Result, StateId, StateKey, StateMeta,
    StateRead, StateValue, StateView, Value,
};
use state_table::{ChunkedList, ChunkedMap, FrozenTable, TypedRead};

use crate::changes::{ChangedRows, HeapChanges, Question};
use crate::export::HeapRows;
use crate::runs::SortedRuns;
use crate::slot::{FrozenContent, FrozenState, TypedView, unfit};

/// A consistent view of a [`HeapBackend`](crate::HeapBackend). Reads are borrows, as on the
/// backend.
pub struct HeapView<K> {
    states: Arc<Vec<Option<FrozenSlot<K>>>>,
    groups: KeyGroups,
    origin: Origin,
    epoch: u64,
    /// The earliest freeze that changes are told since; `None` when they are not tracked.
    tracked_since: Option<u64>,
    key: PhantomData<fn() -> K>,
}

/// A state of a view.
#[derive(Clone)]
pub(crate) struct FrozenSlot<K> {
    pub(crate) meta: StateMeta,
    pub(crate) content: FrozenContent<K>,
}

impl<K: StateKey> HeapView<K> {
    pub(crate) fn new(
        states: Vec<Option<FrozenSlot<K>>>,
        groups: KeyGroups,
        (origin, epoch): (Origin, u64),
        tracked_since: Option<u64>,
    ) -> Self {
        Self {
            states: Arc::new(states),
            groups,
            origin,
            epoch,
            tracked_since,
            key: PhantomData,
        }
    }

    /// The states, ascending by name, without a hold on what the view alone has.
    fn into_states(self) -> impl Iterator<Item = Arc<dyn FrozenState>> {
        let states = Arc::try_unwrap(self.states).unwrap_or_else(|shared| (*shared).clone());
        let mut states: Vec<_> = states.into_iter().flatten().collect();
        states.sort_by(|a, b| a.meta.name.cmp(&b.meta.name));
        states.into_iter().map(|slot| slot.content.into_state())
    }

    #[inline]
    fn rows<N: StateKey, X: StateValue>(
        &self,
        id: StateId,
    ) -> Result<TypedRead<'_, FrozenTable<K, N, X>>> {
        let slot = self.states.get(id.index()).and_then(Option::as_ref);
        let view = slot.and_then(|slot| slot.content.typed::<TypedView<K, N, X>>());
        match view {
            Some(view) => Ok(TypedRead::new(&view.rows)),
            None => Err(unfit(slot.map(|slot| &slot.meta), id)),
        }
    }
}

impl<K> Clone for HeapView<K> {
    fn clone(&self) -> Self {
        Self {
            states: Arc::clone(&self.states),
            groups: self.groups,
            origin: self.origin,
            epoch: self.epoch,
            tracked_since: self.tracked_since,
            key: PhantomData,
        }
    }
}

impl<K> fmt::Debug for HeapView<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeapView")
            .field("epoch", &self.epoch)
            .field("key_groups", &self.groups)
            .finish_non_exhaustive()
    }
}

impl<K: StateKey> StateRead for HeapView<K> {
    type Key = K;
    type Prepared = RowHash;
    type ValueRead<'r, V: StateValue, N: StateKey> = TypedRead<'r, FrozenTable<K, N, V>>;
    type ListRead<'r, T: StateValue, N: StateKey> =
        TypedRead<'r, FrozenTable<K, N, ChunkedList<T>>>;
    type MapRead<'r, UK: StateKey, UV: StateValue, N: StateKey> =
        TypedRead<'r, FrozenTable<K, N, ChunkedMap<UK, UV>>>;

    fn key_groups(&self) -> KeyGroups {
        self.groups
    }

    #[inline]
    fn prepare<Q: KeyRef<K> + ?Sized>(&self, key: &Q) -> Result<RowHash> {
        RowHash::of(key)
    }

    fn states(&self) -> Vec<StateMeta> {
        let mut metas: Vec<_> = self
            .states
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
        self.rows(handle.id())
    }

    #[inline]
    fn list_read<T: StateValue, N: StateKey>(
        &self,
        handle: List<T, N>,
    ) -> Result<Self::ListRead<'_, T, N>> {
        self.rows(handle.id())
    }

    #[inline]
    fn map_read<UK: StateKey, UV: StateValue, N: StateKey>(
        &self,
        handle: Map<UK, UV, N>,
    ) -> Result<Self::MapRead<'_, UK, UV, N>> {
        self.rows(handle.id())
    }
}

impl<K: StateKey> StateView for HeapView<K> {
    type Rows = HeapRows;
    type Changes = HeapChanges;

    fn epoch(&self) -> u64 {
        self.epoch
    }

    fn origin(&self) -> Origin {
        self.origin
    }

    fn into_rows(self, range: KeyGroupRange) -> Result<HeapRows> {
        let groups = self.groups;
        let states = self.into_states();
        let exports: Result<_> = states.map(|state| state.export(groups, range)).collect();
        Ok(HeapRows::new(exports?, range))
    }

    fn tracks_since(&self, epoch: u64) -> bool {
        let first = self.tracked_since;
        epoch <= self.epoch && first.is_some_and(|first| first <= epoch)
    }

    fn into_changes(
        self,
        since: Option<u64>,
        range: KeyGroupRange,
        buffer: usize,
    ) -> Result<HeapChanges> {
        let Some(since) = since else {
            let groups = self.groups;
            let walks = self.into_states().map(|state| state.walk(groups, range));
            return Ok(HeapChanges::All(SortedRuns::new(walks.collect(), buffer)));
        };
        if !self.tracks_since(since) {
            return Err(untracked(since));
        }
        let mut question = Question::new(since, self.groups, range, buffer);
        let mut states = Vec::new();
        for (index, state) in (0..).zip(self.into_states()) {
            question.at_state(index);
            states.extend(state.changes(&mut question)?);
        }
        Ok(HeapChanges::Since(ChangedRows::new(states, question)))
    }
}
