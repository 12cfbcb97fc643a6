//! Reads a run: checks before use, one block at a time.

use std::fmt;
use std::ops::Range;

use state_api::row::{RowRef, RowSource};
use state_api::{Error, ErrorKind, KeyGroupRange, Result};
use xxhash_rust::xxh3::Xxh3;

use super::block::{self, Kind, Payload};
use super::file::RunFile;
use super::index::Entry;
use super::writer::order_of_end;
use super::{RangeTombstone, RowChange, codec, describe};
use crate::damage::corrupt;
use crate::manifest::RunKind;
use crate::progress::Meter;
use crate::storage::{CheckpointStorage, copies, failed_too};

/// Most bytes taken from the storage at once, unless a block is larger.
pub(crate) const READ_BYTES: u64 = 1 << 20;

/// How a run is read.
#[derive(Clone, Debug)]
pub(crate) struct Reading {
    /// Bytes taken from the storage at once, at least one block.
    pub(crate) ahead: u64,
    /// Counts the blocks.
    pub(crate) meter: Option<Meter>,
}

impl Default for Reading {
    fn default() -> Self {
        Self {
            ahead: READ_BYTES,
            meter: None,
        }
    }
}

/// The entries of one run within a key-group range, ascending.
///
/// [`RunReader::next_op`] gives all entries; as a [`RowSource`] it gives the rows of a run without
/// tombstones. Both block the calling thread while the storage works: call them on a thread that may
/// block, not inside an async runtime.
///
/// A block that fails its checksum, or cannot be read, is taken from the storage's
/// [fallback](CheckpointStorage::fallback).
///
/// Memory: 1 MiB of file and one raw block; where a block is larger, that block. After an error,
/// every call is an error.
pub struct RunReader<'a> {
    file: RunFile<'a>,
    clip: KeyGroupRange,
    reading: Reading,
    /// Number of states of the run.
    states: u32,
    /// Entries of the index that are still to be read.
    tombstone_blocks: Range<usize>,
    row_blocks: Range<usize>,
    /// Hashes the blocks as they lie in the file.
    tee: Option<Xxh3>,
    failed: bool,
    chunk: Chunk,
    block: Option<Block>,
    /// The raw payload of a block that was compressed.
    raw: Vec<u8>,
    kind: Kind,
    /// Position of the current entry, kept over the end of a block to check the order.
    position: Option<(u16, u32)>,
    /// Key of the current row, start of the current range.
    key: Vec<u8>,
    /// Where the value of the current row lies in the payload; `None` for a tombstone.
    value: Option<Range<usize>>,
    /// End of the current range.
    end: Option<Vec<u8>>,
}

/// A piece of the file with whole blocks.
#[derive(Debug, Default)]
struct Chunk {
    bytes: Vec<u8>,
    offset: u64,
    /// Number of the copy that it came from.
    copy: usize,
}

#[derive(Debug)]
struct Block {
    entry: Entry,
    payload: PayloadAt,
    /// Where the next entry begins.
    next: usize,
    rows_left: u32,
}

/// Where the raw payload is.
#[derive(Clone, Debug)]
enum PayloadAt {
    Chunk(Range<usize>),
    Raw,
}

impl<'a> RunReader<'a> {
    /// Reads both kinds of entries.
    pub(super) fn new(file: RunFile<'a>, clip: KeyGroupRange, reading: Reading) -> Self {
        Self {
            tombstone_blocks: file.blocks(Kind::Tombstones, clip),
            row_blocks: file.blocks(Kind::Rows, clip),
            states: u32::try_from(file.states().len()).unwrap_or(u32::MAX),
            file,
            clip,
            reading,
            tee: None,
            failed: false,
            chunk: Chunk::default(),
            block: None,
            raw: Vec::new(),
            kind: Kind::Tombstones,
            position: None,
            key: Vec::new(),
            value: None,
            end: None,
        }
    }

    /// Reads only the rows and tombstones of `file`.
    pub(crate) fn of_rows(file: RunFile<'a>, clip: KeyGroupRange, reading: Reading) -> Self {
        let mut reader = Self::new(file, clip, reading);
        reader.tombstone_blocks = 0..0;
        reader
    }

    /// Reads only the range tombstones of `file`; `None` when none can lie in `clip`.
    pub(crate) fn of_ranges(
        file: RunFile<'a>,
        clip: KeyGroupRange,
        reading: Reading,
    ) -> Option<Self> {
        let mut reader = Self::new(file, clip, reading);
        reader.row_blocks = 0..0;
        (!reader.tombstone_blocks.is_empty()).then_some(reader)
    }

    /// Reads and checks all entries, and feeds the blocks to `hasher`.
    pub(super) async fn read_all(&mut self, hasher: Xxh3) -> Result<Xxh3> {
        self.tee = Some(hasher);
        while self.load_block().await? {
            while !self.at_block_end() {
                self.decode_entry()?;
            }
        }
        Ok(self.tee.take().unwrap_or_default())
    }

    /// The next entry, or `None` at the end: range tombstones first, then rows and tombstones.
    ///
    /// # Errors
    /// [`ErrorKind::Corrupt`] with `file` and `offset`, [`ErrorKind::Io`].
    pub fn next_op(&mut self) -> Result<Option<RowChange<'_>>> {
        if !self.advance()? {
            return Ok(None);
        }
        let (group, state) = self.position.unwrap_or_default();
        let key = self.key.as_slice();
        Ok(Some(match self.kind {
            Kind::Tombstones => {
                let end = self.end.as_deref();
                RowChange::DeleteRange(RangeTombstone {
                    group,
                    state,
                    start: key,
                    end,
                })
            }
            Kind::Rows => match self.envelope() {
                Some(envelope) => RowChange::Put(RowRef {
                    group,
                    state,
                    key,
                    envelope,
                }),
                None => RowChange::Delete { group, state, key },
            },
        }))
    }

    /// Moves to the next entry of the clip; `false` at the end. Blocks.
    #[inline]
    pub(crate) fn advance(&mut self) -> Result<bool> {
        if self.failed {
            return Err(self.has_failed());
        }
        let result = self.try_advance();
        self.failed = result.is_err();
        result
    }

    #[cold]
    fn has_failed(&self) -> Error {
        Error::new(ErrorKind::Poisoned, "an earlier read of this run failed")
            .with("file", self.file.path())
    }

    #[inline]
    fn try_advance(&mut self) -> Result<bool> {
        loop {
            if self.at_block_end() && !self.next_block()? {
                return Ok(false);
            }
            self.decode_entry()?;
            // A block may begin before the clip and end after it; its rows are checked all the same.
            if self
                .position
                .is_some_and(|(group, _)| self.clip.contains(group))
            {
                return Ok(true);
            }
        }
    }

    /// Once a block, so that a row need not pass by its code.
    #[cold]
    fn next_block(&mut self) -> Result<bool> {
        pollster::block_on(self.load_block())
    }

    fn at_block_end(&self) -> bool {
        self.block.as_ref().is_none_or(|block| block.rows_left == 0)
    }

    /// The value of the current row; `None` for a tombstone.
    pub(crate) fn envelope(&self) -> Option<&[u8]> {
        let range = self.value.clone()?;
        Some(self.payload().get(range).unwrap_or_default())
    }

    /// Loads and checks the next block; `false` when there is none.
    async fn load_block(&mut self) -> Result<bool> {
        self.block = None;
        let blocks = if self.tombstone_blocks.is_empty() {
            &mut self.row_blocks
        } else {
            &mut self.tombstone_blocks
        };
        let Some(number) = blocks.next() else {
            return Ok(false);
        };
        let ahead = number..blocks.end;
        let Some(entry) = self.file.entries().get(number).cloned() else {
            return Ok(false);
        };
        if entry.kind != self.kind {
            self.kind = entry.kind;
            self.position = None;
        }
        let payload = match self.chunk.find(&entry) {
            Some(span) => match self.open_block(&entry, span) {
                Ok(payload) => payload,
                Err(error) => self.fetch_block(&entry, ahead, Some(error)).await?,
            },
            None => self.fetch_block(&entry, ahead, None).await?,
        };
        if let Some(meter) = &self.reading.meter {
            meter.add(u64::from(entry.len), u64::from(entry.rows));
        }
        let rows_left = entry.rows;
        self.block = Some(Block {
            entry,
            payload,
            next: 0,
            rows_left,
        });
        Ok(true)
    }

    /// Checks the block at `span` of the chunk and decompresses it. Keeps no memory that is not
    /// needed for the rows to come: at most the chunk and one raw block.
    fn open_block(&mut self, entry: &Entry, span: Range<usize>) -> Result<PayloadAt> {
        let bytes = self.chunk.bytes.get(span.clone()).unwrap_or_default();
        let expected = (entry.kind, entry.checksum);
        let at = (self.file.path(), entry.offset);
        let payload = block::decode(bytes, expected, &mut self.raw, at)?;
        if let Some(hasher) = &mut self.tee {
            hasher.update(bytes);
        }
        Ok(match payload {
            Payload::Stored(len) => {
                self.raw = Vec::new();
                let start = span.start + block::PAYLOAD_START;
                PayloadAt::Chunk(start..start + len)
            }
            Payload::Decompressed => {
                if span.end == self.chunk.bytes.len() {
                    self.chunk = Chunk::default();
                }
                PayloadAt::Raw
            }
        })
    }

    /// Reads and checks a block, and reads those behind it, from the first copy where that works.
    /// `failure` is that of the chunk, which is given up.
    async fn fetch_block(
        &mut self,
        entry: &Entry,
        ahead: Range<usize>,
        failure: Option<Error>,
    ) -> Result<PayloadAt> {
        let storage = self.file.storage();
        // A chunk that failed is not asked for again from where it came.
        let failed = failure.as_ref().map(|_| self.chunk.copy);
        let mut earlier = failure;
        for (copy, storage) in copies(storage).enumerate() {
            if failed == Some(copy) {
                continue;
            }
            let read = self.read_chunk(storage, copy, entry, ahead.clone()).await;
            match read.and_then(|span| self.open_block(entry, span)) {
                Ok(payload) => return Ok(payload),
                Err(error) => earlier = Some(failed_too(error, earlier)),
            }
        }
        // Something failed, or there would be a payload.
        Err(earlier.unwrap_or_else(|| Error::new(ErrorKind::NotFound, "no storage")))
    }

    /// Reads the block of `entry`, and those behind it as far as reading ahead goes; returns where it
    /// lies in the chunk. The index bounds what is read by the size of the file.
    async fn read_chunk(
        &mut self,
        storage: &dyn CheckpointStorage,
        copy: usize,
        entry: &Entry,
        ahead: Range<usize>,
    ) -> Result<Range<usize>> {
        let mut end = entry.offset + u64::from(entry.len);
        let following = self.file.entries().get(ahead).unwrap_or_default();
        for next in following.iter().skip(1) {
            let next_end = next.offset + u64::from(next.len);
            if next_end - entry.offset > self.reading.ahead {
                break;
            }
            end = next_end;
        }
        self.chunk = Chunk::default();
        let bytes = storage.read(self.file.path(), entry.offset..end).await?;
        self.chunk = Chunk {
            bytes,
            offset: entry.offset,
            copy,
        };
        self.chunk.find(entry).ok_or_else(|| {
            Error::new(
                ErrorKind::Io,
                "the storage returned fewer bytes than asked for",
            )
            .with("file", self.file.path())
            .with("offset", entry.offset)
        })
    }

    fn payload(&self) -> &[u8] {
        match self.block.as_ref().map(|block| &block.payload) {
            Some(PayloadAt::Chunk(range)) => {
                self.chunk.bytes.get(range.clone()).unwrap_or_default()
            }
            Some(PayloadAt::Raw) => &self.raw,
            None => &[],
        }
    }

    /// Decodes the next entry of the block and checks it against the one before and the index.
    fn decode_entry(&mut self) -> Result<()> {
        // Borrows of single fields: the key is written while the payload is read.
        let Some(block) = &mut self.block else {
            return Ok(());
        };
        let payload = match &block.payload {
            PayloadAt::Chunk(range) => self.chunk.bytes.get(range.clone()).unwrap_or_default(),
            PayloadAt::Raw => &self.raw,
        };
        let (file, offset, at) = (&self.file, block.entry.offset, block.next);
        let damaged = |message: &str| corrupt(file.path(), offset, message).with("in_block", at);
        let first = block.rows_left == block.entry.rows;

        let (position, ascending, next) = match self.kind {
            Kind::Rows => {
                let row = codec::row(payload, at).ok_or_else(|| damaged("not a row"))?;
                let suffix = payload.get(row.suffix).unwrap_or_default();
                let position = (row.group, row.state);
                // In a block, keys continue the one before; the first key stands alone.
                let tail = self
                    .key
                    .get(row.shared..)
                    .filter(|_| !first || row.shared == 0);
                let tail =
                    tail.ok_or_else(|| damaged("a key continues bytes that are not there"))?;
                let ascending = self
                    .position
                    .is_none_or(|last| (last, tail) < (position, suffix));
                self.key.truncate(row.shared);
                self.key.extend_from_slice(suffix);
                if row.value.is_none() && self.file.kind() == RunKind::Base {
                    return Err(damaged("a base run holds a tombstone"));
                }
                self.value = row.value;
                (position, ascending, row.next)
            }
            Kind::Tombstones => {
                let range = codec::tombstone(payload, at)
                    .ok_or_else(|| damaged("not a range tombstone"))?;
                let position = (range.group, range.state);
                let start = payload.get(range.start).unwrap_or_default();
                let end = range.end.map(|end| payload.get(end).unwrap_or_default());
                if end.is_some_and(|end| start >= end) {
                    return Err(damaged("the range of a tombstone is empty"));
                }
                let last_end = order_of_end(self.end.as_deref());
                let ascending = self.position.is_none_or(|last| {
                    (last, self.key.as_slice(), last_end) < (position, start, order_of_end(end))
                });
                self.key.clear();
                self.key.extend_from_slice(start);
                self.end = end.map(<[u8]>::to_vec);
                (position, ascending, range.next)
            }
        };
        if !ascending {
            return Err(damaged("rows are not strictly ascending")
                .with("row", describe(position.0, position.1, &self.key)));
        }
        let state_known = position.1 < self.states;
        let inside = block.entry.first <= position && position <= block.entry.last;
        if !state_known || !inside || (first && position != block.entry.first) {
            return Err(damaged("a row lies outside its index entry")
                .with("row", describe(position.0, position.1, &self.key)));
        }
        block.rows_left = block.rows_left.saturating_sub(1);
        block.next = next;
        if block.rows_left == 0 && (next != payload.len() || position != block.entry.last) {
            return Err(damaged("a block disagrees with its index entry"));
        }
        self.position = Some(position);
        Ok(())
    }
}

impl fmt::Debug for RunReader<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunReader")
            .field("file", &self.file.path())
            .field("clip", &self.clip)
            .field("position", &self.position)
            .field("failed", &self.failed)
            .finish_non_exhaustive()
    }
}

impl Chunk {
    /// Where the block of `entry` lies in the chunk, if it does.
    fn find(&self, entry: &Entry) -> Option<Range<usize>> {
        let start = usize::try_from(entry.offset.checked_sub(self.offset)?).ok()?;
        let end = start.checked_add(usize::try_from(entry.len).ok()?)?;
        (end <= self.bytes.len()).then_some(start..end)
    }
}

impl RowSource for RunReader<'_> {
    fn next_row(&mut self) -> Result<Option<RowRef<'_>>> {
        if self.advance()? {
            self.row().map(Some)
        } else {
            Ok(None)
        }
    }
}

impl RunReader<'_> {
    /// Key group and state of the current entry.
    pub(crate) fn position(&self) -> (u16, u32) {
        self.position.unwrap_or_default()
    }

    /// Key of the current row, or start of the current range.
    pub(crate) fn key(&self) -> &[u8] {
        &self.key
    }

    /// End of the current range.
    pub(crate) fn end(&self) -> Option<&[u8]> {
        self.end.as_deref()
    }

    /// Whether the current row is a tombstone.
    pub(crate) fn is_tombstone(&self) -> bool {
        self.value.is_none()
    }

    fn row(&self) -> Result<RowRef<'_>> {
        let (group, state) = self.position();
        match (self.kind, self.envelope()) {
            (Kind::Rows, Some(envelope)) => Ok(RowRef {
                group,
                state,
                key: &self.key,
                envelope,
            }),
            _ => Err(self.has_tombstones()),
        }
    }

    #[cold]
    fn has_tombstones(&self) -> Error {
        let offset = self.block.as_ref().map_or(0, |block| block.entry.offset);
        Error::new(
            ErrorKind::Invalid,
            "a run with tombstones is no source of rows: read its changes",
        )
        .with("file", self.file.path())
        .with("offset", offset)
    }
}
