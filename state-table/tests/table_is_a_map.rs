//! A table behaves as a map, and each view as a copy of that map taken when it was frozen, under any
//! operations and any hashes.

mod row;

use std::collections::HashMap;

use proptest::prelude::*;
use row::{Entry, Table, lower_half, set, spread};
use state_table::Frozen;

type Model = HashMap<u64, u64>;

/// How keys get their hashes.
#[derive(Clone, Copy, Debug)]
enum Hashes {
    Even,
    /// Only 3 different ones.
    Few,
    /// All alike in the lower half.
    SamePrefix,
    /// Different in the 3 leading bits of the lower half only.
    SameSuffix,
    Equal,
}

impl Hashes {
    fn of(self, key: u64) -> u64 {
        match self {
            Self::Even => spread(key),
            Self::Few => spread(key % 3),
            Self::SamePrefix => 0xabcd_e123 | (spread(key) << 32),
            Self::SameSuffix => ((key & 7) << 29) | 0x1234,
            Self::Equal => u64::MAX,
        }
    }
}

#[derive(Clone, Debug)]
enum Op {
    Set(u64, u64),
    Update(u64, u64),
    Remove(u64),
    /// Many at once, so that segments split.
    SetAll(u64, u64),
    RemoveAll(u64, u64),
    Freeze,
    DropView(usize),
    ConsumeView(usize),
    Clear,
}

fn op() -> impl Strategy<Value = Op> {
    let key = 0..400_u64;
    prop_oneof![
        8 => (key.clone(), any::<u64>()).prop_map(|(key, value)| Op::Set(key, value)),
        4 => (key.clone(), any::<u64>()).prop_map(|(key, value)| Op::Update(key, value)),
        4 => key.clone().prop_map(Op::Remove),
        3 => (key.clone(), 0..120_u64).prop_map(|(key, len)| Op::SetAll(key, len)),
        2 => (key, 0..250_u64).prop_map(|(key, len)| Op::RemoveAll(key, len)),
        4 => Just(Op::Freeze),
        2 => any::<usize>().prop_map(Op::DropView),
        1 => any::<usize>().prop_map(Op::ConsumeView),
        1 => Just(Op::Clear),
    ]
}

fn hashes() -> impl Strategy<Value = Hashes> {
    prop_oneof![
        Just(Hashes::Even),
        Just(Hashes::Few),
        Just(Hashes::SamePrefix),
        Just(Hashes::SameSuffix),
        Just(Hashes::Equal),
    ]
}

fn sorted<'a>(rows: impl Iterator<Item = &'a Entry>) -> Vec<(u64, u64)> {
    let mut all: Vec<_> = rows.map(|row| (row.key, row.value)).collect();
    all.sort_unstable();
    all
}

fn pairs(model: &Model) -> Vec<(u64, u64)> {
    let mut all: Vec<_> = model.iter().map(|(key, value)| (*key, *value)).collect();
    all.sort_unstable();
    all
}

fn check_view(view: &Frozen<Entry>, model: &Model, hashes: Hashes) {
    assert_eq!(view.len(), model.len());
    assert_eq!(view.iter().len(), model.len());
    assert_eq!(sorted(view.iter()), pairs(model));
    for key in 0..600 {
        let found = view
            .get(hashes.of(key), |row| row.key == key)
            .map(|row| row.value);
        assert_eq!(found, model.get(&key).copied(), "key {key}");
    }
}

fn check_table(table: &Table, model: &Model, hashes: Hashes) {
    assert_eq!(
        (table.len(), table.is_empty()),
        (model.len(), model.is_empty())
    );
    assert_eq!(table.held().rows, model.len());
    assert_eq!(table.iter().count(), model.len());
    assert_eq!(sorted(table.iter()), pairs(model));
    let mut next = Some(0);
    for segment in table.segments() {
        let range = segment.halves();
        assert!(
            next.is_some_and(|next| next <= *range.start()),
            "segments ascend"
        );
        next = range.end().checked_add(1);
        assert!(
            !segment.is_empty()
                && segment
                    .iter()
                    .all(|row| range.contains(&lower_half(row.hash)))
        );
    }
    for key in 0..600 {
        let found = table
            .get(hashes.of(key), |row| row.key == key)
            .map(|row| row.value);
        assert_eq!(found, model.get(&key).copied(), "key {key}");
    }
}

fn run(hashes: Hashes, max_rows: usize, ops: Vec<Op>) {
    let mut table = Table::new(max_rows);
    let mut model = Model::new();
    let mut views: Vec<(Frozen<Entry>, Model)> = Vec::new();
    let mut apply = |op: Op, views: &mut Vec<(Frozen<Entry>, Model)>| {
        let mut put = |key: u64, value: u64| {
            let new = set(&mut table, hashes.of(key), key, value);
            assert_eq!(new, model.insert(key, value).is_none());
        };
        match op {
            Op::Set(key, value) => put(key, value),
            Op::SetAll(key, len) => (key..key + len).for_each(|key| put(key, key)),
            Op::Update(key, value) => {
                let found = table.get_mut(hashes.of(key), |row| row.key == key);
                assert_eq!(found.is_some(), model.contains_key(&key));
                if let Some(row) = found {
                    row.value = value;
                    model.insert(key, value);
                }
            }
            Op::Remove(key) => {
                let removed = table.remove(hashes.of(key), |row| row.key == key);
                assert_eq!(removed.map(|row| row.value), model.remove(&key));
            }
            Op::RemoveAll(key, len) => {
                for key in key..key + len {
                    let removed = table.remove(hashes.of(key), |row| row.key == key);
                    assert_eq!(removed.map(|row| row.value), model.remove(&key));
                }
            }
            Op::Freeze => views.push((table.freeze(), model.clone())),
            Op::DropView(i) if !views.is_empty() => drop(views.swap_remove(i % views.len())),
            Op::ConsumeView(i) if !views.is_empty() => {
                let (view, expected) = views.swap_remove(i % views.len());
                let segments: Vec<_> = view.into_segments().collect();
                let rows = segments.iter().flat_map(state_table::FrozenSegment::iter);
                assert_eq!(sorted(rows), pairs(&expected));
            }
            Op::DropView(_) | Op::ConsumeView(_) => {}
            Op::Clear => {
                table.clear();
                model.clear();
            }
        }
        check_table(&table, &model, hashes);
    };
    for op in ops {
        apply(op, &mut views);
        if let Some((view, expected)) = views.first() {
            check_view(view, expected, hashes);
        }
    }
    for (view, expected) in &views {
        check_view(view, expected, hashes);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn table_and_views_equal_their_models(
        hashes in hashes(),
        max_rows in prop_oneof![Just(1_usize), Just(7), Just(28), Just(896)],
        ops in prop::collection::vec(op(), 0..60),
    ) {
        run(hashes, max_rows, ops);
    }
}
