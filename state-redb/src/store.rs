//! redb as an ordered store.

use std::fmt;
use std::ops::Bound;
use std::path::Path;
use std::sync::Arc;

use redb::{Builder, Database, Durability, ReadableDatabase, ReadableTable, WriteTransaction};
use state_api::{Capability, Error, ErrorKind, Result};
use state_store::{OrderedRead, OrderedStore, TableId, WorkDir};

use crate::config::RedbConfig;
use crate::error::failed;
use crate::scan::{RedbGuard, RedbScan};
use crate::transaction::Transaction;
use crate::view::RedbView;

/// Name of the backend.
pub(crate) const NAME: &str = "redb";

/// Name of the database file in the working directory.
const FILE: &str = "state.redb";

/// redb as an ordered store: one long write transaction between freezes.
///
/// # Cost
/// A freeze commits the transaction without a sync, opens a read transaction and the next write
/// transaction: it grows with the pages written since the last one, not with the state.
pub struct RedbStore {
    // `None` only after a freeze failed half-way; the adapter is poisoned then.
    transaction: Option<Transaction>,
    // Shared with the views: redb refuses reads once the database is dropped.
    database: Arc<Database>,
    dir: WorkDir,
}

impl RedbStore {
    /// Opens or creates the store in the directory `path`.
    ///
    /// # Errors
    /// As [`WorkDir::open`], and what redb meets; [`ErrorKind::Conflict`] too while views of a
    /// closed backend hold the database. The directory is then left as it was.
    pub fn open(path: &Path, config: &RedbConfig) -> Result<Self> {
        let dir = WorkDir::open(path, NAME, &[FILE], config.on_dirty)?;
        let opened = open_database(&dir.file(FILE), config);
        let (database, transaction) = match opened {
            Ok(opened) => opened,
            Err(error) => {
                // No row was touched: the directory is as clean as it was found, or wiped.
                dir.close()?;
                return Err(error.with("path", path.display()));
            }
        };
        let transaction = Some(transaction);
        Ok(Self {
            transaction,
            database: Arc::new(database),
            dir,
        })
    }

    fn transaction(&mut self) -> Result<&mut Transaction> {
        self.transaction.as_mut().ok_or_else(lost)
    }
}

fn open_database(file: &Path, config: &RedbConfig) -> Result<(Database, Transaction)> {
    let database = Builder::new()
        .set_cache_size(config.cache_bytes)
        .create(file)
        .map_err(|e| failed("open the database", e))?;
    let transaction = Transaction::new(begin_write(&database)?, &[])?;
    Ok((database, transaction))
}

fn lost() -> Error {
    Error::new(
        ErrorKind::Poisoned,
        "the write transaction was lost in a failed freeze",
    )
}

fn begin_write(database: &Database) -> Result<WriteTransaction> {
    let mut transaction = database
        .begin_write()
        .map_err(|e| failed("begin write", e))?;
    // The checkpoint is the durability: no commit before `close` waits for the disk.
    transaction
        .set_durability(Durability::None)
        .map_err(|e| failed("set durability", e))?;
    Ok(transaction)
}

impl OrderedRead for RedbStore {
    type Guard<'a> = RedbGuard<'a>;
    type Scan<'a> = RedbScan<'a>;

    #[inline]
    fn get(&self, table: TableId, key: &[u8]) -> Result<Option<RedbGuard<'_>>> {
        match self.transaction.as_ref().ok_or_else(lost)?.table(table) {
            Some(table) => Ok(table.get(key).map_err(|e| failed("get", e))?.map(RedbGuard)),
            None => Ok(None),
        }
    }

    fn scan(&self, table: TableId, from: Bound<&[u8]>, to: Bound<&[u8]>) -> Result<RedbScan<'_>> {
        let table = self.transaction.as_ref().ok_or_else(lost)?.table(table);
        let range = table.map(|table| table.range::<&[u8]>((from, to)));
        Ok(RedbScan::new(
            range.transpose().map_err(|e| failed("scan", e))?,
        ))
    }
}

impl OrderedStore for RedbStore {
    type View = RedbView;

    fn name(&self) -> &'static str {
        NAME
    }

    fn capability(&self) -> Capability {
        Capability::default().with_survives_close()
    }

    fn create_table(&mut self, table: TableId) -> Result<()> {
        self.transaction()?.create(table)
    }

    fn drop_table(&mut self, table: TableId) -> Result<()> {
        self.transaction()?.drop_table(table)
    }

    #[inline]
    fn put(&mut self, table: TableId, key: &[u8], value: &[u8]) -> Result<()> {
        self.transaction()?
            .write(table, "put", |table| table.insert(key, value).map(drop))
    }

    #[inline]
    fn delete(&mut self, table: TableId, key: &[u8]) -> Result<()> {
        self.transaction()?
            .write(table, "delete", |table| table.remove(key).map(drop))
    }

    fn delete_range(&mut self, table: TableId, from: &[u8], to: Option<&[u8]>) -> Result<()> {
        let to = to.map_or(Bound::Unbounded, Bound::Excluded);
        self.transaction()?.write(table, "delete range", |table| {
            table.retain_in::<&[u8], _>((Bound::Included(from), to), |_, _| false)
        })
    }

    fn freeze(&mut self) -> Result<RedbView> {
        let transaction = self.transaction.take().ok_or_else(lost)?;
        let tables = transaction.tables();
        transaction
            .into_inner()
            .commit()
            .map_err(|e| failed("commit", e))?;
        let reader = self
            .database
            .begin_read()
            .map_err(|e| failed("begin read", e))?;
        let view = RedbView::new(&self.database, &reader, &tables)?;
        self.transaction = Some(Transaction::new(begin_write(&self.database)?, &tables)?);
        Ok(view)
    }

    fn close(mut self) -> Result<()> {
        let mut transaction = self.transaction.take().ok_or_else(lost)?.into_inner();
        transaction
            .set_durability(Durability::Immediate)
            .map_err(|e| failed("set durability", e))?;
        transaction
            .commit()
            .map_err(|e| failed("commit durably", e))?;
        drop(self.database);
        self.dir.close()
    }

    fn destroy(self) -> Result<()> {
        drop(self.transaction);
        drop(self.database);
        self.dir.destroy(&[FILE])
    }
}

impl fmt::Debug for RedbStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedbStore")
            .field("dir", &self.dir)
            .finish_non_exhaustive()
    }
}
