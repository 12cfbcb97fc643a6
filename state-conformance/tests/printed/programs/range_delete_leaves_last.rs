// A history that fails: the last statement does not hold.
//
// at step 1, Do(Cursor, Events("a", Replace([]))): a read of what was just touched: elements
//   expected []
//   found    [0]
//
//    0  Events("a", Push(0))
//    1  Events("a", Replace([]))
//
// seed: none, the history was chosen

use state_api::{ListDescriptor, MapDescriptor, Result, StateBackend, StateRead as _, ValueDescriptor};
use state_conformance::replay::{Handles, Site, all_groups, elements};

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
    backend.at_mut("a").list(states.events).push(0)?;
    // step 1
    backend.at_mut("a").list(states.events).replace([])?;
    assert_eq!(elements(backend.at("a").list(states.events).iter()?)?, Vec::<u64>::new());
    Ok(())
}
