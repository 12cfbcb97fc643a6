//! Writing: what a live backend adds to reading.

mod cursor;
mod table;

pub use cursor::{ListIter, ListMut, MapIter, MapMut, ValueMut, WriteAt};
pub(crate) use cursor::{list_mut, map_mut, value_mut};
pub use table::{WriteList, WriteMap, WriteValue};

use crate::address::Located;
use crate::bind::{BoundStates, Handles};
use crate::capability::Capability;
use crate::descriptor::{Descriptor, ListDescriptor, MapDescriptor, ValueDescriptor};
use crate::error::{Error, ErrorKind, Result};
use crate::handle::{List, Map, StateValue, Value};
use crate::key::{KeyRef, StateKey};
use crate::native::{NativeFile, NativePlace, NativeReport};
use crate::origin::Origin;
use crate::read::StateRead;
use crate::row::{RowSource, StateMeta};
use crate::view::StateView;

/// A state backend: typed keyed state that one worker owns.
///
/// A backend is `Send` and used through `&mut`: no lock, no atomic on the hot path. Parallelism is
/// one backend per worker, each owning a range of key groups. Views are what other threads read.
///
/// # Life cycle
/// *Open* (a constructor of the backend's own, with its configuration) - [`register`] states, and
/// [`restore`] if there is a checkpoint, in either order - read and write - [`freeze`] for each
/// checkpoint - [`close`] (the data stays, where the [capability](Capability::survives_close) says
/// so) or [`destroy`] (the data goes). Dropping a backend is a crash: no promise beyond that of a crash.
///
/// # Laws, beside [those of reading](StateRead#laws)
/// 1. An operation that returns an error has changed nothing, unless the error is
///    [`Poisoned`](crate::ErrorKind::Poisoned) or [`Io`](crate::ErrorKind::Io).
/// 2. A write reads nothing that its contract does not need: `put`, `insert`, `clear` on an engine are
///    blind; `modify`, `update` and `take` read once. `push` is blind too, but where an engine reads at
///    little cost: there it may read the one row that it writes anew.
/// 3. Clearing touches the rows of its own key, namespace and state, and no others: it does not walk over them
///    either.
/// 4. A closure that panics inside `modify` or `update`, or an iterator inside `extend` or
///    `replace`, poisons the state: further use of it, and [`freeze`], answer
///    [`Poisoned`](crate::ErrorKind::Poisoned). Restore a checkpoint.
/// 5. After [`freeze`], writes go on and are invisible to the view.
///
/// ```
/// use state_api::{List, Map, Result, StateBackend, Value};
///
/// /// A word and the line it stands on; runs on every backend.
/// fn observe<B: StateBackend<Key = String>>(
///     state: &mut B,
///     (count, lines, next): (Value<u64>, List<u64>, Map<String, u64>),
///     word: &str,
///     line: u64,
///     following: &str,
/// ) -> Result<()> {
///     let mut at = state.at_mut(word); // hashed or encoded once
///     at.value(count).modify(0, |n| *n += 1)?;
///     if at.list(lines).len()? < 10 {
///         at.list(lines).push(line)?;
///     }
///     at.map(next).modify(following, 0, |n| *n += 1)
/// }
/// ```
///
/// [`restore`]: StateBackend::restore
/// [`register`]: StateBackend::register
/// [`freeze`]: StateBackend::freeze
/// [`close`]: StateBackend::close
/// [`destroy`]: StateBackend::destroy
pub trait StateBackend: StateRead + Send + Sized {
    /// What [`StateBackend::freeze`] returns.
    type View: StateView<Key = Self::Key>;

    /// Table of a value state, for writing.
    type ValueTable<'t, V: StateValue, N: StateKey>: WriteValue<'t, Self::Key, N, V, Prepared = Self::Prepared>
    where
        Self: 't;

    /// Table of a list state, for writing.
    type ListTable<'t, T: StateValue, N: StateKey>: WriteList<'t, Self::Key, N, T, Prepared = Self::Prepared>
    where
        Self: 't;

    /// Table of a map state, for writing.
    type MapTable<'t, UK: StateKey, UV: StateValue, N: StateKey>: WriteMap<'t, Self::Key, N, UK, UV, Prepared = Self::Prepared>
    where
        Self: 't;

    /// Tables that are resolved once for many records: see [`StateBackend::bind`].
    type Bound<'b, H: Handles>: BoundStates<Self, H>
    where
        Self: 'b;

    /// Name of the backend, such as `heap` or `redb`.
    fn name(&self) -> &'static str;

    /// Which backend this is, of all in the process: the life that its epochs count.
    fn origin(&self) -> Origin;

    /// What the backend promises beyond the laws.
    fn capability(&self) -> Capability;

    /// Bytes of memory that the backend itself holds for its state; caches that an engine keeps
    /// are not included.
    fn memory_held(&self) -> MemoryHeld;

    /// Registers a state and returns its handle. Idempotent: a second registration of the same
    /// description returns the same handle.
    ///
    /// Rows of that name that a restore brought are decoded by it; registering *before* restoring
    /// is cheaper on backends that hold typed values.
    ///
    /// # Errors
    /// [`Mismatch`](crate::ErrorKind::Mismatch) when the name is known with another kind, type or
    /// codec; the message names both. [`Codec`](crate::ErrorKind::Codec) or
    /// [`Corrupt`](crate::ErrorKind::Corrupt) when restored rows do not decode.
    fn register<D: Descriptor>(&mut self, descriptor: D) -> Result<D::Handle> {
        descriptor.register_in(self)
    }

    /// [`StateBackend::register`] for a value state.
    ///
    /// # Errors
    /// As there.
    fn register_value<V: StateValue, N: StateKey>(
        &mut self,
        descriptor: ValueDescriptor<V, N>,
    ) -> Result<Value<V, N>>;

    /// [`StateBackend::register`] for a list state.
    ///
    /// # Errors
    /// As there.
    fn register_list<T: StateValue, N: StateKey>(
        &mut self,
        descriptor: ListDescriptor<T, N>,
    ) -> Result<List<T, N>>;

    /// [`StateBackend::register`] for a map state.
    ///
    /// # Errors
    /// As there.
    fn register_map<UK: StateKey, UV: StateValue, N: StateKey>(
        &mut self,
        descriptor: MapDescriptor<UK, UV, N>,
    ) -> Result<Map<UK, UV, N>>;

    /// Drops a state and all its rows, registered or only carried along. The only way for a
    /// restored state that nobody registers to go. Handles of it are refused from then on.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound) when there is no state of that name.
    fn drop_state(&mut self, name: &str) -> Result<()>;

    /// The table behind a handle.
    ///
    /// # Errors
    /// [`Mismatch`](crate::ErrorKind::Mismatch) when the handle does not fit,
    /// [`Poisoned`](crate::ErrorKind::Poisoned) as the laws say, here or from what is done with the table.
    fn value_table<V: StateValue, N: StateKey>(
        &mut self,
        handle: Value<V, N>,
    ) -> Result<Self::ValueTable<'_, V, N>>;

    /// The table behind a handle.
    ///
    /// # Errors
    /// As [`StateBackend::value_table`].
    fn list_table<T: StateValue, N: StateKey>(
        &mut self,
        handle: List<T, N>,
    ) -> Result<Self::ListTable<'_, T, N>>;

    /// The table behind a handle.
    ///
    /// # Errors
    /// As [`StateBackend::value_table`].
    fn map_table<UK: StateKey, UV: StateValue, N: StateKey>(
        &mut self,
        handle: Map<UK, UV, N>,
    ) -> Result<Self::MapTable<'_, UK, UV, N>>;

    /// A cursor for reading and writing the state of `key`, in any borrowed form. The key is hashed
    /// or encoded here, once; it is cloned only when a row of it is first written, but a small key without
    /// [drop glue](std::mem::needs_drop) may be copied at any access.
    #[inline]
    fn at_mut<'b, 'k, Q>(&'b mut self, key: &'k Q) -> WriteAt<'b, 'k, Self, Q>
    where
        Q: KeyRef<Self::Key> + ?Sized,
    {
        let located = Located::new(key, self.prepare(key));
        WriteAt::new(self, located)
    }

    /// Resolves the tables of several states once, for a batch of records. Returns the bound
    /// states, and handles to use with them in place of the given ones.
    ///
    /// Worth it on backends that hold typed tables: it saves the dynamic check of the handle at
    /// every access. Elsewhere it costs nothing.
    ///
    /// ```
    /// use state_api::{Result, StateBackend, Value};
    ///
    /// fn sums<B: StateBackend<Key = u64>>(
    ///     state: &mut B,
    ///     sum: Value<u64>,
    ///     count: Value<u64>,
    ///     batch: &[(u64, u64)],
    /// ) -> Result<()> {
    ///     let (mut bound, (sum, count)) = state.bind((sum, count))?;
    ///     for (key, amount) in batch {
    ///         let mut at = bound.at_mut(key);
    ///         at.value(sum).modify(0, |n| *n += amount)?;
    ///         at.value(count).modify(0, |n| *n += 1)?;
    ///     }
    ///     Ok(())
    /// }
    /// # use state_api::BoundStates as _;
    /// ```
    ///
    /// # Errors
    /// As [`StateBackend::value_table`]; [`Invalid`](crate::ErrorKind::Invalid) when a handle is
    /// given twice.
    fn bind<H: Handles>(&mut self, handles: H) -> Result<(Self::Bound<'_, H>, H::Bound)>;

    /// A consistent, read-only view of the state as it is now; writes go on. This is the
    /// synchronous part of a checkpoint.
    ///
    /// Cost: as each backend documents; never in proportion to the rows.
    ///
    /// # Errors
    /// [`Poisoned`](crate::ErrorKind::Poisoned) as the laws say, or what the engine meets.
    fn freeze(&mut self) -> Result<Self::View>;

    /// Takes in rows, as a checkpoint holds them. `rows` refer to `states` by index; rows of
    /// states that are not registered are kept as they are, decoded when the state is registered,
    /// and carried into views until dropped by name.
    ///
    /// Every row is checked by [`CheckedRows`](crate::row::CheckedRows) before the backend takes it
    /// in. After an error the backend is to be destroyed: it may hold some of the rows.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) when the backend holds rows already, the rows do not
    /// ascend, or two states have one name; [`OutOfRange`](crate::ErrorKind::OutOfRange) when a row
    /// lies outside the owned key groups; [`Corrupt`](crate::ErrorKind::Corrupt) when it lies in
    /// another key group than its key, or is none of the [format](crate::row);
    /// [`Mismatch`](crate::ErrorKind::Mismatch) when a state is registered otherwise or has another
    /// key type; and what the source, the codecs and the engine meet.
    fn restore(&mut self, states: &[StateMeta], rows: &mut dyn RowSource) -> Result<()>;

    /// From now on keeps track of what changes, so that views can tell it: at most `budget` bytes of
    /// memory, beyond which the next checkpoint has to be full. Called again, it changes the budget.
    ///
    /// Before the first write or restore, epoch 0 is tracked too: an empty backend that then restores
    /// a checkpoint goes on with incremental ones. Later, the first checkpoint is a full one.
    ///
    /// Cost: as each backend documents, at every write.
    ///
    /// # Errors
    /// [`Unsupported`](crate::ErrorKind::Unsupported) where the
    /// [capability](Capability::tracks_changes) is absent: take full checkpoints.
    fn track_changes(&mut self, budget: usize) -> Result<()> {
        let _ = budget;
        Err(unsupported(self.name(), "track changes"))
    }

    /// The checkpoint of the view of `epoch` is published: from now on changes are told relative to
    /// it, and what was kept for older ones is released. A checkpoint that was given up, or whose
    /// outcome is not known, is not confirmed, and nothing is lost. An epoch before the last one
    /// confirmed changes nothing.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) for an epoch that was never frozen,
    /// [`Unsupported`](crate::ErrorKind::Unsupported) as for [`StateBackend::track_changes`].
    fn confirm(&mut self, epoch: u64) -> Result<()> {
        let _ = epoch;
        Err(unsupported(self.name(), "confirm"))
    }

    /// Makes all writes since the last commit durable, atomically, with `metadata` of the caller's,
    /// such as the positions of its sources. After a crash the backend opens with the state of the
    /// last commit that was acknowledged, or of one that was under way and got through: all of it
    /// or nothing. Closing without a commit gives up the writes since the last one.
    ///
    /// Cost: as each backend documents; at least one wait for the disk.
    ///
    /// # Errors
    /// [`Unsupported`](crate::ErrorKind::Unsupported) where the
    /// [capability](Capability::durable_commit) is absent: what is durable there are checkpoints.
    /// [`Poisoned`](crate::ErrorKind::Poisoned) as the laws say, or what the engine meets: whether
    /// the commit got through is then known at the next open.
    fn commit(&mut self, metadata: &[u8]) -> Result<()> {
        let _ = metadata;
        Err(unsupported(self.name(), "commit"))
    }

    /// The metadata of the commit that the state comes from: the last one of this backend, or the
    /// one that was found when it was opened. `None` before the first.
    ///
    /// # Errors
    /// [`Unsupported`](crate::ErrorKind::Unsupported) as for [`StateBackend::commit`].
    fn committed(&self) -> Result<Option<&[u8]>> {
        Err(unsupported(self.name(), "committed"))
    }

    /// Writes the state as it is now, as the engine's own files, into `place`: a checkpoint that is
    /// cheap to take, and bound to this backend. Files that `place` holds already are not written
    /// again. All durable when it returns.
    ///
    /// # Errors
    /// [`Unsupported`](crate::ErrorKind::Unsupported) where the
    /// [capability](Capability::native_checkpoint) is absent: take a portable checkpoint.
    /// [`Conflict`](crate::ErrorKind::Conflict) when the place has a checkpoint of that name,
    /// [`Invalid`](crate::ErrorKind::Invalid) for a name that is not one, what the engine and the
    /// file system meet.
    fn native_checkpoint(&mut self, place: NativePlace<'_>) -> Result<NativeReport> {
        let _ = place;
        Err(unsupported(self.name(), "native checkpoint"))
    }

    /// The files of a native checkpoint, ascending by name: what has to be copied elsewhere, under the
    /// same names, to restore it there. Digests come from the checkpoint; no file is read.
    ///
    /// # Errors
    /// As [`StateBackend::native_restore`].
    fn native_files(&self, place: NativePlace<'_>) -> Result<Vec<NativeFile>> {
        let _ = place;
        Err(unsupported(self.name(), "native files"))
    }

    /// Restores native checkpoints of one state, of one worker or of several, into this backend,
    /// which is empty: the rows of the key groups that it owns. Every file is compared with its
    /// checksum before the engine sees it; the place is left as it is.
    ///
    /// # Errors
    /// [`Unsupported`](crate::ErrorKind::Unsupported) as for [`StateBackend::native_checkpoint`];
    /// [`NotFound`](crate::ErrorKind::NotFound) without such a checkpoint,
    /// [`Corrupt`](crate::ErrorKind::Corrupt) with the file when one is missing or damaged,
    /// [`Mismatch`](crate::ErrorKind::Mismatch) when it is of another backend, key type or max
    /// parallelism, or its key groups do not cover what the backend owns; else as
    /// [`StateBackend::restore`].
    fn native_restore(&mut self, places: &[NativePlace<'_>]) -> Result<()> {
        let _ = places;
        Err(unsupported(self.name(), "native restore"))
    }

    /// Ends the use of the backend and keeps the data, where the backend can.
    ///
    /// # Errors
    /// What the engine meets; the data is then as after a crash.
    fn close(self) -> Result<()>;

    /// Ends the use of the backend and removes its data.
    ///
    /// # Errors
    /// What the engine meets; some of the data may remain.
    fn destroy(self) -> Result<()>;
}

#[cold]
fn unsupported(backend: &'static str, operation: &'static str) -> Error {
    Error::new(
        ErrorKind::Unsupported,
        "the backend does not have this operation, or not in the mode it was opened in",
    )
    .with("backend", backend)
    .with("operation", operation)
}

/// Memory held by a backend: see [`StateBackend::memory_held`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MemoryHeld {
    /// Rows, list elements and map entries held in memory.
    pub entries: u64,
    /// Bytes.
    pub bytes: u64,
    /// Whether `bytes` leaves out what values hold behind their pointers, because some descriptor
    /// gave no [heap-size function](ValueDescriptor::with_heap_size) for a type that may hold some, or what keys of map
    /// entries hold.
    pub estimated: bool,
    /// Bytes beside `bytes` that only views hold: what was copied because a write met a view. An
    /// upper bound; falls as views are dropped or written to a checkpoint.
    pub view_bytes: u64,
    /// Bytes beside `bytes` that the [tracking of changes](StateBackend::track_changes) takes.
    pub tracking_bytes: u64,
}
