//! From any parallelism to any other: each row comes back once, at the worker that owns it.

use state_api::KeyGroups;
use state_checkpoint::{Compression, MemoryStorage, Part};

use crate::support::{Row, checkpoint, options, part_of, publish_as, restore};

#[test]
fn the_union_over_all_workers_is_the_state() {
    const MAX: u16 = 24;
    let rows: Vec<Row> = (0..MAX)
        .flat_map(|group| (0..7_u8).map(move |i| (group, u32::from(i % 3), vec![i], vec![i; 9])))
        .collect::<std::collections::BTreeSet<_>>()
        .into_iter()
        .collect();
    for from in [1, 2, 3, 5, 8, 24] {
        let storage = MemoryStorage::new();
        let parts: Vec<Part> = (0..from)
            .map(|worker| {
                let own = KeyGroups::of_worker(MAX, worker, from).unwrap();
                let rows: Vec<Row> = rows
                    .iter()
                    .filter(|row| own.range().contains(row.0))
                    .cloned()
                    .collect();
                part_of(&storage, own, &rows, &options(50, Compression::Lz4)).unwrap()
            })
            .collect();
        let manifest = publish_as(&storage, 1, checkpoint(MAX, parts)).unwrap();
        for to in [1, 2, 3, 5, 8, 24] {
            let mut union = Vec::new();
            for worker in 0..to {
                let own = KeyGroups::of_worker(MAX, worker, to).unwrap();
                let part = restore(&storage, &manifest, own).unwrap();
                assert!(part.iter().all(|row| own.range().contains(row.0)));
                union.extend(part);
            }
            assert_eq!(union, rows, "from {from} to {to}");
        }
    }
}
