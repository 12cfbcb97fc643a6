//! Prints what a criterion report does not show: the pause of a freeze, the longest single write while
//! a view lives; and long lists and maps, for which it goes with them.
//!
//! `cargo bench -p state-table --bench measure -- [pauses] [lists] [maps]`; the parts that are named,
//! or all. Operations on rows are in `table`.
#![expect(clippy::print_stdout, reason = "printing is its purpose")]

mod row;

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::{Duration, Instant};

use row::{Pair, Random, hash};
use state_table::{ChunkedList, ChunkedMap, Table};

const ROUNDS: usize = 25;

fn main() {
    let named: Vec<String> = std::env::args()
        .skip(1)
        .filter(|arg| !arg.starts_with('-'))
        .collect();
    let wants = |part: &str| named.is_empty() || named.iter().any(|name| name == part);
    if wants("pauses") {
        pauses(1_000_000);
        pauses(10_000_000);
    }
    if wants("lists") {
        lists();
    }
    if wants("maps") {
        maps();
    }
}

fn time(f: impl FnOnce()) -> Duration {
    let start = Instant::now();
    f();
    start.elapsed()
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// Bare and ours by turns; the best round of each.
fn compare(name: &str, operations: usize, mut bare: impl FnMut(), mut ours: impl FnMut()) {
    compare_rounds(name, ROUNDS, operations, &mut bare, &mut ours);
}

fn compare_rounds(
    name: &str,
    rounds: usize,
    operations: usize,
    bare: &mut dyn FnMut(),
    ours: &mut dyn FnMut(),
) {
    let mut best = (Duration::MAX, Duration::MAX);
    for _ in 0..rounds {
        best.0 = best.0.min(time(&mut *bare));
        best.1 = best.1.min(time(&mut *ours));
    }
    #[expect(clippy::cast_precision_loss, reason = "a printed figure")]
    let nanos = |time: Duration| time.as_secs_f64() * 1e9 / operations as f64;
    println!(
        "{name:28} bare {:7.1} ns  ours {:7.1} ns  ratio {:.2}",
        nanos(best.0),
        nanos(best.1),
        best.0.as_secs_f64() / best.1.as_secs_f64()
    );
}

fn pauses(rows: usize) {
    let mut table = Table::<Pair<Vec<u8>>>::default();
    let make = |key: u64| Pair {
        key,
        value: vec![1; 100],
    };
    let mut longest = Duration::ZERO;
    for key in 0..rows as u64 {
        longest = longest.max(time(|| {
            table.find_or_insert_with(hash(key), |r| r.key == key, || make(key));
        }));
    }
    let segments = table.segments().count();
    println!(
        "{rows} rows of 100 bytes: {segments} segments, longest insert {:.3} ms",
        millis(longest)
    );

    let mut random = Random(3);
    for round in 0..4 {
        let start = Instant::now();
        let view = table.freeze();
        let pause = start.elapsed();
        let mut longest = Duration::ZERO;
        let mut total = Duration::ZERO;
        let writes = 200_000;
        for _ in 0..writes {
            let key = random.below(rows) as u64;
            let took = time(|| {
                if let Some(row) = table.get_mut(hash(key), |r| r.key == key)
                    && let Some(byte) = row.value.first_mut()
                {
                    *byte = byte.wrapping_add(1);
                }
            });
            longest = longest.max(took);
            total += took;
        }
        let held = table.held();
        let release = time(|| drop(view));
        // glibc puts freed small blocks in order at the next allocation of more than 1 KiB, whosever
        // that is: 15 ms after a million of them. That is a cost of the drop, not of the next freeze.
        let settle = time(|| drop(black_box(vec![1_u8; 1 << 14])));
        println!(
            "  round {round}: freeze {:.3} ms, then {writes} random writes: longest {:.3} ms, \
             all {:.0} ms, {} MB shared of {} MB; drop of the view {:.1} ms, {:.1} ms to settle",
            millis(pause),
            millis(longest),
            millis(total),
            held.shared_bytes >> 20,
            held.bytes >> 20,
            millis(release),
            millis(settle),
        );
    }
    let start = Instant::now();
    let view = table.freeze();
    println!(
        "  all segments owned: freeze {:.3} ms",
        millis(start.elapsed())
    );
    let start = Instant::now();
    let sum: u64 = view
        .into_segments()
        .flat_map(|s| s.iter().map(|r| r.key).collect::<Vec<_>>())
        .sum();
    println!("  consuming it {:.1} ms ({sum})", millis(start.elapsed()));
}

fn lists() {
    let elements = 1_000_000_u64;
    let mut list = ChunkedList::new();
    let push = time(|| list.extend(0..elements));
    println!(
        "list of {elements}: {} chunks, push {:.0} ms in all",
        list.chunks().len(),
        millis(push)
    );
    let mut copy = None;
    let clone = time(|| copy = Some(list.clone()));
    let mut longest = Duration::ZERO;
    for i in 0..10_000 {
        longest = longest.max(time(|| list.push(i)));
    }
    println!(
        "  clone {:.4} ms, longest push while it lives {:.4} ms",
        millis(clone),
        millis(longest)
    );
    compare(
        "  iterate 1,000,000",
        1_000_000,
        || {},
        || {
            black_box(list.iter().sum::<u64>());
        },
    );
    drop(copy);
}

fn maps() {
    for entries in [4_u64, 32, 1000, 100_000, 1_000_000] {
        let mut random = Random(4);
        let keys: Vec<String> = (0..entries).map(|i| format!("key-{i:08}")).collect();
        let mut order = keys.clone();
        for i in (1..order.len()).rev() {
            order.swap(i, random.below(i + 1));
        }
        let mut bare = BTreeMap::new();
        let mut ours = ChunkedMap::new();
        for key in &order {
            bare.insert(key.clone(), 0_u64);
            ours.insert(key.clone(), 0_u64);
        }
        let picks: Vec<&str> = (0..200_000)
            .filter_map(|_| order.get(random.below(order.len())).map(String::as_str))
            .collect();
        println!("map of {entries} String keys, bare is BTreeMap");
        compare_rounds(
            "  get_mut",
            5,
            picks.len(),
            &mut || {
                for key in &picks {
                    if let Some(value) = bare.get_mut(*key) {
                        *value += 1;
                    }
                }
            },
            &mut || {
                for key in &picks {
                    if let Some(value) = ours.get_mut(*key) {
                        *value += 1;
                    }
                }
            },
        );
        compare_rounds(
            "  insert at random",
            3,
            order.len(),
            &mut || {
                let mut bare = BTreeMap::new();
                for key in &order {
                    bare.insert(key.clone(), 0_u64);
                }
                black_box(bare);
            },
            &mut || {
                let mut ours = ChunkedMap::new();
                for key in &order {
                    ours.insert(key.clone(), 0_u64);
                }
                black_box(ours);
            },
        );
        compare_rounds(
            "  iterate",
            5,
            order.len(),
            &mut || {
                black_box(bare.values().sum::<u64>());
            },
            &mut || {
                black_box(ours.iter().map(|(_, value)| *value).sum::<u64>());
            },
        );
        let mut copy = None;
        let clone = time(|| copy = Some(ours.clone()));
        let mut all = Vec::new();
        for key in picks.iter().take(20_000) {
            all.push(time(|| {
                if let Some(value) = ours.get_mut(*key) {
                    *value += 1;
                }
            }));
        }
        let first = all.first().copied().unwrap_or_default();
        let longest = all.iter().skip(1).max().copied().unwrap_or_default();
        println!(
            "  clone {:.4} ms, first write while it lives {:.4} ms, longest later {:.4} ms",
            millis(clone),
            millis(first),
            millis(longest)
        );
        drop(copy);
    }
}
