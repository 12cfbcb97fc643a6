//! What reading costs in memory. Looks at the whole process, so it must be alone in it: call it from
//! a test in a file of its own.

use state_api::{ListDescriptor, StateBackend, StateRead};

use crate::factory::BackendFactory;
use crate::site::Site;

/// Elements of the list.
const ELEMENTS: usize = 1_000_000;

/// Bytes of an element.
const ELEMENT: usize = 100;

/// Bytes that the peak may grow by: the caches of an engine, not the 100 MB of the list.
const GROWTH: usize = 24 << 20;

/// A list of a million elements is read without being held, live and from a view: the peak of the
/// process's memory does not grow with the list. On systems without `/proc` only that it is read.
///
/// # Panics
/// When the law does not hold.
pub fn long_lists_are_read_lazily<F: BackendFactory>(factory: &F) {
    let site = Site::new(factory);
    let mut backend = site.open::<u64>();
    let list = backend
        .register(ListDescriptor::<String>::new("list"))
        .unwrap();
    // Freezes write pages out, so that the memory before reading is small.
    for block in 0..100 {
        let elements = (0..ELEMENTS / 100).map(|i| format!("{:>ELEMENT$}", block * 10_000 + i));
        backend.at_mut(&1).list(list).extend(elements).unwrap();
        drop(backend.freeze().unwrap());
    }
    let view = backend.freeze().unwrap();
    let elements = backend.at(&1).list(list).iter().unwrap();
    read("live", elements.map(|element| element.unwrap().len()));
    let elements = view.at(&1).list(list).iter().unwrap();
    read(
        "from a view",
        elements.map(|element| element.unwrap().len()),
    );
    drop(view);
    backend.destroy().unwrap();
}

fn read(what: &str, lengths: impl Iterator<Item = usize>) {
    reset_peak();
    let before = peak();
    let mut count = 0;
    for length in lengths {
        assert_eq!(length, ELEMENT, "{what}: length of element {count}");
        count += 1;
    }
    assert_eq!(count, ELEMENTS, "{what}: elements");
    let grown = peak().saturating_sub(before);
    assert!(
        grown < GROWTH,
        "reading 100 MB {what} raised the peak by {grown} bytes"
    );
}

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
