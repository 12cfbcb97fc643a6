//! Known tails of lists, so that an append reads nothing: it fills the tail chunk it knows, or
//! opens a new one. Where reading costs little, the numbers of those that are not known any more.

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::numbers::Numbers;
use crate::store::TableId;

/// Bytes that tails may take before all are forgotten. Forgetting costs a fresh chunk at the next
/// append to each list, or a read where numbers are kept.
const BUDGET: usize = 8 << 20;

/// Bytes counted for a tail beside its key and its row.
const OVERHEAD: usize = size_of::<Tail>() + 16;

/// Of this many tails that there was no room for once, one is kept when it comes back: a list that is appended to often
/// is one of them soon, and to keep one costs more than to read it.
const ONE_IN: u32 = 8;

/// Room for an element in a row that is kept.
const NEW_ELEMENT: usize = 16;

/// The largest row whose memory is used again.
const SPARE: usize = 4 << 10;

/// A list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct At<'a> {
    table: TableId,
    prefix: &'a [u8],
    hash: u64,
}

impl<'a> At<'a> {
    pub(crate) fn new(table: TableId, prefix: &'a [u8]) -> Self {
        Self {
            table,
            prefix,
            hash: xxh3_64_with_seed(prefix, u64::from(table.0)),
        }
    }
}

/// The last chunk of a list.
#[derive(Debug)]
pub(crate) struct Tail {
    table: TableId,
    /// Whether it was kept when the list was appended to last.
    is_kept: bool,
    hash: u64,
    prefix: Vec<u8>,
    /// Chunk number.
    pub(crate) chunk: u64,
    /// The whole row: envelope and elements.
    pub(crate) row: Vec<u8>,
}

impl Tail {
    fn is_at(&self, at: At<'_>) -> bool {
        self.hash == at.hash && self.table == at.table && self.prefix == at.prefix
    }

    fn bytes(&self) -> usize {
        OVERHEAD + self.prefix.capacity() + self.row.capacity()
    }
}

/// The tails that are known.
#[derive(Debug, Default)]
pub(crate) struct Tails {
    known: HashTable<Tail>,
    bytes: usize,
    /// Of the tails that were forgotten for want of room, if they are kept.
    numbers: Option<Numbers>,
    turn: u32,
    /// A tail whose memory is used again.
    spare: Option<Tail>,
}

impl Tails {
    /// No tails yet; `keeps_numbers` of those that there is no room for.
    pub(crate) fn new(keeps_numbers: bool) -> Self {
        Self {
            numbers: keeps_numbers.then(Numbers::default),
            ..Self::default()
        }
    }

    /// A tail with an empty row, which is not known yet.
    pub(crate) fn make(&mut self, at: At<'_>, chunk: u64) -> Tail {
        let (mut prefix, mut row) = match self.spare.take() {
            Some(spare) => (spare.prefix, spare.row),
            None => (Vec::new(), Vec::new()),
        };
        prefix.clear();
        prefix.extend_from_slice(at.prefix);
        row.clear();
        Tail {
            table: at.table,
            is_kept: false,
            hash: at.hash,
            prefix,
            chunk,
            row,
        }
    }

    /// Takes the tail of a list out. Whoever appends puts it back, so that a failure on the way
    /// leaves no tail rather than a wrong one.
    pub(crate) fn take(&mut self, at: At<'_>) -> Option<Tail> {
        let entry = self.known.find_entry(at.hash, |tail| tail.is_at(at)).ok()?;
        let (tail, _) = entry.remove();
        self.bytes -= tail.bytes();
        Some(tail)
    }

    /// Takes the number of the last chunk of a list out whose tail is not known any more. It is that of a chunk of
    /// the list and then the last one, or of none of the list's: lists are told apart by a hash alone.
    pub(crate) fn take_number(&mut self, at: At<'_>) -> Option<u64> {
        self.numbers.as_mut()?.take(at.hash)
    }

    /// Puts a tail back, in place of any other of the same list; its number alone, if that is known to do.
    pub(crate) fn put(&mut self, mut tail: Tail) {
        if !tail.is_kept {
            if let Some(numbers) = self.numbers.as_mut().filter(|it| !it.is_empty()) {
                self.turn = self.turn.wrapping_add(1);
                if !self.turn.is_multiple_of(ONE_IN) {
                    numbers.put(tail.hash, tail.chunk);
                    self.spare = (tail.row.capacity() <= SPARE).then_some(tail);
                    return;
                }
                tail.row.shrink_to(tail.row.len() + NEW_ELEMENT);
            }
            tail.is_kept = true;
        }
        if self.bytes + tail.bytes() > BUDGET {
            self.make_room();
        }
        self.bytes += tail.bytes();
        let at = At {
            table: tail.table,
            prefix: &tail.prefix,
            hash: tail.hash,
        };
        let same = |other: &Tail| other.is_at(at);
        match self.known.entry(tail.hash, same, |tail| tail.hash) {
            Entry::Occupied(mut entry) => {
                self.bytes -= entry.get().bytes();
                *entry.get_mut() = tail;
            }
            Entry::Vacant(entry) => {
                entry.insert(tail);
            }
        }
    }

    /// Forgets all tails, but for their numbers.
    fn make_room(&mut self) {
        for tail in self.known.drain() {
            if let Some(numbers) = &mut self.numbers {
                numbers.put(tail.hash, tail.chunk);
            }
        }
        self.bytes = 0;
    }

    /// Forgets all of a list.
    pub(crate) fn forget(&mut self, at: At<'_>) {
        self.take(at);
        self.take_number(at);
    }

    /// Forgets all of all lists.
    pub(crate) fn clear(&mut self) {
        *self = Self::new(self.numbers.is_some());
    }

    /// Bytes held.
    pub(crate) fn bytes(&self) -> usize {
        let numbers = self.numbers.as_ref().map_or(0, Numbers::bytes);
        self.bytes + numbers + self.spare.as_ref().map_or(0, Tail::bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tail(tails: &mut Tails, at: At<'_>, chunk: u64, row: &[u8]) -> Tail {
        let mut tail = tails.make(at, chunk);
        tail.row.extend_from_slice(row);
        tail
    }

    fn put(tails: &mut Tails, table: u32, list: u64, chunk: u64, row: &[u8]) {
        let prefix = list.to_be_bytes();
        let tail = tail(tails, At::new(TableId(table), &prefix), chunk, row);
        tails.put(tail);
    }

    #[test]
    fn stays_within_its_budget_and_counts_exactly() {
        let mut tails = Tails::default();
        let mut most = 0;
        for i in 0..200_000_u64 {
            put(&mut tails, 1, i, i, &[0; 100]);
            most = most.max(tails.bytes());
            let counted: usize = if i % 10_007 == 0 {
                tails.known.iter().map(Tail::bytes).sum()
            } else {
                tails.bytes
            };
            assert_eq!(counted, tails.bytes());
        }
        assert!(most <= BUDGET && most > BUDGET / 2, "{most}");
    }

    /// A table of hashes finds candidates by a few bits of the hash: among many lists there are always some.
    #[test]
    fn each_of_many_lists_has_its_own_tail() {
        let mut tails = Tails::default();
        let lists = || (0..4000_u64).flat_map(|list| [(1, list), (2, list)]);
        for round in 0..2 {
            for (table, list) in lists() {
                put(&mut tails, table, list, list + round, &[0; 10]);
            }
        }
        let counted = 8000 * (8 + 10 + size_of::<Tail>() + 16);
        assert_eq!(tails.bytes(), counted, "the later tail replaces the other");
        for (table, list) in lists() {
            let prefix = list.to_be_bytes();
            let tail = tails.take(At::new(TableId(table), &prefix)).unwrap();
            assert_eq!((tail.table.0, tail.chunk), (table, list + 1));
            assert_eq!(tail.prefix, prefix);
        }
        assert_eq!(tails.bytes(), 0);
    }

    #[test]
    fn a_tail_is_found_by_its_table_and_prefix_only() {
        let mut tails = Tails::default();
        let at = |table, prefix| At::new(TableId(table), prefix);
        let known = tail(&mut tails, at(1, b"a"), 7, &[1]);
        tails.put(known);
        assert!(tails.take(at(2, b"a")).is_none());
        assert!(tails.take(at(1, b"b")).is_none());
        assert_eq!(tails.take(at(1, b"a")).unwrap().chunk, 7);
        assert!(tails.take(at(1, b"a")).is_none());
        assert_eq!(tails.bytes(), 0);
    }

    /// Appends to more lists than there is room for, over and over: of each list the tail or the number of the last
    /// chunk is known, whatever the order.
    #[test]
    fn numbers_are_kept_of_what_there_is_no_room_for() {
        let mut tails = Tails::new(true);
        let (lists, mut unknown) = (100_000_u64, 0);
        for round in 0..3 {
            for list in 0..lists {
                let prefix = list.to_be_bytes();
                let at = At::new(TableId(1), &prefix);
                let chunk = round * lists + list;
                let tail = match (tails.take(at), tails.take_number(at)) {
                    (Some(tail), _) => {
                        assert_eq!(tail.chunk + lists, chunk);
                        assert_eq!(tail.prefix, prefix);
                        Tail { chunk, ..tail }
                    }
                    (None, Some(number)) => {
                        unknown += u64::from(number + lists != chunk);
                        tail(&mut tails, at, chunk, &[0; 100])
                    }
                    (None, None) => {
                        unknown += u64::from(round > 0);
                        tail(&mut tails, at, chunk, &[0; 100])
                    }
                };
                tails.put(tail);
                assert!(tails.bytes() <= BUDGET + (8 << 20) + SPARE + 200);
            }
        }
        assert!(unknown < lists / 500, "{unknown} of {} unknown", 2 * lists);
    }

    /// A list among many that is appended to in between is read a few times and then known.
    #[test]
    fn a_list_that_is_appended_to_often_is_known_soon() {
        let mut tails = Tails::new(true);
        for list in 0..200_000 {
            put(&mut tails, 1, list, list, &[0; 100]);
        }
        let prefix = 7_u64.to_be_bytes();
        let at = At::new(TableId(1), &prefix);
        let mut reads = 0;
        for append in 0..100 {
            let tail = tails.take(at).unwrap_or_else(|| {
                reads += 1;
                tail(&mut tails, at, 7, &[0; 100])
            });
            tails.put(tail);
            put(&mut tails, 1, 1000 + append, 1000 + append, &[0; 100]);
            put(&mut tails, 1, 5000 + append, 5000 + append, &[0; 100]);
        }
        assert!(reads <= ONE_IN, "{reads} reads");
    }
}
