//! sled as a store without views of its own.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Bound;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread;
use std::time::Duration;

use sled::{Db, IVec, Tree};
use state_api::{Capability, Error, ErrorKind, Result};
use state_store::{Occupancy, OrderedRead, Scan, SharedStore, TableId, Tenant, WorkDir};

use crate::config::SledConfig;
use crate::error::{failed, is_lock};
use crate::escape::escape;
use crate::scan::SledScan;

/// Folder of sled's files in the working directory.
const DATA: &str = "sled";

const TENANT: Tenant = Tenant {
    backend: "sled",
    data: &[DATA],
    other: &[],
};

/// How often, and how far apart, a locked database is tried.
const TRIES: u32 = 10;
const BETWEEN_TRIES: Duration = Duration::from_millis(5);

/// Keys that a range delete finds and removes at a time.
const KEYS_AT_ONCE: usize = 512;

/// sled as a store: a tree per table. It has no view of one moment, which
/// [`Overlay`](state_store::Overlay) gives it.
///
/// # Cost
/// A read or a write is one call of sled; to find the tree is an uncontended lock for reading. A range
/// delete is a scan, and a call for each key.
pub struct SledStore {
    // Dropped in this order: the directory is left when sled has let go of it.
    trees: RwLock<BTreeMap<TableId, Tree>>,
    database: Db,
    /// Taken by the end of the writing.
    dir: Mutex<Option<WorkDir>>,
    _occupancy: Occupancy,
}

impl SledStore {
    /// Opens or creates the store in the directory `path`.
    ///
    /// # Errors
    /// As [`WorkDir::open`], and what sled meets; [`ErrorKind::Conflict`] too while views of a closed
    /// backend hold the database.
    pub fn open(path: &Path, config: &SledConfig) -> Result<Self> {
        let mut dir = WorkDir::open(path, TENANT, config.opening())?;
        match open_database(&dir.file(DATA), config) {
            Ok((database, trees)) => {
                dir.opened()?;
                Ok(Self {
                    trees: RwLock::new(trees),
                    database,
                    _occupancy: dir.occupancy(),
                    dir: Mutex::new(Some(dir)),
                })
            }
            Err(error) => {
                // No row was touched.
                dir.give_back()?;
                Err(error.with("path", path.display()))
            }
        }
    }

    /// Calls `use_` with the tree of a table, if there is one. A writer that panicked left the map whole.
    #[inline]
    fn with_tree<R>(&self, table: TableId, use_: impl FnOnce(&Tree) -> R) -> Option<R> {
        let trees = self.trees.read().unwrap_or_else(PoisonError::into_inner);
        trees.get(&table).map(use_)
    }

    /// [`SledStore::with_tree`] for a write.
    #[inline]
    fn write<R>(
        &self,
        table: TableId,
        step: &'static str,
        write: impl FnOnce(&Tree) -> sled::Result<R>,
    ) -> Result<R> {
        match self.with_tree(table, write) {
            Some(written) => written.map_err(|e| failed(step, e)),
            None => {
                Err(Error::new(ErrorKind::Invalid, "the table was not created")
                    .with("table", table.0))
            }
        }
    }

    /// The directory, for whoever ends the writing first.
    fn take_dir(&self) -> Result<WorkDir> {
        let mut dir = self.dir.lock().unwrap_or_else(PoisonError::into_inner);
        dir.take()
            .ok_or_else(|| Error::new(ErrorKind::Invalid, "the store has ended already"))
    }
}

fn name_of(table: TableId) -> String {
    format!("t{}", table.0)
}

fn table_of(name: &[u8]) -> Option<TableId> {
    let name = std::str::from_utf8(name).ok()?;
    let number = name.strip_prefix('t')?.parse().ok().map(TableId)?;
    (name_of(number) == name).then_some(number)
}

fn open_database(path: &Path, config: &SledConfig) -> Result<(Db, BTreeMap<TableId, Tree>)> {
    let config = sled::Config::new()
        .path(path)
        .cache_capacity(config.cache_bytes)
        // The checkpoint is the durability.
        .flush_every_ms(None);
    // sled panics on some of what a damaged file may hold.
    let opened = catch_unwind(AssertUnwindSafe(|| {
        let database = open_patiently(&config)?;
        let mut trees = BTreeMap::new();
        for name in database.tree_names() {
            if let Some(table) = table_of(&name) {
                trees.insert(table, database.open_tree(name)?);
            }
        }
        Ok((database, trees))
    }));
    match opened {
        Ok(opened) => opened.map_err(|e| failed("open the database", e)),
        Err(_) => Err(Error::new(
            ErrorKind::Corrupt,
            "sled panicked at opening the database: restore a checkpoint",
        )),
    }
}

/// sled unlocks its file by closing it, and a process that another thread is just starting has a copy of
/// the descriptor for a moment. Our own lock is held, so nobody else has the database but a view of a closed
/// backend: what is locked for longer is not waited for.
fn open_patiently(config: &sled::Config) -> sled::Result<Db> {
    for _ in 0..TRIES {
        match config.open() {
            Err(sled::Error::Io(e)) if is_lock(&e) => thread::sleep(BETWEEN_TRIES),
            opened => return opened,
        }
    }
    config.open()
}

/// A value in a page of sled: a counted reference.
#[derive(Debug)]
pub struct SledGuard(IVec);

impl AsRef<[u8]> for SledGuard {
    #[inline]
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl OrderedRead for SledStore {
    type Guard<'a> = SledGuard;
    type Scan<'a> = SledScan;

    #[inline]
    fn get(&self, table: TableId, key: &[u8]) -> Result<Option<SledGuard>> {
        match self.with_tree(table, |tree| tree.get(escape(key))) {
            None => Ok(None),
            Some(Ok(found)) => Ok(found.map(SledGuard)),
            Some(Err(error)) => Err(failed("get", error)),
        }
    }

    fn scan(&self, table: TableId, from: Bound<&[u8]>, to: Bound<&[u8]>) -> Result<SledScan> {
        let (from, to) = (from.map(escape), to.map(escape));
        let range = self.with_tree(table, |tree| tree.range((from, to)));
        Ok(SledScan::new(range))
    }
}

impl SharedStore for SledStore {
    const READS_TAILS: bool = true;

    fn name(&self) -> &'static str {
        TENANT.backend
    }

    fn capability(&self) -> Capability {
        Capability::default().with_survives_close()
    }

    fn has_table(&self, table: TableId) -> Result<bool> {
        Ok(self.with_tree(table, |_| ()).is_some())
    }

    fn create_table(&self, table: TableId) -> Result<()> {
        if self.has_table(table)? {
            return Ok(());
        }
        let tree = self.database.open_tree(name_of(table));
        let tree = tree.map_err(|e| failed("open a tree", e))?;
        let mut trees = self.trees.write().unwrap_or_else(PoisonError::into_inner);
        trees.insert(table, tree);
        Ok(())
    }

    fn drop_table(&self, table: TableId) -> Result<()> {
        let mut trees = self.trees.write().unwrap_or_else(PoisonError::into_inner);
        if trees.remove(&table).is_some() {
            let dropped = self.database.drop_tree(name_of(table));
            dropped.map_err(|e| failed("drop a tree", e))?;
        }
        Ok(())
    }

    #[inline]
    fn put(&self, table: TableId, key: &[u8], value: &[u8]) -> Result<()> {
        self.write(table, "put", |tree| {
            tree.insert(escape(key), value).map(drop)
        })
    }

    #[inline]
    fn delete(&self, table: TableId, key: &[u8]) -> Result<()> {
        self.write(table, "delete", |tree| tree.remove(escape(key)).map(drop))
    }

    fn delete_range(&self, table: TableId, from: &[u8], to: Option<&[u8]>) -> Result<()> {
        let to = to.map_or(Bound::Unbounded, Bound::Excluded);
        let mut keys: Vec<Vec<u8>> = Vec::new();
        loop {
            let mut scan = self.scan(table, Bound::Included(from), to)?;
            while keys.len() < KEYS_AT_ONCE {
                let Some(entry) = scan.next_entry()? else {
                    break;
                };
                keys.push(entry.key.into());
            }
            for key in &keys {
                self.delete(table, key)?;
            }
            if keys.len() < KEYS_AT_ONCE {
                return Ok(());
            }
            keys.clear();
        }
    }

    fn close(self: Arc<Self>) -> Result<()> {
        let dir = self.take_dir()?;
        self.database.flush().map_err(|e| failed("flush", e))?;
        drop(self);
        dir.close()
    }

    // Large values are files that sled opens when they are read: views keep them.
    fn destroy(self: Arc<Self>) -> Result<()> {
        let dir = self.take_dir()?;
        drop(self);
        dir.destroy()
    }
}

impl fmt::Debug for SledStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SledStore")
            .field("dir", &self.dir)
            .finish_non_exhaustive()
    }
}
