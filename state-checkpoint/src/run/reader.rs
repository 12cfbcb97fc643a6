//! Reads a run: checks before use, one block at a time.

use std::fmt;
use std::ops::Range;

use state_api::row::{RowRef, RowSource, StateMeta};
use state_api::{Error, ErrorKind, KeyGroupRange, Result};
use xxhash_rust::xxh3::Xxh3;

use super::block::{self, Kind, Payload};
use super::footer::{self, Footer};
use super::header::{self, Header};
use super::index::{self, Bounds, Entry};
use super::writer::order_of_end;
use super::{RUN_FORMAT, RangeTombstone, RowChange, codec, describe};
use crate::damage::corrupt;
use crate::digest::Digest;
use crate::manifest::RunRef;
use crate::storage::CheckpointStorage;

/// Bytes taken from the storage at once, at least one block.
const READ_BYTES: u64 = 1 << 20;

/// An open run file: header, index and footer are checked, no row is read yet.
#[derive(Clone, Debug)]
pub struct RunFile<'a> {
    storage: &'a dyn CheckpointStorage,
    path: String,
    size: u64,
    header: Header,
    blocks_start: u64,
    footer: Footer,
    entries: Vec<Entry>,
}

impl<'a> RunFile<'a> {
    /// Opens the run that a manifest refers to; trusts nothing but the reference. Three small reads,
    /// and one of the index.
    ///
    /// # Errors
    /// [`ErrorKind::Corrupt`] with `file` and `offset` when the file is not the one that was written,
    /// [`ErrorKind::Unsupported`] when a newer version wrote it, [`ErrorKind::NotFound`],
    /// [`ErrorKind::Io`].
    pub async fn open(storage: &'a dyn CheckpointStorage, run: &RunRef) -> Result<Self> {
        let RunRef {
            path,
            size,
            seal,
            rows,
            ..
        } = run;
        let size = *size;
        let found = storage.size(path).await?;
        if found != size {
            return Err(corrupt(path, found.min(size), "truncated or grown file")
                .with("expected", size)
                .with("found", found));
        }
        let shortest = header::PRELUDE + 8 + 8 + footer::LEN;
        if size < shortest {
            return Err(corrupt(path, size, "the file is too short for a run"));
        }
        let footer_start = size - footer::LEN;
        let footer_bytes = storage.read(path, footer_start..size).await?;
        let prelude = storage.read(path, 0..header::PRELUDE).await?;

        check_version(
            header::version(&prelude, path)?,
            footer::version(&footer_bytes, path, size)?,
        )
        .map_err(|error| error.with("file", path).with("offset", 8))?;
        let footer = Footer::decode(&footer_bytes, path, footer_start)?;
        if Digest::of(&footer_bytes) != *seal {
            return Err(corrupt(
                path,
                footer_start,
                "not the file that the manifest names",
            ));
        }
        let blocks_start = header::len(&prelude, path)?;
        let index_end = footer.index_offset.checked_add(footer.index_len);
        if blocks_start > footer.index_offset
            || index_end != Some(footer_start)
            || !index::is_len(footer.index_len)
        {
            return Err(corrupt(
                path,
                footer_start,
                "the parts of the file do not fit together",
            ));
        }
        if footer.rows != *rows {
            return Err(corrupt(
                path,
                footer_start,
                "the manifest names another number of rows",
            )
            .with("expected", rows)
            .with("found", footer.rows));
        }

        let header = header::decode(&storage.read(path, 0..blocks_start).await?, path)?;
        if header.checksum != footer.header_checksum {
            return Err(corrupt(
                path,
                0,
                "the header is not the one that the footer names",
            ));
        }
        let index_bytes = storage
            .read(path, footer.index_offset..footer_start)
            .await?;
        let bounds = Bounds {
            footer: &footer,
            blocks_start,
            max_parallelism: header.max_parallelism,
            states: header.states.len(),
        };
        let entries = index::decode(&index_bytes, &bounds, path)?;
        Ok(Self {
            storage,
            path: path.clone(),
            size,
            header,
            blocks_start,
            footer,
            entries,
        })
    }

    /// The path of the file.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The states that rows refer to by index, ascending by name.
    pub fn states(&self) -> &[StateMeta] {
        &self.header.states
    }

    /// The max parallelism that the key groups of the rows belong to.
    pub fn max_parallelism(&self) -> u16 {
        self.header.max_parallelism
    }

    /// The layout version that the key groups of the rows belong to.
    pub fn key_group_layout(&self) -> u16 {
        self.header.key_group_layout
    }

    /// Number of rows and tombstones.
    pub fn rows(&self) -> u64 {
        self.footer.rows
    }

    /// Number of range tombstones.
    pub fn range_tombstones(&self) -> u64 {
        self.footer.tombstones
    }

    /// The entries of the key groups `clip`. Reads only the blocks that may hold them.
    pub fn read(self, clip: KeyGroupRange) -> RunReader<'a> {
        RunReader {
            tombstone_blocks: index::select(&self.entries, Kind::Tombstones, clip),
            row_blocks: index::select(&self.entries, Kind::Rows, clip),
            file: self,
            clip,
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

    /// Reads the whole file once: every block, every row, and the digest.
    ///
    /// # Errors
    /// As [`RunFile::open`], and [`ErrorKind::Corrupt`] when `digest` is not the file's.
    pub async fn verify(self, digest: Digest) -> Result<()> {
        let (path, size) = (self.path.clone(), self.size);
        let (storage, index_offset) = (self.storage, self.footer.index_offset);
        let mut hasher = Xxh3::new();
        hasher.update(&storage.read(&path, 0..self.blocks_start).await?);
        let mut reader = self.read(KeyGroupRange::new(0, u16::MAX)?);
        reader.tee = Some(hasher);
        while reader.load_block().await? {
            while !reader.at_block_end() {
                reader.decode_entry()?;
            }
        }
        let mut hasher = reader.tee.take().unwrap_or_default();
        hasher.update(&storage.read(&path, index_offset..size).await?);
        if Digest::finish(&hasher) != digest {
            return Err(corrupt(&path, 0, "the digest of the file does not match")
                .with("expected", digest)
                .with("found", Digest::finish(&hasher)));
        }
        Ok(())
    }
}

/// Refuses versions that this crate does not know. Header and footer both carry the version, at
/// places that never change, so that a flipped bit in one is not taken for a newer version.
fn check_version(header: u16, footer: u16) -> Result<()> {
    if header != footer || header == 0 {
        return Err(Error::new(
            ErrorKind::Corrupt,
            "header and footer differ in the version",
        )
        .with("header", header)
        .with("footer", footer));
    }
    if header > RUN_FORMAT {
        return Err(Error::new(
            ErrorKind::Unsupported,
            "the run format is of a newer version",
        )
        .with("found", header)
        .with("supported", RUN_FORMAT));
    }
    Ok(())
}

/// The entries of one run within a key-group range, ascending.
///
/// [`RunReader::next_op`] gives all entries; as a [`RowSource`] it gives the rows of a base run, and
/// a tombstone is [`ErrorKind::Unsupported`]. Both block the calling thread while the storage works:
/// call them on a thread that may block, not inside an async runtime.
///
/// Memory: 1 MiB of file and one raw block. After an error, every call is an error.
pub struct RunReader<'a> {
    file: RunFile<'a>,
    clip: KeyGroupRange,
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

impl RunReader<'_> {
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
    pub(crate) fn advance(&mut self) -> Result<bool> {
        if self.failed {
            return Err(
                Error::new(ErrorKind::Poisoned, "an earlier read of this run failed")
                    .with("file", &self.file.path),
            );
        }
        let result = self.try_advance();
        self.failed = result.is_err();
        result
    }

    fn try_advance(&mut self) -> Result<bool> {
        loop {
            if self.at_block_end() && !pollster::block_on(self.load_block())? {
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

    fn at_block_end(&self) -> bool {
        self.block.as_ref().is_none_or(|block| block.rows_left == 0)
    }

    /// The value of the current row; `None` for a tombstone.
    fn envelope(&self) -> Option<&[u8]> {
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
        let Some(entry) = self.file.entries.get(number).cloned() else {
            return Ok(false);
        };
        if entry.kind != self.kind {
            self.kind = entry.kind;
            self.position = None;
        }
        let span = match self.chunk.find(&entry) {
            Some(span) => span,
            None => self.read_chunk(&entry, ahead).await?,
        };
        let path = &self.file.path;
        let bytes = self.chunk.bytes.get(span.clone()).unwrap_or_default();
        if let Some(hasher) = &mut self.tee {
            hasher.update(bytes);
        }
        let expected = (entry.kind, entry.checksum);
        let payload = match block::decode(bytes, expected, &mut self.raw, (path, entry.offset))? {
            Payload::Stored(len) => {
                let start = span.start + block::PAYLOAD_START;
                PayloadAt::Chunk(start..start + len)
            }
            Payload::Decompressed => PayloadAt::Raw,
        };
        let rows_left = entry.rows;
        self.block = Some(Block {
            entry,
            payload,
            next: 0,
            rows_left,
        });
        Ok(true)
    }

    /// Reads the block of `entry`, and those behind it up to [`READ_BYTES`]; returns where it lies in
    /// the chunk. The index bounds what is read by the size of the file.
    async fn read_chunk(&mut self, entry: &Entry, ahead: Range<usize>) -> Result<Range<usize>> {
        let mut end = entry.offset + u64::from(entry.len);
        for next in self
            .file
            .entries
            .get(ahead)
            .unwrap_or_default()
            .iter()
            .skip(1)
        {
            let next_end = next.offset + u64::from(next.len);
            if next_end - entry.offset > READ_BYTES {
                break;
            }
            end = next_end;
        }
        self.chunk.bytes = Vec::new();
        let bytes = self
            .file
            .storage
            .read(&self.file.path, entry.offset..end)
            .await?;
        self.chunk = Chunk {
            bytes,
            offset: entry.offset,
        };
        self.chunk.find(entry).ok_or_else(|| {
            Error::new(
                ErrorKind::Io,
                "the storage returned fewer bytes than asked for",
            )
            .with("file", &self.file.path)
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
        let (path, offset, at) = (&self.file.path, block.entry.offset, block.next);
        let damaged = |message: &str| corrupt(path, offset, message).with("in_block", at);
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
        let state_known =
            usize::try_from(position.1).is_ok_and(|s| s < self.file.header.states.len());
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
            .field("file", &self.file.path)
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
    /// The current entry as a row of a base run.
    pub(crate) fn row(&self) -> Result<RowRef<'_>> {
        let (group, state) = self.position.unwrap_or_default();
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
            ErrorKind::Unsupported,
            "a base run holds tombstones: restoring deltas needs a newer version",
        )
        .with("file", &self.file.path)
        .with("offset", offset)
    }
}
