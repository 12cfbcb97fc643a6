//! Scans: sled's iterators, whose keys and values are counted references into its pages.

use std::fmt;

use sled::IVec;
use state_api::{Error, ErrorKind, Result};
use state_store::{Entry, Scan};

use crate::error::failed;
use crate::escape::unescape;

/// A scan over a range of a tree. Not of one moment: see [`SledStore`](crate::SledStore).
pub struct SledScan {
    /// `None` where there is no such tree.
    range: Option<sled::Iter>,
    current: Option<(IVec, IVec)>,
    key: Vec<u8>,
}

impl SledScan {
    pub(crate) fn new(range: Option<sled::Iter>) -> Self {
        Self {
            range,
            current: None,
            key: Vec::new(),
        }
    }

    fn lend(&mut self, next: Option<sled::Result<(IVec, IVec)>>) -> Result<Option<Entry<'_>>> {
        self.current = next.transpose().map_err(|e| failed("scan", e))?;
        let Some((key, value)) = &self.current else {
            return Ok(None);
        };
        match unescape(key, &mut self.key) {
            Some(key) => Ok(Some(Entry { key, value })),
            None => Err(Error::new(ErrorKind::Corrupt, "a key is not escaped")),
        }
    }
}

impl Scan for SledScan {
    fn next_entry(&mut self) -> Result<Option<Entry<'_>>> {
        let next = self.range.as_mut().and_then(Iterator::next);
        self.lend(next)
    }

    fn next_entry_back(&mut self) -> Result<Option<Entry<'_>>> {
        let next = self.range.as_mut().and_then(DoubleEndedIterator::next_back);
        self.lend(next)
    }
}

impl fmt::Debug for SledScan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SledScan").finish_non_exhaustive()
    }
}
