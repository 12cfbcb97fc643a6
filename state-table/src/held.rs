//! What a table holds in memory.

/// Memory figures of a [`Table`](crate::Table).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Number of live rows.
    pub rows: usize,
    /// Bytes allocated for the live rows' buckets, for the segments and for the directory. What
    /// a row itself points to (strings, vectors, lists) is not known here.
    pub bytes: usize,
    /// Bytes of buckets that live views keep besides: segments which were written since they
    /// were frozen. An upper bound while a view is being consumed, and again without what the
    /// rows point to.
    pub shared_bytes: usize,
}
