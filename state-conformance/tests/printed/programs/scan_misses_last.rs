// A history that fails: the last statement does not hold.
//
// at step 0, Do(Cursor, Words("k" x 65536, "n\0", Push("t" x 300))): a read of what was just touched: elements
//   expected ["t" x 300]
//   found    []
//
//    0  Words("k" x 65536, "n\0", Push("t" x 300))
//
// seed: none, the history was chosen

use state_api::{ListDescriptor, MapDescriptor, Result, StateBackend, StateRead as _, ValueDescriptor};
use state_conformance::replay::{Handles, Site, Text, all_groups, elements};

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
    backend.at_mut("k".repeat(65536).as_str()).in_namespace(&"n\0".to_owned()).list(states.words).push(Text("t".repeat(300)))?;
    assert_eq!(elements(backend.at("k".repeat(65536).as_str()).in_namespace(&"n\0".to_owned()).list(states.words).iter()?)?, vec![Text("t".repeat(300))]);
    Ok(())
}
