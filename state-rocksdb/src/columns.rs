//! The column families of an open database, with their handles kept: looking one up by name takes a
//! lock.

use std::fmt;
use std::sync::Arc;

use rocksdb::{BoundColumnFamily, DBWithThreadMode, MultiThreaded, Options};
use self_cell::self_cell;
use state_api::{Error, ErrorKind, Result};
use state_store::TableId;

use crate::error::failed;

/// The database. Shared with the views.
pub(crate) type Database = DBWithThreadMode<MultiThreaded>;

/// A handle of a column family.
pub(crate) type Column<'db> = Arc<BoundColumnFamily<'db>>;

/// Handles by table; `None` where there is none.
pub(crate) type Handles<'db> = Vec<Option<Column<'db>>>;

self_cell!(
    struct Cell {
        owner: Arc<Database>,
        #[covariant]
        dependent: Handles,
    }
);

/// An open database and the handles of its column families.
pub(crate) struct Columns(Cell);

/// Name of the column family of a table.
pub(crate) fn name_of(table: TableId) -> String {
    format!("t{}", table.0)
}

/// The table of a column family, if it is one of ours.
pub(crate) fn table_of(name: &str) -> Option<TableId> {
    let number = name.strip_prefix('t')?.parse().ok().map(TableId)?;
    (name_of(number) == name && number <= TableId::LAST).then_some(number)
}

impl Columns {
    /// No handle is taken yet: see [`Columns::create`].
    pub(crate) fn new(database: Arc<Database>) -> Self {
        Self(Cell::new(database, |_| Handles::new()))
    }

    #[inline]
    pub(crate) fn database(&self) -> &Arc<Database> {
        self.0.borrow_owner()
    }

    /// An open column family, or `None`.
    #[inline]
    pub(crate) fn get(&self, table: TableId) -> Option<&Column<'_>> {
        self.0.borrow_dependent().get(table.0 as usize)?.as_ref()
    }

    /// [`Columns::get`] for a write.
    #[inline]
    pub(crate) fn expect(&self, table: TableId) -> Result<&Column<'_>> {
        match self.get(table) {
            Some(column) => Ok(column),
            None => Err(not_created(table)),
        }
    }

    /// Opens the column family of a table; creates it when there is none.
    pub(crate) fn create(&mut self, table: TableId, options: &Options) -> Result<()> {
        if table > TableId::LAST {
            return Err(
                Error::new(ErrorKind::Invalid, "the table number is too large")
                    .with("table", table.0),
            );
        }
        self.0.with_dependent_mut(|database, handles| {
            if handles.get(table.0 as usize).is_some_and(Option::is_some) {
                return Ok(());
            }
            let name = name_of(table);
            if database.cf_handle(&name).is_none() {
                database
                    .create_cf(&name, options)
                    .map_err(|e| failed("create a column family", e))?;
            }
            insert(handles, table, handle(database, table)?);
            Ok(())
        })
    }

    /// Opens the column family of a table if there is one; whether there is.
    pub(crate) fn reopen(&mut self, table: TableId) -> Result<bool> {
        self.0.with_dependent_mut(|database, handles| {
            let found = database.cf_handle(&name_of(table)).is_some();
            if found {
                insert(handles, table, handle(database, table)?);
            }
            Ok(found)
        })
    }

    /// Forgets the handle of a table.
    pub(crate) fn forget(&mut self, table: TableId) {
        self.0.with_dependent_mut(|_, handles| {
            if let Some(handle) = handles.get_mut(table.0 as usize) {
                *handle = None;
            }
        });
    }

    /// Drops the column family of a table, which is forgotten or never was opened. Views that have a
    /// handle of it read on.
    pub(crate) fn drop_column(&self, table: TableId) -> Result<()> {
        let (database, name) = (self.database(), name_of(table));
        if database.cf_handle(&name).is_none() {
            return Ok(());
        }
        database
            .drop_cf(&name)
            .map_err(|e| failed("drop a column family", e))
    }

    /// The tables that are open.
    pub(crate) fn tables(&self) -> Vec<TableId> {
        let handles = self.0.borrow_dependent().iter().zip(0..);
        handles
            .filter_map(|(handle, number)| handle.is_some().then_some(TableId(number)))
            .collect()
    }
}

/// The handle of a table's column family, which is there.
fn handle(database: &Database, table: TableId) -> Result<Column<'_>> {
    database
        .cf_handle(&name_of(table))
        .ok_or_else(|| not_created(table))
}

/// Handles of `tables`, for a view.
pub(crate) fn handles<'db>(database: &'db Database, tables: &[TableId]) -> Result<Handles<'db>> {
    let mut handles = Handles::new();
    for &table in tables {
        insert(&mut handles, table, handle(database, table)?);
    }
    Ok(handles)
}

fn insert<'db>(handles: &mut Handles<'db>, table: TableId, handle: Column<'db>) {
    let index = table.0 as usize;
    if handles.len() <= index {
        handles.resize_with(index + 1, || None);
    }
    if let Some(slot) = handles.get_mut(index) {
        *slot = Some(handle);
    }
}

#[cold]
fn not_created(table: TableId) -> Error {
    Error::new(ErrorKind::Invalid, "the table was not created").with("table", table.0)
}

impl fmt::Debug for Columns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Columns").field(&self.tables()).finish()
    }
}
