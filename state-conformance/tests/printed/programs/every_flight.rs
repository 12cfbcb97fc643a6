// A history that holds:
//
//    0  Publish(1)
//    1  Lose(1)
//    2  Abort(1)
//    3  Claim(1, Options(1)): Typed { options: 1 }
//    4  Begin
//    5  Counts("a", Put(1))
//    6  Counts("b", Put(2))
//    7  Counts("b", Take)
//    8  Notes("", 4294967295, Put("x"))
//    9  Events("ab", Extend([1, 2]))
//   10  Words("b", "n", Push("t" x 300))
//   11  Scores("k" x 65536, Insert(-9223372036854775808, 3))
//   12  Tags("a", 1, Insert("a", "y"))
//   13  Tags("a", 1, Clear)
//   14  Tags("a", 0, Insert("b", "z"))
//   15  Begin
//   16  Begin
//   17  Begin
//   18  Lose(0)
//   19  Publish(4)
//   20  Abort(0)
//   21  Counts("a", Put(3))
//   22  Begin
//   23  Claim(1, Options(2)): Typed { options: 2 }
//   24  Claim(0, Options(0))
//   25  Counts("a", Put(1)), bound
//   26  Counts("b", Put(2)), bound
//   27  Counts("b", Take), bound
//   28  Notes("", 4294967295, Put("x")), bound
//   29  Events("ab", Extend([1, 2])), bound
//   30  Words("b", "n", Push("t" x 300)), bound
//   31  Scores("k" x 65536, Insert(-9223372036854775808, 3)), bound
//   32  Tags("a", 1, Insert("a", "y")), bound
//   33  Tags("a", 1, Clear), bound
//   34  Tags("a", 0, Insert("b", "z")), bound

use state_api::{BoundStates as _, ListDescriptor, MapDescriptor, Ref, Result, StateBackend, StateRead as _, ValueDescriptor};
use state_conformance::replay::{Chain, Handles, Site, Text, Walk, all_groups, claimed, elements, entries, lineage};

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
    let chain = Chain::new()?;
    let mut backend = site.open_for::<String>(all_groups());
    backend.track_changes(usize::MAX)?;
    let mut states = register(&mut backend)?;
    let mut lineage = lineage();
    // step 0
    // step 1
    // step 2
    // step 3
    // step 4
    let flight_0 = chain.begin([(&lineage, &mut backend)])?;
    // step 5
    backend.at_mut("a").value(states.counts).put(1)?;
    // step 6
    backend.at_mut("b").value(states.counts).put(2)?;
    // step 7
    assert_eq!(backend.at_mut("b").value(states.counts).take()?, Some(2));
    // step 8
    backend.at_mut("").in_namespace(&u32::MAX).value(states.notes).put(Text::from("x"))?;
    // step 9
    backend.at_mut("ab").list(states.events).extend([1, 2])?;
    // step 10
    backend.at_mut("b").in_namespace(&"n".to_owned()).list(states.words).push(Text("t".repeat(300)))?;
    // step 11
    backend.at_mut("k".repeat(65536).as_str()).map(states.scores).insert(i64::MIN, 3)?;
    // step 12
    backend.at_mut("a").in_namespace(&1).map(states.tags).insert("a".to_owned(), Text::from("y"))?;
    // step 13
    backend.at_mut("a").in_namespace(&1).map(states.tags).clear()?;
    // step 14
    backend.at_mut("a").in_namespace(&0).map(states.tags).insert("b".to_owned(), Text::from("z"))?;
    // step 15
    let flight_1 = chain.begin([(&lineage, &mut backend)])?;
    // step 16
    let flight_2 = chain.begin([(&lineage, &mut backend)])?;
    // step 17
    // step 18
    let (checkpoint_0, written) = chain.publish(flight_0)?;
    assert!(!written[0].0.incremental);
    let mut restored = site.open_for::<String>(all_groups());
    chain.restore(&checkpoint_0, &mut restored)?;
    let found = register(&mut restored)?;
    restored.destroy()?;
    // step 19
    let (checkpoint_1, written) = chain.publish(flight_1)?;
    assert!(!written[0].0.incremental);
    let mut restored = site.open_for::<String>(all_groups());
    chain.restore(&checkpoint_1, &mut restored)?;
    let found = register(&mut restored)?;
    assert_eq!(restored.at("a").value(found.counts).get()?.map(Ref::into_owned), Some(1));
    assert_eq!(restored.key_count(found.counts)?, 1);
    assert_eq!(restored.at("").in_namespace(&u32::MAX).value(found.notes).get()?.map(Ref::into_owned), Some(Text::from("x")));
    assert_eq!(restored.key_count(found.notes)?, 1);
    assert_eq!(elements(restored.at("ab").list(found.events).iter()?)?, vec![1, 2]);
    assert_eq!(restored.key_count(found.events)?, 1);
    assert_eq!(elements(restored.at("b").in_namespace(&"n".to_owned()).list(found.words).iter()?)?, vec![Text("t".repeat(300))]);
    assert_eq!(restored.key_count(found.words)?, 1);
    assert_eq!(entries(Walk::Forward, restored.at("k".repeat(65536).as_str()).map(found.scores).iter()?)?, vec![(i64::MIN, 3)]);
    assert_eq!(restored.key_count(found.scores)?, 1);
    assert_eq!(entries(Walk::Forward, restored.at("a").in_namespace(&0).map(found.tags).iter()?)?, vec![("b".to_owned(), Text::from("z"))]);
    assert_eq!(restored.key_count(found.tags)?, 1);
    restored.destroy()?;
    lineage.confirm(&mut backend, &checkpoint_1, written[0].1)?;
    // step 20
    drop(flight_2);
    // step 21
    backend.at_mut("a").value(states.counts).put(3)?;
    // step 22
    let flight_3 = chain.begin([(&lineage, &mut backend)])?;
    // step 23
    backend = site.reopen_varied(&site.dir(), all_groups(), 2)?;
    backend.track_changes(usize::MAX)?;
    chain.restore(&checkpoint_1, &mut backend)?;
    states = register(&mut backend)?;
    lineage = claimed(&checkpoint_1, &backend)?;
    drop(flight_3);
    // step 24
    backend = site.reopen(&site.dir(), all_groups())?;
    backend.track_changes(usize::MAX)?;
    chain.restore(&checkpoint_0, &mut backend)?;
    states = register(&mut backend)?;
    lineage = claimed(&checkpoint_0, &backend)?;
    // step 25
    {
        let (mut bound, (counts, _, _, _, _, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        bound.at_mut("a").value(counts).put(1)?;
    }
    // step 26
    {
        let (mut bound, (counts, _, _, _, _, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        bound.at_mut("b").value(counts).put(2)?;
    }
    // step 27
    {
        let (mut bound, (counts, _, _, _, _, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        assert_eq!(bound.at_mut("b").value(counts).take()?, Some(2));
    }
    // step 28
    {
        let (mut bound, (_, notes, _, _, _, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        bound.at_mut("").in_namespace(&u32::MAX).value(notes).put(Text::from("x"))?;
    }
    // step 29
    {
        let (mut bound, (_, _, events, _, _, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        bound.at_mut("ab").list(events).extend([1, 2])?;
    }
    // step 30
    {
        let (mut bound, (_, _, _, words, _, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        bound.at_mut("b").in_namespace(&"n".to_owned()).list(words).push(Text("t".repeat(300)))?;
    }
    // step 31
    {
        let (mut bound, (_, _, _, _, scores, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        bound.at_mut("k".repeat(65536).as_str()).map(scores).insert(i64::MIN, 3)?;
    }
    // step 32
    {
        let (mut bound, (_, _, _, _, _, tags)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        bound.at_mut("a").in_namespace(&1).map(tags).insert("a".to_owned(), Text::from("y"))?;
    }
    // step 33
    {
        let (mut bound, (_, _, _, _, _, tags)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        bound.at_mut("a").in_namespace(&1).map(tags).clear()?;
    }
    // step 34
    {
        let (mut bound, (_, _, _, _, _, tags)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        bound.at_mut("a").in_namespace(&0).map(tags).insert("b".to_owned(), Text::from("z"))?;
    }
    // the end
    let flight_4 = chain.begin([(&lineage, &mut backend)])?;
    let (checkpoint_4, written) = chain.publish(flight_4)?;
    assert!(written[0].0.incremental);
    let mut restored = site.open_for::<String>(all_groups());
    chain.restore(&checkpoint_4, &mut restored)?;
    let found = register(&mut restored)?;
    assert_eq!(restored.at("a").value(found.counts).get()?.map(Ref::into_owned), Some(1));
    assert_eq!(restored.key_count(found.counts)?, 1);
    assert_eq!(restored.at("").in_namespace(&u32::MAX).value(found.notes).get()?.map(Ref::into_owned), Some(Text::from("x")));
    assert_eq!(restored.key_count(found.notes)?, 1);
    assert_eq!(elements(restored.at("ab").list(found.events).iter()?)?, vec![1, 2]);
    assert_eq!(restored.key_count(found.events)?, 1);
    assert_eq!(elements(restored.at("b").in_namespace(&"n".to_owned()).list(found.words).iter()?)?, vec![Text("t".repeat(300))]);
    assert_eq!(restored.key_count(found.words)?, 1);
    assert_eq!(entries(Walk::Forward, restored.at("k".repeat(65536).as_str()).map(found.scores).iter()?)?, vec![(i64::MIN, 3)]);
    assert_eq!(restored.key_count(found.scores)?, 1);
    assert_eq!(entries(Walk::Forward, restored.at("a").in_namespace(&0).map(found.tags).iter()?)?, vec![("b".to_owned(), Text::from("z"))]);
    assert_eq!(restored.key_count(found.tags)?, 1);
    restored.destroy()?;
    lineage.confirm(&mut backend, &checkpoint_4, written[0].1)?;
    Ok(())
}
