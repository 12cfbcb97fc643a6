//! The engine below both modes: an open database, its column families, and one call for each read or
//! write.

use std::fmt;
use std::ops::Bound;

use rocksdb::{ReadOptions, WriteOptions};
use state_api::Result;
use state_store::{OrderedRead, Scan, TableId};

use crate::columns::Columns;
use crate::error::failed;
use crate::options::write_options;
use crate::scan::{RocksdbGuard, RocksdbScan, Source, hand_on};

/// An open database that is read and written.
pub struct Engine {
    pub(crate) columns: Columns,
    read: ReadOptions,
    write: WriteOptions,
}

impl Engine {
    /// Writes without the engine's log.
    pub(crate) fn new(columns: Columns) -> Self {
        Self {
            columns,
            read: ReadOptions::default(),
            write: write_options(false),
        }
    }

    #[inline]
    pub(crate) fn put(&self, table: TableId, key: &[u8], value: &[u8]) -> Result<()> {
        let column = self.columns.expect(table)?;
        let database = self.columns.database();
        match database.put_cf_opt(column, key, value, &self.write) {
            Ok(()) => Ok(()),
            Err(error) => Err(failed("put", error)),
        }
    }

    #[inline]
    pub(crate) fn delete(&self, table: TableId, key: &[u8]) -> Result<()> {
        let column = self.columns.expect(table)?;
        let database = self.columns.database();
        match database.delete_cf_opt(column, key, &self.write) {
            Ok(()) => Ok(()),
            Err(error) => Err(failed("delete", error)),
        }
    }

    pub(crate) fn delete_range(
        &self,
        table: TableId,
        from: &[u8],
        to: Option<&[u8]>,
    ) -> Result<()> {
        let end = match to {
            Some(_) => None,
            // The engine's ranges have an end, which is excluded.
            None => match self.end_of(table, from)? {
                None => return Ok(()),
                end => end,
            },
        };
        let to = to.or(end.as_deref()).unwrap_or_default();
        let column = self.columns.expect(table)?;
        let database = self.columns.database();
        database
            .delete_range_cf_opt(column, from, to, &self.write)
            .map_err(|e| failed("delete range", e))
    }

    /// A key above all of a table, or `None` when it has none from `from` on.
    pub(crate) fn end_of(&self, table: TableId, from: &[u8]) -> Result<Option<Vec<u8>>> {
        let mut scan = self.scan(table, Bound::Included(from), Bound::Unbounded)?;
        let last = scan.next_entry_back()?;
        Ok(last.map(|last| [last.key, &[0]].concat()))
    }
}

impl OrderedRead for Engine {
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

    fn multi_get(
        &self,
        table: TableId,
        keys: &[&[u8]],
        found: &mut dyn FnMut(Option<&[u8]>) -> Result<()>,
    ) -> Result<()> {
        let Some(column) = self.columns.get(table) else {
            return keys.iter().try_for_each(|_| found(None));
        };
        let database = self.columns.database();
        hand_on(
            database.batched_multi_get_cf_opt(column, keys, false, &self.read),
            found,
        )
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

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Engine").field(&self.columns).finish()
    }
}
