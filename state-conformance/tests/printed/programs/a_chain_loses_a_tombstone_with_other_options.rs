// A history that fails: the last statement does not hold.
//
// at the end of the history: checkpoint 3, restored: counts of "a": value
//   expected None
//   found    Some(0)
//
//    0  Counts("a", Put(0))
//    1  Begin
//    2  Publish(0)
//    3  Claim(0, Options(5)): Typed { options: 2 }
//    4  Counts("a", Take)
//    5  Begin
//    6  Publish(0)
//    7  Claim(0, Options(4)): Typed { options: 1 }
//    8  Counts("a", Take)
//
// seed: none, the history was chosen

use state_api::{ListDescriptor, MapDescriptor, Ref, Result, StateBackend, StateRead as _, ValueDescriptor};
use state_conformance::replay::{Chain, Handles, Site, all_groups, claimed, lineage};

fn register<B: StateBackend>(backend: &mut B) -> Result<Handles> {
    Ok(Handles {
        counts: backend.register(ValueDescriptor::new("counts"))?,
        notes: backend.register(ValueDescriptor::new("notes").namespaced())?,
        events: backend.register(ListDescriptor::new("events"))?,
        words: backend.register(ListDescriptor::new("words").namespaced())?,
        scores: backend.register(MapDescriptor::new("scores"))?,
        tags: backend.register(MapDescriptor::new("tags").namespaced())?,
    })
}

#[test]
#[allow(unused, reason = "each history has its own use")]
fn counterexample() -> Result<()> {
    let factory = TYPED;
    let site = Site::new(&factory);
    let chain = Chain::new()?;
    let mut backend = site.open_for::<String>(all_groups());
    backend.track_changes(usize::MAX)?;
    let mut states = register(&mut backend)?;
    let mut lineage = lineage();
    // step 0
    backend.at_mut("a").value(states.counts).put(0)?;
    // step 1
    let flight_0 = chain.begin([(&lineage, &mut backend)])?;
    // step 2
    let (checkpoint_0, written) = chain.publish(flight_0)?;
    assert!(!written[0].0.incremental);
    let mut restored = site.open_for::<String>(all_groups());
    chain.restore(&checkpoint_0, &mut restored)?;
    let found = register(&mut restored)?;
    assert_eq!(restored.at("a").value(found.counts).get()?.map(Ref::into_owned), Some(0));
    assert_eq!(restored.key_count(found.counts)?, 1);
    restored.destroy()?;
    lineage.confirm(&mut backend, &checkpoint_0, written[0].1)?;
    // step 3
    backend = site.reopen_varied(&site.dir(), all_groups(), 5)?;
    backend.track_changes(usize::MAX)?;
    chain.restore(&checkpoint_0, &mut backend)?;
    states = register(&mut backend)?;
    lineage = claimed(&checkpoint_0, &backend)?;
    // step 4
    assert_eq!(backend.at_mut("a").value(states.counts).take()?, Some(0));
    // step 5
    let flight_1 = chain.begin([(&lineage, &mut backend)])?;
    // step 6
    let (checkpoint_1, written) = chain.publish(flight_1)?;
    assert!(written[0].0.incremental);
    let mut restored = site.open_for::<String>(all_groups());
    chain.restore(&checkpoint_1, &mut restored)?;
    let found = register(&mut restored)?;
    restored.destroy()?;
    lineage.confirm(&mut backend, &checkpoint_1, written[0].1)?;
    // step 7
    backend = site.reopen_varied(&site.dir(), all_groups(), 4)?;
    backend.track_changes(usize::MAX)?;
    chain.restore(&checkpoint_0, &mut backend)?;
    states = register(&mut backend)?;
    lineage = claimed(&checkpoint_0, &backend)?;
    // step 8
    assert_eq!(backend.at_mut("a").value(states.counts).take()?, Some(0));
    // the end
    let flight_2 = chain.begin([(&lineage, &mut backend)])?;
    let (checkpoint_2, written) = chain.publish(flight_2)?;
    assert!(written[0].0.incremental);
    let mut restored = site.open_for::<String>(all_groups());
    chain.restore(&checkpoint_2, &mut restored)?;
    let found = register(&mut restored)?;
    assert_eq!(restored.at("a").value(found.counts).get()?.map(Ref::into_owned), None);
    Ok(())
}
