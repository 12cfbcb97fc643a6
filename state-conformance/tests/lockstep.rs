//! Two sound engines in lockstep pass the suite; a broken one beside a sound one is caught in a plain program.

#![allow(clippy::unwrap_used, reason = "tests may panic, in their helpers too")]

use std::ops::Bound;
use std::path::Path;

use state_api::row::RowSource;
use state_api::{
    Capability, Error, ErrorKind, KeyGroups, MapDescriptor, Result, StateBackend, StateKey,
    StateRead, StateView, ValueDescriptor,
};
use state_conformance::fault::{Fault, Faults, FaultyStore};
use state_conformance::{BackendFactory, Calls, CountingStore, LockstepStore};
use state_store::{MemoryScan, MemoryStore, OrderedRead, OrderedStore, StoreBackend, TableId};

struct Two;

impl BackendFactory for Two {
    type Backend<K: StateKey> = StoreBackend<K, LockstepStore<MemoryStore, MemoryStore>>;

    fn open<K: StateKey>(&self, _: &Path, groups: KeyGroups) -> Result<Self::Backend<K>> {
        let both = LockstepStore::new(MemoryStore::new(), MemoryStore::new());
        StoreBackend::new(both, groups)
    }

    fn open_counted<K: StateKey>(
        &self,
        _: &Path,
        groups: KeyGroups,
        calls: &Calls,
    ) -> Result<impl StateBackend<Key = K> + use<K>> {
        let both = LockstepStore::new(MemoryStore::new(), MemoryStore::new());
        StoreBackend::new(CountingStore::new(both, calls), groups)
    }
}

state_conformance::suite!(
    lockstep,
    Two,
    lacks: [durable => "memory does not survive a crash", native => "there are no files"]
);

/// A store whose deletes of ranges do nothing.
#[derive(Debug, Default)]
struct Forgetful(MemoryStore);

impl OrderedRead for Forgetful {
    type Guard<'a> = &'a [u8];
    type Scan<'a> = MemoryScan<'a>;

    fn get(&self, table: TableId, key: &[u8]) -> Result<Option<&[u8]>> {
        self.0.get(table, key)
    }

    fn scan(&self, table: TableId, from: Bound<&[u8]>, to: Bound<&[u8]>) -> Result<MemoryScan<'_>> {
        self.0.scan(table, from, to)
    }
}

impl OrderedStore for Forgetful {
    type View = MemoryStore;

    fn name(&self) -> &'static str {
        "forgetful"
    }

    fn capability(&self) -> Capability {
        self.0.capability()
    }

    fn create_table(&mut self, table: TableId) -> Result<()> {
        self.0.create_table(table)
    }

    fn drop_table(&mut self, table: TableId) -> Result<()> {
        self.0.drop_table(table)
    }

    fn put(&mut self, table: TableId, key: &[u8], value: &[u8]) -> Result<()> {
        self.0.put(table, key, value)
    }

    fn delete(&mut self, table: TableId, key: &[u8]) -> Result<()> {
        self.0.delete(table, key)
    }

    fn delete_range(&mut self, _: TableId, _: &[u8], _: Option<&[u8]>) -> Result<()> {
        Ok(())
    }

    fn freeze(&mut self) -> Result<MemoryStore> {
        self.0.freeze()
    }

    fn close(self) -> Result<()> {
        self.0.close()
    }

    fn destroy(self) -> Result<()> {
        self.0.destroy()
    }
}

/// That the error is of a difference between the two, at `call`.
#[track_caller]
fn assert_differs(error: &Error, call: &str, right: &str) {
    assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
    assert_eq!(error.context("call"), Some(call), "{error}");
    assert!(error.context("left").unwrap().starts_with("memory: "));
    assert!(
        error.context("right").unwrap().starts_with(right),
        "{error}"
    );
}

#[test]
fn a_broken_engine_is_caught_beside_a_sound_one() {
    let both = LockstepStore::new(MemoryStore::new(), Forgetful::default());
    let mut state = StoreBackend::<u64, _>::new(both, KeyGroups::all(8).unwrap()).unwrap();
    let map = state.register(MapDescriptor::<u8, u8>::new("map")).unwrap();
    state.at_mut(&1).map(map).insert(1, 1).unwrap();
    state.at_mut(&1).map(map).clear().unwrap();

    let error = state.at(&1).map(map).is_empty().unwrap_err();
    assert_differs(&error, "scan", "forgetful: Some(Entry");
    let error = state.at(&1).map(map).get(&1).unwrap_err();
    assert_differs(&error, "get", "forgetful: Some([");
    // The rows of a view, too.
    let range = KeyGroups::all(8).unwrap().range();
    let mut rows = state.freeze().unwrap().into_rows(range).unwrap();
    let error = rows.next_row().unwrap_err();
    assert_differs(&error, "scan", "forgetful: Some(Entry");
}

#[test]
fn a_failure_of_one_is_a_difference_that_poisons() {
    for call in 0.. {
        let faults = Faults::at(call, Fault::Fail);
        let failing = FaultyStore::new(MemoryStore::new(), faults.clone());
        let both = LockstepStore::new(MemoryStore::new(), failing);
        let Ok(mut state) = StoreBackend::<u64, _>::new(both, KeyGroups::all(8).unwrap()) else {
            continue;
        };
        let Ok(count) = state.register(ValueDescriptor::<u64>::new("count")) else {
            continue;
        };
        let Err(error) = state.at_mut(&1).value(count).put(1) else {
            continue;
        };
        assert!(faults.has_happened());
        assert_differs(&error, "put", "memory: ");
        let error = state.at(&1).value(count).get().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Poisoned);
        break;
    }
}
