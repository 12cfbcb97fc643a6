//! Who watches a restore or a verify is told of its phases, seldom, and at the end of all of it.

use std::sync::{Arc, Mutex};

use state_api::KeyGroups;
use state_checkpoint::{Compression, MemoryStorage, Phase, Progress, RestoreOptions, verify};

use crate::support::{Row, block_on, checkpoint, drain, groups, options, part_of, publish_as};

#[test]
fn bytes_and_rows_add_up_to_the_total() {
    let storage = MemoryStorage::new();
    let rows: Vec<Row> = (0..10)
        .flat_map(|group| (0..50).map(move |i| (group, 0, vec![i], vec![i; 10_000])))
        .collect();
    let halves = rows.split_at(rows.len() / 2);
    let parts = [(halves.0, 0, 4), (halves.1, 5, 9)].map(|(rows, first, last)| {
        let options = options(1000, Compression::None);
        part_of(&storage, groups(10, first, last), rows, &options).unwrap()
    });
    let manifest = publish_as(&storage, 1, checkpoint(10, parts.to_vec())).unwrap();

    let seen: Arc<Mutex<Vec<Progress>>> = Arc::default();
    let sink = Arc::clone(&seen);
    let options = RestoreOptions::default()
        .with_progress(move |progress| sink.lock().unwrap().push(progress));
    let take = || std::mem::take(&mut *seen.lock().unwrap());

    let all = KeyGroups::all(10).unwrap();
    let source = options.open(&storage, &manifest, "operator", all);
    let mut source = block_on(source).unwrap();
    let opened = take();
    let phases: Vec<Phase> = opened.iter().map(|progress| progress.phase).collect();
    assert_eq!(phases, [Phase::Open, Phase::Open, Phase::Read]);
    let total = opened[2].bytes_total.unwrap();

    assert_eq!(drain(&mut source).unwrap(), rows);
    drain(&mut source).unwrap();
    let read = take();
    assert!(read.len() <= 6, "{read:?}");
    assert!(read.is_sorted_by_key(|progress| (progress.bytes, progress.rows)));
    let last = read.last().unwrap();
    assert_eq!(
        (last.phase, last.bytes, last.rows),
        (Phase::Read, total, 500)
    );
    assert!(total > 5_000_000);

    block_on(options.verify(&storage, &manifest)).unwrap();
    let verified = take();
    let report = block_on(verify(&storage, &manifest)).unwrap();
    let last = verified.last().unwrap();
    assert_eq!((last.phase, last.rows), (Phase::Verify, report.rows));
    assert_eq!(
        (last.bytes, last.bytes_total),
        (report.bytes, Some(report.bytes))
    );
}
