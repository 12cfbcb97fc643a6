//! Who watches a restore, a verify or a write is told of its phases, seldom, and at the end of all of it.

use std::sync::{Arc, Mutex};

use state_api::KeyGroups;
use state_api::row::{AllRows, RowSource as _};
use state_checkpoint::{
    Compression, MemoryStorage, NewPart, Phase, Progress, RestoreOptions, Ticket, WriteOptions,
    verify, write_part,
};

use crate::support::{
    Row, Rows, block_on, checkpoint, drain, groups, options, part_of, publish_as, states,
};

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
    let sizes = manifest.parts.iter().map(|part| part.runs[0].size);
    assert_eq!(opened[1].bytes + total, sizes.sum::<u64>());
    assert_eq!(source.about_rows(), 500);

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

#[test]
fn a_write_is_told_of_on_its_way() {
    let storage = MemoryStorage::new();
    let rows: Vec<Row> = (0..4000_u16)
        .map(|i| (0, 0, i.to_be_bytes().to_vec(), vec![7; 2000]))
        .collect();
    let seen: Arc<Mutex<Vec<Progress>>> = Arc::default();
    let sink = Arc::clone(&seen);
    let options = WriteOptions::default()
        .with_run(options(1000, Compression::None))
        .with_progress(move |progress| sink.lock().unwrap().push(progress));
    let part = NewPart {
        operator: "operator",
        key_groups: KeyGroups::all(1).unwrap(),
        states: &states(),
        base: Vec::new(),
    };
    let mut source = AllRows::new(Rows(rows.iter()));
    let ticket = Ticket::unpinned(1).unwrap();
    let part = block_on(write_part(&storage, &ticket, part, &mut source, &options)).unwrap();

    let seen = seen.lock().unwrap();
    let size = part.runs[0].size;
    assert!(size > 8_000_000);
    let last = seen.last().unwrap();
    assert_eq!(
        (last.phase, last.bytes, last.rows),
        (Phase::Write, size, 4000)
    );
    // About once a MiB, and never more than half of one behind.
    let bytes: Vec<u64> = seen.iter().map(|progress| progress.bytes).collect();
    assert!(bytes.len() <= 10, "{bytes:?}");
    for pair in bytes.windows(2) {
        assert!(pair[1] - pair[0] < 3 << 19, "{bytes:?}");
    }
}
