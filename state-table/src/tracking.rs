//! What a table knows of the tracking of its changes.

/// The interval that is written in, the freezes that changes can be told since, and the memory that
/// it takes. An interval has the number of the freeze that ends it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tracking {
    /// Whether rows are marked: not while changes are not tracked, were given up for the interval, or begin to be
    /// told with its end.
    pub(crate) marks: bool,
    /// The interval under way; 0 while changes are not tracked at all.
    pub(crate) interval: u64,
    /// The earliest freeze that changes are told since.
    pub(crate) floor: u64,
    /// Most bytes to take.
    pub(crate) limit: usize,
    /// Bytes of the marks of all segments.
    pub(crate) bytes: usize,
    /// Bytes that the caller keeps beside the marks.
    pub(crate) beside: usize,
    /// The entry to be looked at next for marks that are confirmed.
    pub(crate) sweep: usize,
    /// About how many rows are marked as recut: not below.
    pub(crate) recut: usize,
}

impl Tracking {
    pub(crate) fn is_on(&self) -> bool {
        self.interval > 0
    }

    /// The interval under way, if rows are marked.
    #[inline]
    pub(crate) fn now(&self) -> Option<u64> {
        self.marks.then_some(self.interval)
    }
}
