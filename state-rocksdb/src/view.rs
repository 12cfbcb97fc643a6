//! Views: snapshots of the sequence of writes.

use std::fmt;
use std::ops::Bound;
use std::sync::Arc;

use rocksdb::{ReadOptions, SnapshotWithThreadMode};
use self_cell::self_cell;
use state_api::Result;
use state_store::{OrderedRead, TableId};

use crate::columns::{Column, Database, Handles, handles};
use crate::error::failed;
use crate::scan::{RocksdbGuard, RocksdbScan, Source};

struct Frozen<'db> {
    // Before the snapshot that it names: dropped first.
    read: ReadOptions,
    snapshot: SnapshotWithThreadMode<'db, Database>,
    columns: Handles<'db>,
}

self_cell!(
    struct Cell {
        owner: Arc<Database>,
        #[covariant]
        dependent: Frozen,
    }
);

/// A consistent view: a snapshot, and the column families that were open. While it lives compactions
/// keep what it sees, and the database stays open, also behind the end of its backend.
pub struct RocksdbView(Cell);

impl RocksdbView {
    pub(crate) fn new(database: &Arc<Database>, tables: &[TableId]) -> Result<Self> {
        Cell::try_new(Arc::clone(database), |database| {
            let snapshot = SnapshotWithThreadMode::new(&**database);
            let mut read = ReadOptions::default();
            read.set_snapshot(&snapshot);
            Ok(Frozen {
                read,
                snapshot,
                columns: handles(database, tables)?,
            })
        })
        .map(Self)
    }

    fn column(&self, table: TableId) -> Option<&Column<'_>> {
        let frozen = self.0.borrow_dependent();
        frozen.columns.get(table.0 as usize)?.as_ref()
    }
}

impl OrderedRead for RocksdbView {
    type Guard<'a> = RocksdbGuard<'a>;
    type Scan<'a> = RocksdbScan<'a>;

    fn get(&self, table: TableId, key: &[u8]) -> Result<Option<RocksdbGuard<'_>>> {
        let Some(column) = self.column(table) else {
            return Ok(None);
        };
        let read = &self.0.borrow_dependent().read;
        let found = self.0.borrow_owner().get_pinned_cf_opt(column, key, read);
        Ok(found
            .map_err(|e| failed("get from a view", e))?
            .map(RocksdbGuard))
    }

    fn scan(
        &self,
        table: TableId,
        from: Bound<&[u8]>,
        to: Bound<&[u8]>,
    ) -> Result<RocksdbScan<'_>> {
        let source = self.column(table).map(|column| Source {
            database: self.0.borrow_owner(),
            column,
            snapshot: Some(&self.0.borrow_dependent().snapshot),
        });
        Ok(RocksdbScan::new(source, from, to))
    }
}

impl fmt::Debug for RocksdbView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RocksdbView")
            .field(
                "sequence",
                &self.0.borrow_dependent().snapshot.sequence_number(),
            )
            .finish_non_exhaustive()
    }
}
