//! Typed tables: the tables of the state traits, over [`Table`] for the owner and over [`Frozen`]
//! for views. One code for both.

mod aside;
mod list;
mod map;
mod poison;
mod row;
mod value;
mod weight;

use std::fmt;
use std::hint::black_box;

use serde::Serialize;
use state_api::descriptor::HeapSize;
use state_api::key::RowHash;
use state_api::{
    Address, Error, ErrorKind, KeyGroups, KeyHash, KeyRef, ReadTable, Ref, Result, StateKey,
};

use aside::{Outcome, apart, aside, is_plain};
pub(crate) use poison::Unfinished;
use weight::measure;

pub use list::TypedElements;
pub use map::TypedEntries;
pub use row::KeyedRow;
pub use weight::Weight;

use crate::change_log::{ChangeLog, FrozenLog, LoggedChanges};
use crate::frozen::Frozen;
use crate::live::Ready;
use crate::table::Table;

/// What live and frozen tables have in common.
pub trait Lookup {
    /// The row type.
    type Row;

    /// Answers for a key that has no row.
    ///
    /// # Errors
    /// [`ErrorKind::OutOfRange`] when the key belongs to key groups that are not here, and
    /// [`ErrorKind::Poisoned`] when nothing is here any more.
    fn absent<Q: Serialize + ?Sized>(&self, key: &Q) -> Result<()>;

    /// Refuses what asks for no key after a panic.
    ///
    /// # Errors
    /// [`ErrorKind::Poisoned`].
    fn check(&self) -> Result<()>;

    /// The row with this hash for which `eq` holds.
    fn find(&self, hash: u64, eq: impl Fn(&Self::Row) -> bool) -> Option<&Self::Row>;

    /// All rows.
    fn rows(&self) -> Box<dyn Iterator<Item = &Self::Row> + '_>;

    /// Number of rows.
    fn row_count(&self) -> usize;
}

/// Refuses a key that was not found because it is not owned. A key that is found was checked when
/// its row was inserted, so only absence pays for the canonical hash; and not even that where all
/// key groups are owned.
///
/// Without a call for a short key: in a loop of gets, one that might come back would have the compiler load where the table
/// lies for each access again.
#[inline]
fn absent<K, Q: Serialize + ?Sized>(groups: &KeyGroups, key: &Q) -> Result<()> {
    if groups.is_all() {
        Ok(())
    } else if is_plain::<K>(SHORT_KEY) {
        groups.check(KeyHash::of(key)?)
    } else {
        check_owned(groups, key)
    }
}

/// Bytes of a key whose canonical hash is a few instructions, if it is numbers.
const SHORT_KEY: usize = 16;

#[cold]
#[inline(never)]
fn check_owned<Q: Serialize + ?Sized>(groups: &KeyGroups, key: &Q) -> Result<()> {
    groups.check(KeyHash::of(key)?)
}

/// The frozen form of a [`TypedTable`].
pub struct FrozenTable<K, N, X> {
    rows: Frozen<KeyedRow<K, N, X>>,
    groups: KeyGroups,
    log: FrozenLog<K, N>,
    tracked_since: Option<u64>,
}

impl<K, N, X> FrozenTable<K, N, X> {
    /// The rows; see [`Frozen::into_segments`] for how they are released.
    pub fn into_rows(self) -> Frozen<KeyedRow<K, N, X>> {
        self.rows
    }

    /// The earliest freeze that changes are told since; `None` when they are not tracked.
    pub fn tracked_since(&self) -> Option<u64> {
        self.tracked_since
    }

    /// The rows, which know those that were [written](crate::FrozenSegment::changed_since), and what
    /// else changed since the freeze of `epoch`.
    pub fn into_changes(self, epoch: u64) -> (Frozen<KeyedRow<K, N, X>>, LoggedChanges<K, N>) {
        (self.rows, self.log.since(epoch))
    }
}

impl<K, N, X> Clone for FrozenTable<K, N, X> {
    fn clone(&self) -> Self {
        Self {
            rows: self.rows.clone(),
            groups: self.groups,
            log: self.log.clone(),
            tracked_since: self.tracked_since,
        }
    }
}

impl<K, N, X> fmt::Debug for FrozenTable<K, N, X> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("FrozenTable").field(&self.rows).finish()
    }
}

macro_rules! lookup {
    ($table:ident, $check:expr) => {
        impl<K, N, X> Lookup for $table<K, N, X> {
            type Row = KeyedRow<K, N, X>;

            #[inline]
            fn absent<Q: Serialize + ?Sized>(&self, key: &Q) -> Result<()> {
                self.check()?;
                absent::<K, _>(&self.groups, key)
            }

            #[inline]
            fn check(&self) -> Result<()> {
                $check(self)
            }

            #[inline]
            fn find(&self, hash: u64, eq: impl Fn(&Self::Row) -> bool) -> Option<&Self::Row> {
                self.rows.get(hash, eq)
            }

            fn rows(&self) -> Box<dyn Iterator<Item = &Self::Row> + '_> {
                Box::new(self.rows.iter())
            }

            fn row_count(&self) -> usize {
                self.rows.len()
            }
        }
    };
}

lookup!(TypedTable, TypedTable::usable);
lookup!(FrozenTable, |_: &Self| Ok(()));

/// A table for shared reading.
pub struct TypedRead<'r, S>(&'r S);

impl<'r, S> TypedRead<'r, S> {
    /// Reads `table`.
    #[inline]
    pub fn new(table: &'r S) -> Self {
        Self(table)
    }
}

impl<'r, S, K: StateKey, N: StateKey, X: 'r> TypedRead<'r, S>
where
    S: Lookup<Row = KeyedRow<K, N, X>>,
{
    /// The state at an address, or `None`.
    #[expect(clippy::inline_always, reason = "a call would need the hash in memory")]
    #[inline(always)]
    pub(crate) fn find<Q: KeyRef<K> + ?Sized>(
        self,
        at: Address<'_, Q, N, RowHash>,
    ) -> Result<Option<&'r X>> {
        match self.0.find(at.prepared.get(), KeyedRow::is_at(at)) {
            Some(row) => Ok(Some(&row.state)),
            None => apart::<K, _, _, _>(at, |at| self.0.absent(at.key).map(|()| None)),
        }
    }
}

impl<S> Clone for TypedRead<'_, S> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}

impl<S> Copy for TypedRead<'_, S> {}

impl<S: Lookup> fmt::Debug for TypedRead<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TypedRead")
            .field("rows", &self.0.row_count())
            .finish()
    }
}

/// Iterator over the keys of a typed table.
pub struct TypedKeys<'r, R>(Box<dyn Iterator<Item = &'r R> + 'r>);

impl<R> fmt::Debug for TypedKeys<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TypedKeys").finish_non_exhaustive()
    }
}

impl<'r, K, N, X> Iterator for TypedKeys<'r, KeyedRow<K, N, X>> {
    type Item = Result<(Ref<'r, K>, Ref<'r, N>)>;

    fn next(&mut self) -> Option<Self::Item> {
        let row = self.0.next()?;
        Some(Ok((Ref::Borrowed(&row.key), Ref::Borrowed(&row.namespace))))
    }
}

impl<'r, S, K, N, X> ReadTable<'r, K, N> for TypedRead<'r, S>
where
    S: Lookup<Row = KeyedRow<K, N, X>>,
    K: StateKey,
    N: StateKey,
    X: 'r,
{
    type Keys = TypedKeys<'r, KeyedRow<K, N, X>>;

    fn keys(self) -> Result<Self::Keys> {
        self.0.check()?;
        Ok(TypedKeys(self.0.rows()))
    }

    fn key_count(self) -> Result<u64> {
        self.0.check()?;
        Ok(count(self.0.row_count()))
    }
}

/// A live table: the rows, and what is accounted of them.
pub struct TypedTable<K, N, X> {
    pub(crate) rows: Table<KeyedRow<K, N, X>>,
    pub(crate) groups: KeyGroups,
    /// Values, list elements or map entries.
    pub(crate) entries: u64,
    /// Bytes that they hold outside of the table's buckets.
    pub(crate) bytes: i64,
    /// What changed beside the marks of the rows; none while changes are not tracked.
    log: Option<Box<ChangeLog<K, N>>>,
    /// Name of the state, for errors.
    name: Box<str>,
}

impl<K: StateKey, N: StateKey, X: Clone> TypedTable<K, N, X> {
    /// An empty table of the state `name` for keys of the key groups `groups`; segments split at `max_rows`.
    pub fn new(name: &str, groups: KeyGroups, max_rows: usize) -> Self {
        Self {
            rows: Table::new(max_rows),
            groups,
            entries: 0,
            bytes: 0,
            log: None,
            name: name.into(),
        }
    }

    /// The rows.
    #[inline]
    pub fn rows(&self) -> &Table<KeyedRow<K, N, X>> {
        &self.rows
    }

    /// A view of the rows; of a table that is not [usable](TypedTable::usable), of none.
    pub fn freeze(&mut self) -> FrozenTable<K, N, X> {
        let interval = self.rows.interval();
        let outside = usize::try_from(self.bytes).unwrap_or(0);
        let row_bytes = outside.div_ceil(self.rows.len().max(1));
        let rows = self.rows.freeze_weighed(row_bytes);
        let log = match (&mut self.log, interval) {
            (Some(log), Some(interval)) => log.seal(interval),
            (Some(log), None) => {
                **log = ChangeLog::new(); // given up in this interval: what was before is of no use
                FrozenLog::none()
            }
            (None, _) => FrozenLog::none(),
        };
        self.book_log();
        FrozenTable {
            rows,
            groups: self.groups,
            log,
            tracked_since: self.rows.tracked_since(),
        }
    }

    /// From now on tracks what changes, afresh, for views since the freeze `floor`. The next freeze
    /// has the number `interval`.
    pub fn track(&mut self, interval: u64, floor: u64) {
        self.rows.track(interval, floor);
        self.log = Some(Box::new(ChangeLog::new()));
    }

    /// Changes are told since the freeze of `epoch` or later ones from now on: see
    /// [`Table::confirm`].
    pub fn confirm(&mut self, epoch: u64) {
        self.rows.confirm(epoch);
        if let Some(log) = &mut self.log {
            log.forget(epoch);
        }
        self.book_log();
    }

    /// The earliest freeze that later views tell changes since; `None` while they are not tracked.
    pub fn tracked_since(&self) -> Option<u64> {
        self.rows.tracked_since()
    }

    /// Bytes that tracking takes.
    pub fn tracking_bytes(&self) -> usize {
        self.rows.tracking_bytes()
    }

    /// Sets how many bytes tracking may take. Beyond that it is given up, and the next freeze is the
    /// earliest that changes can be told since.
    pub fn limit_tracking(&mut self, limit: usize) {
        self.rows.limit_tracking(limit);
    }

    /// The interval under way; `None` while changes are not tracked.
    #[inline]
    pub(crate) fn interval(&self) -> Option<u64> {
        self.rows.interval()
    }

    /// The log, while changes are tracked.
    #[inline]
    fn log(&mut self) -> Option<&mut ChangeLog<K, N>> {
        self.rows.interval()?;
        self.log.as_deref_mut()
    }

    /// Notes that a row is to be written whole, and that older checkpoints must keep nothing of it.
    #[inline]
    pub(crate) fn log_whole<Q: KeyRef<K> + ?Sized>(&mut self, at: Address<'_, Q, N, RowHash>) {
        if self.interval().is_some() {
            aside(at, |at| self.log_whole_row(at));
        }
    }

    #[inline(never)]
    fn log_whole_row<Q: KeyRef<K> + ?Sized>(&mut self, at: Address<'_, Q, N, RowHash>) {
        if let Some(log) = self.log() {
            log.whole(at);
            self.book_log();
        }
    }

    /// [`TypedTable::log_whole`] for a row that is written whole anyway: so one that was inserted in
    /// this interval need not be noted.
    pub(crate) fn log_shrunk<Q: KeyRef<K> + ?Sized>(&mut self, at: Address<'_, Q, N, RowHash>) {
        if self.interval().is_some() && !self.rows.is_fresh(at.prepared.get(), KeyedRow::is_at(at))
        {
            self.log_whole(at);
        }
    }

    /// Notes that an entry of a large map was written or removed; the map has `len` entries now.
    pub(crate) fn log_entry<Q, UQ>(
        &mut self,
        at: Address<'_, Q, N, RowHash>,
        map_key: &UQ,
        len: usize,
    ) where
        Q: KeyRef<K> + ?Sized,
        UQ: Serialize + ?Sized,
    {
        if let Some(log) = self.log() {
            log.entry(at, map_key, len);
            self.book_log();
        }
    }

    /// Has a row written whole at its next change, if it was read from other parts than it would be
    /// written in: this is that change.
    #[inline]
    pub(crate) fn log_recut<Q: KeyRef<K> + ?Sized>(&mut self, at: Address<'_, Q, N, RowHash>) {
        if self.rows.has_recut() && self.rows.take_recut(at.prepared.get(), KeyedRow::is_at(at)) {
            self.log_whole(at);
        }
    }

    /// Books what the log takes.
    fn book_log(&mut self) {
        if let (Some(log), Some(_)) = (&self.log, self.rows.interval()) {
            self.rows.set_beside(log.bytes());
        }
    }

    /// Runs `f` on the row at an address, which it may write to, and on `with`; without such a row returns `with`.
    ///
    /// # Errors
    /// `with`, when there is no such row.
    #[expect(clippy::inline_always, reason = "the few callers are the hot paths")]
    #[inline(always)]
    fn write<Q: KeyRef<K> + ?Sized, A, T>(
        rows: &mut Table<KeyedRow<K, N, X>>,
        at: Address<'_, Q, N, RowHash>,
        with: A,
        f: impl FnOnce(&mut KeyedRow<K, N, X>, A) -> T,
    ) -> Result<T, A> {
        let hash = at.prepared.get();
        let row = match rows.get_ready(hash, KeyedRow::is_at(at)) {
            Ready::Row(row) => Some(row),
            Ready::Absent => None,
            Ready::NotYet => {
                apart::<K, _, _, _>(at, |at| rows.get_first_mut(hash, KeyedRow::is_at(at)))
            }
        };
        match row {
            Some(row) => Ok(f(row, with)),
            None => Err(with),
        }
    }

    /// The row at an address, to write to.
    #[inline]
    pub(crate) fn find_mut<Q: KeyRef<K> + ?Sized>(
        &mut self,
        at: Address<'_, Q, N, RowHash>,
    ) -> Option<&mut X> {
        let row = self.rows.get_mut(at.prepared.get(), KeyedRow::is_at(at))?;
        Some(&mut row.state)
    }

    /// Adds a row at an address where there is none.
    #[inline]
    pub(crate) fn insert<Q: KeyRef<K> + ?Sized>(
        &mut self,
        at: Address<'_, Q, N, RowHash>,
        state: X,
    ) -> Result<()> {
        aside(at, |at| self.insert_row(at, state))
    }

    #[inline(never)] // keeps the path of a hit short
    fn insert_row<Q: KeyRef<K> + ?Sized>(
        &mut self,
        at: Address<'_, Q, N, RowHash>,
        state: X,
    ) -> Result<()> {
        self.absent(at.key)?;
        self.insert_owned(at, state);
        Ok(())
    }

    /// [`TypedTable::insert`] for a key of which was asked whether it is [absent](Lookup::absent).
    #[inline]
    pub(crate) fn insert_owned<Q: KeyRef<K> + ?Sized>(
        &mut self,
        at: Address<'_, Q, N, RowHash>,
        state: X,
    ) {
        let row = KeyedRow::at(at, state);
        self.rows.insert_new(at.prepared.get(), row);
    }

    /// Runs an update on what the row of a key is to hold that has none. The caller adds the row.
    #[inline]
    pub(crate) fn update_absent<Q: KeyRef<K> + ?Sized, V, R>(
        &mut self,
        key: &Q,
        value: &mut V,
        update: impl FnOnce(&mut V) -> R,
    ) -> Result<R> {
        self.absent(key)?;
        Ok(self.foreign(|_| update(value)))
    }

    /// Takes the row at an address out, and logs it.
    #[expect(clippy::inline_always, reason = "a call would need the hash in memory")]
    #[inline(always)]
    pub(crate) fn remove<Q: KeyRef<K> + ?Sized>(
        &mut self,
        at: Address<'_, Q, N, RowHash>,
    ) -> Result<Option<X>> {
        match self.take(at)? {
            Some((row, fresh)) => {
                let KeyedRow {
                    key,
                    namespace,
                    state,
                } = row;
                self.log_removed(key, namespace, fresh);
                Ok(Some(state))
            }
            None => Ok(None),
        }
    }

    /// Takes the row at an address out, and tells whether it was inserted in this interval. The caller
    /// [puts it back](TypedTable::put_back), or [logs](TypedTable::log_removed) it.
    #[expect(clippy::inline_always, reason = "a call would need the hash in memory")]
    #[inline(always)]
    pub(crate) fn take<Q: KeyRef<K> + ?Sized>(
        &mut self,
        at: Address<'_, Q, N, RowHash>,
    ) -> Result<Option<(KeyedRow<K, N, X>, bool)>> {
        match self.rows.take(at.prepared.get(), KeyedRow::is_at(at)) {
            Some(taken) => Ok(Some(taken)),
            None => self.absent(at.key).map(|()| None),
        }
    }

    /// Puts back a row that was just [taken](TypedTable::take).
    #[inline]
    pub(crate) fn put_back(&mut self, hash: RowHash, row: KeyedRow<K, N, X>, fresh: bool) {
        self.rows.put_back(hash.get(), row, fresh);
    }

    /// Notes that a row was removed. If it was inserted in this interval, then no view has it, or one
    /// that had it has its removal before.
    #[inline]
    pub(crate) fn log_removed(&mut self, key: K, namespace: N, fresh: bool) {
        if !fresh && self.interval().is_some() {
            self.log_removed_row(key, namespace);
        }
    }

    #[inline(never)] // keeps the path of what is not tracked short
    fn log_removed_row(&mut self, key: K, namespace: N) {
        if let Some(log) = self.log()
            && log.removed(key, namespace)
        {
            self.book_log();
        }
    }

    /// Values, list elements or map entries held.
    pub fn entries(&self) -> u64 {
        self.entries
    }

    /// Bytes held: buckets and directory exactly, elements at their size, and what the heap-size
    /// function says of them.
    pub fn bytes(&self) -> u64 {
        let outside = u64::try_from(self.bytes).unwrap_or(0);
        count(self.rows.held().bytes) + outside
    }

    /// Bytes that only views hold: buckets exactly, what rows hold outside of them at its average of
    /// the freeze, as if nothing of it were shared with the rows that came after.
    pub fn view_bytes(&self) -> u64 {
        count(self.rows.held().shared_bytes)
    }

    /// Makes room for `rows` rows in all, before they come.
    pub fn reserve(&mut self, rows: usize) {
        self.rows.reserve(rows);
    }

    /// Adds whole rows of owned keys, as a restore finds them, and empties `rows`. They count as there
    /// from the beginning.
    ///
    /// The place of a row may be anywhere in memory. A look at all places first, with nothing between, waits for
    /// them side by side and not one after the other: a few dozen rows at a time are worth it.
    ///
    /// # Errors
    /// [`ErrorKind::Corrupt`] when there is one of that key and namespace, [`ErrorKind::Codec`] when a
    /// key does not hash; some of the rows may be added then. [`ErrorKind::Poisoned`].
    pub fn add_all(&mut self, rows: &mut Vec<RestoredRow<K, N, X>>) -> Result<()> {
        self.usable()?;
        self.foreign(|table| table.add_each(rows))
    }

    fn add_each(&mut self, rows: &mut Vec<RestoredRow<K, N, X>>) -> Result<()> {
        for RestoredRow { row, .. } in &*rows {
            let hash = row.row_hash()?.get();
            black_box(self.rows.get(hash, |_| false));
        }
        rows.drain(..).try_for_each(|row| self.add(row))
    }

    fn add(&mut self, row: RestoredRow<K, N, X>) -> Result<()> {
        let RestoredRow { row, weight, recut } = row;
        let hash = row.row_hash()?.get();
        let is_same = |there: &KeyedRow<K, N, X>, row: &KeyedRow<K, N, X>| {
            there.key == row.key && there.namespace == row.namespace
        };
        if !self.rows.add_new(hash, row, recut, is_same) {
            return Err(Error::new(
                ErrorKind::Corrupt,
                "rows of one key are not contiguous",
            ));
        }
        self.entries += weight.entries;
        self.bytes += weight.bytes;
        Ok(())
    }

    /// Takes the weight of a row that was removed off the accounts.
    pub(crate) fn forget(&mut self, weight: Weight) {
        self.entries -= weight.entries;
        self.bytes -= weight.bytes;
    }
}

impl<K, N, X> fmt::Debug for TypedTable<K, N, X> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TypedTable")
            .field("entries", &self.entries)
            .finish_non_exhaustive()
    }
}

/// A row of a restore.
#[derive(Debug)]
pub struct RestoredRow<K, N, X> {
    /// The row.
    pub row: KeyedRow<K, N, X>,
    /// What it weighs.
    pub weight: Weight,
    /// Whether it was read from other parts than it would be written in, so that its first change has
    /// it written whole.
    pub recut: bool,
}

/// A table for writing, with the heap-size function of its elements.
pub struct TypedMut<'t, K, N, X, E> {
    pub(crate) table: &'t mut TypedTable<K, N, X>,
    pub(crate) heap_size: Option<HeapSize<E>>,
}

impl<'t, K, N, X, E> TypedMut<'t, K, N, X, E> {
    /// Writes `table`. Elements without drop glue are not measured, which the compiler knows.
    #[inline]
    pub fn new(table: &'t mut TypedTable<K, N, X>, heap_size: Option<HeapSize<E>>) -> Self {
        Self {
            table,
            heap_size: measure(heap_size),
        }
    }

    /// The same, for what is out of line and takes it by value: a reference would need all of the accessor in memory, also on
    /// the path that does not get there.
    #[inline]
    fn again(&mut self) -> TypedMut<'_, K, N, X, E> {
        TypedMut {
            table: &mut *self.table,
            heap_size: self.heap_size,
        }
    }

    /// Bytes that an element holds behind its pointers, as far as is known.
    #[inline]
    pub(crate) fn heap_bytes(&self, element: &E) -> i64 {
        match self.heap_size {
            Some(heap_size) => signed(heap_size(element)),
            None => 0,
        }
    }
}

impl<K, N, X, E> fmt::Debug for TypedMut<'_, K, N, X, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TypedMut").field(&self.table).finish()
    }
}

/// A length as a count.
#[inline]
pub(crate) fn count(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}

/// A size as a difference.
#[inline]
pub(crate) fn signed(bytes: usize) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}
