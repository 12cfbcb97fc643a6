//! A segment: a bounded hash table that is either owned or shared with views.

use std::mem;
use std::sync::Arc;

use hashbrown::HashTable;

use crate::row::Row;

/// Tables up to this many buckets are not worth shrinking.
const MIN_BUCKETS: usize = 16;

/// The hash as hashbrown gets it. hashbrown takes its 7 tag bits from the top and the bucket from
/// the bottom; all rows of a segment agree in the top bits. Turned by 7, tags come from hash bits
/// 0 to 6, buckets from 7 upwards (7 to 16 at 1,024 buckets), and the directory, which counts from
/// bit 63 downwards, meets neither before 47 bits. Its 24 bits may follow up to 15 common bits of a
/// narrow key-group range, 39 in all.
#[inline]
pub(crate) fn probe(hash: u64) -> u64 {
    hash.rotate_right(7)
}

/// Puts back into shape a table that lost rows: at an eighth of its buckets it shrinks to a
/// quarter or less, without rows to nothing. Amortised, because that many rows went before.
fn trim<R: Row>(table: &mut HashTable<R>) {
    if table.is_empty() {
        *table = HashTable::new();
    } else {
        table.shrink_to(table.len() * 2, |row| probe(row.hash()));
    }
}

/// Whether [`trim`] would do something worth while.
#[inline]
pub(crate) fn is_sparse<R>(table: &HashTable<R>) -> bool {
    table.num_buckets() > MIN_BUCKETS && table.len() * 8 <= table.num_buckets()
}

/// The rows of one segment of a table. Either form fits into 32 bytes.
pub(crate) enum Segment<R> {
    /// Written in place.
    Owned(HashTable<R>),
    /// A view has it, or had it until lately.
    Shared(Arc<HashTable<R>>),
}

impl<R> Segment<R> {
    /// An empty segment; allocates nothing.
    pub(crate) fn new() -> Self {
        Self::Owned(HashTable::new())
    }

    /// The rows, whoever owns them.
    #[inline]
    pub(crate) fn table(&self) -> &HashTable<R> {
        match self {
            Self::Owned(table) => table,
            Self::Shared(table) => table,
        }
    }

    /// Whether a row can be added in place without growth: owned, below the cap, a bucket free.
    #[inline]
    pub(crate) fn has_room(&self, max_rows: usize) -> bool {
        match self {
            Self::Owned(table) => table.len() < max_rows && table.len() < table.capacity(),
            Self::Shared(_) => false,
        }
    }

    /// Bytes of the buckets.
    pub(crate) fn bytes(&self) -> usize {
        self.table().allocation_size()
    }

    /// Whether a view has the rows too.
    pub(crate) fn is_viewed(&self) -> bool {
        matches!(self, Self::Shared(table) if Arc::strong_count(table) > 1)
    }

    /// Shares the rows with a view: one small allocation if they were owned, no row touched.
    /// `None` without rows.
    pub(crate) fn share(&mut self) -> Option<Arc<HashTable<R>>> {
        if let Self::Owned(table) = self {
            if table.is_empty() {
                return None;
            }
            *self = Self::Shared(Arc::new(mem::take(table)));
        }
        match self {
            Self::Shared(table) => Some(Arc::clone(table)),
            Self::Owned(_) => None,
        }
    }
}

impl<R: Row> Segment<R> {
    /// The rows to write to, and whether they had to be copied. Rows that no view has any more
    /// are taken back. If a row's `clone` panics, nothing has changed.
    pub(crate) fn own(&mut self) -> (&mut HashTable<R>, bool) {
        let mut copied = false;
        if let Self::Shared(shared) = self {
            let table = if let Some(table) = Arc::get_mut(shared) {
                mem::take(table)
            } else {
                copied = true;
                HashTable::clone(shared)
            };
            *self = Self::Owned(table);
        }
        match self {
            Self::Owned(table) => (table, copied),
            Self::Shared(_) => unreachable!("it was made an owned one above"),
        }
    }

    /// Makes space for one more row, by rehashing; the caller has taken ownership.
    pub(crate) fn grow(&mut self) {
        self.own().0.reserve(1, |row| probe(row.hash()));
    }

    /// Releases memory after removals.
    #[cold]
    pub(crate) fn trim(&mut self) {
        trim(self.own().0);
    }

    /// Moves the rows for which `is_upper` holds into a second segment; tells whether rows had to be copied. Each half gets buckets for `max_rows` at once, since it
    /// is about half full: it will not rehash before it splits.
    pub(crate) fn split(
        &mut self,
        max_rows: usize,
        is_upper: impl Fn(u64) -> bool,
    ) -> (Self, bool) {
        let mut lower = HashTable::with_capacity(max_rows);
        let mut upper = HashTable::with_capacity(max_rows);
        let mut place = |row: R| {
            let hash = row.hash();
            let half = if is_upper(hash) {
                &mut upper
            } else {
                &mut lower
            };
            half.insert_unique(probe(hash), row, |row| probe(row.hash()));
        };
        let copied = match self {
            Self::Owned(table) => {
                mem::take(table).into_iter().for_each(&mut place);
                false
            }
            Self::Shared(shared) => {
                if let Some(table) = Arc::get_mut(shared) {
                    mem::take(table).into_iter().for_each(&mut place);
                    false
                } else {
                    shared.iter().cloned().for_each(&mut place);
                    true
                }
            }
        };
        for half in [&mut lower, &mut upper] {
            if half.is_empty() || is_sparse(half) {
                trim(half);
            }
        }
        *self = Self::Owned(lower);
        (Self::Owned(upper), copied)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_is_32_bytes() {
        assert_eq!(
            size_of::<Segment<u64>>(),
            32,
            "the enum has no tag of its own"
        );
    }

    #[test]
    fn tag_bucket_and_directory_bits_are_disjoint() {
        let moved = |bit: u32| probe(1 << bit);
        let tag = 0x7f_u64 << 57;
        let bucket = 0x3ff_u64; // 1,024 buckets
        for bit in 0..64 {
            let moved = moved(bit);
            assert_eq!(moved & tag != 0, bit < 7);
            assert_eq!(moved & bucket != 0, (7..17).contains(&bit));
        }
    }
}
