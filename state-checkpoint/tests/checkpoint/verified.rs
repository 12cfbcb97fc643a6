//! Verify reads all bytes of all files once and says how much that was.

use state_api::KeyGroups;
use state_checkpoint::{CheckpointStorage, Digest, MemoryStorage, RunOptions, load, verify};
use state_conformance::fault::{Faults, FaultyStorage};

use crate::support::{
    Row, block_on, checkpoint, files, part_of, publish_as, range, small_checkpoint,
};

#[test]
fn the_report_counts_files_bytes_and_rows() {
    let (storage, rows) = small_checkpoint();
    let manifest = block_on(load(&storage, 1)).unwrap();
    let report = block_on(verify(&storage, &manifest)).unwrap();
    let sizes: usize = files(&storage)
        .iter()
        .filter(|(path, _)| path.starts_with("runs/"))
        .map(|(_, bytes)| bytes.len())
        .sum();
    assert_eq!((report.files, report.bytes), (2, sizes as u64));
    assert_eq!(report.rows, rows.len() as u64);
}

#[test]
fn a_digest_that_does_not_match_is_found() {
    let (storage, _) = small_checkpoint();
    let mut manifest = block_on(load(&storage, 1)).unwrap();
    manifest.parts[0].runs[0].digest = Digest::of(b"");
    let path = manifest.parts[0].runs[0].path.clone();
    crate::support::assert_corrupt(block_on(verify(&storage, &manifest)), &path, "digest");
}

#[test]
fn a_file_of_two_parts_is_read_once() {
    let inner = MemoryStorage::new();
    let rows: Vec<Row> = (0..10)
        .map(|group| (group, 0, vec![0; 100_000], vec![1]))
        .collect();
    let all = KeyGroups::all(10).unwrap();
    let whole = part_of(&inner, all, &rows, &RunOptions::default()).unwrap();
    // A rescale without rewriting: both workers refer to their half of the file.
    let parts = [range(0, 3), range(4, 9)].map(|half| {
        let mut part = whole.clone();
        part.key_groups = half;
        part.runs[0].clip = half;
        part
    });
    let manifest = publish_as(&inner, 1, checkpoint(10, parts.to_vec())).unwrap();
    let storage = FaultyStorage::new(inner, Faults::none());
    let report = block_on(verify(&storage, &manifest)).unwrap();
    assert_eq!((report.files, report.rows), (1, 10));
    let size = block_on(storage.size(&whole.runs[0].path)).unwrap();
    assert!(
        storage.bytes_read() < size + 10_000,
        "{} of {size}",
        storage.bytes_read()
    );
    let restored = crate::support::restore(&storage, &manifest, all).unwrap();
    assert_eq!(restored, rows);
}
