// A history that fails: the last statement does not hold.
//
// at step 1, Do(Cursor, Tags("a", 4294967295, Insert("a\0", "x"))): a read of what was just touched: entries, Backward
//   expected [("", "x"), ("a\0", "x")]
//   found    [("a\0", "x"), ("", "x")]
//
//    0  Tags("a", 4294967295, Insert("", "x"))
//    1  Tags("a", 4294967295, Insert("a\0", "x"))
//    2  Tags("a", 4294967295, Last)
//
// seed: none, the history was chosen

use state_api::{ListDescriptor, MapDescriptor, Result, StateBackend, StateRead as _, ValueDescriptor};
use state_conformance::replay::{Handles, Site, Text, Walk, all_groups, entries};

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
    backend.at_mut("a").in_namespace(&u32::MAX).map(states.tags).insert("".to_owned(), Text::from("x"))?;
    // step 1
    backend.at_mut("a").in_namespace(&u32::MAX).map(states.tags).insert("a\0".to_owned(), Text::from("x"))?;
    assert_eq!(entries(Walk::Backward, backend.at("a").in_namespace(&u32::MAX).map(states.tags).iter()?)?, vec![("".to_owned(), Text::from("x")), ("a\0".to_owned(), Text::from("x"))]);
    Ok(())
}
