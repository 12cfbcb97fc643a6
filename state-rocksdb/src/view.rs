//! Views: snapshots of the sequence of writes, and in durable mode the writes that are not committed
//! yet.

use std::fmt;
use std::ops::Bound;
use std::sync::Arc;

use rocksdb::{ReadOptions, SnapshotWithThreadMode};
use self_cell::self_cell;
use state_api::Result;
use state_store::overlay::Layer;
use state_store::overlay::merge::{self, MergedGuard, MergedScan};
use state_store::{Occupancy, OrderedRead, TableId};

use crate::columns::{Column, Database, Handles, handles};
use crate::error::failed;
use crate::scan::{RocksdbGuard, RocksdbScan, Source, hand_on};

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

/// A snapshot of the engine, and the column families that were open.
pub struct EngineView(Cell);

impl EngineView {
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

impl OrderedRead for EngineView {
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

    fn multi_get(
        &self,
        table: TableId,
        keys: &[&[u8]],
        found: &mut dyn FnMut(Option<&[u8]>) -> Result<()>,
    ) -> Result<()> {
        let Some(column) = self.column(table) else {
            return keys.iter().try_for_each(|_| found(None));
        };
        let (database, read) = (self.0.borrow_owner(), &self.0.borrow_dependent().read);
        hand_on(
            database.batched_multi_get_cf_opt(column, keys, false, read),
            found,
        )
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

impl fmt::Debug for EngineView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EngineView")
            .field(
                "sequence",
                &self.0.borrow_dependent().snapshot.sequence_number(),
            )
            .finish_non_exhaustive()
    }
}

/// A consistent view. While it lives compactions keep what it sees, and the database stays open, also
/// behind the end of its backend.
#[derive(Debug)]
pub struct RocksdbView {
    engine: EngineView,
    /// Not committed when the view was taken. Newest first.
    layers: Box<[Arc<Layer>]>,
    // Behind the engine: dropped last.
    _occupancy: Occupancy,
}

impl RocksdbView {
    pub(crate) fn new(engine: EngineView, layers: Box<[Arc<Layer>]>, occupancy: Occupancy) -> Self {
        Self {
            engine,
            layers,
            _occupancy: occupancy,
        }
    }

    fn layers(&self) -> impl Iterator<Item = &Layer> + Clone {
        self.layers.iter().map(|layer| &**layer)
    }
}

impl OrderedRead for RocksdbView {
    type Guard<'a> = MergedGuard<'a, EngineView>;
    type Scan<'a> = MergedScan<'a, EngineView>;

    fn get(&self, table: TableId, key: &[u8]) -> Result<Option<Self::Guard<'_>>> {
        merge::get(self.layers(), &self.engine, table, key)
    }

    fn multi_get(
        &self,
        table: TableId,
        keys: &[&[u8]],
        found: &mut dyn FnMut(Option<&[u8]>) -> Result<()>,
    ) -> Result<()> {
        merge::multi_get(&self.layers(), &self.engine, table, keys, found)
    }

    fn scan(&self, table: TableId, from: Bound<&[u8]>, to: Bound<&[u8]>) -> Result<Self::Scan<'_>> {
        merge::scan(self.layers(), &self.engine, table, from, to)
    }
}
