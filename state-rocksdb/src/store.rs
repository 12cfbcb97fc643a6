//! RocksDB as an ordered store.

use std::fmt;
use std::ops::Bound;
use std::path::Path;
use std::sync::Arc;

use rocksdb::statistics::Ticker;
use rocksdb::{ColumnFamilyDescriptor, FlushOptions, Options, ReadOptions, WriteOptions};
use state_api::{Capability, Error, ErrorKind, NativePlace, NativeReport, Result};
use state_store::{NativeSource, OrderedRead, OrderedStore, Scan, TableId, Tenant, WorkDir};

use crate::columns::{Columns, Database, table_of};
use crate::config::RocksdbConfig;
use crate::error::failed;
use crate::metrics::RocksdbMetrics;
use crate::native::{self, Digests};
use crate::options::{EngineOptions, write_options};
use crate::scan::{RocksdbGuard, RocksdbScan, Source};
use crate::view::RocksdbView;

/// Folders of the engine's files in the working directory: one is in use. The other is where a native
/// restore lays files out before it takes the place of the first.
const DATA: [&str; 2] = ["db-0", "db-1"];
/// Folder of the engine's own log, for people.
const LOGS: &str = "log";

pub(crate) const TENANT: Tenant = Tenant {
    backend: "rocksdb",
    data: &DATA,
    other: &[LOGS],
};

/// RocksDB as an ordered store: a column family per state.
///
/// # Cost
/// A read or a write is one call of the engine. A freeze takes a snapshot: it costs microseconds, for
/// any state. Creating or dropping a state costs milliseconds.
pub struct RocksdbStore {
    columns: Columns,
    read: ReadOptions,
    write: WriteOptions,
    options: EngineOptions,
    /// The folder in use, and the other.
    data: [&'static str; 2],
    digests: Digests,
    dir: WorkDir,
}

/// A change of the engine's options, behind those of the configuration: of the database and of each
/// column family.
pub(crate) type Adjust<'a> = &'a dyn Fn(&mut Options, &mut Options);

impl RocksdbStore {
    /// Opens or creates the store in the directory `path`.
    ///
    /// # Errors
    /// As [`WorkDir::open`], and what RocksDB meets; [`ErrorKind::Conflict`] too while views of a
    /// closed backend hold the database.
    pub fn open(path: &Path, config: &RocksdbConfig) -> Result<Self> {
        Self::open_with(path, config, &|_, _| ())
    }

    pub(crate) fn open_with(
        path: &Path,
        config: &RocksdbConfig,
        adjust: Adjust<'_>,
    ) -> Result<Self> {
        let dir = WorkDir::open(path, TENANT, config.opening())?;
        match Self::open_in(&dir, config, adjust) {
            Ok((columns, options, data)) => Ok(Self {
                columns,
                read: ReadOptions::default(),
                write: write_options(false),
                options,
                data,
                digests: Digests::default(),
                dir,
            }),
            Err(error) => {
                // No row was touched: the directory is as clean as it was found, or wiped.
                dir.release()?;
                Err(error.with("path", path.display()))
            }
        }
    }

    fn open_in(
        dir: &WorkDir,
        config: &RocksdbConfig,
        adjust: Adjust<'_>,
    ) -> Result<(Columns, EngineOptions, [&'static str; 2])> {
        let mut options = EngineOptions::new(config, &dir.file(LOGS))?;
        adjust(&mut options.database, &mut options.column);
        let [first, second] = DATA;
        let [used, free] = if has_database(&dir.file(second))? {
            [second, first]
        } else {
            DATA
        };
        let columns = open_database(&dir.file(used), &options)?;
        Ok((columns, options, [used, free]))
    }

    /// What the engine says of its memory and its work: see [`RocksdbMetrics`].
    ///
    /// # Errors
    /// What RocksDB meets.
    pub fn metrics(&self) -> Result<RocksdbMetrics> {
        RocksdbMetrics::read(&self.columns, &self.options)
    }

    /// A counter of the engine; 0 unless it was opened with
    /// [`statistics`](RocksdbConfig::statistics).
    pub fn ticker(&self, ticker: Ticker) -> u64 {
        self.options.database.get_ticker_count(ticker)
    }

    /// The engine itself, for what is not covered here. Who writes through it goes behind the back of
    /// the backend.
    pub fn database(&self) -> &rocksdb::DBWithThreadMode<rocksdb::MultiThreaded> {
        self.columns.database()
    }

    fn flush(&self) -> Result<()> {
        let tables = self.columns.tables();
        let handles: Vec<_> = tables
            .iter()
            .filter_map(|&table| self.columns.get(table))
            .collect();
        let mut wait = FlushOptions::default();
        wait.set_wait(true);
        self.columns
            .database()
            .flush_cfs_opt(&handles, &wait)
            .map_err(|e| failed("flush", e))
    }
}

fn has_database(path: &Path) -> Result<bool> {
    path.join("CURRENT").try_exists().map_err(|e| {
        Error::new(ErrorKind::Io, "the directory cannot be read")
            .with("step", "look for a database")
            .with("path", path.display())
            .with_source(e)
    })
}

fn open_database(path: &Path, options: &EngineOptions) -> Result<Columns> {
    let columns = descriptors(path, options)?;
    let database = Database::open_cf_descriptors(&options.database, path, columns)
        .map_err(|e| failed("open the database", e))?;
    Ok(Columns::new(Arc::new(database)))
}

/// The column families of a database, each with our options; just the default one of a new database.
fn descriptors(path: &Path, options: &EngineOptions) -> Result<Vec<ColumnFamilyDescriptor>> {
    let names = if has_database(path)? {
        Database::list_cf(&options.database, path)
            .map_err(|e| failed("list the column families", e))?
    } else {
        vec![rocksdb::DEFAULT_COLUMN_FAMILY_NAME.to_owned()]
    };
    let mut columns = Vec::with_capacity(names.len());
    for name in names {
        if name != rocksdb::DEFAULT_COLUMN_FAMILY_NAME && table_of(&name).is_none() {
            return Err(Error::new(
                ErrorKind::Mismatch,
                "the database has a column family that is not a state backend's",
            )
            .with("found", name));
        }
        columns.push(ColumnFamilyDescriptor::new(name, options.column.clone()));
    }
    Ok(columns)
}

impl OrderedRead for RocksdbStore {
    type Guard<'a> = RocksdbGuard<'a>;
    type Scan<'a> = RocksdbScan<'a>;

    #[inline]
    fn get(&self, table: TableId, key: &[u8]) -> Result<Option<RocksdbGuard<'_>>> {
        let Some(column) = self.columns.get(table) else {
            return Ok(None);
        };
        let database = self.columns.database();
        match database.get_pinned_cf_opt(column, key, &self.read) {
            Ok(found) => Ok(found.map(RocksdbGuard)),
            Err(error) => Err(failed("get", error)),
        }
    }

    fn scan(
        &self,
        table: TableId,
        from: Bound<&[u8]>,
        to: Bound<&[u8]>,
    ) -> Result<RocksdbScan<'_>> {
        let source = self.columns.get(table).map(|column| Source {
            database: self.columns.database(),
            column,
            snapshot: None,
        });
        Ok(RocksdbScan::new(source, from, to))
    }
}

impl OrderedStore for RocksdbStore {
    type View = RocksdbView;

    fn name(&self) -> &'static str {
        TENANT.backend
    }

    fn capability(&self) -> Capability {
        Capability::default()
            .with_survives_close()
            .with_native_checkpoint()
    }

    fn create_table(&mut self, table: TableId) -> Result<()> {
        self.columns.create(table, &self.options.column)
    }

    fn drop_table(&mut self, table: TableId) -> Result<()> {
        self.columns.forget(table);
        self.columns.drop_column(table)
    }

    #[inline]
    fn put(&mut self, table: TableId, key: &[u8], value: &[u8]) -> Result<()> {
        let column = self.columns.expect(table)?;
        let database = self.columns.database();
        match database.put_cf_opt(column, key, value, &self.write) {
            Ok(()) => Ok(()),
            Err(error) => Err(failed("put", error)),
        }
    }

    #[inline]
    fn delete(&mut self, table: TableId, key: &[u8]) -> Result<()> {
        let column = self.columns.expect(table)?;
        let database = self.columns.database();
        match database.delete_cf_opt(column, key, &self.write) {
            Ok(()) => Ok(()),
            Err(error) => Err(failed("delete", error)),
        }
    }

    fn delete_range(&mut self, table: TableId, from: &[u8], to: Option<&[u8]>) -> Result<()> {
        let last = match to {
            Some(_) => None,
            // The engine's ranges have an end, which is excluded.
            None => match self
                .scan(table, Bound::Included(from), Bound::Unbounded)?
                .next_entry_back()?
            {
                Some(last) => Some([last.key, &[0]].concat()),
                None => return Ok(()),
            },
        };
        let to = to.or(last.as_deref()).unwrap_or_default();
        let column = self.columns.expect(table)?;
        let database = self.columns.database();
        database
            .delete_range_cf_opt(column, from, to, &self.write)
            .map_err(|e| failed("delete range", e))
    }

    fn freeze(&mut self) -> Result<RocksdbView> {
        RocksdbView::new(self.columns.database(), &self.columns.tables())
    }

    fn native_checkpoint(
        &mut self,
        place: NativePlace<'_>,
        description: &str,
    ) -> Result<NativeReport> {
        let database = self.columns.database();
        native::take(database, &mut self.digests, place, description)
    }

    fn native_open(&self, place: NativePlace<'_>) -> Result<Box<dyn NativeSource>> {
        Ok(Box::new(native::Source::open(&self.options, place)?))
    }

    fn native_adopt(&mut self, place: NativePlace<'_>) -> Result<()> {
        let [used, free] = self.data;
        let folder = self.dir.file(free);
        native::place::lay_out(place, &folder)?;
        let adopted = open_database(&folder, &self.options)?;
        drop(std::mem::replace(&mut self.columns, adopted));
        self.data = [free, used];
        let old = self.dir.file(used);
        std::fs::remove_dir_all(&old).map_err(|e| {
            Error::new(
                ErrorKind::Io,
                "the files before a restore cannot be removed",
            )
            .with("path", old.display())
            .with_source(e)
        })?;
        self.digests = Digests::default();
        Ok(())
    }

    fn close(self) -> Result<()> {
        self.flush()?;
        let Self { columns, dir, .. } = self;
        let database = columns.into_database();
        match Arc::into_inner(database) {
            Some(database) => {
                drop(database);
                dir.close()
            }
            // A view keeps the database open, which may go on to merge files.
            None => dir.release(),
        }
    }

    fn destroy(self) -> Result<()> {
        let Self { columns, dir, .. } = self;
        let database = columns.into_database();
        if Arc::strong_count(&database) > 1 {
            // Views keep it open: they read on, but nothing must be written to what is removed.
            database.cancel_all_background_work(true);
        }
        drop(database);
        dir.destroy()
    }
}

impl fmt::Debug for RocksdbStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RocksdbStore")
            .field("columns", &self.columns)
            .field("dir", &self.dir)
            .finish_non_exhaustive()
    }
}
