//! The long write transaction, with its tables kept open between freezes: opening a table anew
//! for each operation costs a third of the speed.

use redb::{Table, TableDefinition, WriteTransaction};
use self_cell::self_cell;
use state_api::{Error, ErrorKind, Result};
use state_store::TableId;

use crate::error::failed;

/// Keys and values are bytes.
pub(crate) type Bytes = &'static [u8];

/// The tables of a transaction by number; `None` where there is none.
type Tables<'txn> = Vec<Option<Table<'txn, Bytes, Bytes>>>;

self_cell!(
    struct Cell {
        owner: WriteTransaction,
        #[covariant]
        dependent: Tables,
    }
);

/// A write transaction and its open tables.
pub(crate) struct Transaction(Cell);

fn table_name(table: TableId) -> String {
    format!("t{}", table.0)
}

/// The definition of a table, for `use_` only as long as its name lives.
pub(crate) fn with_definition<R>(
    table: TableId,
    use_: impl FnOnce(TableDefinition<'_, Bytes, Bytes>) -> R,
) -> R {
    let name = table_name(table);
    use_(TableDefinition::new(&name))
}

fn open_table(transaction: &WriteTransaction, table: TableId) -> Result<Table<'_, Bytes, Bytes>> {
    with_definition(table, |definition| transaction.open_table(definition))
        .map_err(|e| failed("open table", e))
}

impl Transaction {
    /// Opens `tables` in a fresh transaction.
    pub(crate) fn new(transaction: WriteTransaction, tables: &[TableId]) -> Result<Self> {
        Cell::try_new(transaction, |transaction| {
            let mut open = Tables::new();
            for &table in tables {
                insert(&mut open, table, open_table(transaction, table)?);
            }
            Ok(open)
        })
        .map(Self)
    }

    /// An open table, or `None`.
    #[inline]
    pub(crate) fn table(&self, table: TableId) -> Option<&Table<'_, Bytes, Bytes>> {
        self.0.borrow_dependent().get(table.0 as usize)?.as_ref()
    }

    /// Calls `write` on an open table.
    #[inline]
    pub(crate) fn write<R>(
        &mut self,
        table: TableId,
        step: &'static str,
        write: impl FnOnce(&mut Table<'_, Bytes, Bytes>) -> Result<R, redb::StorageError>,
    ) -> Result<R> {
        self.0.with_dependent_mut(|_, tables| {
            match tables.get_mut(table.0 as usize).and_then(Option::as_mut) {
                Some(table) => write(table).map_err(|e| failed(step, e)),
                None => Err(Error::new(ErrorKind::Invalid, "the table was not created")
                    .with("table", table.0)),
            }
        })
    }

    /// Creates a table, or opens it. One of a number that is not small would take a large vector.
    pub(crate) fn create(&mut self, table: TableId) -> Result<()> {
        if table > TableId::LAST {
            return Err(
                Error::new(ErrorKind::Invalid, "the number of a table is too large")
                    .with("table", table.0)
                    .with("last", TableId::LAST.0),
            );
        }
        self.0.with_dependent_mut(|transaction, tables| {
            let is_open = tables.get(table.0 as usize).is_some_and(Option::is_some);
            if !is_open {
                insert(tables, table, open_table(transaction, table)?);
            }
            Ok(())
        })
    }

    /// Drops a table.
    pub(crate) fn drop_table(&mut self, table: TableId) -> Result<()> {
        self.0.with_dependent_mut(|transaction, tables| {
            if let Some(open) = tables.get_mut(table.0 as usize) {
                *open = None;
            }
            with_definition(table, |definition| transaction.delete_table(definition))
                .map(drop)
                .map_err(|e| failed("drop table", e))
        })
    }

    /// Closes the tables and gives the transaction back, to be committed.
    pub(crate) fn into_inner(self) -> WriteTransaction {
        self.0.into_owner()
    }

    /// The tables that are open.
    pub(crate) fn tables(&self) -> Vec<TableId> {
        let open = self.0.borrow_dependent().iter().zip(0..);
        open.filter_map(|(table, number)| table.is_some().then_some(TableId(number)))
            .collect()
    }
}

fn insert<'txn>(tables: &mut Tables<'txn>, number: TableId, table: Table<'txn, Bytes, Bytes>) {
    let index = number.0 as usize;
    if tables.len() <= index {
        tables.resize_with(index + 1, || None);
    }
    if let Some(slot) = tables.get_mut(index) {
        *slot = Some(table);
    }
}
