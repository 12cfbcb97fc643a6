//! A full checkpoint takes its buffer and little more, however large the state. Alone in its file,
//! since it looks at the whole process.

#![allow(clippy::unwrap_used, reason = "tests may panic, in their helpers too")]

use state_api::{
    ChangeSource as _, KeyGroups, MapDescriptor, StateBackend as _, StateRead as _, StateView as _,
    ValueDescriptor,
};
use state_heap::{HeapBackend, HeapView};

const BUFFER: usize = 4 << 20;

/// One part in sixteen of the buffer, a row, and what the allocator rounds up.
const BESIDE: usize = 1 << 20;

/// The most memory that the process has had resident, in bytes; 0 where the system does not say.
fn peak() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kibibytes = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<usize>().ok());
    kibibytes.unwrap_or(0) * 1024
}

/// Makes the peak that of now.
fn reset_peak() {
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

/// Reads all changes; by how much that raised the peak, and bytes, rows and runs.
fn read(view: HeapView<u64>, buffer: usize) -> (usize, [usize; 3]) {
    reset_peak();
    let before = peak();
    let groups = view.key_groups().range();
    let mut changes = view.into_changes(None, groups, buffer).unwrap();
    let [mut bytes, mut rows, mut runs] = [0; 3];
    while changes.next_run().unwrap() {
        runs += 1;
        while let Some(change) = changes.next_change().unwrap() {
            let state_api::RowChange::Put(row) = change else {
                panic!("a full checkpoint has a tombstone");
            };
            rows += 1;
            bytes += row.key.len() + row.envelope.len();
        }
    }
    (peak().saturating_sub(before), [bytes, rows, runs])
}

fn values(max_parallelism: u16, keys: u64) -> HeapBackend<u64> {
    let groups = KeyGroups::all(max_parallelism).unwrap();
    let mut state = HeapBackend::<u64>::new(groups);
    let value = ValueDescriptor::<String>::new("value");
    let value = state.register(value).unwrap();
    for key in 0..keys {
        let content = format!("{key:>240}");
        state.at_mut(&key).value(value).put(content).unwrap();
    }
    state
}

fn one_map() -> HeapBackend<u64> {
    let mut state = HeapBackend::<u64>::new(KeyGroups::all(128).unwrap());
    let map = MapDescriptor::<u64, String>::new("map");
    let map = state.register(map).unwrap();
    for entry in 0..1_000_000 {
        let content = format!("{entry:>70}");
        let mut at = state.at_mut(&7);
        at.map(map).insert(entry, content).unwrap();
    }
    state
}

#[test]
fn a_hundred_megabytes_are_exported_in_a_buffer_of_four() {
    let cases: [(&str, &dyn Fn() -> HeapBackend<u64>); 3] = [
        ("many key groups", &|| values(128, 400_000)),
        ("one key group", &|| values(1, 400_000)),
        ("one map of a million entries", &one_map),
    ];
    for (what, make) in cases {
        let mut state = make();
        let entries = usize::try_from(state.memory_held().entries).unwrap();
        // Once, so that the pages of the program and of the stack are there.
        read(
            HeapBackend::new(state.key_groups()).freeze().unwrap(),
            BUFFER,
        );
        let (grown, [bytes, rows, runs]) = read(state.freeze().unwrap(), BUFFER);
        assert_eq!(rows, entries, "{what}");
        assert!(bytes > 85_000_000, "{what}: {bytes} bytes");
        assert!(
            grown < BUFFER + BESIDE,
            "{what}: {bytes} bytes in {runs} runs raised the peak by {grown} bytes"
        );
        // 28 bytes a row go to headers and index; all runs but the first and the last fill half of the buffer.
        let full = (runs - 2) * (BUFFER / 2 - BUFFER / 32);
        assert!(bytes + 28 * rows > full, "{what}: {runs} runs");
    }
}

/// The same with the default buffer, ten times the state.
#[test]
#[ignore = "takes 1.5 GB and, unoptimised, a minute: cargo test --release -- --ignored"]
fn a_gigabyte_is_exported_in_the_default_buffer() {
    const DEFAULT: usize = 64 << 20;
    let mut state = values(128, 4_000_000);
    read(
        HeapBackend::new(state.key_groups()).freeze().unwrap(),
        DEFAULT,
    );
    let (grown, [bytes, rows, runs]) = read(state.freeze().unwrap(), DEFAULT);
    println!("{bytes} bytes of {rows} rows in {runs} runs raised the peak by {grown} bytes");
    assert!(bytes > 950_000_000, "{bytes} bytes");
    assert!(grown < DEFAULT + 2 * BESIDE, "raised by {grown} bytes");
}
