// A history that fails: the last statement does not hold.
//
// at step 1, Do(Cursor, Scores("a", Insert(1, 0))): a read of what was just touched: entries, Forward
//   expected [(0, 0), (1, 0)]
//   found    [(1, 0), (0, 0)]
//
//    0  Scores("a", Insert(0, 0))
//    1  Scores("a", Insert(1, 0))
//    2  Scores("a", First)
//
// seed: none, the history was chosen

use state_api::{ListDescriptor, MapDescriptor, Result, StateBackend, StateRead as _, ValueDescriptor};
use state_conformance::replay::{Handles, Site, Walk, all_groups, entries};

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
    backend.at_mut("a").map(states.scores).insert(0, 0)?;
    // step 1
    backend.at_mut("a").map(states.scores).insert(1, 0)?;
    assert_eq!(entries(Walk::Forward, backend.at("a").map(states.scores).iter()?)?, vec![(0, 0), (1, 0)]);
    Ok(())
}
