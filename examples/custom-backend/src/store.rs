//! fjall as an ordered store: a keyspace per table, a snapshot per view.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Bound;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use fjall::{
    Database, Keyspace, KeyspaceCreateOptions, PersistMode, Readable, Slice, Snapshot, UserValue,
};
use state_api::{Capability, Error, ErrorKind, Result};
use state_store::{Occupancy, Opening, OrderedRead, OrderedStore, Scan, TableId, Tenant, WorkDir};

use crate::error::failed;
use crate::long::{self, Shared};
use crate::scan::FjallScan;

/// Folder of fjall's files in the working directory.
const DATA: &str = "fjall";

const TENANT: Tenant = Tenant {
    backend: "fjall",
    data: &[DATA],
    other: &[],
};

type Tables = BTreeMap<TableId, Keyspace>;

/// fjall as an ordered store.
///
/// # Cost
/// A read or a write is one call of fjall. A range delete is a scan and a call for each key. A freeze copies a
/// handle per table. A write to a key of 64 KiB or more writes again all that begin alike.
pub struct FjallStore {
    // Dropped in this order: the directory is left when fjall has let go of it.
    tables: Tables,
    database: Database,
    dir: WorkDir,
}

impl FjallStore {
    /// Opens or creates the store in the directory `path`, with `cache_bytes` of memory for blocks.
    ///
    /// # Errors
    /// As [`WorkDir::open`], and what fjall meets; [`Conflict`](ErrorKind::Conflict) too while views of a closed
    /// backend hold the database. The directory is then left as it was.
    pub fn open(path: &Path, cache_bytes: u64, opening: Opening) -> Result<Self> {
        let mut dir = WorkDir::open(path, TENANT, opening)?;
        match open_database(&dir.file(DATA), cache_bytes) {
            Ok((database, tables)) => {
                dir.opened()?;
                Ok(Self {
                    tables,
                    database,
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

    fn table(&self, table: TableId) -> Result<&Keyspace> {
        self.tables.get(&table).ok_or_else(|| {
            Error::new(ErrorKind::Invalid, "the table was not created").with("table", table.0)
        })
    }
}

fn name_of(table: TableId) -> String {
    format!("t{}", table.0)
}

/// The checkpoint is the durability: nothing is handed to the system before it has to be.
fn options() -> KeyspaceCreateOptions {
    KeyspaceCreateOptions::default().manual_journal_persist(true)
}

fn open_database(path: &Path, cache_bytes: u64) -> Result<(Database, Tables)> {
    // What a damaged file may hold is compared before; where it could not be, a panic is no way to say so.
    let opened = catch_unwind(AssertUnwindSafe(|| {
        let database = Database::builder(path)
            .cache_size(cache_bytes)
            .manual_journal_persist(true)
            .open()?;
        let mut tables = Tables::new();
        for name in database.list_keyspace_names() {
            let number = name
                .strip_prefix('t')
                .and_then(|number| number.parse().ok());
            if let Some(number) = number {
                tables.insert(TableId(number), database.keyspace(&name, options)?);
            }
        }
        Ok((database, tables))
    }));
    match opened {
        Ok(opened) => opened.map_err(|e| failed("open the database", e)),
        Err(_) => Err(Error::new(
            ErrorKind::Corrupt,
            "fjall panicked at opening the database: restore a checkpoint",
        )),
    }
}

/// The value of a key in its row.
fn value_in(row: Option<UserValue>, key: &[u8]) -> Result<Option<Slice>> {
    match (row, long::rest(key)) {
        (Some(row), Some(rest)) => Ok(Shared::parse(&row)?.get(rest).cloned()),
        (row, _) => Ok(row),
    }
}

/// Changes the row of a key that shares it.
fn write_shared(table: &Keyspace, key: &[u8], change: impl FnOnce(&mut Shared)) -> Result<()> {
    let stem = long::stem(key);
    let row = table.get(stem).map_err(|e| failed("get a shared row", e))?;
    let mut shared = row.map_or_else(|| Ok(Shared::default()), |row| Shared::parse(&row))?;
    change(&mut shared);
    let written = if shared.is_empty() {
        table.remove(stem)
    } else {
        table.insert(stem, shared.to_row()?)
    };
    written.map_err(|e| failed("write a shared row", e))
}

impl OrderedRead for FjallStore {
    type Guard<'a> = Slice;
    type Scan<'a> = FjallScan;

    fn get(&self, table: TableId, key: &[u8]) -> Result<Option<Slice>> {
        let Some(table) = self.tables.get(&table) else {
            return Ok(None);
        };
        let row = table.get(long::stem(key)).map_err(|e| failed("get", e))?;
        value_in(row, key)
    }

    fn scan(&self, table: TableId, from: Bound<&[u8]>, to: Bound<&[u8]>) -> Result<FjallScan> {
        let table = self.tables.get(&table);
        Ok(FjallScan::new(from, to, |range| {
            Some(table?.range::<&[u8], _>(range))
        }))
    }
}

impl OrderedStore for FjallStore {
    type View = FjallView;

    fn name(&self) -> &'static str {
        TENANT.backend
    }

    fn capability(&self) -> Capability {
        Capability::default().with_survives_close()
    }

    fn create_table(&mut self, table: TableId) -> Result<()> {
        if !self.tables.contains_key(&table) {
            let keyspace = self.database.keyspace(&name_of(table), options);
            let keyspace = keyspace.map_err(|e| failed("create a keyspace", e))?;
            self.tables.insert(table, keyspace);
        }
        Ok(())
    }

    fn drop_table(&mut self, table: TableId) -> Result<()> {
        match self.tables.remove(&table) {
            // Views keep a handle, and with it the files.
            Some(keyspace) => {
                let dropped = self.database.delete_keyspace(keyspace);
                dropped.map_err(|e| failed("drop a keyspace", e))
            }
            None => Ok(()),
        }
    }

    fn put(&mut self, table: TableId, key: &[u8], value: &[u8]) -> Result<()> {
        let table = self.table(table)?;
        match long::rest(key) {
            Some(rest) => write_shared(table, key, |shared| shared.put(rest, value)),
            None => table.insert(key, value).map_err(|e| failed("put", e)),
        }
    }

    fn delete(&mut self, table: TableId, key: &[u8]) -> Result<()> {
        let table = self.table(table)?;
        match long::rest(key) {
            Some(rest) => write_shared(table, key, |shared| shared.remove(rest)),
            None => table.remove(key).map_err(|e| failed("delete", e)),
        }
    }

    fn delete_range(&mut self, table: TableId, from: &[u8], to: Option<&[u8]>) -> Result<()> {
        self.table(table)?;
        // The scan does not see what is deleted behind its opening.
        let to = to.map_or(Bound::Unbounded, Bound::Excluded);
        let mut scan = self.scan(table, Bound::Included(from), to)?;
        while let Some(entry) = scan.next_entry()? {
            self.delete(table, entry.key)?;
        }
        Ok(())
    }

    fn freeze(&mut self) -> Result<FjallView> {
        Ok(FjallView {
            tables: self.tables.clone(),
            snapshot: self.database.snapshot(),
            _occupancy: self.dir.occupancy(),
        })
    }

    fn close(self) -> Result<()> {
        let Self {
            tables,
            database,
            dir,
        } = self;
        let persisted = database.persist(PersistMode::SyncAll);
        persisted.map_err(|e| failed("persist", e))?;
        // Ends fjall's threads.
        drop((tables, database));
        dir.close()
    }

    fn destroy(self) -> Result<()> {
        let Self {
            tables,
            database,
            dir,
        } = self;
        drop((tables, database));
        dir.destroy()
    }
}

/// A consistent view. What it needs stays on the disk while it lives, and the database stays locked.
pub struct FjallView {
    // Dropped in this order.
    tables: Tables,
    snapshot: Snapshot,
    _occupancy: Occupancy,
}

impl OrderedRead for FjallView {
    type Guard<'a> = Slice;
    type Scan<'a> = FjallScan;

    fn get(&self, table: TableId, key: &[u8]) -> Result<Option<Slice>> {
        let Some(table) = self.tables.get(&table) else {
            return Ok(None);
        };
        let row = self.snapshot.get(table, long::stem(key));
        value_in(row.map_err(|e| failed("get from a view", e))?, key)
    }

    fn scan(&self, table: TableId, from: Bound<&[u8]>, to: Bound<&[u8]>) -> Result<FjallScan> {
        let table = self.tables.get(&table);
        Ok(FjallScan::new(from, to, |range| {
            Some(self.snapshot.range::<&[u8], _>(table?, range))
        }))
    }
}

impl fmt::Debug for FjallStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FjallStore")
            .field("dir", &self.dir)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for FjallView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FjallView").finish_non_exhaustive()
    }
}
