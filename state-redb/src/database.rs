//! The database with its long write transaction, and what it keeps of the last commit.

use std::fmt;
use std::panic::catch_unwind;
use std::path::Path;
use std::sync::Arc;

use redb::{Builder, Database, Durability, ReadableDatabase, Savepoint, WriteTransaction};
use state_api::{Error, ErrorKind, Result};
use state_store::{Mode, Occupancy, WorkDir};

use crate::config::RedbConfig;
use crate::error::failed;
use crate::transaction::Transaction;
use crate::view::RedbView;

/// A database that is being written.
///
/// In durable mode a freeze commits without a sync, and redb makes such commits durable when the
/// database is closed in good order. So the state of the last durable commit is kept as a savepoint,
/// and the database goes back to it when it ends with a freeze that no commit followed.
pub(crate) struct Open {
    // `None` only after a failure, or at the end; the adapter is poisoned then.
    transaction: Option<Transaction>,
    /// State of the last durable commit; none in scratch mode.
    committed: Option<Savepoint>,
    /// Whether a freeze came after it.
    frozen: bool,
    // Shared with the views: redb refuses reads once the database is dropped.
    database: Arc<Database>,
    occupancy: Occupancy,
}

impl Open {
    pub(crate) fn new(dir: &WorkDir, file: &Path, config: &RedbConfig) -> Result<Self> {
        // redb panics on some of what a damaged file may hold.
        let opened = catch_unwind(|| open_database(file, config, dir.is_verified()));
        let database = opened.unwrap_or_else(|_| {
            Err(Error::new(
                ErrorKind::Corrupt,
                "redb panicked at opening the database: restore a checkpoint",
            ))
        })?;
        let mut open = Self {
            transaction: None,
            committed: None,
            frozen: false,
            database: Arc::new(database),
            occupancy: dir.occupancy(),
        };
        let transaction = begin_write(&open.database, Durability::None)?;
        if config.mode == Mode::Durable {
            open.committed = Some(savepoint(&transaction)?);
        }
        open.transaction = Some(Transaction::new(transaction, &[])?);
        Ok(open)
    }

    #[inline]
    pub(crate) fn transaction(&self) -> Result<&Transaction> {
        self.transaction.as_ref().ok_or_else(lost)
    }

    #[inline]
    pub(crate) fn transaction_mut(&mut self) -> Result<&mut Transaction> {
        self.transaction.as_mut().ok_or_else(lost)
    }

    pub(crate) fn is_durable(&self) -> bool {
        self.committed.is_some()
    }

    /// Commits without a sync, and takes a view of that.
    pub(crate) fn freeze(&mut self) -> Result<RedbView> {
        let transaction = self.transaction.take().ok_or_else(lost)?;
        let tables = transaction.tables();
        self.frozen = true;
        transaction
            .into_inner()
            .commit()
            .map_err(|e| failed("commit", e))?;
        let reader = self
            .database
            .begin_read()
            .map_err(|e| failed("begin read", e))?;
        let view = RedbView::new(&self.database, &self.occupancy, &reader, &tables)?;
        let transaction = begin_write(&self.database, Durability::None)?;
        self.transaction = Some(Transaction::new(transaction, &tables)?);
        Ok(view)
    }

    /// Commits durably, and goes on.
    pub(crate) fn commit(&mut self) -> Result<()> {
        let tables = self.transaction()?.tables();
        self.commit_durably()?;
        let transaction = begin_write(&self.database, Durability::None)?;
        self.committed = Some(savepoint(&transaction)?);
        self.frozen = false;
        self.transaction = Some(Transaction::new(transaction, &tables)?);
        Ok(())
    }

    fn commit_durably(&mut self) -> Result<()> {
        let mut transaction = self.transaction.take().ok_or_else(lost)?.into_inner();
        make_durable(&mut transaction, self.is_durable())?;
        transaction
            .commit()
            .map_err(|e| failed("commit durably", e))
    }

    /// Ends in good order: makes all durable in scratch mode, gives up what was not committed in
    /// durable mode. Returns the database if no view holds it.
    pub(crate) fn close(mut self) -> Result<Option<Database>> {
        if self.is_durable() {
            self.go_back()?;
        } else {
            self.commit_durably()?;
        }
        let database = Arc::clone(&self.database);
        drop(self);
        Ok(Arc::into_inner(database))
    }

    /// Gives up what was written since the last durable commit.
    fn go_back(&mut self) -> Result<()> {
        if let Some(transaction) = self.transaction.take() {
            let transaction = transaction.into_inner();
            transaction.abort().map_err(|e| failed("abort", e))?;
        }
        let Some(committed) = self.committed.take() else {
            return Ok(());
        };
        if std::mem::take(&mut self.frozen) {
            let mut transaction = begin_write(&self.database, Durability::Immediate)?;
            transaction
                .restore_savepoint(&committed)
                .map_err(|e| failed("go back to the last commit", e))?;
            transaction
                .commit()
                .map_err(|e| failed("commit the last commit again", e))?;
        }
        Ok(())
    }
}

/// Dropped, it ends as by a crash; but redb would keep what was frozen.
impl Drop for Open {
    fn drop(&mut self) {
        // Where this fails, redb has failed before, and then it keeps nothing that is not durable.
        let _ = self.go_back();
    }
}

impl fmt::Debug for Open {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Open")
            .field("durable", &self.is_durable())
            .finish_non_exhaustive()
    }
}

/// Opens the database. Files that were not compared with what a close left are checked by redb, which else
/// does not look at checksums: each page is read.
fn open_database(file: &Path, config: &RedbConfig, is_verified: bool) -> Result<Database> {
    let mut database = Builder::new()
        .set_cache_size(config.cache_bytes)
        .create(file)
        .map_err(|e| failed("open the database", e))?;
    if config.verify_files && !is_verified {
        let is_whole = database
            .check_integrity()
            .map_err(|e| failed("check the database", e))?;
        if !is_whole {
            return Err(Error::new(
                ErrorKind::Corrupt,
                "the database is damaged: restore a checkpoint into another directory",
            ));
        }
    }
    Ok(database)
}

fn lost() -> Error {
    Error::new(
        ErrorKind::Poisoned,
        "the write transaction was lost in a failed freeze or commit",
    )
}

fn begin_write(database: &Database, durability: Durability) -> Result<WriteTransaction> {
    let mut transaction = database
        .begin_write()
        .map_err(|e| failed("begin write", e))?;
    transaction
        .set_durability(durability)
        .map_err(|e| failed("set durability", e))?;
    Ok(transaction)
}

/// `quick_repair` saves what an open after a crash would otherwise find out by reading everything.
fn make_durable(transaction: &mut WriteTransaction, quick_repair: bool) -> Result<()> {
    transaction.set_quick_repair(quick_repair);
    transaction
        .set_durability(Durability::Immediate)
        .map_err(|e| failed("set durability", e))
}

/// The state that a fresh transaction begins with.
fn savepoint(transaction: &WriteTransaction) -> Result<Savepoint> {
    transaction
        .ephemeral_savepoint()
        .map_err(|e| failed("take a savepoint", e))
}
