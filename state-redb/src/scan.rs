//! Scans: redb's ranges, which hand out guards into their pages; the guards of the last entry
//! are kept while it is lent.

use redb::{AccessGuard, Range};
use state_api::Result;
use state_store::{Entry, Scan};

use crate::error::failed;
use crate::transaction::Bytes;

type Guards<'a> = (AccessGuard<'a, Bytes>, AccessGuard<'a, Bytes>);

/// A scan over a range of a redb table.
pub struct RedbScan<'a> {
    range: Option<Range<'a, Bytes, Bytes>>,
    current: Option<Guards<'a>>,
}

impl<'a> RedbScan<'a> {
    pub(crate) fn new(range: Option<Range<'a, Bytes, Bytes>>) -> Self {
        Self {
            range,
            current: None,
        }
    }

    fn lend(
        &mut self,
        next: Option<Result<Guards<'a>, redb::StorageError>>,
    ) -> Result<Option<Entry<'_>>> {
        self.current = next.transpose().map_err(|e| failed("scan", e))?;
        Ok(self.current.as_ref().map(|(key, value)| Entry {
            key: key.value(),
            value: value.value(),
        }))
    }
}

impl Scan for RedbScan<'_> {
    fn next_entry(&mut self) -> Result<Option<Entry<'_>>> {
        let next = self.range.as_mut().and_then(Iterator::next);
        self.lend(next)
    }

    fn next_entry_back(&mut self) -> Result<Option<Entry<'_>>> {
        let next = self.range.as_mut().and_then(DoubleEndedIterator::next_back);
        self.lend(next)
    }
}

impl std::fmt::Debug for RedbScan<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RedbScan").finish_non_exhaustive()
    }
}

/// A value in a page of redb.
pub struct RedbGuard<'a>(pub(crate) AccessGuard<'a, Bytes>);

impl AsRef<[u8]> for RedbGuard<'_> {
    #[inline]
    fn as_ref(&self) -> &[u8] {
        self.0.value()
    }
}

impl std::fmt::Debug for RedbGuard<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RedbGuard").finish_non_exhaustive()
    }
}
