//! The engine with what every write needs: poisoning, chunk numbers, known tails, scratch space.

use state_api::key::prefix_end;
use state_api::row::{chunk, envelope};
use state_api::{Codec, Error, ErrorKind, Result, StateValue};

use crate::changes::Tracking;
use crate::directory;
use crate::engine::Engine;
use crate::layout::{KeyBytes, RowPrefix};
use crate::read::decode;
use crate::store::{OrderedStore, TableId};
use crate::tails::{At, Tail, Tails};

/// Chunk numbers reserved by one write of the directory.
const CHUNKS_AT_ONCE: u64 = 4096;

/// Makes a row of a value, in its envelope.
#[inline]
fn encode<V: StateValue>(codec: &dyn Codec<V>, value: &V, row: &mut Vec<u8>) -> Result<()> {
    row.clear();
    envelope::begin(row);
    codec.encode(value, row)
}

#[cold]
fn never_called() -> Error {
    Error::new(
        ErrorKind::Invalid,
        "the store was asked to modify a row, and did not ask what it is to become: see `OrderedStore::modify`",
    )
}

#[derive(Debug)]
pub(crate) struct Core<S> {
    engine: Engine<S>,
    /// Set while foreign code runs - a closure, an iterator, a codec - that may leave half of
    /// something; still set afterwards if it panicked.
    in_update: bool,
    next_chunk: u64,
    chunk_bound: u64,
    tails: Tails,
    row: Vec<u8>,
    element: Vec<u8>,
}

impl<S: OrderedStore> Core<S> {
    pub(crate) fn new(store: S, chunks: u64) -> Self {
        Self {
            engine: Engine::new(store),
            in_update: false,
            next_chunk: chunks,
            chunk_bound: chunks,
            tails: Tails::new(S::READS_TAILS),
            row: Vec::new(),
            element: Vec::new(),
        }
    }

    pub(crate) fn store(&self) -> &S {
        &self.engine.store
    }

    pub(crate) fn store_mut(&mut self) -> &mut S {
        &mut self.engine.store
    }

    pub(crate) fn into_store(self) -> S {
        self.engine.store
    }

    /// Bytes of memory held beside the engine's own.
    pub(crate) fn bytes(&self) -> usize {
        let own = self.tails.bytes() + self.row.capacity() + self.element.capacity();
        own + self.engine.store.bytes_held()
    }

    /// Refuses further use after a failed write or a panicked closure.
    #[inline]
    pub(crate) fn check(&self) -> Result<()> {
        if self.engine.poisoned.is_none() && !self.in_update {
            Ok(())
        } else {
            Err(self.poison())
        }
    }

    #[cold]
    fn poison(&self) -> Error {
        let error = Error::new(
            ErrorKind::Poisoned,
            "an earlier failure left the backend untrustworthy: destroy it and restore a checkpoint",
        );
        match &self.engine.poisoned {
            Some(cause) => error.with_source(cause.clone()),
            None => error.with(
                "cause",
                "a closure, iterator or codec panicked inside a write",
            ),
        }
    }

    /// Runs a write of the engine that is none of a state's rows; poisons on failure.
    #[inline]
    pub(crate) fn write<R>(&mut self, write: impl FnOnce(&mut S) -> Result<R>) -> Result<R> {
        self.check()?;
        self.engine.attempt(write)
    }

    /// Writes a row as it is.
    #[inline]
    pub(crate) fn put_row(&mut self, table: TableId, key: &[u8], row: &[u8]) -> Result<()> {
        self.check()?;
        self.engine.put(table, key, row)
    }

    /// Removes a row.
    #[inline]
    pub(crate) fn delete(&mut self, table: TableId, key: &[u8]) -> Result<()> {
        self.check()?;
        self.engine.delete(table, key)
    }

    /// Removes the rows from `from` on and before `to`.
    pub(crate) fn delete_range(
        &mut self,
        table: TableId,
        from: &[u8],
        to: Option<&[u8]>,
    ) -> Result<()> {
        self.check()?;
        self.engine.delete_range(table, from, to)
    }

    /// Runs a user's closure; if it panics, the backend stays poisoned, also for an accessor that
    /// was resolved before.
    #[inline]
    pub(crate) fn update<R>(&mut self, f: impl FnOnce() -> R) -> Result<R> {
        self.check()?;
        self.in_update = true;
        let result = f();
        self.in_update = false;
        Ok(result)
    }

    /// Refuses all further use: the backend holds half of something.
    pub(crate) fn fail(&mut self, error: &Error) {
        self.engine.poisoned = Some(error.clone());
    }

    /// Encodes a value into an envelope and writes it.
    #[inline]
    pub(crate) fn put<V: StateValue>(
        &mut self,
        table: TableId,
        key: &[u8],
        codec: &dyn Codec<V>,
        value: &V,
    ) -> Result<()> {
        self.check()?;
        encode(codec, value, &mut self.row)?;
        self.engine.put(table, key, &self.row)
    }

    /// Decodes a value, lets `f` change it or `init`, and writes it. If `f` or the codec panics, the backend stays poisoned.
    #[inline]
    pub(crate) fn modify<V: StateValue, R>(
        &mut self,
        table: TableId,
        key: &[u8],
        codec: &dyn Codec<V>,
        init: V,
        f: impl FnOnce(&mut V) -> R,
    ) -> Result<R> {
        self.check()?;
        let Self { engine, row, .. } = self;
        let mut result = None;
        let change = |found: Option<&[u8]>, row: &mut Vec<u8>| {
            let found = found.map(|row| decode(codec, row)).transpose()?;
            let mut value = found.unwrap_or(init);
            let result = f(&mut value);
            encode(codec, &value, row)?;
            Ok(result)
        };
        self.in_update = true;
        let written = engine.modify(table, key, |found| {
            let changed = result.insert(change(found, row));
            changed.is_ok().then_some(row.as_slice())
        });
        self.in_update = false;
        written?;
        result.unwrap_or_else(|| Err(never_called()))
    }

    /// Removes all rows below a prefix.
    pub(crate) fn clear(&mut self, table: TableId, prefix: &RowPrefix) -> Result<()> {
        self.check()?;
        self.tails.forget(At::new(table, prefix.as_bytes()));
        self.delete_rows(table, prefix, None, None)
    }

    /// Appends elements to a list: fills the tail chunk that is known, else opens new ones. Reads
    /// nothing, or a chunk that is known by its number; writes each chunk once, and holds no more than
    /// two. All or nothing: a refused element takes back what was written before it.
    pub(crate) fn append<T: StateValue>(
        &mut self,
        table: TableId,
        prefix: &RowPrefix,
        codec: &dyn Codec<T>,
        elements: impl IntoIterator<Item = T>,
    ) -> Result<()> {
        self.foreign(|core| {
            let mut elements = elements.into_iter().peekable();
            if elements.peek().is_none() {
                return Ok(());
            }
            let at = At::new(table, prefix.as_bytes());
            let tail = match core.tails.take(at) {
                Some(tail) => tail,
                None => match core.read_tail(table, prefix, at)? {
                    Some(tail) => tail,
                    None => core.open_chunk(at)?,
                },
            };
            core.fill(table, prefix, codec, tail, elements)
        })
    }

    /// Makes elements the whole list: writes them behind the old ones, then removes those. So it
    /// holds no more than [`Core::append`] does, and a refused element has changed nothing.
    pub(crate) fn replace<T: StateValue>(
        &mut self,
        table: TableId,
        prefix: &RowPrefix,
        codec: &dyn Codec<T>,
        elements: impl IntoIterator<Item = T>,
    ) -> Result<()> {
        self.foreign(|core| {
            let mut elements = elements.into_iter().peekable();
            let at = At::new(table, prefix.as_bytes());
            let old = core.tails.take(at);
            core.tails.take_number(at); // behind what comes it would be an old one
            if elements.peek().is_none() {
                return core.delete_rows(table, prefix, None, None);
            }
            let first = core.open_chunk(at)?;
            let number = first.chunk;
            match core.fill(table, prefix, codec, first, elements) {
                Ok(()) => core.delete_rows(table, prefix, None, Some(number)),
                Err(error) => {
                    if let Some(old) = old {
                        core.tails.put(old);
                    }
                    Err(error)
                }
            }
        })
    }

    /// Runs an operation that calls foreign code; if that panics, the backend stays poisoned.
    #[inline]
    fn foreign<R>(&mut self, operation: impl FnOnce(&mut Self) -> Result<R>) -> Result<R> {
        self.check()?;
        self.in_update = true;
        let result = operation(self);
        self.in_update = false;
        result
    }

    /// Writes elements, at least one, into the chunk `tail` and new ones behind it. When one is
    /// refused, `tail` is again as it was and the new chunks are gone.
    fn fill<T: StateValue>(
        &mut self,
        table: TableId,
        prefix: &RowPrefix,
        codec: &dyn Codec<T>,
        mut tail: Tail,
        elements: impl Iterator<Item = T>,
    ) -> Result<()> {
        let len = tail.row.len();
        // The first chunk, once another follows it; until then nothing is written.
        let mut first = None;
        let mut unwritten = false;
        for value in elements {
            self.element.clear();
            if let Err(refused) = codec.encode(&value, &mut self.element) {
                let wrote = first.is_some();
                self.take_back(table, prefix, first.unwrap_or(tail), len, wrote)?;
                return Err(refused);
            }
            let full = tail.row.len() + self.element.len() > chunk::MAX_BYTES;
            if full && tail.row.len() > EMPTY_CHUNK {
                if unwritten {
                    self.put_chunk(table, prefix, &tail)?;
                }
                let next = self.open_chunk(At::new(table, prefix.as_bytes()))?;
                let filled = std::mem::replace(&mut tail, next);
                first.get_or_insert(filled);
            }
            chunk::push(&mut tail.row, &self.element);
            unwritten = true;
        }
        self.put_chunk(table, prefix, &tail)?;
        self.tails.put(tail);
        Ok(())
    }

    /// Makes `first`, of which the first `len` bytes are old, the last chunk of its list again.
    fn take_back(
        &mut self,
        table: TableId,
        prefix: &RowPrefix,
        mut first: Tail,
        len: usize,
        wrote: bool,
    ) -> Result<()> {
        first.row.truncate(len);
        let is_old = len > EMPTY_CHUNK;
        if wrote {
            self.delete_rows(table, prefix, Some(first.chunk), None)?;
            if is_old {
                self.put_chunk(table, prefix, &first)?;
            }
        }
        if is_old {
            self.tails.put(first);
        }
        Ok(())
    }

    /// Removes the rows below a prefix; of a list, those from chunk `from` on and before chunk `to`.
    fn delete_rows(
        &mut self,
        table: TableId,
        prefix: &RowPrefix,
        from: Option<u64>,
        to: Option<u64>,
    ) -> Result<()> {
        let from = match from {
            Some(number) => prefix.chunk(number),
            None => KeyBytes::from_slice(prefix.as_bytes()),
        };
        let to = match to {
            Some(number) => Some(prefix.chunk(number)),
            None => prefix_end(prefix.as_bytes()).map(KeyBytes::from_vec),
        };
        self.engine.delete_range(table, &from, to.as_deref())
    }

    /// The tail of a list that is known by its number alone.
    fn read_tail(
        &mut self,
        table: TableId,
        prefix: &RowPrefix,
        at: At<'_>,
    ) -> Result<Option<Tail>> {
        let Some(number) = self.tails.take_number(at) else {
            return Ok(None);
        };
        let Some(row) = self.engine.store.get(table, &prefix.chunk(number))? else {
            return Ok(None);
        };
        let row = row.as_ref();
        // What this version does not know of it would be in front of elements that it writes.
        envelope::payload(row)?;
        let mut tail = self.tails.make(at, number);
        tail.row.extend_from_slice(row);
        Ok(Some(tail))
    }

    fn open_chunk(&mut self, at: At<'_>) -> Result<Tail> {
        if self.next_chunk == self.chunk_bound {
            self.raise_chunk_bound(self.next_chunk + CHUNKS_AT_ONCE)?;
        }
        let number = self.next_chunk;
        self.next_chunk += 1;
        let mut tail = self.tails.make(at, number);
        tail.row.reserve(NEW_ROW);
        envelope::begin(&mut tail.row);
        Ok(tail)
    }

    fn put_chunk(&mut self, table: TableId, prefix: &RowPrefix, tail: &Tail) -> Result<()> {
        let key = prefix.chunk(tail.chunk);
        self.engine.put(table, &key, &tail.row)
    }

    fn raise_chunk_bound(&mut self, bound: u64) -> Result<()> {
        self.engine
            .attempt(|store| directory::set_chunks(store, bound))?;
        self.chunk_bound = bound;
        Ok(())
    }

    /// Makes chunk numbers start at `next`, if they do not start later already.
    pub(crate) fn skip_chunks_to(&mut self, next: u64) -> Result<()> {
        if next > self.next_chunk {
            self.raise_chunk_bound(next)?;
            self.next_chunk = next;
        }
        Ok(())
    }

    /// Makes chunk numbers start at `bound`, which the directory says, or is to say.
    pub(crate) fn begin_chunks_at(&mut self, bound: u64) -> Result<()> {
        self.raise_chunk_bound(bound)?;
        self.next_chunk = bound;
        Ok(())
    }

    /// Whether changes are tracked.
    pub(crate) fn tracking(&mut self) -> &mut Tracking {
        &mut self.engine.tracking
    }

    /// Bytes that tracking holds.
    pub(crate) fn tracking_bytes(&self) -> usize {
        self.engine.tracking.bytes()
    }

    /// Forgets the tails of all lists: chunks come or go that are not written by appends.
    pub(crate) fn forget_tails(&mut self) {
        self.tails.clear();
    }
}

/// Room in the row of a chunk that is opened.
const NEW_ROW: usize = 64;

/// Length of a chunk row without elements.
const EMPTY_CHUNK: usize = 1;
