//! redb as an ordered store.

use std::ops::Bound;
use std::path::Path;

use redb::{ReadableTable, Table};
use state_api::{Capability, Result};
use state_store::{Mode, OrderedRead, OrderedStore, TableId, Tenant, WorkDir};

use crate::config::RedbConfig;
use crate::database::Open;
use crate::error::failed;
use crate::scan::{RedbGuard, RedbScan};
use crate::transaction::Bytes;
use crate::view::RedbView;

/// Name of the database file in the working directory.
const FILE: &str = "state.redb";

const TENANT: Tenant = Tenant {
    backend: "redb",
    data: &[FILE],
    other: &[],
};

/// redb as an ordered store: one long write transaction between freezes.
///
/// # Cost
/// A freeze commits the transaction without a sync, opens a read transaction and the next write
/// transaction: it grows with the pages written since the last one, not with the state. A commit
/// waits for the disk.
#[derive(Debug)]
pub struct RedbStore {
    open: Open,
    dir: WorkDir,
}

impl RedbStore {
    /// Opens or creates the store in the directory `path`.
    ///
    /// # Errors
    /// As [`WorkDir::open`], and what redb meets; [`Conflict`](state_api::ErrorKind::Conflict) too while views of a
    /// closed backend hold the database. The directory is then left as it was.
    pub fn open(path: &Path, config: &RedbConfig) -> Result<Self> {
        let mut dir = WorkDir::open(path, TENANT, config.opening())?;
        match Open::new(&dir, &dir.file(FILE), config) {
            Ok(open) => {
                dir.opened()?;
                Ok(Self { open, dir })
            }
            Err(error) => {
                // No row was touched.
                dir.give_back()?;
                Err(error.with("path", path.display()))
            }
        }
    }
}

impl OrderedRead for RedbStore {
    type Guard<'a> = RedbGuard<'a>;
    type Scan<'a> = RedbScan<'a>;

    #[inline]
    fn get(&self, table: TableId, key: &[u8]) -> Result<Option<RedbGuard<'_>>> {
        match self.open.transaction()?.table(table) {
            Some(table) => Ok(table.get(key).map_err(|e| failed("get", e))?.map(RedbGuard)),
            None => Ok(None),
        }
    }

    fn scan(&self, table: TableId, from: Bound<&[u8]>, to: Bound<&[u8]>) -> Result<RedbScan<'_>> {
        let table = self.open.transaction()?.table(table);
        let range = table.map(|table| table.range::<&[u8]>((from, to)));
        Ok(RedbScan::new(
            range.transpose().map_err(|e| failed("scan", e))?,
        ))
    }
}

impl OrderedStore for RedbStore {
    type View = RedbView;

    const READS_TAILS: bool = true;

    fn name(&self) -> &'static str {
        TENANT.backend
    }

    fn capability(&self) -> Capability {
        let capability = Capability::default().with_survives_close();
        match self.dir.mode() {
            Mode::Durable => capability.with_durable_commit(),
            _ => capability,
        }
    }

    fn create_table(&mut self, table: TableId) -> Result<()> {
        self.open.transaction_mut()?.create(table)
    }

    fn drop_table(&mut self, table: TableId) -> Result<()> {
        self.open.transaction_mut()?.drop_table(table)
    }

    #[inline]
    fn put(&mut self, table: TableId, key: &[u8], value: &[u8]) -> Result<()> {
        self.open
            .transaction_mut()?
            .write(table, "put", |table| table.insert(key, value).map(drop))
    }

    #[inline]
    fn modify<'r>(
        &mut self,
        table: TableId,
        key: &[u8],
        change: impl FnOnce(Option<&[u8]>) -> Option<&'r [u8]>,
    ) -> Result<()> {
        let modify = |table: &mut Table<'_, Bytes, Bytes>| {
            let row = match table.get_mut(key)? {
                Some(mut found) => match change(Some(found.value())) {
                    Some(row) if row.len() == found.value().len() => return found.insert(row),
                    row => row,
                },
                None => change(None),
            };
            match row {
                // Not in the place that was found: that page would grow and never split.
                Some(row) => table.insert(key, row).map(drop),
                None => Ok(()),
            }
        };
        self.open.transaction_mut()?.write(table, "modify", modify)
    }

    #[inline]
    fn delete(&mut self, table: TableId, key: &[u8]) -> Result<()> {
        self.open
            .transaction_mut()?
            .write(table, "delete", |table| table.remove(key).map(drop))
    }

    fn delete_range(&mut self, table: TableId, from: &[u8], to: Option<&[u8]>) -> Result<()> {
        let to = to.map_or(Bound::Unbounded, Bound::Excluded);
        self.open
            .transaction_mut()?
            .write(table, "delete range", |table| {
                table.retain_in::<&[u8], _>((Bound::Included(from), to), |_, _| false)
            })
    }

    fn freeze(&mut self) -> Result<RedbView> {
        self.open.freeze()
    }

    // Asked for in durable mode only: see the capability.
    fn commit(&mut self) -> Result<()> {
        self.open.commit()
    }

    fn close(self) -> Result<()> {
        let Self { open, dir } = self;
        // Else a view keeps the database open, which may touch its file once more.
        if let Some(database) = open.close()? {
            database.close().map_err(|e| failed("close", e))?;
        }
        dir.close()
    }

    fn destroy(self) -> Result<()> {
        let Self { open, dir } = self;
        drop(open);
        dir.destroy()
    }
}
