//! Known tails of lists, so that an append reads nothing: it fills the tail chunk it knows, or
//! opens a new one.

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::store::TableId;

/// Bytes that tails may take before all are forgotten. Forgetting costs a fresh chunk at the next
/// append to each list, never a read.
const BUDGET: usize = 8 << 20;

/// Bytes counted for a tail beside its key and its row.
const OVERHEAD: usize = size_of::<Tail>() + 16;

/// The last chunk of a list.
#[derive(Debug)]
pub(crate) struct Tail {
    table: TableId,
    prefix: Box<[u8]>,
    /// Chunk number.
    pub(crate) chunk: u64,
    /// The whole row: envelope and elements.
    pub(crate) row: Vec<u8>,
}

impl Tail {
    pub(crate) fn new(table: TableId, prefix: &[u8], chunk: u64, row: Vec<u8>) -> Self {
        Self {
            table,
            prefix: prefix.into(),
            chunk,
            row,
        }
    }

    fn is_at(&self, table: TableId, prefix: &[u8]) -> bool {
        self.table == table && *self.prefix == *prefix
    }

    fn bytes(&self) -> usize {
        OVERHEAD + self.prefix.len() + self.row.capacity()
    }

    fn hash(&self) -> u64 {
        hash(self.table, &self.prefix)
    }
}

fn hash(table: TableId, prefix: &[u8]) -> u64 {
    xxh3_64_with_seed(prefix, u64::from(table.0))
}

/// The tails that are known.
#[derive(Debug, Default)]
pub(crate) struct Tails {
    tails: HashTable<Tail>,
    bytes: usize,
}

impl Tails {
    /// Takes the tail of a list out. Whoever appends puts it back, so that a failure on the way
    /// leaves no tail rather than a wrong one.
    pub(crate) fn take(&mut self, table: TableId, prefix: &[u8]) -> Option<Tail> {
        let entry = self
            .tails
            .find_entry(hash(table, prefix), |tail| tail.is_at(table, prefix))
            .ok()?;
        let (tail, _) = entry.remove();
        self.bytes -= tail.bytes();
        Some(tail)
    }

    /// Puts a tail back, in place of any other of the same list.
    pub(crate) fn put(&mut self, tail: Tail) {
        if self.bytes + tail.bytes() > BUDGET {
            self.clear();
        }
        self.bytes += tail.bytes();
        let same = |other: &Tail| other.is_at(tail.table, &tail.prefix);
        match self.tails.entry(tail.hash(), same, Tail::hash) {
            Entry::Occupied(mut entry) => {
                self.bytes -= entry.get().bytes();
                *entry.get_mut() = tail;
            }
            Entry::Vacant(entry) => {
                entry.insert(tail);
            }
        }
    }

    /// Forgets all tails.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Bytes held.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stays_within_its_budget_and_counts_exactly() {
        let mut tails = Tails::default();
        let mut most = 0;
        for i in 0..200_000_u64 {
            tails.put(Tail::new(TableId(1), &i.to_be_bytes(), i, vec![0; 100]));
            most = most.max(tails.bytes());
            let counted: usize = if i % 10_007 == 0 {
                tails.tails.iter().map(Tail::bytes).sum()
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
                let row = vec![0; 10];
                tails.put(Tail::new(
                    TableId(table),
                    &list.to_be_bytes(),
                    list + round,
                    row,
                ));
            }
        }
        let counted = 8000 * (8 + 10 + size_of::<Tail>() + 16);
        assert_eq!(tails.bytes(), counted, "the later tail replaces the other");
        for (table, list) in lists() {
            let tail = tails.take(TableId(table), &list.to_be_bytes()).unwrap();
            assert_eq!((tail.table.0, tail.chunk), (table, list + 1));
            assert_eq!(*tail.prefix, list.to_be_bytes());
        }
        assert_eq!(tails.bytes(), 0);
    }

    #[test]
    fn a_tail_is_found_by_its_table_and_prefix_only() {
        let mut tails = Tails::default();
        tails.put(Tail::new(TableId(1), b"a", 7, vec![1]));
        assert!(tails.take(TableId(2), b"a").is_none());
        assert!(tails.take(TableId(1), b"b").is_none());
        assert_eq!(tails.take(TableId(1), b"a").unwrap().chunk, 7);
        assert!(tails.take(TableId(1), b"a").is_none());
        assert_eq!(tails.bytes(), 0);
    }
}
