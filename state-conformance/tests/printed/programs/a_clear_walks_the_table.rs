// A history that fails: the last statement does not hold.
//
// at step 2, Do(Cursor, Scores("a", Clear)): a clear walks only its own rows, and Scores("a", Clear) of at most 1 rows made Counts { gets: 0, scans: 1, steps: 3, puts: 0, put_bytes: 0, deletes: 1, range_deletes: 0 }
//
//    0  Scores("a", Insert(0, 0))
//    1  Scores("b", Insert(0, 0))
//    2  Scores("a", Clear)
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
    backend.at_mut("a").map(states.scores).insert(0, 0)?;
    // step 1
    backend.at_mut("b").map(states.scores).insert(0, 0)?;
    // step 2
    calls.take();
    backend.at_mut("a").map(states.scores).clear()?;
    let made = calls.take();
    assert!(made.gets == 0 && made.steps <= 1 + made.scans, "{made:?}");
    Ok(())
}
