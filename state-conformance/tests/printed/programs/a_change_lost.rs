// A history that fails: the last statement does not hold.
//
// at the end of the history: changes of the view of epoch 2 since 0, applied
//   expected {("counts", 7, [97, 0]): [1, 0, 0, 0, 0, 0, 0, 0]}
//   found    {("counts", 7, [97, 0]): [0, 0, 0, 0, 0, 0, 0, 0]}
//
// restored:
//    0  Counts("a", Put(0))
// then:
//    0  Freeze
//    1  Counts("a", Put(1))
// looked at in all key groups, and from 0 to 0
//
// seed: none, the history was chosen

use state_api::{ErrorKind, KeyGroupRange, ListDescriptor, MapDescriptor, Result, StateBackend, StateRead as _, StateView as _, ValueDescriptor};
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
    writer.at_mut("a").value(states.counts).put(0)?;
    let mut backend = site.open_for::<String>(all_groups());
    backend.track_changes(usize::MAX)?;
    let rows_0 = hand_over(&mut writer, &mut backend)?;
    let states = register(&mut backend)?;
    // step 0
    let view_1 = backend.freeze()?;
    assert_eq!(view_1.epoch(), 1);
    let rows_1 = rows(&view_1)?;
    // step 1
    backend.at_mut("a").value(states.counts).put(1)?;
    // the end
    let view_2 = backend.freeze()?;
    assert_eq!(view_2.epoch(), 2);
    let rows_2 = rows(&view_2)?;
    let range = KeyGroupRange::new(0, 7)?;
    for buffer in [1, 64, 1048576] {
        let found = changes(&view_1, None, range, buffer);
        assert_eq!(found.applied_to(&Default::default(), range), clipped(&rows_1, range));
        assert_eq!(found.count(), 1);
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
    assert!(!view_1.tracks_since(2));
    let refused = view_1.clone().into_changes(Some(2), range, 0).map(drop);
    assert_eq!(refused.map_err(|error| error.kind()), Err(ErrorKind::Invalid));
    for buffer in [1, 64, 1048576] {
        let found = changes(&view_2, None, range, buffer);
        assert_eq!(found.applied_to(&Default::default(), range), clipped(&rows_2, range));
        assert_eq!(found.count(), 1);
    }
    assert!(view_2.tracks_since(0));
    for buffer in [1, 64, 1048576] {
        let found = changes(&view_2, Some(0), range, buffer).applied_to(&rows_0, range);
        let states = view_2.states();
        assert_eq!(joined(&found, &states)?, joined(&clipped(&rows_2, range), &states)?);
    }
    Ok(())
}
