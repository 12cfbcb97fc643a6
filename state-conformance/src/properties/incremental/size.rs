//! How much a checkpoint writes.

use state_api::{MapDescriptor, StateBackend, ValueDescriptor};

use crate::chain::tracked;
use crate::changes::{Changes, changes};
use crate::factory::BackendFactory;
use crate::refusal::assert_same;
use crate::site::{Site, all_groups};

const MANY: u32 = 20_000;

/// Confirms the state as it is; then the changes that `write` makes.
fn of<B: StateBackend>(backend: &mut B, write: impl FnOnce(&mut B)) -> Changes {
    let since = {
        use state_api::StateView as _;
        backend.freeze().unwrap().epoch()
    };
    backend.confirm(since).unwrap();
    write(backend);
    let range = all_groups().range();
    changes(backend.freeze().unwrap(), Some(since), range, 1 << 20).unwrap()
}

/// A map of many entries that is cleared is one record, and one more for each entry that is written
/// after that; the maps of other keys and namespaces are none.
pub fn a_cleared_map_is_one_record<F: BackendFactory>(factory: &F) {
    let site = Site::new(factory);
    let mut backend = tracked::<u64, _>(&site, all_groups()).unwrap();
    let map = MapDescriptor::<u32, u32>::new("map").namespaced::<u8>();
    let map = backend.register(map).unwrap();
    for entry in 0..MANY {
        let mut at = backend.at_mut(&1);
        at.in_namespace(&1).map(map).insert(entry, entry).unwrap();
    }
    for (key, namespace) in [(1, 0), (1, 2), (0, 1), (2, 1)] {
        let mut at = backend.at_mut(&key);
        at.in_namespace(&namespace).map(map).insert(0, 0).unwrap();
    }
    let found = of(&mut backend, |backend| {
        backend
            .at_mut(&1)
            .in_namespace(&1)
            .map(map)
            .clear()
            .unwrap();
    });
    let count = (found.ranges.len(), found.rows.len());
    assert_same(
        "range tombstones and rows of a map that was cleared",
        &(1, 0),
        &count,
    );
    let found = of(&mut backend, |backend| {
        let mut at = backend.at_mut(&1);
        let mut at = at.in_namespace(&1);
        at.map(map).clear().unwrap();
        at.map(map).insert(7, 7).unwrap();
    });
    let most = found.ranges.len() <= 1 && found.rows.len() == 1;
    assert_same("at most one range tombstone, and one row", &true, &most);
}

/// One changed key among many writes one row, or few of its neighbours; a read writes none.
pub fn few_changes_write_few_rows<F: BackendFactory>(factory: &F) {
    let site = Site::new(factory);
    let mut backend = tracked::<u32, _>(&site, all_groups()).unwrap();
    let value = backend
        .register(ValueDescriptor::<u32>::new("value"))
        .unwrap();
    for key in 0..MANY {
        backend.at_mut(&key).value(value).put(key).unwrap();
    }
    let found = of(&mut backend, |backend| {
        backend.at_mut(&4711).value(value).put(0).unwrap();
    });
    let few = (1..=10).contains(&found.count());
    assert_same("one changed value in few rows", &true, &few);
    let found = of(&mut backend, |backend| {
        let at = backend
            .at_mut(&4712)
            .value(value)
            .get()
            .unwrap()
            .map(|v| *v);
        assert_eq!(at, Some(4712));
    });
    assert_same("changes after a read", &0, &found.count());
}

/// However often a row is written, it is one change.
pub fn a_hot_key_is_one_row<F: BackendFactory>(factory: &F) {
    let site = Site::new(factory);
    let mut backend = tracked::<u32, _>(&site, all_groups()).unwrap();
    let value = backend
        .register(ValueDescriptor::<u32>::new("value"))
        .unwrap();
    let map = backend
        .register(MapDescriptor::<u32, u32>::new("map"))
        .unwrap();
    backend.at_mut(&0).value(value).put(0).unwrap();
    let found = of(&mut backend, |backend| {
        for round in 0..MANY {
            let mut at = backend.at_mut(&1);
            at.value(value).put(round).unwrap();
            at.map(map).modify(&9, 0, |n| *n += 1).unwrap();
        }
    });
    assert_same("changes of two hot rows", &2, &found.count());
}
