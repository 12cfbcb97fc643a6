//! Slots: the states of a backend, typed or opaque.

use std::any::Any;
use std::sync::Arc;

use state_api::descriptor::HeapSize;
use state_api::key::decode_prefix;
use state_api::row::envelope;
use state_api::{
    Error, ErrorKind, KeyGroupRange, KeyGroups, Result, StateId, StateKey, StateMeta, StateValue,
};
use state_table::{Frozen, FrozenTable, KeyedRow, RestoredRow, TypedTable, Weight};

use crate::changes::{ChangedState, Question, of_typed};
use crate::codec::RowCodec;
use crate::common::{Common, CommonView};
use crate::export::{ExportState, TypedExport};
use crate::opaque::{OpaqueExport, OpaqueRows, OpaqueWalk};
use crate::walk::{TypedWalk, WalkState};

/// Most rows of a segment of a list or map table: half as many as of a value table, since cloning
/// such a row costs more.
pub(crate) const MAX_COLLECTION_ROWS: usize = 448;

/// A state of a live backend, for what does not need its types.
pub(crate) trait HeapState: Any + Send {
    fn freeze(&mut self) -> Arc<dyn FrozenState>;
    /// Refuses use after a panic in a write.
    fn check(&self) -> Result<()>;
    fn is_empty(&self) -> bool;
    fn entries(&self) -> u64;
    fn bytes(&self) -> u64;
    /// Bytes beside those that only views hold.
    fn view_bytes(&self) -> u64;
    /// Whether `bytes` leaves out what elements hold behind their pointers.
    fn is_estimated(&self) -> bool;
    /// Tracks changes afresh, since the freeze `floor`; the next one has the number `interval`.
    fn track(&mut self, interval: u64, floor: u64);
    /// Changes are told since the freeze of `epoch` or later ones from now on.
    fn confirm(&mut self, epoch: u64);
    /// Sets how many bytes tracking may take.
    fn limit_tracking(&mut self, limit: usize);
    fn tracking_bytes(&self) -> usize;
    /// Takes in a row; rows come checked, in ascending order.
    fn restore_row(&mut self, row_key: &[u8], envelope: &[u8]) -> Result<()>;
    /// Makes room for what is to come of a restore, when the first `part` of `whole` rows have come.
    fn make_room(&mut self, part: u64, whole: u64);
    /// Ends a restore.
    fn finish_restore(&mut self) -> Result<()>;
    /// Gives up a restore half-way: the state refuses all further use.
    fn poison(&mut self);
}

/// A state of a view, for what does not need its types.
pub(crate) trait FrozenState: Any + Send + Sync {
    /// The rows in `range`, ascending.
    fn export(
        self: Arc<Self>,
        groups: KeyGroups,
        range: KeyGroupRange,
    ) -> Result<Box<dyn ExportState>>;

    /// The rows in `range`, in any order. Memory that nobody else holds is released as they go by.
    fn walk(self: Arc<Self>, groups: KeyGroups, range: KeyGroupRange) -> Box<dyn WalkState>;

    /// The earliest freeze that changes are told since; `None` when they are not tracked.
    fn tracked_since(&self) -> Option<u64>;

    /// What changed; `None` for nothing.
    fn changes(self: Arc<Self>, question: &mut Question) -> Result<Option<Box<dyn ChangedState>>>;
}

/// How the types of a state meet rows: the only parts that differ between kinds.
pub(crate) struct Kind<X, E> {
    pub(crate) codec: Arc<dyn RowCodec<X>>,
    pub(crate) heap_size: Option<HeapSize<E>>,
    /// Whether elements, or the keys of map entries, may hold something behind their pointers.
    pub(crate) owns: bool,
    pub(crate) weigh: fn(&X, Option<HeapSize<E>>) -> Weight,
    pub(crate) max_rows: usize,
}

/// A typed state: `X` is a value, list or map, `E` its element.
pub(crate) struct TypedState<K, N, X, E> {
    pub(crate) table: TypedTable<K, N, X>,
    pub(crate) kind: Kind<X, E>,
    restoring: Option<Restoring<K, N, X>>,
}

/// So many rows of a restore go into the table together.
const STAGED: usize = 64;

/// What a restore has not brought into the table yet.
struct Restoring<K, N, X> {
    /// The key and namespace that it is at: their rows come one after the other.
    row: Option<KeyedRow<K, N, X>>,
    /// Both, encoded.
    prefix: Vec<u8>,
    /// Whether the rows so far are not those that the state would be written as.
    recut: bool,
    /// Those before, complete.
    staged: Vec<RestoredRow<K, N, X>>,
}

impl<K, N, X> Default for Restoring<K, N, X> {
    fn default() -> Self {
        Self {
            row: None,
            prefix: Vec::new(),
            recut: false,
            staged: Vec::new(),
        }
    }
}

impl<K: StateKey, N: StateKey, X: StateValue, E: 'static> TypedState<K, N, X, E> {
    pub(crate) fn new(name: &str, groups: KeyGroups, kind: Kind<X, E>) -> Self {
        let table = TypedTable::new(name, groups, kind.max_rows);
        Self {
            table,
            kind,
            restoring: None,
        }
    }

    pub(crate) fn view(&mut self) -> TypedView<K, N, X> {
        TypedView {
            rows: self.table.freeze(),
            codec: Arc::clone(&self.kind.codec),
        }
    }

    /// Stages the row that a restore was at, and brings staged rows into the table when they are many.
    fn complete_row(&mut self) -> Result<()> {
        let Some(at) = &mut self.restoring else {
            return Ok(());
        };
        if let Some(row) = at.row.take() {
            let weight = (self.kind.weigh)(&row.state, self.kind.heap_size);
            let recut = at.recut;
            at.staged.push(RestoredRow { row, weight, recut });
        }
        if at.staged.len() < STAGED {
            return Ok(());
        }
        self.table.add_all(&mut at.staged)
    }
}

impl<K: StateKey, N: StateKey, X: StateValue, E: 'static> HeapState for TypedState<K, N, X, E> {
    fn freeze(&mut self) -> Arc<dyn FrozenState> {
        Arc::new(self.view())
    }

    fn check(&self) -> Result<()> {
        self.table.usable()
    }

    fn is_empty(&self) -> bool {
        self.table.rows().is_empty()
    }

    fn entries(&self) -> u64 {
        self.table.entries()
    }

    fn bytes(&self) -> u64 {
        self.table.bytes()
    }

    fn view_bytes(&self) -> u64 {
        self.table.view_bytes()
    }

    fn is_estimated(&self) -> bool {
        self.kind.owns && self.kind.heap_size.is_none()
    }

    fn track(&mut self, interval: u64, floor: u64) {
        self.table.track(interval, floor);
    }

    fn confirm(&mut self, epoch: u64) {
        self.table.confirm(epoch);
    }

    fn limit_tracking(&mut self, limit: usize) {
        self.table.limit_tracking(limit);
    }

    fn tracking_bytes(&self) -> usize {
        self.table.tracking_bytes()
    }

    fn restore_row(&mut self, row_key: &[u8], envelope: &[u8]) -> Result<()> {
        let payload = envelope::payload(envelope)?;
        if let Some(at) = &mut self.restoring
            && let Some(row) = &mut at.row
            && let Some(tail) = row_key.strip_prefix(&at.prefix[..])
        {
            let codec = &self.kind.codec;
            at.recut |= !codec.decode_next(&mut row.state, tail, payload)?;
            return Ok(());
        }
        self.complete_row()?;
        let (key, rest) = decode_prefix::<K>(row_key)?;
        let (namespace, tail) = decode_prefix::<N>(rest)?;
        let (state, goes_on) = self.kind.codec.decode_first(tail, payload)?;
        let prefix = row_key.get(..row_key.len() - tail.len());
        let at = self.restoring.get_or_insert_default();
        at.prefix.clear();
        at.prefix.extend_from_slice(prefix.unwrap_or_default());
        at.recut = !goes_on;
        at.row = Some(KeyedRow {
            key,
            namespace,
            state,
        });
        Ok(())
    }

    fn make_room(&mut self, part: u64, whole: u64) {
        let rows = self.table.rows().len() as u128 * u128::from(whole) / u128::from(part.max(1));
        self.table.reserve(usize::try_from(rows).unwrap_or(0));
    }

    fn poison(&mut self) {
        self.restoring = None;
        self.table.poison();
    }

    fn finish_restore(&mut self) -> Result<()> {
        self.complete_row()?;
        match self.restoring.take() {
            Some(mut at) => self.table.add_all(&mut at.staged),
            None => Ok(()),
        }
    }
}

/// A typed state of a view.
pub(crate) struct TypedView<K, N, X> {
    pub(crate) rows: FrozenTable<K, N, X>,
    codec: Arc<dyn RowCodec<X>>,
}

impl<K: StateKey, N: StateKey, X: StateValue> TypedView<K, N, X> {
    /// Rows and codec, without a hold on what the view alone has.
    fn take(self: Arc<Self>) -> (Frozen<KeyedRow<K, N, X>>, Arc<dyn RowCodec<X>>) {
        let (rows, codec) = match Arc::try_unwrap(self) {
            Ok(view) => (view.rows, view.codec),
            Err(view) => (view.rows.clone(), Arc::clone(&view.codec)),
        };
        (rows.into_rows(), codec)
    }
}

impl<K: StateKey, N: StateKey, X: StateValue> FrozenState for TypedView<K, N, X> {
    fn export(
        self: Arc<Self>,
        groups: KeyGroups,
        range: KeyGroupRange,
    ) -> Result<Box<dyn ExportState>> {
        let (rows, codec) = self.take();
        Ok(Box::new(TypedExport::new(rows, codec, groups, range)?))
    }

    fn walk(self: Arc<Self>, groups: KeyGroups, range: KeyGroupRange) -> Box<dyn WalkState> {
        let (rows, codec) = self.take();
        Box::new(TypedWalk::new(rows, codec, groups, range))
    }

    fn tracked_since(&self) -> Option<u64> {
        self.rows.tracked_since()
    }

    fn changes(self: Arc<Self>, question: &mut Question) -> Result<Option<Box<dyn ChangedState>>> {
        let (rows, codec) = match Arc::try_unwrap(self) {
            Ok(view) => (view.rows, view.codec),
            Err(view) => (view.rows.clone(), Arc::clone(&view.codec)),
        };
        of_typed(rows, codec, question).map(Some)
    }
}

impl FrozenState for OpaqueRows {
    fn export(self: Arc<Self>, _: KeyGroups, range: KeyGroupRange) -> Result<Box<dyn ExportState>> {
        Ok(Box::new(OpaqueExport::new(self, range)))
    }

    fn walk(self: Arc<Self>, _: KeyGroups, range: KeyGroupRange) -> Box<dyn WalkState> {
        Box::new(OpaqueWalk::new(self, range))
    }

    /// Since the restore, which nothing can be told before.
    fn tracked_since(&self) -> Option<u64> {
        Some(0)
    }

    fn changes(self: Arc<Self>, _: &mut Question) -> Result<Option<Box<dyn ChangedState>>> {
        Ok(None)
    }
}

/// What a state is at the moment.
pub(crate) enum Content<K> {
    /// Registered, a value of a common type.
    Common(Common<K>),
    /// Registered, of any other types.
    Typed(Box<dyn HeapState>),
    /// Known by description and rows only.
    Opaque(Arc<OpaqueRows>),
}

/// What a state of a view is.
#[derive(Clone)]
pub(crate) enum FrozenContent<K> {
    /// A value of a common type.
    Common(CommonView<K>),
    /// Of any other types, or opaque.
    Typed(Arc<dyn FrozenState>),
}

impl<K: StateKey> FrozenContent<K> {
    pub(crate) fn get(&self) -> &dyn FrozenState {
        match self {
            Self::Common(state) => state.get(),
            Self::Typed(state) => &**state,
        }
    }

    pub(crate) fn into_state(self) -> Arc<dyn FrozenState> {
        match self {
            Self::Common(state) => state.into_state(),
            Self::Typed(state) => state,
        }
    }

    /// The typed state, if it has these types.
    #[inline]
    pub(crate) fn typed<T: FrozenState>(&self) -> Option<&T> {
        match self {
            Self::Common(state) => state.typed(),
            Self::Typed(state) => (&**state as &dyn Any).downcast_ref(),
        }
    }
}

/// A state of a backend.
pub(crate) struct Slot<K> {
    pub(crate) meta: StateMeta,
    pub(crate) content: Content<K>,
}

impl<K: StateKey> Slot<K> {
    /// Refuses use after a closure panicked in an update.
    pub(crate) fn check(&self) -> Result<()> {
        self.content.registered().map_or(Ok(()), HeapState::check)
    }
}

impl<K: StateKey> Content<K> {
    /// A registered state.
    pub(crate) fn of<T: HeapState>(state: T) -> Self {
        Common::of(Box::new(state)).map_or_else(Self::Typed, Self::Common)
    }

    /// The state, if it is registered.
    pub(crate) fn registered(&self) -> Option<&dyn HeapState> {
        match self {
            Self::Common(state) => Some(state.get()),
            Self::Typed(state) => Some(&**state),
            Self::Opaque(_) => None,
        }
    }

    /// The state, if it is registered.
    pub(crate) fn registered_mut(&mut self) -> Option<&mut dyn HeapState> {
        match self {
            Self::Common(state) => Some(state.get_mut()),
            Self::Typed(state) => Some(&mut **state),
            Self::Opaque(_) => None,
        }
    }

    /// The typed state, if it has these types.
    #[inline]
    pub(crate) fn typed<T: HeapState>(&self) -> Option<&T> {
        match self {
            Self::Common(state) => state.typed(),
            Self::Typed(state) => (&**state as &dyn Any).downcast_ref(),
            Self::Opaque(_) => None,
        }
    }

    /// The typed state, if it has these types.
    #[inline]
    pub(crate) fn typed_mut<T: HeapState>(&mut self) -> Option<&mut T> {
        match self {
            Self::Common(state) => state.typed_mut(),
            Self::Typed(state) => (&mut **state as &mut dyn Any).downcast_mut(),
            Self::Opaque(_) => None,
        }
    }
}

/// The error for a handle whose types are not those of the state.
#[cold]
pub(crate) fn unfit(meta: Option<&StateMeta>, id: StateId) -> Error {
    let error = Error::new(
        ErrorKind::Mismatch,
        "the handle does not fit the state of its number",
    )
    .with("handle", id.0);
    match meta {
        Some(meta) => error.with("state", meta),
        None => error.with("state", "none: never registered here, or dropped"),
    }
}
