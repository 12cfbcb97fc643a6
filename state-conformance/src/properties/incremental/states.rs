//! States that are dropped, and come again.

use state_api::{
    KeyGroups, List, ListDescriptor, MapDescriptor, StateBackend, StateRead, Value, ValueDescriptor,
};
use state_checkpoint::Manifest;

use crate::chain::{self, Chain, tracked};
use crate::factory::BackendFactory;
use crate::refusal::assert_same;
use crate::site::{Site, all_groups};

/// A checkpoint, restored.
fn restored<F: BackendFactory>(
    site: &Site<'_, F>,
    chain: &Chain,
    manifest: &Manifest,
) -> F::Backend<u64> {
    let mut backend = site.open::<u64>();
    chain.restore(manifest, &mut backend).unwrap();
    backend
}

fn names<R: StateRead>(state: &R) -> Vec<String> {
    state.states().into_iter().map(|meta| meta.name).collect()
}

/// Values of the keys 0 to 9.
fn values<R: StateRead<Key = u64>>(state: &R, value: Value<u64>) -> Vec<Option<u64>> {
    let keys = 0..10_u64;
    keys.map(|key| state.at(&key).value(value).get().unwrap().map(|v| *v))
        .collect()
}

fn elements<R: StateRead<Key = u64>>(state: &R, list: List<u64>) -> Vec<Vec<u64>> {
    let keys = 0..10_u64;
    let of = |key| {
        let at = state.at(&key);
        let elements = at.list(list).iter().unwrap();
        elements.map(|element| *element.unwrap()).collect()
    };
    keys.map(of).collect()
}

/// A state that was dropped is not in the next checkpoint; one that was registered under its name
/// has its own rows there, of its own type, and none of the old one's, also while a checkpoint that has them is in
/// flight. Other states are as they were.
pub fn dropped_states_stay_out_of_the_chain<F: BackendFactory>(factory: &F) {
    let site = Site::new(factory);
    let chain = Chain::new().unwrap();
    let groups: KeyGroups = all_groups();
    let mut backend = tracked::<u64, _>(&site, groups).unwrap();
    let mut lineage = chain::lineage();
    let take = |lineage: &mut state_checkpoint::Lineage, backend: &mut F::Backend<u64>| {
        let flight = chain.begin([(&*lineage, &mut *backend)]).unwrap();
        let (manifest, written) = chain.publish(flight).unwrap();
        lineage.confirm(backend, &manifest, written[0].1).unwrap();
        manifest
    };
    let name = "changing";
    let other = ValueDescriptor::<u64>::new("other");
    let other_value = backend.register(other).unwrap();
    let value = backend.register(ValueDescriptor::<u64>::new(name)).unwrap();
    for key in 0..10 {
        backend.at_mut(&key).value(value).put(key).unwrap();
        backend.at_mut(&key).value(other_value).put(key).unwrap();
    }
    take(&mut lineage, &mut backend);

    // Dropped, with a checkpoint in flight that has it.
    backend.at_mut(&3).value(value).put(33).unwrap();
    let flight = chain.begin([(&lineage, &mut backend)]).unwrap();
    backend.drop_state(name).unwrap();
    let (manifest, written) = chain.publish(flight).unwrap();
    let mut copy = restored(&site, &chain, &manifest);
    let found = copy.register(ValueDescriptor::<u64>::new(name)).unwrap();
    let mut expected: Vec<_> = (0..10).map(Some).collect();
    expected[3] = Some(33);
    assert_same(
        "the state before its drop",
        &expected,
        &values(&copy, found),
    );
    lineage
        .confirm(&mut backend, &manifest, written[0].1)
        .unwrap();
    let manifest = take(&mut lineage, &mut backend);
    let copy = restored(&site, &chain, &manifest);
    assert_same(
        "states after the drop",
        &vec!["other".to_owned()],
        &names(&copy),
    );

    // Of another kind; then dropped and of the first kind again, at once.
    let list = backend.register(ListDescriptor::<u64>::new(name)).unwrap();
    backend.at_mut(&4).list(list).extend([1, 2, 3]).unwrap();
    let manifest = take(&mut lineage, &mut backend);
    let mut copy = restored(&site, &chain, &manifest);
    let found = copy.register(ListDescriptor::<u64>::new(name)).unwrap();
    let mut expected = vec![Vec::new(); 10];
    expected[4] = vec![1, 2, 3];
    assert_same(
        "the state of another kind",
        &expected,
        &elements(&copy, found),
    );
    backend.drop_state(name).unwrap();
    let value = backend.register(ValueDescriptor::<u64>::new(name)).unwrap();
    backend.at_mut(&5).value(value).put(55).unwrap();
    let manifest = take(&mut lineage, &mut backend);
    let mut copy = restored(&site, &chain, &manifest);
    let found = copy.register(ValueDescriptor::<u64>::new(name)).unwrap();
    let mut expected = vec![None; 10];
    expected[5] = Some(55);
    assert_same(
        "the state of the first kind",
        &expected,
        &values(&copy, found),
    );

    // One that never had rows, dropped alone.
    backend
        .register(ValueDescriptor::<u64>::new("empty"))
        .unwrap();
    take(&mut lineage, &mut backend);
    backend.drop_state("empty").unwrap();
    backend.at_mut(&8).value(other_value).put(8).unwrap();
    let copy = restored(&site, &chain, &take(&mut lineage, &mut backend));
    let both = vec![name.to_owned(), "other".to_owned()];
    assert_same("states without that one", &both, &names(&copy));

    // Dropped and of the same kind, and another state beside it, in one interval.
    backend.drop_state(name).unwrap();
    let value = backend.register(ValueDescriptor::<u64>::new(name)).unwrap();
    backend.at_mut(&6).value(value).put(66).unwrap();
    let map = MapDescriptor::<u64, u64>::new("another");
    let map = backend.register(map).unwrap();
    backend.at_mut(&6).map(map).insert(6, 6).unwrap();
    backend.at_mut(&7).value(other_value).put(77).unwrap();
    let manifest = take(&mut lineage, &mut backend);
    let mut copy = restored(&site, &chain, &manifest);
    let found = copy.register(ValueDescriptor::<u64>::new(name)).unwrap();
    let mut expected = vec![None; 10];
    expected[6] = Some(66);
    assert_same(
        "the state of the same kind",
        &expected,
        &values(&copy, found),
    );
    let found = copy.register(ValueDescriptor::<u64>::new("other")).unwrap();
    let mut expected: Vec<_> = (0..10).map(Some).collect();
    expected[7] = Some(77);
    assert_same("the other state", &expected, &values(&copy, found));
}

/// A state that is registered after the base has its rows in the deltas, wherever its name stands among
/// the others.
pub fn new_states_join_the_chain<F: BackendFactory>(factory: &F) {
    let site = Site::new(factory);
    let chain = Chain::new().unwrap();
    let mut backend = tracked::<u64, _>(&site, all_groups()).unwrap();
    let mut lineage = chain::lineage();
    let mut known = Vec::new();
    for (number, name) in (0_u64..).zip(["m", "z", "a", "b"]) {
        let value = backend.register(ValueDescriptor::<u64>::new(name)).unwrap();
        known.push((name, value));
        for (_, value) in &known {
            backend.at_mut(&number).value(*value).put(number).unwrap();
        }
        let flight = chain.begin([(&lineage, &mut backend)]).unwrap();
        let (manifest, written) = chain.publish(flight).unwrap();
        lineage
            .confirm(&mut backend, &manifest, written[0].1)
            .unwrap();
        assert_same("incremental", &(number > 0), &written[0].0.incremental);
        let mut copy = restored(&site, &chain, &manifest);
        for (name, value) in &known {
            let found = copy.register(ValueDescriptor::<u64>::new(*name)).unwrap();
            assert_same(
                &format!("the state {name:?}"),
                &values(&backend, *value),
                &values(&copy, found),
            );
        }
    }
}
