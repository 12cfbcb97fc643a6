//! Collection removes the temporary files of a process that died, and leaves those that are written.

use std::sync::Arc;
use std::time::Duration;

use pollster::block_on;
use state_api::{Clock, SystemClock};
use state_checkpoint::{CheckpointStorage, GcOptions, LocalStorage, gc};

#[test]
fn old_temporary_files_go_and_young_ones_stay() {
    let dir = tempfile::tempdir().unwrap();
    let storage = Arc::new(LocalStorage::open(dir.path()).unwrap());
    block_on(storage.put_new("runs/kept.txt", b"not a run")).unwrap();
    let left = dir
        .path()
        .join("runs/.tmp-0123456789abcdef0123456789abcdef");
    std::fs::write(&left, b"half of a run").unwrap();
    let mut writer = block_on(storage.create("runs/under-way.txt")).unwrap();
    block_on(writer.write(b"one")).unwrap();

    // Both are younger than an hour.
    let hour = GcOptions::default()
        .with_delete()
        .with_grace(Duration::from_secs(3600));
    assert_eq!(
        block_on(gc(&*storage, &SystemClock, &hour)).unwrap().other,
        0
    );
    assert!(left.exists());

    // The one is made older than that; the other is still being written.
    let old = std::time::UNIX_EPOCH + Duration::from_millis(SystemClock.now_ms() - 7_200_000);
    let file = std::fs::File::options().write(true).open(&left).unwrap();
    file.set_modified(old).unwrap();
    let dry = GcOptions::default().with_grace(Duration::from_secs(3600));
    block_on(gc(&*storage, &SystemClock, &dry)).unwrap();
    assert!(left.exists(), "a dry run removes nothing");
    assert_eq!(
        block_on(gc(&*storage, &SystemClock, &hour)).unwrap().other,
        1
    );
    assert!(!left.exists());
    block_on(writer.write(b"two")).unwrap();
    block_on(writer.finish()).unwrap();
    let names = block_on(storage.list("runs")).unwrap();
    assert_eq!(names, ["kept.txt", "under-way.txt"]);
}
