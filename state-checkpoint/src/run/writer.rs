//! Writes a run, in one pass and bounded memory.

use std::fmt;

use state_api::row::{RowRef, StateMeta};
use state_api::{Error, ErrorKind, KeyGroups, Result};
use xxhash_rust::xxh3::Xxh3;

use super::block::{BlockEncoder, Kind, MAX_RAW};
use super::codec::{ROW_OVERHEAD, push_row, push_tombstone};
use super::footer::Footer;
use super::index::Entry;
use super::{RangeTombstone, RowChange, RunOptions, describe, header, index};
use crate::digest::Digest;
use crate::manifest::{RunKind, RunRef};
use crate::storage::{CheckpointStorage, FileWriter};

/// Bytes collected before they are handed to the storage.
const WRITE_BYTES: usize = 1 << 20;

/// Writes one run file.
///
/// Memory: one raw block, one compressed block, a write buffer of 1 MiB, and 40 bytes of index a
/// block (0.06 % of the raw bytes at the default block size). A row larger than a block is copied
/// twice. Equal input and options give equal bytes.
///
/// After an error, drop the writer: nothing is visible under its name.
pub struct RunWriter {
    path: String,
    run_kind: RunKind,
    file: Box<dyn FileWriter>,
    groups: KeyGroups,
    states: Vec<StateMeta>,
    target: usize,
    encoder: BlockEncoder,
    hasher: Xxh3,
    header_checksum: u64,
    /// Encoded bytes on their way to the storage.
    pending: Vec<u8>,
    /// Offset in the file of the next block.
    offset: u64,
    raw: Vec<u8>,
    kind: Kind,
    rows_in_block: u32,
    first: (u16, u32),
    /// Position of the last entry; `key` and `end` belong to it.
    last: Option<(u16, u32)>,
    key: Vec<u8>,
    end: Option<Vec<u8>>,
    entries: Vec<Entry>,
    rows: u64,
    tombstones: u64,
}

impl RunWriter {
    /// Begins a run at `path`. Rows refer to `states` by index and lie in `groups`; a base takes no
    /// tombstones.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] when the states are not unique and ascending by name, and the errors of
    /// the storage: [`ErrorKind::Conflict`] when the name is taken, [`ErrorKind::Io`].
    pub async fn create(
        storage: &dyn CheckpointStorage,
        path: &str,
        kind: RunKind,
        groups: KeyGroups,
        states: &[StateMeta],
        options: &RunOptions,
    ) -> Result<Self> {
        let (header, header_checksum) = header::encode(groups.max_parallelism(), states)?;
        let file = storage.create(path).await?;
        let mut writer = Self {
            path: path.to_owned(),
            run_kind: kind,
            file,
            groups,
            states: states.to_vec(),
            // At most 4 MiB; the fallback is never taken.
            target: usize::try_from(options.block_bytes).unwrap_or(1),
            encoder: BlockEncoder::new(options.compression),
            hasher: Xxh3::new(),
            header_checksum,
            pending: Vec::new(),
            offset: 0,
            raw: Vec::new(),
            kind: Kind::Tombstones,
            rows_in_block: 0,
            first: (0, 0),
            last: None,
            key: Vec::new(),
            end: None,
            entries: Vec::new(),
            rows: 0,
            tombstones: 0,
        };
        writer.append(&header);
        Ok(writer)
    }

    /// Adds an entry: first the range tombstones, strictly ascending by group, state, start and end
    /// (an open end is the highest); then the rows and tombstones, strictly ascending by group, state
    /// and key.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] when entries are out of order (both positions are named), the state is
    /// not in the list, a range is empty, a row is larger than 4 GiB, or a base gets a tombstone;
    /// [`ErrorKind::OutOfRange`] when the key group is not one of the writer's; [`ErrorKind::Io`].
    pub async fn push(&mut self, op: RowChange<'_>) -> Result<()> {
        if self.add(op)? {
            self.flush().await?;
        }
        Ok(())
    }

    /// Adds an entry to the block, and a full block to what is pending. `true` when it is time to
    /// [flush](RunWriter::flush). Apart from [`RunWriter::push`], so that a row need not be a future.
    #[inline]
    pub(crate) fn add(&mut self, op: RowChange<'_>) -> Result<bool> {
        match op {
            RowChange::Put(RowRef {
                group,
                state,
                key,
                envelope,
            }) => self.push_row(group, state, key, Some(envelope)),
            RowChange::Delete { group, state, key } => self.push_row(group, state, key, None),
            RowChange::DeleteRange(range) => self.push_tombstone(range),
        }?;
        Ok(self.pending.len() >= WRITE_BYTES)
    }

    #[inline]
    fn push_row(&mut self, group: u16, state: u32, key: &[u8], value: Option<&[u8]>) -> Result<()> {
        self.check_position(group, state, key)?;
        if value.is_none() {
            self.check_delta(group, state, key)?;
        }
        if self.kind == Kind::Tombstones {
            self.close_block()?;
            self.kind = Kind::Rows;
            self.last = None;
        }
        if let Some(last) = self.last
            && (last, self.key.as_slice()) >= ((group, state), key)
        {
            return Err(self.out_of_order(last, (group, state), key));
        }
        let size = key.len().saturating_add(value.map_or(0, <[u8]>::len));
        self.make_room(group, state, key, size)?;

        let shared = match self.rows_in_block {
            0 => 0,
            _ => self.key.iter().zip(key).take_while(|(a, b)| a == b).count(),
        };
        let suffix = key.get(shared..).unwrap_or_default();
        push_row(&mut self.raw, (group, state), shared, suffix, value)
            .ok_or_else(|| self.too_large(group, state, key))?;
        self.key.truncate(shared);
        self.key.extend_from_slice(suffix);
        self.rows += 1;
        self.count(group, state);
        Ok(())
    }

    fn push_tombstone(&mut self, range: RangeTombstone<'_>) -> Result<()> {
        let RangeTombstone {
            group,
            state,
            start,
            end,
        } = range;
        self.check_position(group, state, start)?;
        self.check_delta(group, state, start)?;
        if self.kind == Kind::Rows {
            return Err(self.invalid("range tombstones come before all rows", group, state, start));
        }
        if end.is_some_and(|end| start >= end) {
            return Err(self.invalid("the range of a tombstone is empty", group, state, start));
        }
        if let Some(last) = self.last {
            let before = (last, self.key.as_slice(), order_of_end(self.end.as_deref()));
            if before >= ((group, state), start, order_of_end(end)) {
                return Err(self.out_of_order(last, (group, state), start));
            }
        }
        let size = start.len().saturating_add(end.map_or(0, <[u8]>::len));
        self.make_room(group, state, start, size)?;
        push_tombstone(&mut self.raw, (group, state), start, end)
            .ok_or_else(|| self.too_large(group, state, start))?;
        self.key.clear();
        self.key.extend_from_slice(start);
        self.end = end.map(<[u8]>::to_vec);
        self.tombstones += 1;
        self.count(group, state);
        Ok(())
    }

    /// Writes index and footer, makes the file durable and visible. The clip of the result is the
    /// writer's key-group range.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] when the name was taken meanwhile; [`ErrorKind::Io`].
    pub async fn finish(self) -> Result<RunRef> {
        let (file, run) = self.close().await?;
        file.finish().await?;
        Ok(run)
    }

    /// Writes what is left. The buffers are gone when the file is made durable.
    async fn close(mut self) -> Result<(Box<dyn FileWriter>, RunRef)> {
        self.close_block()?;
        let (index, index_checksum) = index::encode(&self.entries);
        let footer = Footer {
            index_offset: self.offset,
            index_len: index.len() as u64,
            rows: self.rows,
            tombstones: self.tombstones,
            header_checksum: self.header_checksum,
            index_checksum,
        }
        .encode();
        self.append(&index);
        self.append(&footer);
        self.flush().await?;
        let run = RunRef {
            path: self.path,
            kind: self.run_kind,
            size: self.offset,
            digest: Digest::finish(&self.hasher),
            seal: Digest::of(&footer),
            clip: self.groups.range(),
            rows: self.rows,
        };
        Ok((self.file, run))
    }

    /// Bytes of the file so far.
    pub fn bytes(&self) -> u64 {
        self.offset
    }

    fn check_position(&self, group: u16, state: u32, key: &[u8]) -> Result<()> {
        if !self.groups.range().contains(group) {
            return Err(
                Error::new(ErrorKind::OutOfRange, "a row lies outside the key groups")
                    .with("row", self.describe(group, state, key))
                    .with("owned", self.groups.range())
                    .with("max_parallelism", self.groups.max_parallelism()),
            );
        }
        if self.state_name(state).is_none() {
            return Err(self
                .invalid(
                    "a row names a state that is not in the list",
                    group,
                    state,
                    key,
                )
                .with("states", self.states.len()));
        }
        Ok(())
    }

    fn check_delta(&self, group: u16, state: u32, key: &[u8]) -> Result<()> {
        match self.run_kind {
            RunKind::Delta => Ok(()),
            RunKind::Base => Err(self.invalid("a base run has no tombstones", group, state, key)),
        }
    }

    /// Closes the block if the next entry, of about `size` bytes, belongs into another one.
    #[inline]
    fn make_room(&mut self, group: u16, state: u32, key: &[u8], size: usize) -> Result<()> {
        let size = size.saturating_add(ROW_OVERHEAD);
        if u32::try_from(size).is_ok_and(|size| size <= MAX_RAW) {
            let full = self.raw.len().saturating_add(size) > self.target;
            let new_group = self.last.is_some_and(|(last, _)| last != group);
            if full || new_group && self.raw.len() >= self.target / 4 {
                self.close_block()?;
            }
            Ok(())
        } else {
            Err(self.too_large(group, state, key))
        }
    }

    fn count(&mut self, group: u16, state: u32) {
        if self.rows_in_block == 0 {
            self.first = (group, state);
        }
        // A block holds fewer rows than bytes.
        self.rows_in_block = self.rows_in_block.saturating_add(1);
        self.last = Some((group, state));
    }

    fn close_block(&mut self) -> Result<()> {
        let (Some(last), 1..) = (self.last, self.rows_in_block) else {
            return Ok(());
        };
        let start = self.pending.len();
        let encoded = self.encoder.encode(self.kind, &self.raw, &mut self.pending);
        let (len, checksum) =
            encoded.ok_or_else(|| Error::new(ErrorKind::Invalid, "a block is too large"))?;
        self.hasher
            .update(self.pending.get(start..).unwrap_or_default());
        self.entries.push(Entry {
            kind: self.kind,
            first: self.first,
            last,
            offset: self.offset,
            len,
            rows: self.rows_in_block,
            checksum,
        });
        self.offset += u64::from(len);
        self.raw.clear();
        self.rows_in_block = 0;
        // A row far larger than the target must not cost its memory until the end.
        self.raw.shrink_to(2 * self.target);
        Ok(())
    }

    fn append(&mut self, bytes: &[u8]) {
        self.hasher.update(bytes);
        self.offset += bytes.len() as u64;
        self.pending.extend_from_slice(bytes);
    }

    /// Hands what is pending to the storage.
    pub(crate) async fn flush(&mut self) -> Result<()> {
        self.file.write(&self.pending).await?;
        self.pending.clear();
        self.pending.shrink_to(2 * WRITE_BYTES);
        Ok(())
    }

    fn state_name(&self, state: u32) -> Option<&str> {
        let meta = self.states.get(usize::try_from(state).ok()?)?;
        Some(&meta.name)
    }

    fn describe(&self, group: u16, state: u32, key: &[u8]) -> String {
        match self.state_name(state) {
            Some(name) => describe(group, format_args!("`{name}`"), key),
            None => describe(group, state, key),
        }
    }

    #[cold]
    fn invalid(&self, message: &str, group: u16, state: u32, key: &[u8]) -> Error {
        Error::new(ErrorKind::Invalid, message)
            .with("file", &self.path)
            .with("row", self.describe(group, state, key))
    }

    #[cold]
    fn too_large(&self, group: u16, state: u32, key: &[u8]) -> Error {
        self.invalid("a row is larger than 4 GiB", group, state, key)
    }

    #[cold]
    fn out_of_order(&self, last: (u16, u32), next: (u16, u32), key: &[u8]) -> Error {
        self.invalid("rows are not strictly ascending", next.0, next.1, key)
            .with("previous", self.describe(last.0, last.1, &self.key))
    }
}

/// Orders the ends of ranges: an open end is after all others.
pub(super) fn order_of_end(end: Option<&[u8]>) -> (bool, &[u8]) {
    (end.is_none(), end.unwrap_or_default())
}

impl fmt::Debug for RunWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunWriter")
            .field("path", &self.path)
            .field("rows", &self.rows)
            .field("tombstones", &self.tombstones)
            .field("offset", &self.offset)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use async_trait::async_trait;
    use pollster::block_on;
    use state_api::row::{CodecId, StateKind};

    use super::*;
    use crate::run::Compression;
    use crate::storage::MemoryStorage;

    /// Keeps the sizes of what is written, and nothing else.
    #[derive(Debug)]
    struct Sizes(Arc<Mutex<Vec<usize>>>);

    #[async_trait]
    impl FileWriter for Sizes {
        async fn write(&mut self, bytes: &[u8]) -> Result<()> {
            self.0.lock().unwrap().push(bytes.len());
            Ok(())
        }

        async fn finish(self: Box<Self>) -> Result<()> {
            Ok(())
        }
    }

    fn writer(block_bytes: u32) -> RunWriter {
        let states = [StateMeta {
            name: "state".to_owned(),
            kind: StateKind::Value,
            codec: CodecId {
                name: "bincode".into(),
                version: 1,
            },
            key_type: "u64".to_owned(),
            namespace_type: "()".to_owned(),
            map_key_type: None,
            value_type: "u64".to_owned(),
        }];
        let options = RunOptions::default()
            .with_block_bytes(block_bytes)
            .unwrap()
            .with_compression(Compression::None);
        let (storage, groups) = (MemoryStorage::new(), KeyGroups::all(8).unwrap());
        let kind = RunKind::Base;
        let writer = RunWriter::create(&storage, "runs/x.run", kind, groups, &states, &options);
        block_on(writer).unwrap()
    }

    fn push(writer: &mut RunWriter, group: u16, number: u32, envelope: &[u8]) {
        let row = RowRef {
            group,
            state: 0,
            key: &number.to_be_bytes(),
            envelope,
        };
        block_on(writer.push(RowChange::Put(row))).unwrap();
    }

    #[test]
    fn a_block_ends_with_its_group_from_a_quarter_of_the_target_on() {
        for (rows, ends) in [(1, false), (2, false), (3, true), (8, true)] {
            let mut writer = writer(1000);
            for number in 0..rows {
                push(&mut writer, 0, number, &[0; 90]);
            }
            assert_eq!(writer.entries.len(), 0);
            push(&mut writer, 1, 0, &[0; 90]);
            assert_eq!(writer.entries.len(), usize::from(ends), "{rows} rows");
        }
    }

    #[test]
    fn what_is_written_is_collected_up_to_its_bound() {
        for (block_bytes, envelope) in [(1 << 16, 1000), (1 << 16, 1 << 20), (4 << 20, 1000)] {
            let mut writer = writer(block_bytes);
            let sizes = Arc::default();
            writer.file = Box::new(Sizes(Arc::clone(&sizes)));
            let envelope = vec![0; envelope];
            for number in 0..(8 << 20) / u32::try_from(envelope.len()).unwrap() {
                push(&mut writer, 0, number, &envelope);
            }
            block_on(writer.finish()).unwrap();
            let sizes = sizes.lock().unwrap();
            let block = envelope.len().max(usize::try_from(block_bytes).unwrap()) + 100;
            let (last, full) = sizes.split_last().unwrap();
            assert!(full.iter().all(|size| *size >= WRITE_BYTES), "{sizes:?}");
            let most = full.iter().chain([last]).max().unwrap();
            assert!(*most < WRITE_BYTES + block, "{sizes:?}");
        }
    }
}
