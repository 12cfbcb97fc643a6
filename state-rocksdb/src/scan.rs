//! Scans: raw iterators with both bounds set, one for each end that is asked for.

use std::fmt;
use std::ops::Bound;

use rocksdb::{DBPinnableSlice, DBRawIteratorWithThreadMode, ReadOptions, SnapshotWithThreadMode};
use state_api::Result;
use state_store::{Entry, Scan};

use crate::columns::{Column, Database};
use crate::error::failed;

/// Where a scan reads.
#[derive(Clone, Copy)]
pub(crate) struct Source<'a> {
    pub(crate) database: &'a Database,
    pub(crate) column: &'a Column<'a>,
    /// None for the present.
    pub(crate) snapshot: Option<&'a SnapshotWithThreadMode<'a, Database>>,
}

type Iter<'a> = DBRawIteratorWithThreadMode<'a, Database>;

/// A scan over a range of a column family.
pub struct RocksdbScan<'a> {
    /// `None` when there is nothing to read, or no more.
    source: Option<Source<'a>>,
    from: Option<Vec<u8>>,
    to: Option<Vec<u8>>,
    /// At the entry that the front gave last.
    front: Option<Iter<'a>>,
    /// At the entry that the back gave last.
    back: Option<Iter<'a>>,
}

impl<'a> RocksdbScan<'a> {
    pub(crate) fn new(
        source: Option<Source<'a>>,
        from: Bound<&[u8]>,
        to: Bound<&[u8]>,
    ) -> RocksdbScan<'a> {
        // The engine's lower bound is included, its upper one excluded.
        let from = match from {
            Bound::Included(key) => Some(key.to_vec()),
            Bound::Excluded(key) => Some(successor(key)),
            Bound::Unbounded => None,
        };
        let to = match to {
            Bound::Included(key) => Some(successor(key)),
            Bound::Excluded(key) => Some(key.to_vec()),
            Bound::Unbounded => None,
        };
        let crossed = matches!((&from, &to), (Some(from), Some(to)) if from >= to);
        RocksdbScan {
            source: source.filter(|_| !crossed),
            from,
            to,
            front: None,
            back: None,
        }
    }

    fn iterator(&self, source: Source<'a>) -> Iter<'a> {
        let mut options = ReadOptions::default();
        if let Some(from) = &self.from {
            options.set_iterate_lower_bound(from.clone());
        }
        if let Some(to) = &self.to {
            options.set_iterate_upper_bound(to.clone());
        }
        if let Some(snapshot) = source.snapshot {
            options.set_snapshot(snapshot);
        }
        source.database.raw_iterator_cf_opt(source.column, options)
    }

    /// Whether the two ends have met: then what one stands at, the other has given.
    fn have_met(&self) -> bool {
        match (&self.front, &self.back) {
            (Some(front), Some(back)) => front.key() >= back.key(),
            _ => false,
        }
    }

    /// Ends the scan, in order or by an error of `end`.
    fn finish(&mut self) -> Result<Option<Entry<'_>>> {
        self.source = None;
        for end in [self.front.take(), self.back.take()].into_iter().flatten() {
            end.status().map_err(|e| failed("scan", e))?;
        }
        Ok(None)
    }
}

impl Scan for RocksdbScan<'_> {
    fn next_entry(&mut self) -> Result<Option<Entry<'_>>> {
        let Some(source) = self.source else {
            return Ok(None);
        };
        if let Some(front) = &mut self.front {
            front.next();
        } else {
            let mut front = self.iterator(source);
            front.seek_to_first();
            self.front = Some(front);
        }
        let ended = !self.front.as_ref().is_some_and(Iter::valid) || self.have_met();
        if ended {
            return self.finish();
        }
        Ok(self.front.as_ref().and_then(lend))
    }

    fn next_entry_back(&mut self) -> Result<Option<Entry<'_>>> {
        let Some(source) = self.source else {
            return Ok(None);
        };
        if let Some(back) = &mut self.back {
            back.prev();
        } else {
            let mut back = self.iterator(source);
            back.seek_to_last();
            self.back = Some(back);
        }
        let ended = !self.back.as_ref().is_some_and(Iter::valid) || self.have_met();
        if ended {
            return self.finish();
        }
        Ok(self.back.as_ref().and_then(lend))
    }
}

fn lend<'s>(end: &'s Iter<'_>) -> Option<Entry<'s>> {
    let (key, value) = end.item()?;
    Some(Entry { key, value })
}

impl fmt::Debug for RocksdbScan<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RocksdbScan").finish_non_exhaustive()
    }
}

/// Hands on what a request for many keys found, in their order.
pub(crate) fn hand_on(
    values: Vec<Result<Option<DBPinnableSlice<'_>>, rocksdb::Error>>,
    found: &mut dyn FnMut(Option<&[u8]>) -> Result<()>,
) -> Result<()> {
    for value in values {
        let value = value.map_err(|e| failed("get many", e))?;
        found(value.as_deref())?;
    }
    Ok(())
}

/// A value in a block or memtable of RocksDB.
pub struct RocksdbGuard<'a>(pub(crate) DBPinnableSlice<'a>);

impl AsRef<[u8]> for RocksdbGuard<'_> {
    #[inline]
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for RocksdbGuard<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RocksdbGuard").finish_non_exhaustive()
    }
}

/// The least key above `key`.
fn successor(key: &[u8]) -> Vec<u8> {
    let mut next = Vec::with_capacity(key.len() + 1);
    next.extend_from_slice(key);
    next.push(0);
    next
}
