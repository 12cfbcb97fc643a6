//! What an engine without snapshots implements.

use std::sync::Arc;

use state_api::{Capability, Result};

use crate::store::{OrderedRead, TableId};

/// An ordered engine that is written through a shared reference and has no point-in-time view:
/// implement this, and [`Overlay`](crate::Overlay) makes it an
/// [`OrderedStore`](crate::OrderedStore).
///
/// One thread writes; views read on others meanwhile.
///
/// # Laws
/// 1. Those of [`OrderedStore`](crate::OrderedStore), but for its views. The table behind
///    [`TableId::LAST`] is the overlay's own.
/// 2. A `get` while its key is written gives the old value or the new one. Bytes that were lent do
///    not change.
/// 3. A scan while keys in its range are written gives every entry that is not written meanwhile,
///    once and in order; of a key that is, the old value, the new one, or nothing.
/// 4. A write does not wait for a guard or a scan: both may be held by the thread that writes.
pub trait SharedStore: OrderedRead + Send + Sync + Sized + 'static {
    /// As [`OrderedStore::READS_TAILS`](crate::OrderedStore::READS_TAILS).
    const READS_TAILS: bool = false;

    /// Name of the backend, such as `sled`.
    fn name(&self) -> &'static str;

    /// What the engine promises beyond the laws.
    fn capability(&self) -> Capability;

    /// Whether there is a table of that number.
    ///
    /// # Errors
    /// What the engine meets.
    fn has_table(&self, table: TableId) -> Result<bool>;

    /// Creates an empty table; nothing happens when there is one of that number.
    ///
    /// # Errors
    /// What the engine meets.
    fn create_table(&self, table: TableId) -> Result<()>;

    /// Drops a table and all its entries; nothing happens when there is none of that number.
    ///
    /// # Errors
    /// What the engine meets.
    fn drop_table(&self, table: TableId) -> Result<()>;

    /// Sets the value of a key.
    ///
    /// # Errors
    /// What the engine meets.
    fn put(&self, table: TableId, key: &[u8], value: &[u8]) -> Result<()>;

    /// Removes a key; nothing happens when it is absent.
    ///
    /// # Errors
    /// What the engine meets.
    fn delete(&self, table: TableId, key: &[u8]) -> Result<()>;

    /// Removes all keys from `from` on and before `to`; to the end of the table when `to` is
    /// `None`.
    ///
    /// # Errors
    /// What the engine meets.
    fn delete_range(&self, table: TableId, from: &[u8], to: Option<&[u8]>) -> Result<()>;

    /// Makes the data durable, where the [capability](Capability::survives_close) says so, and ends
    /// the writing. Views may hold the store, and read on; until the last of them is gone the place
    /// cannot be opened again.
    ///
    /// # Errors
    /// What the engine meets; the data is then as after a crash.
    fn close(self: Arc<Self>) -> Result<()>;

    /// Ends the writing and removes the data, at the latest when the last view is gone; until then
    /// views read on.
    ///
    /// # Errors
    /// What the engine meets.
    fn destroy(self: Arc<Self>) -> Result<()>;
}
