// A history that fails: the last statement does not hold.
//
// at the end of the history: checkpoint 3, restored: counts of "a": value
//   expected Some(0)
//   found    None
//
//    0  Begin
//    1  Publish(0)
//    2  Counts("a", Put(0)), bound
//    3  Begin
//    4  Abort(0)
//
// seed: none, the history was chosen

use state_api::{BoundStates as _, ListDescriptor, MapDescriptor, Ref, Result, StateBackend, StateRead as _, ValueDescriptor};
use state_conformance::replay::{Chain, Handles, Site, all_groups, lineage};

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
    let flight_0 = chain.begin([(&lineage, &mut backend)])?;
    // step 1
    let (checkpoint_0, written) = chain.publish(flight_0)?;
    assert!(!written[0].0.incremental);
    let mut restored = site.open_for::<String>(all_groups());
    chain.restore(&checkpoint_0, &mut restored)?;
    let found = register(&mut restored)?;
    restored.destroy()?;
    lineage.confirm(&mut backend, &checkpoint_0, written[0].1)?;
    // step 2
    {
        let (mut bound, (counts, _, _, _, _, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        bound.at_mut("a").value(counts).put(0)?;
    }
    // step 3
    let flight_1 = chain.begin([(&lineage, &mut backend)])?;
    // step 4
    drop(flight_1);
    // the end
    let flight_2 = chain.begin([(&lineage, &mut backend)])?;
    let (checkpoint_2, written) = chain.publish(flight_2)?;
    assert!(written[0].0.incremental);
    let mut restored = site.open_for::<String>(all_groups());
    chain.restore(&checkpoint_2, &mut restored)?;
    let found = register(&mut restored)?;
    assert_eq!(restored.at("a").value(found.counts).get()?.map(Ref::into_owned), Some(0));
    Ok(())
}
