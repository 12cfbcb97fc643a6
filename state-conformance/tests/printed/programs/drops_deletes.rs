// A history that fails: the last statement does not hold.
//
// at step 1, Do(Bound, Counts("a", Update(None))): a read of what was just touched: value
//   expected None
//   found    Some(0)
//
//    0  Counts("a", Put(0))
//    1  Counts("a", Update(None)), bound
//
// seed: none, the history was chosen

use std::mem::{replace};
use state_api::{BoundStates as _, ListDescriptor, MapDescriptor, Ref, Result, StateBackend, StateRead as _, ValueDescriptor};
use state_conformance::replay::{Handles, Site, all_groups};

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
    let factory = STORE;
    let site = Site::new(&factory);
    let mut dir = site.dir();
    let mut backend = site.reopen::<String>(&dir, all_groups())?;
    let mut states = register(&mut backend)?;
    // step 0
    backend.at_mut("a").value(states.counts).put(0)?;
    // step 1
    {
        let (mut bound, (counts, _, _, _, _, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        assert_eq!(bound.at_mut("a").value(counts).update(|value| replace(value, None))?, Some(0));
    }
    assert_eq!(backend.at("a").value(states.counts).get()?.map(Ref::into_owned), None);
    Ok(())
}
