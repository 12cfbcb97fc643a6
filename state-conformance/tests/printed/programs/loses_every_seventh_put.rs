// A history that fails: the last statement does not hold.
//
// at step 6, Do(Cursor, Scores("a", Insert(6, 0))): a read of what was just touched: entries, Forward
//   expected [(0, 0), (1, 0), (2, 0), (3, 0), (4, 0), (5, 0), (6, 0)]
//   found    [(0, 0), (1, 0), (2, 0), (3, 0), (4, 0), (5, 0)]
//
//    0  Scores("a", Insert(0, 0))
//    1  Scores("a", Insert(1, 0))
//    2  Scores("a", Insert(2, 0))
//    3  Scores("a", Insert(3, 0))
//    4  Scores("a", Insert(4, 0))
//    5  Scores("a", Insert(5, 0))
//    6  Scores("a", Insert(6, 0))
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
    // step 2
    backend.at_mut("a").map(states.scores).insert(2, 0)?;
    // step 3
    backend.at_mut("a").map(states.scores).insert(3, 0)?;
    // step 4
    backend.at_mut("a").map(states.scores).insert(4, 0)?;
    // step 5
    backend.at_mut("a").map(states.scores).insert(5, 0)?;
    // step 6
    backend.at_mut("a").map(states.scores).insert(6, 0)?;
    assert_eq!(entries(Walk::Forward, backend.at("a").map(states.scores).iter()?)?, vec![(0, 0), (1, 0), (2, 0), (3, 0), (4, 0), (5, 0), (6, 0)]);
    Ok(())
}
