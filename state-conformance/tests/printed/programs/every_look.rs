// A history that holds:
//
// restored:
//    0  Counts("a", Put(1))
//    1  Counts("b", Put(2))
//    2  Counts("b", Take)
//    3  Notes("", 4294967295, Put("x"))
//    4  Events("ab", Extend([1, 2]))
//    5  Words("b", "n", Push("t" x 300))
//    6  Scores("k" x 65536, Insert(-9223372036854775808, 3))
//    7  Tags("a", 1, Insert("a", "y"))
//    8  Tags("a", 1, Clear)
//    9  Tags("a", 0, Insert("b", "z"))
// then:
//    0  Drop(3)
//    1  Confirm(0)
//    2  Freeze
//    3  Counts("a", Put(1))
//    4  Counts("b", Put(2))
//    5  Counts("b", Take)
//    6  Notes("", 4294967295, Put("x"))
//    7  Events("ab", Extend([1, 2]))
//    8  Words("b", "n", Push("t" x 300))
//    9  Scores("k" x 65536, Insert(-9223372036854775808, 3))
//   10  Tags("a", 1, Insert("a", "y"))
//   11  Tags("a", 1, Clear)
//   12  Tags("a", 0, Insert("b", "z"))
//   13  Freeze
//   14  Confirm(1)
//   15  Freeze
//   16  Counts("a", Clear)
//   17  Drop(1)
//   18  Confirm(5)
// looked at in all key groups, and from 1 to 4

use state_api::{ErrorKind, KeyGroupRange, ListDescriptor, MapDescriptor, Result, StateBackend, StateRead as _, StateView as _, ValueDescriptor};
use state_conformance::replay::{Handles, Site, Text, all_groups, changes, clipped, hand_over, joined, rows};

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
    writer.at_mut("a").value(states.counts).put(1)?;
    writer.at_mut("b").value(states.counts).put(2)?;
    assert_eq!(writer.at_mut("b").value(states.counts).take()?, Some(2));
    writer.at_mut("").in_namespace(&u32::MAX).value(states.notes).put(Text::from("x"))?;
    writer.at_mut("ab").list(states.events).extend([1, 2])?;
    writer.at_mut("b").in_namespace(&"n".to_owned()).list(states.words).push(Text("t".repeat(300)))?;
    writer.at_mut("k".repeat(65536).as_str()).map(states.scores).insert(i64::MIN, 3)?;
    writer.at_mut("a").in_namespace(&1).map(states.tags).insert("a".to_owned(), Text::from("y"))?;
    writer.at_mut("a").in_namespace(&1).map(states.tags).clear()?;
    writer.at_mut("a").in_namespace(&0).map(states.tags).insert("b".to_owned(), Text::from("z"))?;
    let mut backend = site.open_for::<String>(all_groups());
    backend.track_changes(usize::MAX)?;
    let rows_0 = hand_over(&mut writer, &mut backend)?;
    let states = register(&mut backend)?;
    // step 0
    // step 1
    backend.confirm(0)?;
    // step 2
    let view_1 = backend.freeze()?;
    assert_eq!(view_1.epoch(), 1);
    let rows_1 = rows(&view_1)?;
    // step 3
    backend.at_mut("a").value(states.counts).put(1)?;
    // step 4
    backend.at_mut("b").value(states.counts).put(2)?;
    // step 5
    assert_eq!(backend.at_mut("b").value(states.counts).take()?, Some(2));
    // step 6
    backend.at_mut("").in_namespace(&u32::MAX).value(states.notes).put(Text::from("x"))?;
    // step 7
    backend.at_mut("ab").list(states.events).extend([1, 2])?;
    // step 8
    backend.at_mut("b").in_namespace(&"n".to_owned()).list(states.words).push(Text("t".repeat(300)))?;
    // step 9
    backend.at_mut("k".repeat(65536).as_str()).map(states.scores).insert(i64::MIN, 3)?;
    // step 10
    backend.at_mut("a").in_namespace(&1).map(states.tags).insert("a".to_owned(), Text::from("y"))?;
    // step 11
    backend.at_mut("a").in_namespace(&1).map(states.tags).clear()?;
    // step 12
    backend.at_mut("a").in_namespace(&0).map(states.tags).insert("b".to_owned(), Text::from("z"))?;
    // step 13
    let view_2 = backend.freeze()?;
    assert_eq!(view_2.epoch(), 2);
    let rows_2 = rows(&view_2)?;
    // step 14
    backend.confirm(1)?;
    // step 15
    let view_3 = backend.freeze()?;
    assert_eq!(view_3.epoch(), 3);
    let rows_3 = rows(&view_3)?;
    // step 16
    backend.at_mut("a").value(states.counts).clear()?;
    // step 17
    drop(view_2);
    // step 18
    backend.confirm(3)?;
    // the end
    let view_4 = backend.freeze()?;
    assert_eq!(view_4.epoch(), 4);
    let rows_4 = rows(&view_4)?;
    let range = KeyGroupRange::new(0, 7)?;
    for buffer in [1, 64, 1048576] {
        let found = changes(&view_1, None, range, buffer);
        assert_eq!(found.applied_to(&Default::default(), range), clipped(&rows_1, range));
        assert_eq!(found.count(), 7);
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
    assert!(!view_1.tracks_since(3));
    let refused = view_1.clone().into_changes(Some(3), range, 0).map(drop);
    assert_eq!(refused.map_err(|error| error.kind()), Err(ErrorKind::Invalid));
    assert!(!view_1.tracks_since(4));
    let refused = view_1.clone().into_changes(Some(4), range, 0).map(drop);
    assert_eq!(refused.map_err(|error| error.kind()), Err(ErrorKind::Invalid));
    for buffer in [1, 64, 1048576] {
        let found = changes(&view_3, None, range, buffer);
        assert_eq!(found.applied_to(&Default::default(), range), clipped(&rows_3, range));
        assert_eq!(found.count(), 9);
    }
    assert!(!view_3.tracks_since(0));
    let refused = view_3.clone().into_changes(Some(0), range, 0).map(drop);
    assert_eq!(refused.map_err(|error| error.kind()), Err(ErrorKind::Invalid));
    assert!(view_3.tracks_since(1));
    for buffer in [1, 64, 1048576] {
        let found = changes(&view_3, Some(1), range, buffer).applied_to(&rows_1, range);
        let states = view_3.states();
        assert_eq!(joined(&found, &states)?, joined(&clipped(&rows_3, range), &states)?);
    }
    assert!(view_3.tracks_since(2));
    for buffer in [1, 64, 1048576] {
        let found = changes(&view_3, Some(2), range, buffer).applied_to(&rows_2, range);
        let states = view_3.states();
        assert_eq!(joined(&found, &states)?, joined(&clipped(&rows_3, range), &states)?);
    }
    assert!(view_3.tracks_since(3));
    for buffer in [1, 64, 1048576] {
        let found = changes(&view_3, Some(3), range, buffer).applied_to(&rows_3, range);
        let states = view_3.states();
        assert_eq!(joined(&found, &states)?, joined(&clipped(&rows_3, range), &states)?);
    }
    assert!(!view_3.tracks_since(4));
    let refused = view_3.clone().into_changes(Some(4), range, 0).map(drop);
    assert_eq!(refused.map_err(|error| error.kind()), Err(ErrorKind::Invalid));
    for buffer in [1, 64, 1048576] {
        let found = changes(&view_4, None, range, buffer);
        assert_eq!(found.applied_to(&Default::default(), range), clipped(&rows_4, range));
        assert_eq!(found.count(), 8);
    }
    assert!(!view_4.tracks_since(0));
    let refused = view_4.clone().into_changes(Some(0), range, 0).map(drop);
    assert_eq!(refused.map_err(|error| error.kind()), Err(ErrorKind::Invalid));
    assert!(!view_4.tracks_since(1));
    let refused = view_4.clone().into_changes(Some(1), range, 0).map(drop);
    assert_eq!(refused.map_err(|error| error.kind()), Err(ErrorKind::Invalid));
    assert!(!view_4.tracks_since(2));
    let refused = view_4.clone().into_changes(Some(2), range, 0).map(drop);
    assert_eq!(refused.map_err(|error| error.kind()), Err(ErrorKind::Invalid));
    assert!(view_4.tracks_since(3));
    for buffer in [1, 64, 1048576] {
        let found = changes(&view_4, Some(3), range, buffer).applied_to(&rows_3, range);
        let states = view_4.states();
        assert_eq!(joined(&found, &states)?, joined(&clipped(&rows_4, range), &states)?);
    }
    assert!(view_4.tracks_since(4));
    for buffer in [1, 64, 1048576] {
        let found = changes(&view_4, Some(4), range, buffer).applied_to(&rows_4, range);
        let states = view_4.states();
        assert_eq!(joined(&found, &states)?, joined(&clipped(&rows_4, range), &states)?);
    }
    let range = KeyGroupRange::new(1, 4)?;
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
    assert!(!view_1.tracks_since(2));
    let refused = view_1.clone().into_changes(Some(2), range, 0).map(drop);
    assert_eq!(refused.map_err(|error| error.kind()), Err(ErrorKind::Invalid));
    assert!(!view_1.tracks_since(3));
    let refused = view_1.clone().into_changes(Some(3), range, 0).map(drop);
    assert_eq!(refused.map_err(|error| error.kind()), Err(ErrorKind::Invalid));
    assert!(!view_1.tracks_since(4));
    let refused = view_1.clone().into_changes(Some(4), range, 0).map(drop);
    assert_eq!(refused.map_err(|error| error.kind()), Err(ErrorKind::Invalid));
    for buffer in [1, 64, 1048576] {
        let found = changes(&view_3, None, range, buffer);
        assert_eq!(found.applied_to(&Default::default(), range), clipped(&rows_3, range));
        assert_eq!(found.count(), 3);
    }
    assert!(!view_3.tracks_since(0));
    let refused = view_3.clone().into_changes(Some(0), range, 0).map(drop);
    assert_eq!(refused.map_err(|error| error.kind()), Err(ErrorKind::Invalid));
    assert!(view_3.tracks_since(1));
    for buffer in [1, 64, 1048576] {
        let found = changes(&view_3, Some(1), range, buffer).applied_to(&rows_1, range);
        let states = view_3.states();
        assert_eq!(joined(&found, &states)?, joined(&clipped(&rows_3, range), &states)?);
    }
    assert!(view_3.tracks_since(2));
    for buffer in [1, 64, 1048576] {
        let found = changes(&view_3, Some(2), range, buffer).applied_to(&rows_2, range);
        let states = view_3.states();
        assert_eq!(joined(&found, &states)?, joined(&clipped(&rows_3, range), &states)?);
    }
    assert!(view_3.tracks_since(3));
    for buffer in [1, 64, 1048576] {
        let found = changes(&view_3, Some(3), range, buffer).applied_to(&rows_3, range);
        let states = view_3.states();
        assert_eq!(joined(&found, &states)?, joined(&clipped(&rows_3, range), &states)?);
    }
    assert!(!view_3.tracks_since(4));
    let refused = view_3.clone().into_changes(Some(4), range, 0).map(drop);
    assert_eq!(refused.map_err(|error| error.kind()), Err(ErrorKind::Invalid));
    for buffer in [1, 64, 1048576] {
        let found = changes(&view_4, None, range, buffer);
        assert_eq!(found.applied_to(&Default::default(), range), clipped(&rows_4, range));
        assert_eq!(found.count(), 3);
    }
    assert!(!view_4.tracks_since(0));
    let refused = view_4.clone().into_changes(Some(0), range, 0).map(drop);
    assert_eq!(refused.map_err(|error| error.kind()), Err(ErrorKind::Invalid));
    assert!(!view_4.tracks_since(1));
    let refused = view_4.clone().into_changes(Some(1), range, 0).map(drop);
    assert_eq!(refused.map_err(|error| error.kind()), Err(ErrorKind::Invalid));
    assert!(!view_4.tracks_since(2));
    let refused = view_4.clone().into_changes(Some(2), range, 0).map(drop);
    assert_eq!(refused.map_err(|error| error.kind()), Err(ErrorKind::Invalid));
    assert!(view_4.tracks_since(3));
    for buffer in [1, 64, 1048576] {
        let found = changes(&view_4, Some(3), range, buffer).applied_to(&rows_3, range);
        let states = view_4.states();
        assert_eq!(joined(&found, &states)?, joined(&clipped(&rows_4, range), &states)?);
    }
    assert!(view_4.tracks_since(4));
    for buffer in [1, 64, 1048576] {
        let found = changes(&view_4, Some(4), range, buffer).applied_to(&rows_4, range);
        let states = view_4.states();
        assert_eq!(joined(&found, &states)?, joined(&clipped(&rows_4, range), &states)?);
    }
    Ok(())
}
