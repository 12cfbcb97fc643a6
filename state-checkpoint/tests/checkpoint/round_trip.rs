//! What is written is read back, whole or clipped, whatever the block size and compression.

use proptest::prelude::*;
use state_api::KeyGroups;
use state_checkpoint::run::RunFile;
use state_checkpoint::{Compression, MemoryStorage, verify};

use crate::support::{
    Row, block_on, checkpoint, drain, groups, options, part_of, publish_as, range, restore,
    sorted_rows,
};

fn clip(rows: &[Row], first: u16, last: u16) -> Vec<Row> {
    rows.iter()
        .filter(|row| first <= row.0 && row.0 <= last)
        .cloned()
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn rows_come_back_in_every_clip(
        rows in sorted_rows(12, 120),
        block_bytes in prop_oneof![1_u32..200, 1000_u32..100_000],
        lz4: bool,
        a in 0_u16..12,
        b in 0_u16..12,
    ) {
        let storage = MemoryStorage::new();
        let compression = if lz4 { Compression::Lz4 } else { Compression::None };
        let options = options(block_bytes, compression);
        let part = part_of(&storage, KeyGroups::all(12).unwrap(), &rows, &options).unwrap();
        prop_assert_eq!(part.runs[0].rows, rows.len() as u64);

        let (first, last) = (a.min(b), a.max(b));
        let file = block_on(RunFile::open(&storage, &part.runs[0])).unwrap();
        let clipped = drain(&mut file.read(range(first, last))).unwrap();
        prop_assert_eq!(&clipped, &clip(&rows, first, last));

        let manifest = publish_as(&storage, 7, checkpoint(12, vec![part])).unwrap();
        let restored = restore(&storage, &manifest, groups(12, first, last)).unwrap();
        prop_assert_eq!(&restored, &clipped);
        prop_assert_eq!(restore(&storage, &manifest, groups(12, 0, 11)).unwrap(), rows);
        block_on(verify(&storage, &manifest)).unwrap();
    }
}

#[test]
fn rows_far_larger_than_a_block_come_back() {
    let storage = MemoryStorage::new();
    // Above the largest compressed block, and above the read and write buffers.
    let rows: Vec<Row> = vec![
        (0, 0, b"a".to_vec(), vec![1; 100]),
        (0, 0, b"b".to_vec(), vec![2; (5 << 20) + 3]),
        (0, 0, vec![b'c'; 2 << 20], vec![3; 1]),
        (0, 1, b"d".to_vec(), vec![4; 3 << 20]),
        (1, 0, b"e".to_vec(), Vec::new()),
    ];
    let all = KeyGroups::all(2).unwrap();
    let part = part_of(&storage, all, &rows, &options(4096, Compression::Lz4)).unwrap();
    let manifest = publish_as(&storage, 1, checkpoint(2, vec![part])).unwrap();
    assert_eq!(restore(&storage, &manifest, all).unwrap(), rows);
    assert_eq!(
        restore(&storage, &manifest, groups(2, 1, 1)).unwrap(),
        rows[4..]
    );
    block_on(verify(&storage, &manifest)).unwrap();
}
