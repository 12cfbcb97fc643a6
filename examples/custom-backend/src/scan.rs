//! Scans: fjall's iterators, which are consistent and own what they read from.

use std::collections::VecDeque;
use std::fmt;
use std::ops::Bound;

use fjall::{Guard, Iter, Slice, UserValue};
use state_api::Result;
use state_store::{Entry, Scan};

use crate::error::failed;
use crate::long::{self, Shared};

type Owned = (Slice, UserValue);

/// A scan over a range of a table.
pub struct FjallScan {
    /// `None` where there is no such table.
    rows: Option<Iter>,
    bounds: (Bound<Slice>, Bound<Slice>),
    /// What is left of a shared row, by the end of the scan that met it.
    front: VecDeque<Owned>,
    back: VecDeque<Owned>,
    current: Option<Owned>,
}

impl FjallScan {
    /// A scan between two bounds; `range` gives fjall's iterator over the rows between two others.
    pub(crate) fn new(
        from: Bound<&[u8]>,
        to: Bound<&[u8]>,
        range: impl FnOnce((Bound<&[u8]>, Bound<&[u8]>)) -> Option<Iter>,
    ) -> Self {
        Self {
            rows: range((row_bound(from), row_bound(to))),
            bounds: (from.map(Slice::from), to.map(Slice::from)),
            front: VecDeque::new(),
            back: VecDeque::new(),
            current: None,
        }
    }

    /// The entries within the bounds of a shared row; none for a row of one key, which is given back.
    fn open(&self, row: Guard) -> Result<(VecDeque<Owned>, Option<Owned>)> {
        let (key, value) = row.into_inner().map_err(|e| failed("scan", e))?;
        if long::rest(&key).is_none() {
            return Ok((VecDeque::new(), Some((key, value))));
        }
        let entries = Shared::parse(&value)?.into_entries(&key);
        let within = entries.filter(|(key, _)| self.is_within(key)).collect();
        Ok((within, None))
    }

    fn is_within(&self, key: &[u8]) -> bool {
        let behind_from = match &self.bounds.0 {
            Bound::Included(from) => key >= &**from,
            Bound::Excluded(from) => key > &**from,
            Bound::Unbounded => true,
        };
        behind_from
            && match &self.bounds.1 {
                Bound::Included(to) => key <= &**to,
                Bound::Excluded(to) => key < &**to,
                Bound::Unbounded => true,
            }
    }

    fn lend(&mut self, entry: Option<Owned>) -> Option<Entry<'_>> {
        self.current = entry;
        self.current
            .as_ref()
            .map(|(key, value)| Entry { key, value })
    }
}

/// The bound of rows for one of keys: all of a shared row, of which a part may be asked for.
fn row_bound(bound: Bound<&[u8]>) -> Bound<&[u8]> {
    match bound {
        Bound::Included(key) | Bound::Excluded(key) if long::rest(key).is_some() => {
            Bound::Included(long::stem(key))
        }
        bound => bound,
    }
}

impl Scan for FjallScan {
    fn next_entry(&mut self) -> Result<Option<Entry<'_>>> {
        let entry = loop {
            if let Some(entry) = self.front.pop_front() {
                break Some(entry);
            }
            let Some(row) = self.rows.as_mut().and_then(Iterator::next) else {
                break self.back.pop_front();
            };
            let (shared, entry) = self.open(row)?;
            if entry.is_some() {
                break entry;
            }
            self.front = shared;
        };
        Ok(self.lend(entry))
    }

    fn next_entry_back(&mut self) -> Result<Option<Entry<'_>>> {
        let entry = loop {
            if let Some(entry) = self.back.pop_back() {
                break Some(entry);
            }
            let Some(row) = self.rows.as_mut().and_then(DoubleEndedIterator::next_back) else {
                break self.front.pop_back();
            };
            let (shared, entry) = self.open(row)?;
            if entry.is_some() {
                break entry;
            }
            self.back = shared;
        };
        Ok(self.lend(entry))
    }
}

impl fmt::Debug for FjallScan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FjallScan").finish_non_exhaustive()
    }
}
