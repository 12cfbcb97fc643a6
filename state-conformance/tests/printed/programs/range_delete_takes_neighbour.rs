// A history that fails: the last statement does not hold.
//
// at the end of the history: scores of "b": entries, Forward
//   expected [(2, 3)]
//   found    []
//
//    0  Scores("a", Insert(0, 1))
//    1  Scores("ab", Insert(-9223372036854775808, 18446744073709551615))
//    2  Scores("", Insert(2, 3))
//    3  Scores("\0", Insert(2, 3))
//    4  Scores("b", Insert(2, 3))
//    5  Scores("", Clear)
//    6  Scores("\0", Clear)
//    7  Scores("a", Clear)
//
// seed: none, the history was chosen

use state_api::{ListDescriptor, MapDescriptor, Result, StateBackend, StateRead as _, ValueDescriptor};
use state_conformance::replay::{Handles, Site, Walk, all_groups, entries};

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
    backend.at_mut("a").map(states.scores).insert(0, 1)?;
    // step 1
    backend.at_mut("ab").map(states.scores).insert(i64::MIN, u64::MAX)?;
    // step 2
    backend.at_mut("").map(states.scores).insert(2, 3)?;
    // step 3
    backend.at_mut("\0").map(states.scores).insert(2, 3)?;
    // step 4
    backend.at_mut("b").map(states.scores).insert(2, 3)?;
    // step 5
    backend.at_mut("").map(states.scores).clear()?;
    // step 6
    backend.at_mut("\0").map(states.scores).clear()?;
    // step 7
    backend.at_mut("a").map(states.scores).clear()?;
    // the end
    assert_eq!(entries(Walk::Forward, backend.at("b").map(states.scores).iter()?)?, vec![(2, 3)]);
    Ok(())
}
