//! RocksDB: one column family with the options that the backend has made, without a log. An append is a
//! merge, by an operator that joins byte strings.

use std::cell::RefCell;

use rocksdb::{DBWithThreadMode, MergeOperands, Options, ReadOptions};
use rocksdb::{SingleThreaded, SnapshotWithThreadMode, WriteOptions};
use self_cell::self_cell;
use state_api::StateBackend as _;
use state_rocksdb::RocksdbConfig;
use tempfile::TempDir;

use super::Bare;
use super::bytes::Engine;
use crate::error::{Error, Result};
use crate::subject::Settings;

type Database = DBWithThreadMode<SingleThreaded>;

type View<'db> = Option<SnapshotWithThreadMode<'db, Database>>;

self_cell!(
    /// The database, and the snapshot that is held of it.
    struct Open {
        owner: Database,
        #[not_covariant]
        dependent: View,
    }
);

/// One column family.
pub struct Rocksdb {
    open: Open,
    read: ReadOptions,
    write: WriteOptions,
    _directory: TempDir,
}

impl std::fmt::Debug for Rocksdb {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rocksdb").finish_non_exhaustive()
    }
}

impl Rocksdb {
    #[inline]
    fn database(&self) -> &Database {
        self.open.borrow_owner()
    }
}

#[allow(
    clippy::unnecessary_wraps,
    reason = "a merge may also say that it failed"
)]
fn longer(_key: &[u8], old: Option<&[u8]>, operands: &MergeOperands) -> Option<Vec<u8>> {
    let mut list = old.unwrap_or(&[]).to_vec();
    operands.iter().for_each(|more| list.extend(more));
    Some(list)
}

impl Bare for Rocksdb {
    fn open(settings: &Settings) -> Result<Self> {
        let directory = settings.directory()?;
        let options = RefCell::new(None);
        // Those of a backend of its own, so that no cache is shared.
        let made = state_rocksdb::open_with::<u64>(
            directory.path().join("options"),
            settings.key_groups,
            &RocksdbConfig::default(),
            |database: &mut Options, column: &mut Options| {
                *options.borrow_mut() = Some((database.clone(), column.clone()));
            },
        )?;
        made.destroy()?;
        let Some((mut database, mut column)) = options.take() else {
            return Err(Error::engine("the backend made no options"));
        };
        database.set_db_log_dir(directory.path());
        column.set_merge_operator_associative("longer", longer);
        let database = Database::open_cf_with_opts(
            &database,
            directory.path().join("bare"),
            [("default", column)],
        )
        .map_err(Error::engine)?;
        let mut write = WriteOptions::default();
        write.disable_wal(true);
        Ok(Self {
            open: Open::new(database, |_| None),
            read: ReadOptions::default(),
            write,
            _directory: directory,
        })
    }

    fn freeze(&mut self) -> Result<()> {
        self.open.with_dependent_mut(|database, view| {
            *view = None;
            *view = Some(database.snapshot());
        });
        Ok(())
    }
}

impl Engine for Rocksdb {
    #[inline]
    fn get<R>(&self, key: &[u8], f: impl FnOnce(&[u8]) -> R) -> Result<Option<R>> {
        let found = self.database().get_pinned_opt(key, &self.read);
        Ok(found.map_err(Error::engine)?.map(|value| f(&value)))
    }

    #[inline]
    fn put(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        let put = self.database().put_opt(key, value, &self.write);
        put.map_err(Error::engine)
    }

    #[inline]
    fn remove(&mut self, key: &[u8]) -> Result<()> {
        let delete = self.database().delete_opt(key, &self.write);
        delete.map_err(Error::engine)
    }

    #[inline]
    fn append(&mut self, key: &[u8], more: &[u8]) -> Result<()> {
        let merge = self.database().merge_opt(key, more, &self.write);
        merge.map_err(Error::engine)
    }

    #[inline]
    fn scan(
        &self,
        first: &[u8],
        last: &[u8],
        mut f: impl FnMut(&[u8], &[u8]) -> Result<bool>,
    ) -> Result<()> {
        let mut options = ReadOptions::default();
        // The bound is exclusive.
        let end: Vec<u8> = last.iter().copied().chain([0]).collect();
        options.set_iterate_upper_bound(end);
        // Lends rows, where the iterator of the crate's that is one of Rust's copies each.
        let mut rows = self.database().raw_iterator_opt(options);
        rows.seek(first);
        while let Some((key, value)) = rows.item() {
            if !f(key, value)? {
                break;
            }
            rows.next();
        }
        rows.status().map_err(Error::engine)
    }
}
