//! What is gone is told in slices that fit into the buffer, and each row once, also if it went twice.
//! Alone in its file, since it looks at the whole process.

#![allow(clippy::unwrap_used, reason = "tests may panic, in their helpers too")]

use state_api::{
    ChangeSource as _, KeyGroups, RowChange, StateBackend as _, StateRead as _, StateView as _,
    ValueDescriptor,
};
use state_heap::HeapBackend;

const BUFFER: usize = 4 << 20;
const ROWS: u64 = 1_000_000;

/// The most memory that the process has had resident, in bytes; 0 where the system does not say.
fn peak() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kibibytes = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<usize>().ok());
    kibibytes.unwrap_or(0) * 1024
}

#[test]
fn a_million_removed_values_take_the_buffer() {
    let mut state = HeapBackend::<u64>::new(KeyGroups::all(16).unwrap());
    state.track_changes(256 << 20).unwrap();
    let value = state
        .register(ValueDescriptor::<u64>::new("value"))
        .unwrap();
    for key in 0..ROWS {
        state.at_mut(&key).value(value).put(key).unwrap();
    }
    let since = state.freeze().unwrap().epoch();
    state.confirm(since).unwrap();
    for key in 0..ROWS {
        state.at_mut(&key).value(value).clear().unwrap();
    }
    // The first ones come again, are seen by a view, and go again.
    for key in 0..1_000 {
        state.at_mut(&key).value(value).put(key).unwrap();
    }
    drop(state.freeze().unwrap());
    for key in 0..1_000 {
        state.at_mut(&key).value(value).clear().unwrap();
    }
    let view = state.freeze().unwrap();

    let _ = std::fs::write("/proc/self/clear_refs", "5");
    let before = peak();
    let range = view.key_groups().range();
    let mut changes = view.into_changes(Some(since), range, BUFFER).unwrap();
    let (mut runs, mut gone) = (0, 0);
    while changes.next_run().unwrap() {
        runs += 1;
        let mut last = None;
        while let Some(change) = changes.next_change().unwrap() {
            let RowChange::Delete { group, key, .. } = change else {
                panic!("nothing is left: {change:?}");
            };
            let at = (group, key.to_vec());
            assert!(last.as_ref().is_none_or(|last| *last < at));
            last = Some(at);
            gone += 1;
        }
    }
    assert_eq!(gone, ROWS);
    assert!(runs > 4, "{runs} runs");
    // Vectors double as they grow.
    let grew = peak().saturating_sub(before);
    assert!(grew < 4 * BUFFER, "{grew} bytes");
}
