// A history that fails: the last statement does not hold.
//
// at the end of the history: the changes of the view of epoch 1 since None in 0..=0, with a buffer of 1: changes are those of the range that was asked for: broken at Delete { group: 2, state: 0, key: [98, 0] }
//
// restored:
// then:
//    0  Counts("a", Put(0))
//    1  Counts("b", Put(0))
// looked at in all key groups, and from 0 to 0
//
// seed: none, the history was chosen

use state_api::{KeyGroupRange, ListDescriptor, MapDescriptor, Result, StateBackend, StateRead as _, StateView as _, ValueDescriptor};
use state_conformance::replay::{Handles, Site, all_groups, changes, clipped, hand_over, joined, rows};

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
    let factory = TYPED;
    let site = Site::new(&factory);
    let mut writer = site.open_for::<String>(all_groups());
    let states = register(&mut writer)?;
    let mut backend = site.open_for::<String>(all_groups());
    backend.track_changes(usize::MAX)?;
    let rows_0 = hand_over(&mut writer, &mut backend)?;
    let states = register(&mut backend)?;
    // step 0
    backend.at_mut("a").value(states.counts).put(0)?;
    // step 1
    backend.at_mut("b").value(states.counts).put(0)?;
    // the end
    let view_1 = backend.freeze()?;
    assert_eq!(view_1.epoch(), 1);
    let rows_1 = rows(&view_1)?;
    let range = KeyGroupRange::new(0, 7)?;
    for buffer in [1, 64, 1048576] {
        let found = changes(&view_1, None, range, buffer);
        assert_eq!(found.applied_to(&Default::default(), range), clipped(&rows_1, range));
        assert_eq!(found.count(), 2);
    }
    assert!(view_1.tracks_since(0));
    for buffer in [1, 64, 1048576] {
        let found = changes(&view_1, Some(0), range, buffer).applied_to(&rows_0, range);
        let states = view_1.states();
        assert_eq!(joined(&found, &states)?, joined(&clipped(&rows_1, range), &states)?);
    }
    assert!(view_1.tracks_since(1));
    for buffer in [1, 64, 1048576] {
        let found = changes(&view_1, Some(1), range, buffer).applied_to(&rows_1, range);
        let states = view_1.states();
        assert_eq!(joined(&found, &states)?, joined(&clipped(&rows_1, range), &states)?);
    }
    let range = KeyGroupRange::new(0, 0)?;
    for buffer in [1, 64, 1048576] {
        let found = changes(&view_1, None, range, buffer);
        assert_eq!(found.applied_to(&Default::default(), range), clipped(&rows_1, range));
        assert_eq!(found.count(), 0);
    }
    Ok(())
}
