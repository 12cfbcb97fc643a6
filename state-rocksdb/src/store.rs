//! RocksDB as an ordered store.

use std::fmt;
use std::ops::Bound;
use std::path::Path;
use std::sync::Arc;

use rocksdb::statistics::Ticker;
use rocksdb::{ColumnFamilyDescriptor, FlushOptions, Options};
use state_api::{Capability, Error, ErrorKind, NativeFile, NativePlace, NativeReport, Result};
use state_store::overlay::Layer;
use state_store::overlay::merge::{self, MergedGuard, MergedScan};
use state_store::{
    Mode, NativeSource, OrderedRead, OrderedStore, TableId, TableRows, Tenant, WorkDir,
};

use crate::columns::{Columns, Database, table_of};
use crate::config::RocksdbConfig;
use crate::engine::Engine;
use crate::error::failed;
use crate::ingest::ingest;
use crate::metrics::RocksdbMetrics;
use crate::native::{self, Digests};
use crate::options::EngineOptions;
use crate::pending::Pending;
use crate::view::{EngineView, RocksdbView};

/// Folders of the engine's files in the working directory: one is in use. The other is where a native
/// restore lays files out before it takes the place of the first.
const DATA: [&str; 2] = ["db-0", "db-1"];
/// Folder of the files of a load.
const LOAD: &str = "load";
/// Folder of the engine's own log, for people.
const LOGS: &str = "log";

pub(crate) const TENANT: Tenant = Tenant {
    backend: "rocksdb",
    data: &DATA,
    other: &[LOGS, LOAD],
};

/// RocksDB as an ordered store: a column family per state.
///
/// # Cost
/// A read or a write is one call of the engine. A freeze takes a snapshot: it costs microseconds, for
/// any state. Creating or dropping a state costs milliseconds.
///
/// In durable mode writes are held in memory until they are committed, also those of a restore, and
/// reads look there first. A commit is one batch and one wait for the disk.
pub struct RocksdbStore {
    engine: Engine,
    /// In durable mode.
    pending: Option<Pending>,
    options: EngineOptions,
    target_file_bytes: u64,
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
        let mut dir = WorkDir::open(path, TENANT, config.opening())?;
        match Self::open_in(&dir, config, adjust) {
            Ok((columns, options, data)) => {
                dir.opened()?;
                Ok(Self {
                    engine: Engine::new(columns),
                    pending: (dir.mode() == Mode::Durable).then(Pending::default),
                    options,
                    target_file_bytes: config.target_file_bytes,
                    data,
                    digests: Digests::default(),
                    dir,
                })
            }
            Err(error) => {
                // No row was touched.
                dir.give_back()?;
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
        RocksdbMetrics::read(&self.engine.columns, &self.options)
    }

    /// A counter of the engine; 0 unless it was opened with
    /// [`statistics`](RocksdbConfig::statistics).
    pub fn ticker(&self, ticker: Ticker) -> u64 {
        self.options.database.get_ticker_count(ticker)
    }

    /// The engine itself, for what is not covered here. Who writes through it goes behind the back of
    /// the backend.
    pub fn database(&self) -> &rocksdb::DBWithThreadMode<rocksdb::MultiThreaded> {
        self.engine.columns.database()
    }

    /// The layers above the engine, newest first: none in scratch mode.
    #[inline]
    fn layers(&self) -> impl Iterator<Item = &Layer> + Clone {
        self.pending.iter().flat_map(Pending::layers)
    }

    fn flush(&self) -> Result<()> {
        let columns = &self.engine.columns;
        let tables = columns.tables();
        let handles: Vec<_> = tables.iter().filter_map(|&t| columns.get(t)).collect();
        let mut wait = FlushOptions::default();
        wait.set_wait(true);
        columns
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
    type Guard<'a> = MergedGuard<'a, Engine>;
    type Scan<'a> = MergedScan<'a, Engine>;

    #[inline]
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

impl OrderedStore for RocksdbStore {
    type View = RocksdbView;

    fn name(&self) -> &'static str {
        TENANT.backend
    }

    fn capability(&self) -> Capability {
        let capability = Capability::default().with_survives_close();
        match self.pending {
            None => capability.with_native_checkpoint(),
            Some(_) => capability.with_durable_commit(),
        }
    }

    fn bytes_held(&self) -> usize {
        self.pending.as_ref().map_or(0, Pending::bytes)
    }

    // Durable at once, and empty until a commit.
    fn create_table(&mut self, table: TableId) -> Result<()> {
        self.engine.columns.create(table, &self.options.column)
    }

    fn drop_table(&mut self, table: TableId) -> Result<()> {
        self.engine.columns.forget(table);
        match &mut self.pending {
            None => self.engine.columns.drop_column(table),
            Some(pending) => {
                pending.drop_table(table);
                Ok(())
            }
        }
    }

    #[inline]
    fn put(&mut self, table: TableId, key: &[u8], value: &[u8]) -> Result<()> {
        match &mut self.pending {
            None => self.engine.put(table, key, value),
            Some(pending) => {
                self.engine.columns.expect(table)?;
                pending.open.put(table, key, value);
                Ok(())
            }
        }
    }

    #[inline]
    fn delete(&mut self, table: TableId, key: &[u8]) -> Result<()> {
        match &mut self.pending {
            None => self.engine.delete(table, key),
            Some(pending) => {
                self.engine.columns.expect(table)?;
                pending.open.delete(table, key);
                Ok(())
            }
        }
    }

    fn delete_range(&mut self, table: TableId, from: &[u8], to: Option<&[u8]>) -> Result<()> {
        match &mut self.pending {
            None => self.engine.delete_range(table, from, to),
            Some(pending) => {
                self.engine.columns.expect(table)?;
                pending.open.delete_range(table, from, to);
                Ok(())
            }
        }
    }

    fn ingest(&mut self, rows: &mut dyn TableRows) -> Result<()> {
        if self.pending.is_some() {
            // A part of the commit that follows.
            while let Some((table, row)) = rows.next_row()? {
                self.put(table, row.key, row.value)?;
            }
            return Ok(());
        }
        let (options, folder) = (&self.options.column, self.dir.file(LOAD));
        ingest(&self.engine, options, &folder, self.target_file_bytes, rows)
    }

    fn freeze(&mut self) -> Result<RocksdbView> {
        let columns = &self.engine.columns;
        let engine = EngineView::new(columns.database(), &columns.tables())?;
        let layers = self.pending.as_mut().map(Pending::seal);
        let occupancy = self.dir.occupancy();
        Ok(RocksdbView::new(
            engine,
            layers.unwrap_or_default(),
            occupancy,
        ))
    }

    fn commit(&mut self) -> Result<()> {
        match &mut self.pending {
            Some(pending) => pending.commit(&mut self.engine),
            None => Err(Error::new(
                ErrorKind::Unsupported,
                "a scratch directory has no commits: open it with `Mode::Durable`",
            )),
        }
    }

    fn native_checkpoint(
        &mut self,
        place: NativePlace<'_>,
        description: &str,
    ) -> Result<NativeReport> {
        let database = self.engine.columns.database();
        native::take(database, &mut self.digests, place, description)
    }

    fn native_files(&self, place: NativePlace<'_>) -> Result<Vec<NativeFile>> {
        native::place::files(place)
    }

    fn native_open(&self, place: NativePlace<'_>) -> Result<Box<dyn NativeSource>> {
        Ok(Box::new(native::Source::open(&self.options, place)?))
    }

    fn native_adopt(&mut self, place: NativePlace<'_>) -> Result<()> {
        let [used, free] = self.data;
        let folder = self.dir.file(free);
        native::place::lay_out(place, &folder)?;
        let adopted = open_database(&folder, &self.options)?;
        self.engine = Engine::new(adopted);
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
        if self.pending.is_none() {
            // Without a log, what is in memory would be lost.
            self.flush()?;
        }
        let Self { engine, dir, .. } = self;
        // A view keeps the database open, which may go on to merge files.
        drop(engine);
        dir.close()
    }

    // Views keep the files: an engine that is open must find them, and is the one to write there.
    fn destroy(self) -> Result<()> {
        let Self { engine, dir, .. } = self;
        drop(engine);
        dir.destroy()
    }
}

impl fmt::Debug for RocksdbStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RocksdbStore")
            .field("engine", &self.engine)
            .field("pending", &self.pending)
            .field("dir", &self.dir)
            .finish_non_exhaustive()
    }
}
