// A history that fails: the last statement does not hold.
//
// at step 5, Do(Cursor, Counts("a", Clear)): a read of what was just touched: value
//   expected None
//   found    Some(0)
//
//    0  Restore(Between, Options(5)): Store { options: 2 }
//    1  Counts("a", Put(0))
//    2  Counts("a", Clear)
//    3  Reopen(Options(4)): Store { options: 1 }
//    4  Counts("a", Put(0))
//    5  Counts("a", Clear)
//
// seed: none, the history was chosen

use state_api::{ListDescriptor, MapDescriptor, Ref, Result, StateBackend, StateRead as _, ValueDescriptor};
use state_conformance::replay::{Backup, Handles, Site, Text, all_groups};

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
    let backup = Backup::take(&mut backend)?;
    backend.destroy()?;
    dir = site.dir();
    backend = site.reopen_varied(&dir, all_groups(), 5)?;
    backend.register(MapDescriptor::<String, Text>::new("tags").namespaced::<u32>())?;
    backend.register(ListDescriptor::<u64>::new("events"))?;
    backend.register(ValueDescriptor::<Text>::new("notes").namespaced::<u32>())?;
    backup.restore(&mut backend)?;
    states = register(&mut backend)?;
    assert_eq!(Backup::take(&mut backend)?.digest()?, backup.digest()?);
    // step 1
    backend.at_mut("a").value(states.counts).put(0)?;
    // step 2
    backend.at_mut("a").value(states.counts).clear()?;
    // step 3
    let backup = Backup::take(&mut backend)?;
    backend.close()?;
    backend = site.reopen_varied(&dir, all_groups(), 4)?;
    states = register(&mut backend)?;
    backup.restore(&mut backend)?;
    // step 4
    backend.at_mut("a").value(states.counts).put(0)?;
    // step 5
    backend.at_mut("a").value(states.counts).clear()?;
    assert_eq!(backend.at("a").value(states.counts).get()?.map(Ref::into_owned), None);
    Ok(())
}
