//! Memory of a decoder, counted.

use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// What any call may take beside: an error with its context, a table, a buffer.
const REST: usize = 64 << 10;

/// Runs `work`, which may hold `bytes` more than before, and 64 KiB. Counts the whole process: nothing
/// else may run meanwhile.
#[track_caller]
pub(crate) fn bounded<T>(bytes: usize, work: impl FnOnce() -> T) -> T {
    let limit = REST + bytes;
    let before = ALLOCATOR.current_usage();
    ALLOCATOR.reset_peak_usage();
    let value = work();
    let held = ALLOCATOR.peak_usage().saturating_sub(before);
    assert!(held <= limit, "{held} bytes were held, {limit} are allowed");
    value
}
