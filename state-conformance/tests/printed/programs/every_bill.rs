// A history that holds:
//
//    0  DropViews
//    1  Freeze
//    2  Counts("a", Put(1))
//    3  Counts("a", Get)
//    4  Notes("a", 1, Get)
//    5  Events("a", Push(1))
//    6  Scores("a", Insert(1, 2))
//    7  Scores("a", Get(1))
//    8  Scores("a", Contains(2))
//    9  Tags("b", 0, Get("a"))
//   10  Tags("b", 0, Contains("a"))
//   11  Freeze
//   12  Restore
//   13  Counts("a", Put(1)), bound
//   14  Counts("a", Get), bound
//   15  Notes("a", 1, Get), bound
//   16  Events("a", Push(1)), bound
//   17  Scores("a", Insert(1, 2)), bound
//   18  Scores("a", Get(1)), bound
//   19  Scores("a", Contains(2)), bound
//   20  Tags("b", 0, Get("a")), bound
//   21  Tags("b", 0, Contains("a")), bound
//   22  Freeze
//   23  Restore
//   24  DropViews

use state_api::{BoundStates as _, ListDescriptor, MapDescriptor, Ref, Result, StateBackend, StateRead as _, ValueDescriptor};
use state_conformance::replay::{Backup, Calls, Handles, Site};

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
    // step 1
    let view_0 = backend.freeze()?;
    // step 2
    backend.at_mut("a").value(states.counts).put(1)?;
    // step 3
    calls.take();
    assert_eq!(backend.at_mut("a").value(states.counts).get()?.map(Ref::into_owned), Some(1));
    let made = calls.take();
    assert!(made.reads() <= 1, "{made:?}");
    assert_eq!(backend.at("a").value(states.counts).get()?.map(Ref::into_owned), Some(1));
    let made = calls.take();
    assert!(made.reads() <= 1, "{made:?}");
    // step 4
    calls.take();
    assert_eq!(backend.at_mut("a").in_namespace(&1).value(states.notes).get()?.map(Ref::into_owned), None);
    let made = calls.take();
    assert!(made.reads() <= 1, "{made:?}");
    assert_eq!(backend.at("a").in_namespace(&1).value(states.notes).get()?.map(Ref::into_owned), None);
    let made = calls.take();
    assert!(made.reads() <= 1, "{made:?}");
    // step 5
    backend.at_mut("a").list(states.events).push(1)?;
    // step 6
    backend.at_mut("a").map(states.scores).insert(1, 2)?;
    // step 7
    calls.take();
    assert_eq!(backend.at_mut("a").map(states.scores).get(&1)?.map(Ref::into_owned), Some(2));
    let made = calls.take();
    assert!(made.reads() <= 1, "{made:?}");
    assert_eq!(backend.at("a").map(states.scores).get(&1)?.map(Ref::into_owned), Some(2));
    let made = calls.take();
    assert!(made.reads() <= 1, "{made:?}");
    // step 8
    calls.take();
    assert!(!backend.at_mut("a").map(states.scores).contains(&2)?);
    let made = calls.take();
    assert!(made.reads() <= 1, "{made:?}");
    assert!(!backend.at("a").map(states.scores).contains(&2)?);
    let made = calls.take();
    assert!(made.reads() <= 1, "{made:?}");
    // step 9
    calls.take();
    assert_eq!(backend.at_mut("b").in_namespace(&0).map(states.tags).get(&"a".to_owned())?.map(Ref::into_owned), None);
    let made = calls.take();
    assert!(made.reads() <= 1, "{made:?}");
    assert_eq!(backend.at("b").in_namespace(&0).map(states.tags).get(&"a".to_owned())?.map(Ref::into_owned), None);
    let made = calls.take();
    assert!(made.reads() <= 1, "{made:?}");
    // step 10
    calls.take();
    assert!(!backend.at_mut("b").in_namespace(&0).map(states.tags).contains(&"a".to_owned())?);
    let made = calls.take();
    assert!(made.reads() <= 1, "{made:?}");
    assert!(!backend.at("b").in_namespace(&0).map(states.tags).contains(&"a".to_owned())?);
    let made = calls.take();
    assert!(made.reads() <= 1, "{made:?}");
    // step 11
    let view_1 = backend.freeze()?;
    // step 12
    let backup = Backup::take(&mut backend)?;
    backend.destroy()?;
    backend = site.open_counted::<String>(&calls)?;
    backup.restore(&mut backend)?;
    states = register(&mut backend)?;
    backend.track_changes(usize::MAX)?;
    // step 13
    {
        let (mut bound, (counts, _, _, _, _, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        bound.at_mut("a").value(counts).put(1)?;
    }
    // step 14
    calls.take();
    {
        let (mut bound, (counts, _, _, _, _, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        assert_eq!(bound.at_mut("a").value(counts).get()?.map(Ref::into_owned), Some(1));
    }
    let made = calls.take();
    assert!(made.reads() <= 1, "{made:?}");
    assert_eq!(backend.at("a").value(states.counts).get()?.map(Ref::into_owned), Some(1));
    let made = calls.take();
    assert!(made.reads() <= 1, "{made:?}");
    // step 15
    calls.take();
    {
        let (mut bound, (_, notes, _, _, _, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        assert_eq!(bound.at_mut("a").in_namespace(&1).value(notes).get()?.map(Ref::into_owned), None);
    }
    let made = calls.take();
    assert!(made.reads() <= 1, "{made:?}");
    assert_eq!(backend.at("a").in_namespace(&1).value(states.notes).get()?.map(Ref::into_owned), None);
    let made = calls.take();
    assert!(made.reads() <= 1, "{made:?}");
    // step 16
    {
        let (mut bound, (_, _, events, _, _, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        bound.at_mut("a").list(events).push(1)?;
    }
    // step 17
    {
        let (mut bound, (_, _, _, _, scores, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        bound.at_mut("a").map(scores).insert(1, 2)?;
    }
    // step 18
    calls.take();
    {
        let (mut bound, (_, _, _, _, scores, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        assert_eq!(bound.at_mut("a").map(scores).get(&1)?.map(Ref::into_owned), Some(2));
    }
    let made = calls.take();
    assert!(made.reads() <= 1, "{made:?}");
    assert_eq!(backend.at("a").map(states.scores).get(&1)?.map(Ref::into_owned), Some(2));
    let made = calls.take();
    assert!(made.reads() <= 1, "{made:?}");
    // step 19
    calls.take();
    {
        let (mut bound, (_, _, _, _, scores, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        assert!(!bound.at_mut("a").map(scores).contains(&2)?);
    }
    let made = calls.take();
    assert!(made.reads() <= 1, "{made:?}");
    assert!(!backend.at("a").map(states.scores).contains(&2)?);
    let made = calls.take();
    assert!(made.reads() <= 1, "{made:?}");
    // step 20
    calls.take();
    {
        let (mut bound, (_, _, _, _, _, tags)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        assert_eq!(bound.at_mut("b").in_namespace(&0).map(tags).get(&"a".to_owned())?.map(Ref::into_owned), None);
    }
    let made = calls.take();
    assert!(made.reads() <= 1, "{made:?}");
    assert_eq!(backend.at("b").in_namespace(&0).map(states.tags).get(&"a".to_owned())?.map(Ref::into_owned), None);
    let made = calls.take();
    assert!(made.reads() <= 1, "{made:?}");
    // step 21
    calls.take();
    {
        let (mut bound, (_, _, _, _, _, tags)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        assert!(!bound.at_mut("b").in_namespace(&0).map(tags).contains(&"a".to_owned())?);
    }
    let made = calls.take();
    assert!(made.reads() <= 1, "{made:?}");
    assert!(!backend.at("b").in_namespace(&0).map(states.tags).contains(&"a".to_owned())?);
    let made = calls.take();
    assert!(made.reads() <= 1, "{made:?}");
    // step 22
    let view_2 = backend.freeze()?;
    // step 23
    let backup = Backup::take(&mut backend)?;
    backend.destroy()?;
    backend = site.open_counted::<String>(&calls)?;
    backup.restore(&mut backend)?;
    states = register(&mut backend)?;
    backend.track_changes(usize::MAX)?;
    // step 24
    drop(view_0);
    drop(view_1);
    drop(view_2);
    // the end
    backend.destroy()?;
    Ok(())
}
