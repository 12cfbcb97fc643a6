//! A narrow key-group range is read without the rest of the file.

use state_api::KeyGroups;
use state_checkpoint::{Compression, MemoryStorage};
use state_conformance::fault::{Faults, FaultyStorage};

use crate::support::{Row, checkpoint, groups, options, part_of, publish_as, restore};

#[test]
fn one_group_of_a_hundred_costs_about_a_hundredth() {
    let inner = MemoryStorage::new();
    let rows: Vec<Row> = (0..100_u16)
        .flat_map(|group| (0..100_u8).map(move |i| (group, 0, vec![i], vec![i; 200])))
        .collect();
    let all = KeyGroups::all(100).unwrap();
    let part = part_of(&inner, all, &rows, &options(4096, Compression::None)).unwrap();
    let size = part.runs[0].size;
    let manifest = publish_as(&inner, 1, checkpoint(100, vec![part])).unwrap();

    let storage = FaultyStorage::new(inner, Faults::none());
    let found = restore(&storage, &manifest, groups(100, 50, 50)).unwrap();
    assert_eq!(found, rows[5000..5100]);
    // 20 KB of rows, the index of 500 blocks, and a header.
    assert!(
        storage.bytes_read() < size / 40,
        "{} of {size} bytes",
        storage.bytes_read()
    );
}
