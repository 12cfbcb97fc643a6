// A history that holds:
//
// round 0, workers: 1
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
// round 1, workers: 1
//   10  Counts("ab", Put(4))
//   11  Counts("b", Put(5))
// round 2, workers: 2
//   12  Counts("a", Put(1))
//   13  Counts("b", Put(2))
//   14  Counts("b", Take)
//   15  Notes("", 4294967295, Put("x"))
//   16  Events("ab", Extend([1, 2]))
//   17  Words("b", "n", Push("t" x 300))
//   18  Scores("k" x 65536, Insert(-9223372036854775808, 3))
//   19  Tags("a", 1, Insert("a", "y"))
//   20  Tags("a", 1, Clear)
//   21  Tags("a", 0, Insert("b", "z"))
// round 3, workers: 1
//   22  Counts("ab", Put(4))
//   23  Counts("b", Put(5))

use state_api::{ListDescriptor, MapDescriptor, Ref, Result, StateBackend, StateRead as _, ValueDescriptor};
use state_conformance::replay::{Chain, Handles, Site, Text, Walk, all_groups, claimed, elements, entries, lineage, worker_groups};

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
    // round 0
    let mut worker_0 = site.open_for::<String>(worker_groups(0, 1));
    worker_0.track_changes(usize::MAX)?;
    let states_0 = register(&mut worker_0)?;
    let mut lineage_0 = lineage();
    // step 0
    worker_0.at_mut("a").value(states_0.counts).put(1)?;
    // step 1
    worker_0.at_mut("b").value(states_0.counts).put(2)?;
    // step 2
    assert_eq!(worker_0.at_mut("b").value(states_0.counts).take()?, Some(2));
    // step 3
    worker_0.at_mut("").in_namespace(&u32::MAX).value(states_0.notes).put(Text::from("x"))?;
    // step 4
    worker_0.at_mut("ab").list(states_0.events).extend([1, 2])?;
    // step 5
    worker_0.at_mut("b").in_namespace(&"n".to_owned()).list(states_0.words).push(Text("t".repeat(300)))?;
    // step 6
    worker_0.at_mut("k".repeat(65536).as_str()).map(states_0.scores).insert(i64::MIN, 3)?;
    // step 7
    worker_0.at_mut("a").in_namespace(&1).map(states_0.tags).insert("a".to_owned(), Text::from("y"))?;
    // step 8
    worker_0.at_mut("a").in_namespace(&1).map(states_0.tags).clear()?;
    // step 9
    worker_0.at_mut("a").in_namespace(&0).map(states_0.tags).insert("b".to_owned(), Text::from("z"))?;
    let flight = chain.begin([(&lineage_0, &mut worker_0)])?;
    let (checkpoint, written) = chain.publish(flight)?;
    lineage_0.confirm(&mut worker_0, &checkpoint, written[0].1)?;
    assert!(!written[0].0.incremental);
    let mut restored = site.open_for::<String>(all_groups());
    chain.restore(&checkpoint, &mut restored)?;
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
    // round 1
    let mut worker_0 = site.open_for::<String>(worker_groups(0, 1));
    worker_0.track_changes(usize::MAX)?;
    chain.restore(&checkpoint, &mut worker_0)?;
    let states_0 = register(&mut worker_0)?;
    let mut lineage_0 = claimed(&checkpoint, &worker_0)?;
    // step 10
    worker_0.at_mut("ab").value(states_0.counts).put(4)?;
    // step 11
    worker_0.at_mut("b").value(states_0.counts).put(5)?;
    let flight = chain.begin([(&lineage_0, &mut worker_0)])?;
    let (checkpoint, written) = chain.publish(flight)?;
    lineage_0.confirm(&mut worker_0, &checkpoint, written[0].1)?;
    assert!(written[0].0.incremental);
    let mut restored = site.open_for::<String>(all_groups());
    chain.restore(&checkpoint, &mut restored)?;
    let found = register(&mut restored)?;
    assert_eq!(restored.at("a").value(found.counts).get()?.map(Ref::into_owned), Some(1));
    assert_eq!(restored.at("ab").value(found.counts).get()?.map(Ref::into_owned), Some(4));
    assert_eq!(restored.at("b").value(found.counts).get()?.map(Ref::into_owned), Some(5));
    assert_eq!(restored.key_count(found.counts)?, 3);
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
    // round 2
    let mut worker_0 = site.open_for::<String>(worker_groups(0, 2));
    worker_0.track_changes(usize::MAX)?;
    chain.restore(&checkpoint, &mut worker_0)?;
    let states_0 = register(&mut worker_0)?;
    let mut lineage_0 = claimed(&checkpoint, &worker_0)?;
    let mut worker_1 = site.open_for::<String>(worker_groups(1, 2));
    worker_1.track_changes(usize::MAX)?;
    chain.restore(&checkpoint, &mut worker_1)?;
    let states_1 = register(&mut worker_1)?;
    let mut lineage_1 = claimed(&checkpoint, &worker_1)?;
    // step 12
    worker_1.at_mut("a").value(states_1.counts).put(1)?;
    // step 13
    worker_0.at_mut("b").value(states_0.counts).put(2)?;
    // step 14
    assert_eq!(worker_0.at_mut("b").value(states_0.counts).take()?, Some(2));
    // step 15
    worker_0.at_mut("").in_namespace(&u32::MAX).value(states_0.notes).put(Text::from("x"))?;
    // step 16
    worker_1.at_mut("ab").list(states_1.events).extend([1, 2])?;
    // step 17
    worker_0.at_mut("b").in_namespace(&"n".to_owned()).list(states_0.words).push(Text("t".repeat(300)))?;
    // step 18
    worker_1.at_mut("k".repeat(65536).as_str()).map(states_1.scores).insert(i64::MIN, 3)?;
    // step 19
    worker_1.at_mut("a").in_namespace(&1).map(states_1.tags).insert("a".to_owned(), Text::from("y"))?;
    // step 20
    worker_1.at_mut("a").in_namespace(&1).map(states_1.tags).clear()?;
    // step 21
    worker_1.at_mut("a").in_namespace(&0).map(states_1.tags).insert("b".to_owned(), Text::from("z"))?;
    let flight = chain.begin([(&lineage_0, &mut worker_0), (&lineage_1, &mut worker_1)])?;
    let (checkpoint, written) = chain.publish(flight)?;
    lineage_0.confirm(&mut worker_0, &checkpoint, written[0].1)?;
    assert!(written[0].0.incremental);
    lineage_1.confirm(&mut worker_1, &checkpoint, written[1].1)?;
    assert!(written[1].0.incremental);
    let mut restored = site.open_for::<String>(all_groups());
    chain.restore(&checkpoint, &mut restored)?;
    let found = register(&mut restored)?;
    assert_eq!(restored.at("a").value(found.counts).get()?.map(Ref::into_owned), Some(1));
    assert_eq!(restored.at("ab").value(found.counts).get()?.map(Ref::into_owned), Some(4));
    assert_eq!(restored.key_count(found.counts)?, 2);
    assert_eq!(restored.at("").in_namespace(&u32::MAX).value(found.notes).get()?.map(Ref::into_owned), Some(Text::from("x")));
    assert_eq!(restored.key_count(found.notes)?, 1);
    assert_eq!(elements(restored.at("ab").list(found.events).iter()?)?, vec![1, 2, 1, 2]);
    assert_eq!(restored.key_count(found.events)?, 1);
    assert_eq!(elements(restored.at("b").in_namespace(&"n".to_owned()).list(found.words).iter()?)?, vec![Text("t".repeat(300)), Text("t".repeat(300))]);
    assert_eq!(restored.key_count(found.words)?, 1);
    assert_eq!(entries(Walk::Forward, restored.at("k".repeat(65536).as_str()).map(found.scores).iter()?)?, vec![(i64::MIN, 3)]);
    assert_eq!(restored.key_count(found.scores)?, 1);
    assert_eq!(entries(Walk::Forward, restored.at("a").in_namespace(&0).map(found.tags).iter()?)?, vec![("b".to_owned(), Text::from("z"))]);
    assert_eq!(restored.key_count(found.tags)?, 1);
    restored.destroy()?;
    // round 3
    let mut worker_0 = site.open_for::<String>(worker_groups(0, 1));
    worker_0.track_changes(usize::MAX)?;
    chain.restore(&checkpoint, &mut worker_0)?;
    let states_0 = register(&mut worker_0)?;
    let mut lineage_0 = claimed(&checkpoint, &worker_0)?;
    // step 22
    worker_0.at_mut("ab").value(states_0.counts).put(4)?;
    // step 23
    worker_0.at_mut("b").value(states_0.counts).put(5)?;
    let flight = chain.begin([(&lineage_0, &mut worker_0)])?;
    let (checkpoint, written) = chain.publish(flight)?;
    lineage_0.confirm(&mut worker_0, &checkpoint, written[0].1)?;
    assert!(written[0].0.incremental);
    let mut restored = site.open_for::<String>(all_groups());
    chain.restore(&checkpoint, &mut restored)?;
    let found = register(&mut restored)?;
    assert_eq!(restored.at("a").value(found.counts).get()?.map(Ref::into_owned), Some(1));
    assert_eq!(restored.at("ab").value(found.counts).get()?.map(Ref::into_owned), Some(4));
    assert_eq!(restored.at("b").value(found.counts).get()?.map(Ref::into_owned), Some(5));
    assert_eq!(restored.key_count(found.counts)?, 3);
    assert_eq!(restored.at("").in_namespace(&u32::MAX).value(found.notes).get()?.map(Ref::into_owned), Some(Text::from("x")));
    assert_eq!(restored.key_count(found.notes)?, 1);
    assert_eq!(elements(restored.at("ab").list(found.events).iter()?)?, vec![1, 2, 1, 2]);
    assert_eq!(restored.key_count(found.events)?, 1);
    assert_eq!(elements(restored.at("b").in_namespace(&"n".to_owned()).list(found.words).iter()?)?, vec![Text("t".repeat(300)), Text("t".repeat(300))]);
    assert_eq!(restored.key_count(found.words)?, 1);
    assert_eq!(entries(Walk::Forward, restored.at("k".repeat(65536).as_str()).map(found.scores).iter()?)?, vec![(i64::MIN, 3)]);
    assert_eq!(restored.key_count(found.scores)?, 1);
    assert_eq!(entries(Walk::Forward, restored.at("a").in_namespace(&0).map(found.tags).iter()?)?, vec![("b".to_owned(), Text::from("z"))]);
    assert_eq!(restored.key_count(found.tags)?, 1);
    restored.destroy()?;
    Ok(())
}
