// A history that fails: the last statement does not hold.
//
// at step 3, ReadView(0): the view of epoch 1: notes of "a": value
//   expected Some("x")
//   found    Some("y")
//
//    0  Notes("a", 0, Put("x"))
//    1  Freeze
//    2  Notes("a", 0, Put("y"))
//    3  ReadView(0)
//
// seed: none, the history was chosen

use state_api::{ListDescriptor, MapDescriptor, Ref, Result, StateBackend, StateRead as _, ValueDescriptor};
use state_conformance::replay::{Handles, Site, Text, all_groups};

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
    backend.at_mut("a").in_namespace(&0).value(states.notes).put(Text::from("x"))?;
    // step 1
    let view_0 = (backend.freeze()?, states);
    // step 2
    backend.at_mut("a").in_namespace(&0).value(states.notes).put(Text::from("y"))?;
    // step 3
    std::thread::scope(|scope| {
        let reads = scope.spawn(|| -> Result<()> {
            assert_eq!(view_0.0.at("a").in_namespace(&0).value(view_0.1.notes).get()?.map(Ref::into_owned), Some(Text::from("x")));
            Ok(())
        });
        reads.join().unwrap()
    })?;
    Ok(())
}
