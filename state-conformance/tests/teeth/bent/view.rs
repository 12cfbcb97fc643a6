//! The view: it reads as the sound one does, and tells its changes with a defect.

use std::collections::BTreeMap;
use std::sync::Arc;

use state_api::{
    KeyGroupRange, KeyGroups, KeyRef, List, Map, Result, RowSource, StateBackend, StateKey,
    StateKind, StateMeta, StateRead, StateValue, StateView, Value,
};
use state_store::{MemoryStore, StoreBackend};

use super::Bend;
use super::changes::{BentChanges, Change};
use super::rows::BentRows;

type Sound<K> = <StoreBackend<K, MemoryStore> as StateBackend>::View;

/// Envelopes by key group, name of the state and row key.
pub(super) type Rows = BTreeMap<(u16, String, Vec<u8>), Vec<u8>>;

pub(super) fn rows_of<V: StateView>(view: V) -> Result<Rows> {
    let (states, range) = (view.states(), view.key_groups().range());
    let mut source = view.into_rows(range)?;
    let mut rows = Rows::new();
    while let Some(row) = source.next_row()? {
        let name = states[usize::try_from(row.state).unwrap()].name.clone();
        let place = (row.group, name, row.key.to_vec());
        rows.insert(place, row.envelope.to_vec());
    }
    Ok(rows)
}

#[derive(Clone)]
pub(crate) struct BentView<K: StateKey> {
    pub(super) inner: Sound<K>,
    pub(super) groups: KeyGroups,
    pub(super) bend: Option<Bend>,
    /// Rows of the freeze before.
    pub(super) before: Arc<Rows>,
    pub(super) dropped: bool,
}

impl<K: StateKey> StateRead for BentView<K> {
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
        self.inner.prepare(key)
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

impl<K: StateKey> BentView<K> {
    fn is(&self, bend: Bend) -> bool {
        self.bend == Some(bend)
    }

    /// The range that is taken for the one that was asked for.
    fn asked(&self, range: KeyGroupRange) -> Result<KeyGroupRange> {
        let (first, last) = (range.first(), range.last());
        if self.is(Bend::RangeOffByOne) && first < last {
            return KeyGroupRange::new(first, last - 1);
        }
        Ok(range)
    }

    /// The epoch that the changes are really told since; `None` for no change at all.
    fn really(&self, since: u64) -> Option<u64> {
        let epoch = self.epoch();
        match self.bend {
            Some(Bend::SinceTheFreezeBefore) if self.inner.tracks_since(since) => {
                Some(since.max(epoch - 1))
            }
            Some(Bend::ConfirmForgetsTooMuch) if since > 0 => Some(epoch.min(since + 1)),
            Some(Bend::SaysItTracks | Bend::LosesDrops) => {
                (since..=epoch).find(|since| self.inner.tracks_since(*since))
            }
            _ => Some(since),
        }
    }
}

impl<K: StateKey> StateView for BentView<K> {
    type Rows = BentRows<<Sound<K> as StateView>::Rows>;
    type Changes = BentChanges;

    fn epoch(&self) -> u64 {
        if self.is(Bend::EpochsRepeat) {
            return 1;
        }
        self.inner.epoch()
    }

    fn origin(&self) -> state_api::Origin {
        self.inner.origin()
    }

    fn into_rows(self, range: KeyGroupRange) -> Result<Self::Rows> {
        let range = self.asked(range)?;
        Ok(BentRows {
            bend: self.bend,
            inner: self.inner.into_rows(range)?,
        })
    }

    fn tracks_since(&self, epoch: u64) -> bool {
        match self.bend {
            Some(Bend::NeverTracks) => false,
            Some(Bend::SaysItTracks) => epoch <= self.epoch(),
            Some(Bend::LosesDrops) if self.dropped => epoch <= self.epoch(),
            _ => self.inner.tracks_since(epoch),
        }
    }

    fn into_changes(
        self,
        since: Option<u64>,
        range: KeyGroupRange,
        buffer: usize,
    ) -> Result<BentChanges> {
        let range = if self.is(Bend::AllGroups) {
            self.key_groups().range()
        } else {
            self.asked(range)?
        };
        let states = self.states();
        let Some(since) = since else {
            let mut all = BentChanges::gather(self.inner.into_changes(None, range, buffer)?)?;
            if self.bend == Some(Bend::FullLacksLast) {
                all.last_run().pop();
            }
            return Ok(all);
        };
        let (bend, before) = (self.bend, Arc::clone(&self.before));
        let told = match self.really(since) {
            _ if bend == Some(Bend::TellsAllRows) => {
                self.inner.into_changes(None, range, buffer)?
            }
            Some(since) => self.inner.into_changes(Some(since), range, buffer)?,
            None => return Ok(BentChanges::default()),
        };
        let mut changes = BentChanges::gather(told)?;
        if let Some(bend) = bend {
            apply(bend, &mut changes, &states, &before);
        }
        Ok(changes)
    }
}

/// Bends changes.
fn apply(bend: Bend, changes: &mut BentChanges, states: &[StateMeta], before: &Rows) {
    let name = |state: u32| states[usize::try_from(state).unwrap()].name.clone();
    let kind = |state: u32| states[usize::try_from(state).unwrap()].kind;
    let was = |change: &Change| {
        let (group, state, key) = change.place();
        before.get(&(group, name(state), key.to_vec()))
    };
    let Some(run) = changes.first_run() else {
        return;
    };
    let ranges: Vec<_> = run.iter().filter(|c| c.is_range()).cloned().collect();
    let covered = |change: &Change| ranges.iter().any(|range| range.covers(change));
    match bend {
        Bend::LosesTombstones => run.retain(|c| !matches!(c, Change::Delete { .. })),
        Bend::LosesRangeTombstones => run.retain(|c| !c.is_range()),
        Bend::LosesClearedLists => {
            run.retain(|c| !c.is_range() || kind(c.place().1) != StateKind::List);
        }
        Bend::RangesHideOwnPuts => run.retain(|c| c.is_range() || !covered(c)),
        Bend::LosesNewRows => run.retain(|c| !c.is_put() || was(c).is_some()),
        Bend::LosesRewrites => run.retain(|c| !c.is_put() || was(c).is_none()),
        Bend::OldValues => {
            for change in run {
                let old = was(change).cloned();
                if let (Change::Put { envelope, .. }, Some(old)) = (change, old) {
                    *envelope = old;
                }
            }
        }
        Bend::ClearsRowByRow => {
            let mut rows: BTreeMap<_, _> = BTreeMap::new();
            for place in before.keys() {
                let state = states.iter().position(|meta| meta.name == place.1);
                let Some(state) = state.map(|at| u32::try_from(at).unwrap()) else {
                    continue;
                };
                let (group, key) = (place.0, place.2.clone());
                let delete = Change::Delete { group, state, key };
                if covered(&delete) {
                    rows.insert((place.0, state, place.2.clone()), delete);
                }
            }
            for change in run.drain(..).filter(|change| !change.is_range()) {
                let (group, state, key) = change.place();
                rows.insert((group, state, key.to_vec()), change);
            }
            run.extend(rows.into_values());
        }
        Bend::Descends => {
            let split = run.partition_point(Change::is_range);
            run[split..].reverse();
        }
        Bend::RangesLast => {
            let split = run.partition_point(Change::is_range);
            run.rotate_left(split);
        }
        Bend::RangesInSecondRun => {
            let split = run.partition_point(Change::is_range);
            let rows = run.split_off(split);
            changes.begin_with(rows);
        }
        Bend::RowsTwice => {
            let first = run.iter().find(|change| change.is_put()).cloned();
            changes.end_with(first.into_iter().collect());
        }
        _ => {}
    }
}
