// A history that fails: the last statement does not hold.
//
// at step 0, Do(Cursor, Tags("a", 1, Get("b"))): a get is one read, and Tags("a", 1, Get("b")) of at most 0 rows made Counts { gets: 2, scans: 0, steps: 0, puts: 0, put_bytes: 0, deletes: 0, range_deletes: 0 }
//
//    0  Tags("a", 1, Get("b"))
//
// seed: none, the history was chosen

use state_api::{ListDescriptor, MapDescriptor, Ref, Result, StateBackend, ValueDescriptor};
use state_conformance::replay::{Calls, Handles, Site};

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
    let factory = ENGINE;
    let site = Site::new(&factory);
    let calls = Calls::default();
    let mut backend = site.open_counted::<String>(&calls)?;
    let mut states = register(&mut backend)?;
    backend.track_changes(usize::MAX)?;
    calls.take();
    backend.at_mut("a").value(states.counts).put(0)?;
    assert_eq!(backend.at_mut("a").value(states.counts).get()?.map(Ref::into_owned), Some(0));
    backend.at_mut("a").value(states.counts).clear()?;
    assert_ne!(calls.take(), Default::default());
    // step 0
    calls.take();
    assert_eq!(backend.at_mut("a").in_namespace(&1).map(states.tags).get(&"b".to_owned())?.map(Ref::into_owned), None);
    let made = calls.take();
    assert!(made.reads() <= 1, "{made:?}");
    Ok(())
}
