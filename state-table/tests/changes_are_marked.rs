//! A view tells every row that was written since an earlier one, through whatever moves the rows:
//! segments that split, grow and shrink, and copies for other views.

mod row;

use std::collections::BTreeMap;

use proptest::prelude::*;
use row::{Table, set, spread};
use state_table::Frozen;

#[derive(Clone, Debug)]
enum Op {
    Set(u64),
    Update(u64),
    Remove(u64),
    /// Many at once, so that segments split.
    SetAll(u64, u64),
    /// So that segments shrink.
    RemoveAll(u64, u64),
    Freeze,
    DropView(usize),
    Confirm(u64),
}

fn op() -> impl Strategy<Value = Op> {
    let key = 0..400_u64;
    prop_oneof![
        6 => key.clone().prop_map(Op::Set),
        6 => key.clone().prop_map(Op::Update),
        4 => key.clone().prop_map(Op::Remove),
        2 => (key.clone(), 0..200_u64).prop_map(|(key, len)| Op::SetAll(key, len)),
        2 => (key, 0..400_u64).prop_map(|(key, len)| Op::RemoveAll(key, len)),
        5 => Just(Op::Freeze),
        1 => any::<usize>().prop_map(Op::DropView),
        1 => any::<u64>().prop_map(Op::Confirm),
    ]
}

/// The keys that a view tells, and for each key of the view the freeze it was written before.
fn check(
    view: &Frozen<row::Entry>,
    written: &BTreeMap<u64, u64>,
    since: std::ops::RangeInclusive<u64>,
) {
    for since in since {
        let segments = view.clone().into_segments();
        let told: Vec<u64> = segments
            .flat_map(|segment| {
                let rows = segment.changed_since(since);
                rows.map(|(bucket, row)| {
                    assert_eq!(segment.row(bucket), Some(row));
                    row.key
                })
                .collect::<Vec<_>>()
            })
            .collect();
        for (key, interval) in written {
            let missed = *interval > since && !told.contains(key);
            assert!(!missed, "key {key} of interval {interval} since {since}");
        }
    }
}

fn run(max_rows: usize, ops: Vec<Op>) {
    let mut table = Table::new(max_rows);
    table.track(1, 0);
    let (mut interval, mut floor) = (1, 0);
    let mut written = BTreeMap::new();
    let mut views = Vec::new();
    for op in ops {
        let mut put = |key: u64| {
            set(&mut table, spread(key), key, key);
            written.insert(key, interval);
        };
        match op {
            Op::Set(key) => put(key),
            Op::SetAll(key, len) => (key..key + len).for_each(put),
            Op::Update(key) => {
                if table.get_mut(spread(key), |row| row.key == key).is_some() {
                    written.insert(key, interval);
                }
            }
            Op::Remove(key) => {
                table.remove(spread(key), |row| row.key == key);
                written.remove(&key);
            }
            Op::RemoveAll(key, len) => {
                for key in key..key + len {
                    table.remove(spread(key), |row| row.key == key);
                    written.remove(&key);
                }
            }
            Op::Freeze => {
                let view = table.freeze();
                check(&view, &written, floor..=interval);
                views.push((view, written.clone(), floor..=interval));
                interval += 1;
            }
            Op::DropView(i) if !views.is_empty() => drop(views.swap_remove(i % views.len())),
            Op::DropView(_) => {}
            Op::Confirm(epoch) => {
                let epoch = floor + epoch % (interval - floor);
                table.confirm(epoch);
                floor = epoch;
                assert_eq!(table.tracked_since(), Some(floor));
            }
        }
    }
    for (view, written, since) in views {
        check(&view, &written, since);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]
    #[test]
    fn no_written_row_is_missed(
        max_rows in prop_oneof![Just(1_usize), Just(7), Just(28), Just(896)],
        ops in prop::collection::vec(op(), 0..80),
    ) {
        run(max_rows, ops);
    }
}

#[test]
fn no_more_rows_are_told_than_were_written() {
    let mut table = row::filled(896, 0..100_000);
    table.track(1, 0);
    drop(table.freeze());
    for key in (0..100_000).step_by(100) {
        assert!(table.get_mut(spread(key), |row| row.key == key).is_some());
    }
    let view = table.freeze();
    let told = |since| {
        view.clone()
            .into_segments()
            .map(|s| s.changed_since(since).count())
            .sum::<usize>()
    };
    assert_eq!((told(0), told(1), told(2)), (1000, 1000, 0));
}
