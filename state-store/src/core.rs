//! The engine with what every write needs: poisoning, chunk numbers, known tails, scratch space.

use state_api::row::{chunk, envelope};
use state_api::{Codec, Error, ErrorKind, Result, StateValue};

use crate::directory;
use crate::layout::RowPrefix;
use crate::store::{OrderedStore, TableId};
use crate::tails::{Tail, Tails};

/// Chunk numbers reserved by one write of the directory.
const CHUNKS_AT_ONCE: u64 = 4096;

#[derive(Debug)]
pub(crate) struct Core<S> {
    store: S,
    poisoned: Option<Error>,
    /// Set while a user's closure runs; still set afterwards if it panicked.
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
            store,
            poisoned: None,
            in_update: false,
            next_chunk: chunks,
            chunk_bound: chunks,
            tails: Tails::default(),
            row: Vec::new(),
            element: Vec::new(),
        }
    }

    pub(crate) fn store(&self) -> &S {
        &self.store
    }

    pub(crate) fn store_mut(&mut self) -> &mut S {
        &mut self.store
    }

    pub(crate) fn into_store(self) -> S {
        self.store
    }

    /// Bytes of memory held beside the engine's own.
    pub(crate) fn bytes(&self) -> usize {
        self.tails.bytes() + self.row.capacity() + self.element.capacity()
    }

    /// Refuses further use after a failed write or a panicked closure.
    #[inline]
    pub(crate) fn check(&self) -> Result<()> {
        if self.poisoned.is_none() && !self.in_update {
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
        match &self.poisoned {
            Some(cause) => error.with_source(cause.clone()),
            None => error.with("cause", "a closure panicked inside an update"),
        }
    }

    /// Runs a write of the engine; poisons on failure.
    #[inline]
    pub(crate) fn write<R>(&mut self, write: impl FnOnce(&mut S) -> Result<R>) -> Result<R> {
        self.check()?;
        match write(&mut self.store) {
            Ok(result) => Ok(result),
            Err(error) => {
                self.poisoned = Some(error.clone());
                Err(error)
            }
        }
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
        self.poisoned = Some(error.clone());
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
        self.row.clear();
        envelope::begin(&mut self.row);
        codec.encode(value, &mut self.row)?;
        let row = &self.row;
        match self.store.put(table, key, row) {
            Ok(()) => Ok(()),
            Err(error) => {
                self.poisoned = Some(error.clone());
                Err(error)
            }
        }
    }

    /// Removes all rows below a prefix.
    pub(crate) fn clear(&mut self, table: TableId, prefix: &RowPrefix) -> Result<()> {
        self.tails.take(table, prefix.as_bytes());
        let end = state_api::key::prefix_end(prefix.as_bytes());
        self.write(|store| store.delete_range(table, prefix.as_bytes(), end.as_deref()))
    }

    /// Appends elements to a list: fills the tail chunk that is known, else opens new ones. Reads
    /// nothing; writes each chunk once.
    pub(crate) fn append<T: StateValue>(
        &mut self,
        table: TableId,
        prefix: &RowPrefix,
        codec: &dyn Codec<T>,
        elements: impl IntoIterator<Item = T>,
    ) -> Result<()> {
        let mut elements = elements.into_iter().peekable();
        if elements.peek().is_none() {
            return Ok(());
        }
        let mut tail = match self.tails.take(table, prefix.as_bytes()) {
            Some(tail) => tail,
            None => self.open_chunk(table, prefix)?,
        };
        let mut outcome = Ok(());
        let mut unwritten = false;
        for value in elements {
            self.element.clear();
            if let Err(error) = codec.encode(&value, &mut self.element) {
                outcome = Err(error);
                break;
            }
            let full = tail.row.len() + self.element.len() > chunk::MAX_BYTES;
            if full && tail.row.len() > EMPTY_CHUNK {
                if unwritten {
                    self.put_chunk(table, prefix, &tail)?;
                }
                tail = self.open_chunk(table, prefix)?;
            }
            chunk::push(&mut tail.row, &self.element);
            unwritten = true;
        }
        if unwritten {
            self.put_chunk(table, prefix, &tail)?;
        }
        if tail.row.len() > EMPTY_CHUNK {
            self.tails.put(tail);
        }
        outcome
    }

    fn open_chunk(&mut self, table: TableId, prefix: &RowPrefix) -> Result<Tail> {
        if self.next_chunk == self.chunk_bound {
            self.raise_chunk_bound(self.next_chunk + CHUNKS_AT_ONCE)?;
        }
        let number = self.next_chunk;
        self.next_chunk += 1;
        let mut row = Vec::with_capacity(64);
        envelope::begin(&mut row);
        Ok(Tail::new(table, prefix.as_bytes(), number, row))
    }

    fn put_chunk(&mut self, table: TableId, prefix: &RowPrefix, tail: &Tail) -> Result<()> {
        let mut key = smallvec::SmallVec::<[u8; 64]>::from_slice(prefix.as_bytes());
        key.extend_from_slice(&tail.chunk.to_be_bytes());
        self.write(|store| store.put(table, &key, &tail.row))
    }

    fn raise_chunk_bound(&mut self, bound: u64) -> Result<()> {
        self.write(|store| directory::set_chunks(store, bound))?;
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

    /// Forgets the tails of all lists.
    pub(crate) fn forget_tails(&mut self) {
        self.tails.clear();
    }
}

/// Length of a chunk row without elements.
const EMPTY_CHUNK: usize = 1;
