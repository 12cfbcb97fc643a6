//! A segment: a bounded hash table that is either owned or shared with views.

use std::mem;
use std::sync::Arc;

use hashbrown::HashTable;

use crate::marks::Moves;
use crate::row::Row;
use crate::shared::{SharedRows, ViewBytes};

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
/// Returns where the rows went, if `follow` asks for it.
fn trim<R: Row>(table: &mut HashTable<R>, follow: bool) -> Option<Moves> {
    if follow {
        let capacity = table.len() * 2;
        return Some(rebuild(table, capacity));
    }
    if table.is_empty() {
        *table = HashTable::new();
    } else {
        table.shrink_to(table.len() * 2, |row| probe(row.hash()));
    }
    None
}

/// Moves all rows into new buckets, enough for `capacity` rows, and returns where they went,
/// ascending by the old bucket.
fn rebuild<R: Row>(table: &mut HashTable<R>, capacity: usize) -> Moves {
    let mut old = mem::replace(table, HashTable::with_capacity(capacity));
    let mut moves = Moves::with_capacity(old.len());
    drain(&mut old, |from, row| {
        let to = table.insert_unique(probe(row.hash()), row, |row| probe(row.hash()));
        moves.push((from, to.bucket_index()));
    });
    moves
}

/// Takes all rows out, with their buckets, ascending.
fn drain<R>(table: &mut HashTable<R>, mut take: impl FnMut(usize, R)) {
    for bucket in 0..table.num_buckets() {
        if let Ok(row) = table.get_bucket_entry(bucket) {
            take(bucket, row.remove().0);
        }
    }
}

/// Where rows went by `first` and then by `second`, which ascends.
fn then(first: &mut Moves, second: &[(usize, usize)]) {
    for (_, to) in first {
        if let Ok(at) = second.binary_search_by_key(to, |(from, _)| *from)
            && let Some((_, last)) = second.get(at)
        {
            *to = *last;
        }
    }
}

/// The halves of a segment that was split: the lower one is what it is now.
pub(crate) struct Halves<R> {
    pub(crate) upper: Segment<R>,
    /// Where the rows went, if that was asked for.
    pub(crate) lower_moves: Moves,
    pub(crate) upper_moves: Moves,
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
    Shared(Arc<SharedRows<R>>),
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
            Self::Shared(shared) => &shared.rows,
        }
    }

    #[inline]
    pub(crate) fn is_owned(&self) -> bool {
        matches!(self, Self::Owned(_))
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

    /// Books the rows as held by views only, if a view has them: the caller drops the segment.
    pub(crate) fn leave(&self) {
        if let Self::Shared(shared) = self
            && Arc::strong_count(shared) > 1
        {
            shared.leave();
        }
    }

    /// Shares the rows with a view: one small allocation if they were owned, no row touched.
    /// `None` without rows. `row_bytes` and `total` are for the day that only views have them.
    pub(crate) fn share(
        &mut self,
        row_bytes: usize,
        total: &Arc<ViewBytes>,
    ) -> Option<Arc<SharedRows<R>>> {
        if let Self::Owned(table) = self {
            if table.is_empty() {
                return None;
            }
            let shared = SharedRows::new(mem::take(table), row_bytes, total);
            *self = Self::Shared(Arc::new(shared));
        }
        match self {
            Self::Shared(shared) => Some(Arc::clone(shared)),
            Self::Owned(_) => None,
        }
    }
}

impl<R: Row> Segment<R> {
    /// The rows to write to. Rows that a view has are copied; those that no view has any more are
    /// taken back. If a row's `clone` panics, nothing has changed.
    pub(crate) fn own(&mut self) -> &mut HashTable<R> {
        if let Self::Shared(shared) = self {
            let table = if let Some(shared) = Arc::get_mut(shared) {
                mem::take(&mut shared.rows)
            } else {
                let table = shared.rows.clone();
                shared.leave();
                table
            };
            *self = Self::Owned(table);
        }
        match self {
            Self::Owned(table) => table,
            Self::Shared(_) => unreachable!("it was made an owned one above"),
        }
    }

    /// Makes space for one more row, by rehashing where there is none; the caller has taken
    /// ownership. Returns where the rows went, if they did and `follow` asks for it.
    pub(crate) fn grow(&mut self, follow: bool) -> Option<Moves> {
        let table = self.own();
        if !follow || table.len() < table.capacity() {
            table.reserve(1, |row| probe(row.hash()));
            return None;
        }
        // As hashbrown does: in as many buckets, if rows that went left half of them.
        let (full, len) = (table.num_buckets() / 8 * 7, table.len() + 1);
        let capacity = if len > full / 2 { full + 1 } else { full };
        Some(rebuild(table, capacity.max(len)))
    }

    /// Makes space for `rows` rows in all, by rehashing where there is none. Returns as [`Segment::grow`].
    pub(crate) fn reserve(&mut self, rows: usize, follow: bool) -> Option<Moves> {
        let table = self.own();
        if table.capacity() >= rows {
            return None;
        }
        if follow {
            return Some(rebuild(table, rows));
        }
        table.reserve(rows - table.len(), |row| probe(row.hash()));
        None
    }

    /// Releases memory after removals. Returns where the rows went, if `follow` asks for it.
    #[cold]
    pub(crate) fn trim(&mut self, follow: bool) -> Option<Moves> {
        trim(self.own(), follow)
    }

    /// Moves the rows for which `is_upper` holds into a second segment, and tells where the rows
    /// went, if `follow` asks for it. Each half gets buckets for `max_rows` at once, since it is
    /// about half full: it will not rehash before it splits.
    pub(crate) fn split(
        &mut self,
        max_rows: usize,
        follow: bool,
        is_upper: impl Fn(u64) -> bool,
    ) -> Halves<R> {
        // Beyond the cap one half may get them all; a rehash on the way would make the moves wrong.
        let capacity = max_rows.max(self.table().len());
        let mut lower = HashTable::with_capacity(capacity);
        let mut upper = HashTable::with_capacity(capacity);
        let (mut lower_moves, mut upper_moves) = (Moves::new(), Moves::new());
        let mut place = |from: usize, row: R| {
            let hash = row.hash();
            let (half, moves) = if is_upper(hash) {
                (&mut upper, &mut upper_moves)
            } else {
                (&mut lower, &mut lower_moves)
            };
            let to = half.insert_unique(probe(hash), row, |row| probe(row.hash()));
            if follow {
                moves.push((from, to.bucket_index()));
            }
        };
        let mut place_all = |table: &mut HashTable<R>| {
            if follow {
                drain(table, &mut place);
            } else {
                mem::take(table)
                    .into_iter()
                    .for_each(|row| place(usize::MAX, row));
            }
        };
        match self {
            Self::Owned(table) => place_all(table),
            Self::Shared(shared) => {
                if let Some(shared) = Arc::get_mut(shared) {
                    place_all(&mut shared.rows);
                } else {
                    for bucket in shared.rows.iter_buckets() {
                        if let Some(row) = shared.rows.get_bucket(bucket) {
                            place(bucket, row.clone());
                        }
                    }
                    shared.leave();
                }
            }
        }
        for (half, moves) in [
            (&mut lower, &mut lower_moves),
            (&mut upper, &mut upper_moves),
        ] {
            if (half.is_empty() || is_sparse(half))
                && let Some(again) = trim(half, follow)
            {
                then(moves, &again);
            }
        }
        *self = Self::Owned(lower);
        Halves {
            upper: Self::Owned(upper),
            lower_moves,
            upper_moves,
        }
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
