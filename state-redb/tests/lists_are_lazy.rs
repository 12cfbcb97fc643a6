//! A list of a million elements is read without being held: the peak of the process's memory does
//! not grow with the list. Alone in its file, since it looks at the whole process.

#![allow(clippy::unwrap_used, reason = "tests may panic, in their helpers too")]
#![cfg(target_os = "linux")]

use state_api::{KeyGroups, ListDescriptor, StateBackend, StateRead};
use state_redb::RedbConfig;

/// The most memory that the process has had resident so far, in bytes.
fn peak() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .unwrap();
    let kibibytes: usize = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kibibytes * 1024
}

#[test]
fn a_million_elements_are_read_in_constant_memory() {
    const CACHE: usize = 4 << 20;
    const ELEMENT: usize = 100;
    let dir = tempfile::tempdir().unwrap();
    let config = RedbConfig::default().with_cache_bytes(CACHE);
    let groups = KeyGroups::all(128).unwrap();
    let mut state = state_redb::open::<u64>(dir.path().join("work"), groups, &config).unwrap();
    let list = state
        .register(ListDescriptor::<String>::new("list"))
        .unwrap();
    // Freezes write the pages out, so that the peak before reading is small.
    for block in 0..100 {
        let elements = (0..10_000).map(|i| format!("{:>ELEMENT$}", block * 10_000 + i));
        state.at_mut(&1).list(list).extend(elements).unwrap();
        drop(state.freeze().unwrap());
    }
    let view = state.freeze().unwrap();
    let before = peak();
    let mut count = 0;
    for element in view.at(&1).list(list).iter().unwrap() {
        assert_eq!(element.unwrap().len(), ELEMENT);
        count += 1;
    }
    assert_eq!(count, 1_000_000);
    let grown = peak() - before;
    assert!(
        grown < 16 << 20,
        "reading 100 MB raised the peak by {grown} bytes"
    );
    state.destroy().unwrap();
}
