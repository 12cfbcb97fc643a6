//! An open that fails leaves a directory that was closed cleanly as clean as it was: once it stayed
//! marked, and the next open refused or wiped the data.

#![allow(clippy::unwrap_used, reason = "tests may panic, in their helpers too")]

use std::fs;

use state_api::{ErrorKind, KeyGroups, StateBackend, StateRead, ValueDescriptor};
use state_redb::RedbConfig;

#[test]
fn the_data_is_found_when_the_obstacle_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("work");
    let groups = KeyGroups::all(8).unwrap();
    let open = || state_redb::open::<u64>(&path, groups, &RedbConfig::default());
    let value = ValueDescriptor::<u64>::new("value");

    let mut state = open().unwrap();
    let handle = state.register(value.clone()).unwrap();
    state.at_mut(&1).value(handle).put(7).unwrap();
    state.close().unwrap();

    // Without an inventory, as after a close under a view: else the obstacle is found before redb.
    fs::remove_file(path.join("FILES")).unwrap();
    let (file, aside) = (path.join("state.redb"), dir.path().join("aside"));
    fs::rename(&file, &aside).unwrap();
    fs::create_dir(&file).unwrap();
    assert_eq!(open().unwrap_err().kind(), ErrorKind::Io);
    fs::remove_dir(&file).unwrap();
    fs::rename(&aside, &file).unwrap();

    let mut state = open().unwrap();
    let handle = state.register(value).unwrap();
    assert_eq!(
        state.at(&1).value(handle).get().unwrap().as_deref(),
        Some(&7)
    );
}
