//! What reading costs in memory. Looks at the whole process, so it must be alone in it: call it from
//! a test in a file of its own.

use state_api::{ListDescriptor, StateBackend, StateRead};

use crate::factory::BackendFactory;
use crate::site::Site;

/// Writes of the list.
const BLOCKS: usize = 100;

/// Bytes of an element.
const ELEMENT: usize = 100;

/// A list of so many elements of 100 bytes is read without being held, live and from a view: the peak of
/// the process's memory grows by less than `growth` bytes, which is for the caches of an engine and well
/// below the bytes of the list. On systems without `/proc` only that it is read.
///
/// # Panics
/// When the law does not hold.
pub fn long_lists_are_read_lazily<F: BackendFactory>(factory: &F, elements: usize, growth: usize) {
    assert!(growth < elements * ELEMENT / 2, "a held list would pass");
    let site = Site::new(factory);
    let mut backend = site.open::<u64>();
    let list = backend
        .register(ListDescriptor::<String>::new("list"))
        .unwrap();
    // Freezes write pages out, so that the memory before reading is small.
    for block in 0..BLOCKS {
        let block = (0..elements / BLOCKS).map(|i| format!("{:>ELEMENT$}", block * elements + i));
        backend.at_mut(&1).list(list).extend(block).unwrap();
        drop(backend.freeze().unwrap());
    }
    let view = backend.freeze().unwrap();
    let read = |what, lengths: &mut dyn Iterator<Item = usize>| {
        let grown = growth_of_reading(what, elements, lengths);
        assert!(
            grown < growth,
            "reading {elements} elements {what} raised the peak by {grown} bytes"
        );
    };
    let live = backend.at(&1).list(list).iter().unwrap();
    read("live", &mut live.map(|element| element.unwrap().len()));
    let frozen = view.at(&1).list(list).iter().unwrap();
    read(
        "from a view",
        &mut frozen.map(|element| element.unwrap().len()),
    );
    drop(view);
    backend.destroy().unwrap();
}

fn growth_of_reading(
    what: &str,
    elements: usize,
    lengths: &mut dyn Iterator<Item = usize>,
) -> usize {
    reset_peak();
    let before = peak();
    let mut count = 0;
    for length in lengths {
        assert_eq!(length, ELEMENT, "{what}: length of element {count}");
        count += 1;
    }
    assert_eq!(count, elements, "{what}: elements");
    peak().saturating_sub(before)
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
