//! A map behaves as a `BTreeMap`, and each clone as a copy of it.

use std::collections::BTreeMap;

use proptest::prelude::*;
use state_table::ChunkedMap;

#[derive(Clone, Debug)]
enum Op {
    Insert(u32, u32),
    Remove(u32),
    Update(u32, u32),
    Entry(u32, u32),
    /// `count` keys from `start`, `step` apart.
    InsertAll {
        start: u32,
        step: u32,
        count: u32,
        down: bool,
    },
    RemoveAll {
        start: u32,
        step: u32,
        count: u32,
        down: bool,
    },
    Clone,
    /// Goes on with a clone, the former map stays behind.
    Swap(usize),
    Drop(usize),
    Clear,
}

fn op() -> impl Strategy<Value = Op> {
    let key = 0..5000_u32;
    let run = (0..5000_u32, 1..9_u32, 0..1500_u32, any::<bool>());
    prop_oneof![
        6 => (key.clone(), any::<u32>()).prop_map(|(k, v)| Op::Insert(k, v)),
        4 => key.clone().prop_map(Op::Remove),
        4 => (key.clone(), any::<u32>()).prop_map(|(k, v)| Op::Update(k, v)),
        4 => (key, any::<u32>()).prop_map(|(k, v)| Op::Entry(k, v)),
        5 => run.clone().prop_map(|(start, step, count, down)| {
            Op::InsertAll { start, step, count, down }
        }),
        4 => run.prop_map(|(start, step, count, down)| {
            Op::RemoveAll { start, step, count, down }
        }),
        4 => Just(Op::Clone),
        2 => any::<usize>().prop_map(Op::Swap),
        1 => any::<usize>().prop_map(Op::Drop),
        1 => Just(Op::Clear),
    ]
}

fn keys(start: u32, step: u32, count: u32, down: bool) -> Vec<u32> {
    let mut keys: Vec<u32> = (0..count).map(|i| start + i * step).collect();
    if down {
        keys.reverse();
    }
    keys
}

type Ours = ChunkedMap<u32, u32>;
type Model = BTreeMap<u32, u32>;

fn check(map: &Ours, model: &Model) {
    assert_eq!((map.len(), map.is_empty()), (model.len(), model.is_empty()));
    assert!(map.iter().eq(model));
    assert!(map.iter().rev().eq(model.iter().rev()));
    assert_eq!(map.iter().len(), model.len());
    assert_eq!(map.first(), model.first_key_value());
    assert_eq!(map.last(), model.last_key_value());
    for key in (0..17_000).step_by(7) {
        assert_eq!(map.get(&key), model.get(&key));
        assert_eq!(map.contains(&key), model.contains_key(&key));
    }
}

#[expect(clippy::needless_pass_by_value, reason = "an operation is used up")]
fn apply(op: Op, map: &mut Ours, model: &mut Model) {
    match op {
        Op::Insert(key, value) => assert_eq!(map.insert(key, value), model.insert(key, value)),
        Op::Remove(key) => assert_eq!(map.remove(&key), model.remove(&key)),
        Op::Update(key, value) => {
            let (ours, theirs) = (map.get_mut(&key), model.get_mut(&key));
            assert_eq!(ours, theirs);
            if let (Some(ours), Some(theirs)) = (ours, theirs) {
                (*ours, *theirs) = (value, value);
            }
        }
        Op::Entry(key, value) => {
            let inserted = !model.contains_key(&key);
            let theirs = model.entry(key).or_insert(value);
            assert_eq!(map.entry(&key, || (key, value)), (&mut *theirs, inserted));
        }
        Op::InsertAll {
            start,
            step,
            count,
            down,
        } => {
            for key in keys(start, step, count, down) {
                assert_eq!(map.insert(key, key), model.insert(key, key));
            }
        }
        Op::RemoveAll {
            start,
            step,
            count,
            down,
        } => {
            for key in keys(start, step, count, down) {
                assert_eq!(map.remove(&key), model.remove(&key));
            }
        }
        Op::Clear => {
            map.clear();
            model.clear();
        }
        Op::Clone | Op::Swap(_) | Op::Drop(_) => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn maps_equal_their_models(ops in prop::collection::vec(op(), 0..40)) {
        let mut maps = vec![(Ours::new(), Model::new())];
        for op in ops {
            let last = maps.len() - 1;
            match op {
                Op::Clone => maps.push(maps[last].clone()),
                Op::Swap(i) => maps.swap(i % (last + 1), last),
                Op::Drop(i) if last > 0 => drop(maps.swap_remove(i % last)),
                op => {
                    let (map, model) = &mut maps[last];
                    apply(op, map, model);
                    prop_assert_eq!(map.len(), model.len());
                }
            }
        }
        for (map, model) in &maps {
            check(map, model);
        }
    }

    #[test]
    fn collecting_keeps_the_last_of_equal_keys(
        entries in prop::collection::vec((0..2000_u32, any::<u32>()), 0..3000),
        sort in any::<bool>(),
    ) {
        let mut entries = entries;
        if sort {
            entries.sort_unstable();
        }
        check(&entries.iter().copied().collect(), &entries.iter().copied().collect());
    }
}
