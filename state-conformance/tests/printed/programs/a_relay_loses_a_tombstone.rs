// A history that fails: the last statement does not hold.
//
// at the checkpoint of round 2: checkpoint 3, restored: counts of "a": value
//   expected None
//   found    Some(0)
//
// round 0, workers: 1
//    0  Counts("a", Put(0))
// round 1, workers: 1
// round 2, workers: 2
//    1  Counts("a", Take)
// round 3, workers: 1
//
// seed: none, the history was chosen

use state_api::{ListDescriptor, MapDescriptor, Ref, Result, StateBackend, StateRead as _, ValueDescriptor};
use state_conformance::replay::{Chain, Handles, Site, all_groups, claimed, lineage, worker_groups};

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
    // round 0
    let mut worker_0 = site.open_for::<String>(worker_groups(0, 1));
    worker_0.track_changes(usize::MAX)?;
    let states_0 = register(&mut worker_0)?;
    let mut lineage_0 = lineage();
    // step 0
    worker_0.at_mut("a").value(states_0.counts).put(0)?;
    let flight = chain.begin([(&lineage_0, &mut worker_0)])?;
    let (checkpoint, written) = chain.publish(flight)?;
    lineage_0.confirm(&mut worker_0, &checkpoint, written[0].1)?;
    assert!(!written[0].0.incremental);
    let mut restored = site.open_for::<String>(all_groups());
    chain.restore(&checkpoint, &mut restored)?;
    let found = register(&mut restored)?;
    assert_eq!(restored.at("a").value(found.counts).get()?.map(Ref::into_owned), Some(0));
    assert_eq!(restored.key_count(found.counts)?, 1);
    restored.destroy()?;
    // round 1
    let mut worker_0 = site.open_for::<String>(worker_groups(0, 1));
    worker_0.track_changes(usize::MAX)?;
    chain.restore(&checkpoint, &mut worker_0)?;
    let states_0 = register(&mut worker_0)?;
    let mut lineage_0 = claimed(&checkpoint, &worker_0)?;
    let flight = chain.begin([(&lineage_0, &mut worker_0)])?;
    let (checkpoint, written) = chain.publish(flight)?;
    lineage_0.confirm(&mut worker_0, &checkpoint, written[0].1)?;
    assert!(written[0].0.incremental);
    let mut restored = site.open_for::<String>(all_groups());
    chain.restore(&checkpoint, &mut restored)?;
    let found = register(&mut restored)?;
    assert_eq!(restored.at("a").value(found.counts).get()?.map(Ref::into_owned), Some(0));
    assert_eq!(restored.key_count(found.counts)?, 1);
    restored.destroy()?;
    // round 2
    let mut worker_0 = site.open_for::<String>(worker_groups(0, 2));
    worker_0.track_changes(usize::MAX)?;
    chain.restore(&checkpoint, &mut worker_0)?;
    let states_0 = register(&mut worker_0)?;
    let mut lineage_0 = claimed(&checkpoint, &worker_0)?;
    let mut worker_1 = site.open_for::<String>(worker_groups(1, 2));
    worker_1.track_changes(usize::MAX)?;
    chain.restore(&checkpoint, &mut worker_1)?;
    let states_1 = register(&mut worker_1)?;
    let mut lineage_1 = claimed(&checkpoint, &worker_1)?;
    // step 1
    assert_eq!(worker_1.at_mut("a").value(states_1.counts).take()?, Some(0));
    let flight = chain.begin([(&lineage_0, &mut worker_0), (&lineage_1, &mut worker_1)])?;
    let (checkpoint, written) = chain.publish(flight)?;
    lineage_0.confirm(&mut worker_0, &checkpoint, written[0].1)?;
    assert!(written[0].0.incremental);
    lineage_1.confirm(&mut worker_1, &checkpoint, written[1].1)?;
    assert!(written[1].0.incremental);
    let mut restored = site.open_for::<String>(all_groups());
    chain.restore(&checkpoint, &mut restored)?;
    let found = register(&mut restored)?;
    assert_eq!(restored.at("a").value(found.counts).get()?.map(Ref::into_owned), None);
    Ok(())
}
