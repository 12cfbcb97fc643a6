//! The ordered store: the dozen byte-level methods that make an engine a state backend.

use std::ops::Bound;

use state_api::{Capability, Error, ErrorKind, NativeFile, NativePlace, NativeReport, Result};

/// Number of a table within a store. A table is an ordered map from bytes to bytes of its own: a
/// B-tree, a column family, a tree.
///
/// Numbers are small: the adapter uses none above [`TableId::LAST`], and takes the least that is
/// free, so that an engine may keep its tables in a vector.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct TableId(pub u32);

impl TableId {
    /// The largest number: 65,535 states have a table, and number 0 is the adapter's own.
    pub const LAST: Self = Self(65_535);
}

/// An entry of a table, borrowed until the next call to its scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// The key.
    pub key: &'a [u8],
    /// The value.
    pub value: &'a [u8],
}

/// A scan over a range of a table, from both ends. Each entry is given once, by one end.
///
/// Lends its entries, so that an engine hands out its own pages without a copy.
pub trait Scan {
    /// The next entry from the front.
    ///
    /// # Errors
    /// What the engine meets.
    fn next_entry(&mut self) -> Result<Option<Entry<'_>>>;

    /// The next entry from the back.
    ///
    /// # Errors
    /// What the engine meets.
    fn next_entry_back(&mut self) -> Result<Option<Entry<'_>>>;
}

/// Reads of an ordered store: common to the store and its views.
pub trait OrderedRead {
    /// A value that was read: the engine's own bytes where it can lend them.
    type Guard<'a>: AsRef<[u8]>
    where
        Self: 'a;

    /// A scan.
    type Scan<'a>: Scan
    where
        Self: 'a;

    /// The value of `key`, or `None`; also `None` when there is no such table.
    ///
    /// # Errors
    /// What the engine meets.
    fn get(&self, table: TableId, key: &[u8]) -> Result<Option<Self::Guard<'_>>>;

    /// Calls `found` with the value of each of `keys`, in their order: as [`get`](OrderedRead::get) of
    /// each. An engine that can ask for many at once does so.
    ///
    /// # Errors
    /// What the engine meets, and what `found` returns, which ends it.
    fn multi_get(
        &self,
        table: TableId,
        keys: &[&[u8]],
        found: &mut dyn FnMut(Option<&[u8]>) -> Result<()>,
    ) -> Result<()> {
        for key in keys {
            match self.get(table, key)? {
                Some(value) => found(Some(value.as_ref()))?,
                None => found(None)?,
            }
        }
        Ok(())
    }

    /// The entries between two bounds, ascending byte by byte; none in a table that does not exist.
    /// The adapter asks for no range that no key can lie in: bounds never cross.
    ///
    /// # Errors
    /// What the engine meets.
    fn scan(&self, table: TableId, from: Bound<&[u8]>, to: Bound<&[u8]>) -> Result<Self::Scan<'_>>;
}

/// An engine with ordered tables: implement this, and [`StoreBackend`](crate::StoreBackend) makes
/// it a typed state backend.
///
/// # Laws
/// 1. A read sees every earlier write of the same store.
/// 2. Keys and values are arbitrary bytes, empty values included; keys are 1 byte or longer, up to
///    at least 1 MiB. Order is that of the bytes.
/// 3. Writing to a table that was not created is [`Invalid`](state_api::ErrorKind::Invalid).
/// 4. A view equals the store at the moment of its freeze for as long as it lives, while writes go
///    on; views are independent of each other and may outlive the store.
/// 5. After a failed write the store may be in any state: the adapter poisons itself and never
///    calls again.
///
/// # Cost
/// What the adapter asks for, and a store does not multiply; the suite's theme `cost` counts it:
///
/// | access | calls |
/// |---|---|
/// | get of a value or a map entry, `contains` | one [`get`](OrderedRead::get) |
/// | put or clear of a value, insert or remove of a map entry | one write; no read |
/// | append to a list | a [`put`](OrderedStore::put) for each chunk that is filled; no read, also where the last chunk is not known |
/// | `modify` | one [`modify`](OrderedStore::modify): a [`get`](OrderedRead::get) and a [`put`](OrderedStore::put), where a store does not know better |
/// | `update`, `take` | one [`get`](OrderedRead::get), and one write at most |
/// | clear of a list or a map, replacement of a list | one [`delete_range`](OrderedStore::delete_range); no read. An engine that has none walks the rows of the range, and no others |
pub trait OrderedStore: OrderedRead + Send + Sized + 'static {
    /// What [`OrderedStore::freeze`] returns.
    type View: OrderedRead + Send + Sync + 'static;

    /// Whether a read costs no more than to write a row that is there in place of one that is new. The adapter then
    /// reads the last chunk of a list that it appends to, where it has forgotten the bytes and not the number; else it
    /// opens another chunk. A tree that is read on the way to each write does well to have fewer rows; an engine that
    /// writes without reading does not.
    const READS_TAILS: bool = false;

    /// Name of the backend, such as `redb`.
    fn name(&self) -> &'static str;

    /// What the engine promises beyond the laws. [`tracks_changes`](Capability::tracks_changes) is the
    /// adapter's, over every engine.
    fn capability(&self) -> Capability;

    /// Bytes of memory that the store holds beside the engine's own, such as writes on their way.
    fn bytes_held(&self) -> usize {
        0
    }

    /// Creates an empty table; nothing happens when there is one of that number.
    ///
    /// # Errors
    /// What the engine meets.
    fn create_table(&mut self, table: TableId) -> Result<()>;

    /// Drops a table and all its entries; nothing happens when there is none of that number.
    ///
    /// # Errors
    /// What the engine meets.
    fn drop_table(&mut self, table: TableId) -> Result<()>;

    /// Sets the value of a key.
    ///
    /// # Errors
    /// What the engine meets.
    fn put(&mut self, table: TableId, key: &[u8], value: &[u8]) -> Result<()>;

    /// Sets the value of a key to what `change` makes of the present one, `None` where there is none; leaves it as it is
    /// where `change` returns `None`. Calls `change` once, and that before a row is written. A store that can write where it has read
    /// does so, in place of a [`get`](OrderedRead::get) and a [`put`](OrderedStore::put).
    ///
    /// # Errors
    /// What the engine meets. One from before `change` was called is that of a read: the store is as it was.
    fn modify<'r>(
        &mut self,
        table: TableId,
        key: &[u8],
        change: impl FnOnce(Option<&[u8]>) -> Option<&'r [u8]>,
    ) -> Result<()> {
        let found = self.get(table, key)?;
        let row = change(found.as_ref().map(AsRef::as_ref));
        drop(found);
        match row {
            Some(row) => self.put(table, key, row),
            None => Ok(()),
        }
    }

    /// Removes a key; nothing happens when it is absent.
    ///
    /// # Errors
    /// What the engine meets.
    fn delete(&mut self, table: TableId, key: &[u8]) -> Result<()>;

    /// Removes all keys from `from` on and before `to`; to the end of the table when `to` is
    /// `None`.
    ///
    /// # Errors
    /// What the engine meets.
    fn delete_range(&mut self, table: TableId, from: &[u8], to: Option<&[u8]>) -> Result<()>;

    /// Writes many rows at once into tables that hold none of their keys: a restore. A store that can
    /// do better than with a [`put`](OrderedStore::put) each does so.
    ///
    /// # Errors
    /// What the engine meets, and what `rows` returns; some rows may be there then.
    fn ingest(&mut self, rows: &mut dyn TableRows) -> Result<()> {
        while let Some((table, row)) = rows.next_row()? {
            self.put(table, row.key, row.value)?;
        }
        Ok(())
    }

    /// A consistent view of all tables.
    ///
    /// # Errors
    /// What the engine meets.
    fn freeze(&mut self) -> Result<Self::View>;

    /// Makes all writes since the last commit durable, atomically: after a crash the store opens as
    /// it was at a commit, the last acknowledged one or one that was under way.
    ///
    /// # Errors
    /// [`Unsupported`](state_api::ErrorKind::Unsupported) without
    /// [`durable_commit`](Capability::durable_commit); what the engine meets.
    fn commit(&mut self) -> Result<()> {
        Err(no_commits(self.name()))
    }

    /// Writes the engine's own files of the store as it is now into `place`, with `description`, which
    /// is the adapter's: see [`native_checkpoint`](state_api::StateBackend::native_checkpoint).
    ///
    /// # Errors
    /// As there. [`Unsupported`](state_api::ErrorKind::Unsupported) without
    /// [`native_checkpoint`](Capability::native_checkpoint), before anything is done.
    fn native_checkpoint(
        &mut self,
        place: NativePlace<'_>,
        description: &str,
    ) -> Result<NativeReport> {
        let _ = (place, description);
        Err(no_native(self.name()))
    }

    /// The files of a native checkpoint: see
    /// [`native_files`](state_api::StateBackend::native_files).
    ///
    /// # Errors
    /// As there.
    fn native_files(&self, place: NativePlace<'_>) -> Result<Vec<NativeFile>> {
        let _ = place;
        Err(no_native(self.name()))
    }

    /// Opens a native checkpoint for reading. Every file has been compared with its checksum.
    ///
    /// # Errors
    /// As [`native_restore`](state_api::StateBackend::native_restore).
    fn native_open(&self, place: NativePlace<'_>) -> Result<Box<dyn NativeSource>> {
        let _ = place;
        Err(no_native(self.name()))
    }

    /// Makes the content of a native checkpoint that of the store, whose own is given up. Unshared
    /// from then on: the place does not change.
    ///
    /// # Errors
    /// As [`OrderedStore::native_open`]; after one the store may be in any state.
    fn native_adopt(&mut self, place: NativePlace<'_>) -> Result<()> {
        let _ = place;
        Err(no_native(self.name()))
    }

    /// Ends the use of the store and makes its data durable, where the
    /// [capability](Capability::survives_close) says so; in durable mode, gives up what was not
    /// committed.
    ///
    /// # Errors
    /// What the engine meets; the data is then as after a crash.
    fn close(self) -> Result<()>;

    /// Ends the use of the store and removes its data.
    ///
    /// # Errors
    /// What the engine meets.
    fn destroy(self) -> Result<()>;
}

#[cold]
pub(crate) fn no_commits(backend: &'static str) -> Error {
    Error::new(
        ErrorKind::Unsupported,
        "the backend has no durable commits, or was not opened in durable mode",
    )
    .with("backend", backend)
}

#[cold]
pub(crate) fn no_native(backend: &'static str) -> Error {
    Error::new(
        ErrorKind::Unsupported,
        "the backend has no native checkpoints, or not in the mode it was opened in: take a \
         portable one",
    )
    .with("backend", backend)
}

/// Rows on their way into a store: ascending within each table, of several tables in turn.
pub trait TableRows {
    /// The next row and its table, borrowed until the next call.
    ///
    /// # Errors
    /// What the source meets.
    fn next_row(&mut self) -> Result<Option<(TableId, Entry<'_>)>>;
}

/// A native checkpoint that is open for reading: see [`OrderedStore::native_open`].
pub trait NativeSource {
    /// What it was taken with.
    fn description(&self) -> &str;

    /// Calls `visit` with the entries of a table from `from` on and before `to`, ascending; with none
    /// when there is no such table.
    ///
    /// # Errors
    /// What the engine meets, and what `visit` returns, which ends it.
    fn visit(
        &self,
        table: TableId,
        from: &[u8],
        to: &[u8],
        visit: &mut dyn FnMut(Entry<'_>) -> Result<()>,
    ) -> Result<()>;
}
