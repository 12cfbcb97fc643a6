//! What a table holds in memory.

/// Memory figures of a [`Table`](crate::Table).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Number of live rows.
    pub rows: usize,
    /// Bytes allocated for the live rows' buckets, for the segments and for the directory. What
    /// a row itself points to (strings, vectors, lists) is not known here.
    pub bytes: usize,
    /// Bytes of buckets that only views keep: of segments which were written since they were
    /// frozen. Of what the rows point to it has the average that
    /// [`Table::freeze_weighed`](crate::Table::freeze_weighed) was told. Falls with each segment that
    /// the last view drops.
    pub shared_bytes: usize,
}
