// A history that fails: the last statement does not hold.
//
// at step 1, Rescale(2, Options(0)): worker 1 of 2: scores of "a": entries, Forward: unexpected error: corrupt: bytes go on after the end of a value (codec = bincode, type = u64, offset = 8, len = 9)
//
//    0  Events("a", Push(0))
//    1  Rescale(2, Options(0))
//
// seed: none, the history was chosen

use state_api::{ListDescriptor, MapDescriptor, Result, StateBackend, StateRead as _, ValueDescriptor};
use state_conformance::replay::{Backup, Handles, Site, Walk, all_groups, entries, worker_groups};

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
    let backup = Backup::take(&mut backend)?;
    drop(backend);
    let mut worker_0 = site.open_for::<String>(worker_groups(0, 2));
    let states_0 = register(&mut worker_0)?;
    backup.restore(&mut worker_0)?;
    let part_0 = worker_0.freeze()?;
    worker_0.destroy()?;
    let mut worker_1 = site.open_for::<String>(worker_groups(1, 2));
    let states_1 = register(&mut worker_1)?;
    backup.restore(&mut worker_1)?;
    assert_eq!(entries(Walk::Forward, worker_1.at("a").map(states_1.scores).iter()?)?, Vec::<(i64, u64)>::new());
    Ok(())
}
