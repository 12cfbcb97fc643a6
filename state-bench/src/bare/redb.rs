//! redb: one long write transaction with its table kept open, nothing durable. An append reads the list
//! and writes it longer: redb has nothing else.

use redb::{Builder, Database, Durability, ReadTransaction, ReadableTable, Table, TableDefinition};
use redb::{ReadableDatabase as _, WriteTransaction};
use self_cell::self_cell;
use state_redb::RedbConfig;
use tempfile::TempDir;

use super::Bare;
use super::bytes::Engine;
use crate::error::{Error, Result};
use crate::subject::Settings;

type Rows<'txn> = Table<'txn, &'static [u8], &'static [u8]>;

const TABLE: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("bare");

self_cell!(
    struct Open {
        owner: WriteTransaction,
        #[not_covariant]
        dependent: Rows,
    }
);

/// One table.
pub struct Redb {
    /// `None` after a commit that failed.
    open: Option<Open>,
    view: Option<ReadTransaction>,
    database: Database,
    _directory: TempDir,
}

impl std::fmt::Debug for Redb {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Redb").finish_non_exhaustive()
    }
}

fn begin(database: &Database) -> Result<Open> {
    let mut transaction = database.begin_write().map_err(Error::engine)?;
    transaction
        .set_durability(Durability::None)
        .map_err(Error::engine)?;
    Open::try_new(transaction, |transaction| transaction.open_table(TABLE)).map_err(Error::engine)
}

#[cold]
fn not_open() -> Error {
    Error::engine("a commit failed before")
}

impl Bare for Redb {
    fn open(settings: &Settings) -> Result<Self> {
        let directory = settings.directory()?;
        let database = Builder::new()
            .set_cache_size(RedbConfig::default().cache_bytes)
            .create(directory.path().join("bare.redb"))
            .map_err(Error::engine)?;
        Ok(Self {
            open: Some(begin(&database)?),
            view: None,
            database,
            _directory: directory,
        })
    }

    fn freeze(&mut self) -> Result<()> {
        self.view = None;
        let open = self.open.take().ok_or_else(not_open)?;
        open.into_owner().commit().map_err(Error::engine)?;
        self.view = Some(self.database.begin_read().map_err(Error::engine)?);
        self.open = Some(begin(&self.database)?);
        Ok(())
    }
}

impl Engine for Redb {
    #[inline]
    fn get<R>(&self, key: &[u8], f: impl FnOnce(&[u8]) -> R) -> Result<Option<R>> {
        let open = self.open.as_ref().ok_or_else(not_open)?;
        open.with_dependent(|_, table| {
            let found = ReadableTable::get(table, key).map_err(Error::engine)?;
            Ok(found.map(|value| f(value.value())))
        })
    }

    #[inline]
    fn put(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        let open = self.open.as_mut().ok_or_else(not_open)?;
        open.with_dependent_mut(|_, table| {
            table.insert(key, value).map_err(Error::engine)?;
            Ok(())
        })
    }

    #[inline]
    fn modify<T, const N: usize>(
        &mut self,
        key: &[u8],
        read: impl FnOnce(&[u8]) -> Result<T>,
        change: impl FnOnce(Option<T>) -> [u8; N],
    ) -> Result<()> {
        let open = self.open.as_mut().ok_or_else(not_open)?;
        open.with_dependent_mut(|_, table| {
            if let Some(mut found) = table.get_mut(key).map_err(Error::engine)? {
                let value = read(found.value())?;
                return found
                    .insert(&change(Some(value))[..])
                    .map_err(Error::engine);
            }
            table
                .insert(key, &change(None)[..])
                .map_err(Error::engine)?;
            Ok(())
        })
    }

    #[inline]
    fn remove(&mut self, key: &[u8]) -> Result<()> {
        let open = self.open.as_mut().ok_or_else(not_open)?;
        open.with_dependent_mut(|_, table| {
            table.remove(key).map_err(Error::engine)?;
            Ok(())
        })
    }

    #[inline]
    fn append(&mut self, key: &[u8], more: &[u8]) -> Result<()> {
        let longer = self.get(key, |list| [list, more].concat())?;
        self.put(key, longer.as_deref().unwrap_or(more))
    }

    #[inline]
    fn scan(
        &self,
        first: &[u8],
        last: &[u8],
        mut f: impl FnMut(&[u8], &[u8]) -> Result<bool>,
    ) -> Result<()> {
        let open = self.open.as_ref().ok_or_else(not_open)?;
        open.with_dependent(|_, table| {
            let rows = table.range::<&[u8]>(first..=last).map_err(Error::engine)?;
            for found in rows {
                let (key, value) = found.map_err(Error::engine)?;
                if !f(key.value(), value.value())? {
                    break;
                }
            }
            Ok(())
        })
    }
}
