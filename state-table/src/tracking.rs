//! What a table knows of the tracking of its changes.

/// The interval that is written in, the freezes that changes can be told since, and the memory that
/// it takes. An interval has the number of the freeze that ends it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tracking {
    /// The interval under way; 0 while changes are not tracked at all.
    pub(crate) interval: u64,
    /// The earliest freeze that changes are told since.
    pub(crate) floor: u64,
    /// Most bytes to take.
    pub(crate) limit: usize,
    /// Bytes that the caller keeps beside the marks.
    pub(crate) beside: usize,
}

impl Tracking {
    pub(crate) fn is_on(&self) -> bool {
        self.interval > 0
    }
}
