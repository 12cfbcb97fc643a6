//! Views: read transactions.

use std::fmt;
use std::ops::Bound;
use std::sync::Arc;

use redb::{Database, ReadOnlyTable, ReadTransaction, ReadableTable};
use state_api::Result;
use state_store::{Occupancy, OrderedRead, TableId};

use crate::error::failed;
use crate::scan::{RedbGuard, RedbScan};
use crate::transaction::{Bytes, with_definition};

/// A consistent view: the tables of a read transaction. Pages that it needs are kept while it
/// lives, so the file grows by what is written meanwhile; and the database stays open, also behind
/// the end of its backend, so the directory can be opened again only after the last view is gone.
pub struct RedbView {
    // Dropped in this order.
    tables: Vec<Option<ReadOnlyTable<Bytes, Bytes>>>,
    _database: Arc<Database>,
    _occupancy: Occupancy,
}

impl RedbView {
    pub(crate) fn new(
        database: &Arc<Database>,
        occupancy: &Occupancy,
        transaction: &ReadTransaction,
        tables: &[TableId],
    ) -> Result<Self> {
        let len = tables.last().map_or(0, |last| last.0 as usize + 1);
        let mut open: Vec<_> = std::iter::repeat_with(|| None).take(len).collect();
        for &number in tables {
            let table = with_definition(number, |definition| transaction.open_table(definition))
                .map_err(|e| failed("open table of a view", e))?;
            if let Some(slot) = open.get_mut(number.0 as usize) {
                *slot = Some(table);
            }
        }
        Ok(Self {
            tables: open,
            _database: Arc::clone(database),
            _occupancy: occupancy.clone(),
        })
    }

    fn table(&self, table: TableId) -> Option<&ReadOnlyTable<Bytes, Bytes>> {
        self.tables.get(table.0 as usize)?.as_ref()
    }
}

impl OrderedRead for RedbView {
    type Guard<'a> = RedbGuard<'a>;
    type Scan<'a> = RedbScan<'a>;

    fn get(&self, table: TableId, key: &[u8]) -> Result<Option<RedbGuard<'_>>> {
        match self.table(table) {
            Some(table) => {
                let found = table.get(key).map_err(|e| failed("get from a view", e))?;
                Ok(found.map(RedbGuard))
            }
            None => Ok(None),
        }
    }

    fn scan(&self, table: TableId, from: Bound<&[u8]>, to: Bound<&[u8]>) -> Result<RedbScan<'_>> {
        let range = self
            .table(table)
            .map(|table| ReadableTable::range::<&[u8]>(table, (from, to)));
        Ok(RedbScan::new(
            range.transpose().map_err(|e| failed("scan a view", e))?,
        ))
    }
}

impl fmt::Debug for RedbView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedbView")
            .field("tables", &self.tables.len())
            .finish_non_exhaustive()
    }
}
