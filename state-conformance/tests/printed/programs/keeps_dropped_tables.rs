// A history that fails: the last statement does not hold.
//
// at step 2, DropState(2): events of "a": elements
//   expected []
//   found    [1]
//
//    0  Crash(Options(0))
//    1  Events("a", Push(1))
//    2  DropState(2)
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
    drop(backend);
    dir = site.dir();
    backend = site.reopen(&dir, all_groups())?;
    states = register(&mut backend)?;
    // step 1
    backend.at_mut("a").list(states.events).push(1)?;
    // step 2
    backend.drop_state("events")?;
    states = register(&mut backend)?;
    assert_eq!(elements(backend.at("a").list(states.events).iter()?)?, Vec::<u64>::new());
    Ok(())
}
