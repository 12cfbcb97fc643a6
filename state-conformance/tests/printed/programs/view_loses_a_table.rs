// A history that fails: the last statement does not hold.
//
// at step 2, Restore(After, Options(0)): counts of "a": value
//   expected Some(0)
//   found    None
//
//    0  Counts("a", Put(0))
//    1  Counts("ab", Put(0))
//    2  Restore(After, Options(0))
//
// seed: none, the history was chosen

use state_api::{ListDescriptor, MapDescriptor, Ref, Result, StateBackend, StateRead as _, ValueDescriptor};
use state_conformance::replay::{Backup, Handles, Site, all_groups};

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
    backend.at_mut("ab").value(states.counts).put(0)?;
    // step 2
    let backup = Backup::take(&mut backend)?;
    backend.destroy()?;
    dir = site.dir();
    backend = site.reopen(&dir, all_groups())?;
    backup.restore(&mut backend)?;
    states = register(&mut backend)?;
    assert_eq!(backend.at("a").value(states.counts).get()?.map(Ref::into_owned), Some(0));
    Ok(())
}
