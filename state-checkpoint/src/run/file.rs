//! An open run file: checked against its reference, its rows not yet read.

use std::ops::Range;
use std::sync::Arc;

use state_api::row::StateMeta;
use state_api::{Error, ErrorKind, KeyGroupRange, Result};
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use super::RUN_FORMAT;
use super::block::Kind;
use super::footer::{self, Footer};
use super::header::{self, Header};
use super::index::{self, Bounds, Entry};
use super::reader::{Reading, RunReader};
use crate::damage::corrupt;
use crate::digest::Digest;
use crate::manifest::{RunKind, RunRef};
use crate::storage::{CheckpointStorage, copies, failed_too};

/// An open run file: header, index and footer are checked, no row is read yet. Clones share them.
#[derive(Clone, Debug)]
pub struct RunFile<'a> {
    storage: &'a dyn CheckpointStorage,
    facts: Arc<Facts>,
}

/// What header, index and footer say. The seal proves it, so it holds for every copy of the file.
#[derive(Debug)]
struct Facts {
    path: String,
    kind: RunKind,
    size: u64,
    seal: Digest,
    header: Header,
    blocks_start: u64,
    footer: Footer,
    entries: Vec<Entry>,
}

impl<'a> RunFile<'a> {
    /// Opens the run that a manifest refers to; trusts nothing but the reference. Three small reads,
    /// and one of the index. A copy that fails is passed over for the storage's
    /// [fallback](CheckpointStorage::fallback).
    ///
    /// # Errors
    /// [`ErrorKind::Corrupt`] with `file` and `offset` when the file is not the one that was written,
    /// [`ErrorKind::Unsupported`] when a newer version wrote it, [`ErrorKind::NotFound`],
    /// [`ErrorKind::Io`].
    pub async fn open(storage: &'a dyn CheckpointStorage, run: &RunRef) -> Result<Self> {
        let mut earlier = None;
        for copy in copies(storage) {
            match Facts::read(copy, run).await {
                Ok(facts) => {
                    return Ok(Self {
                        storage: copy,
                        facts: Arc::new(facts),
                    });
                }
                Err(error) => earlier = Some(failed_too(error, earlier)),
            }
        }
        // There is at least one copy.
        Err(earlier.unwrap_or_else(|| Error::new(ErrorKind::NotFound, "no storage")))
    }

    /// The path of the file.
    pub fn path(&self) -> &str {
        &self.facts.path
    }

    /// What the run may hold.
    pub fn kind(&self) -> RunKind {
        self.facts.kind
    }

    /// The states that rows refer to by index, ascending by name.
    pub fn states(&self) -> &[StateMeta] {
        &self.facts.header.states
    }

    /// The max parallelism that the key groups of the rows belong to.
    pub fn max_parallelism(&self) -> u16 {
        self.facts.header.max_parallelism
    }

    /// The layout version that the key groups of the rows belong to.
    pub fn key_group_layout(&self) -> u16 {
        self.facts.header.key_group_layout
    }

    /// Number of rows and tombstones.
    pub fn rows(&self) -> u64 {
        self.facts.footer.rows
    }

    /// Number of range tombstones.
    pub fn range_tombstones(&self) -> u64 {
        self.facts.footer.tombstones
    }

    /// The entries of the key groups `clip`. Reads only the blocks that may hold them.
    pub fn read(self, clip: KeyGroupRange) -> RunReader<'a> {
        RunReader::new(self, clip, Reading::default())
    }

    /// The numbers of the blocks of `kind` that may hold entries of `clip`.
    pub(super) fn blocks(&self, kind: Kind, clip: KeyGroupRange) -> Range<usize> {
        index::select(&self.facts.entries, kind, clip)
    }

    pub(super) fn entries(&self) -> &[Entry] {
        &self.facts.entries
    }

    pub(super) fn storage(&self) -> &'a dyn CheckpointStorage {
        self.storage
    }

    /// Whether range tombstones may lie in `clip`.
    pub(crate) fn has_ranges(&self, clip: KeyGroupRange) -> bool {
        !self.blocks(Kind::Tombstones, clip).is_empty()
    }

    /// Bytes of the file that are read when it is opened.
    pub(crate) fn opening_bytes(&self) -> u64 {
        let facts = &self.facts;
        facts
            .blocks_start
            .saturating_add(facts.size.saturating_sub(facts.footer.index_offset))
    }

    /// Bytes of memory that the index takes.
    pub(crate) fn index_bytes(&self) -> u64 {
        let bytes = self
            .facts
            .entries
            .capacity()
            .saturating_mul(size_of::<Entry>());
        u64::try_from(bytes).unwrap_or(u64::MAX)
    }

    /// Bytes of the blocks that [`RunFile::read`] reads.
    pub(crate) fn block_bytes(&self, clip: KeyGroupRange) -> u64 {
        let kinds = [Kind::Tombstones, Kind::Rows].into_iter();
        let blocks = kinds.flat_map(|kind| self.blocks_in(kind, clip));
        blocks.map(|entry| u64::from(entry.len)).sum()
    }

    /// Rows and tombstones of rows in the blocks that lie in `clip` or reach into it.
    pub(crate) fn block_rows(&self, clip: KeyGroupRange) -> u64 {
        let blocks = self.blocks_in(Kind::Rows, clip).iter();
        blocks.map(|entry| u64::from(entry.rows)).sum()
    }

    fn blocks_in(&self, kind: Kind, clip: KeyGroupRange) -> &[Entry] {
        let blocks = self.facts.entries.get(self.blocks(kind, clip));
        blocks.unwrap_or_default()
    }

    /// Reads the whole file once: every block, every row, and the digest.
    ///
    /// # Errors
    /// As [`RunFile::open`], and [`ErrorKind::Corrupt`] when `digest` is not the file's.
    pub async fn verify(self, digest: Digest) -> Result<()> {
        self.verify_with(digest, Reading::default()).await
    }

    pub(crate) async fn verify_with(self, digest: Digest, reading: Reading) -> Result<()> {
        let facts = Arc::clone(&self.facts);
        let index_offset = facts.footer.index_offset;
        let meter = reading.meter.clone();

        let mut hasher = Xxh3::new();
        let is_header = |bytes: &[u8]| ends_in(facts.footer.header_checksum, bytes);
        let header = self.read_proved(0..facts.blocks_start, is_header).await?;
        hasher.update(&header);
        let everything = KeyGroupRange::new(0, u16::MAX)?;
        let mut reader = RunReader::new(self.clone(), everything, reading);
        let mut hasher = reader.read_all(hasher).await?;
        let is_end = |bytes: &[u8]| {
            let parts = bytes.split_last_chunk::<{ footer::LEN_USIZE }>();
            parts.is_some_and(|(index, footer)| {
                ends_in(facts.footer.index_checksum, index) && Digest::of(footer) == facts.seal
            })
        };
        let end = self.read_proved(index_offset..facts.size, is_end).await?;
        hasher.update(&end);
        if let Some(meter) = meter {
            meter.add((header.len() as u64).saturating_add(end.len() as u64), 0);
        }
        if Digest::finish(&hasher) != digest {
            return Err(
                corrupt(&facts.path, 0, "the digest of the file does not match")
                    .with("expected", digest)
                    .with("found", Digest::finish(&hasher)),
            );
        }
        Ok(())
    }

    /// The bytes `range` from the first copy where they satisfy `proof`, as they did at open.
    async fn read_proved(
        &self,
        range: Range<u64>,
        proof: impl Fn(&[u8]) -> bool,
    ) -> Result<Vec<u8>> {
        let mut earlier = None;
        for copy in copies(self.storage) {
            let read = copy.read(self.path(), range.clone()).await;
            let error = match read {
                Ok(bytes) if proof(&bytes) => return Ok(bytes),
                Ok(_) => {
                    let message = "the file has changed since it was opened";
                    corrupt(self.path(), range.start, message)
                }
                Err(error) => error,
            };
            earlier = Some(failed_too(error, earlier));
        }
        Err(earlier.unwrap_or_else(|| Error::new(ErrorKind::NotFound, "no storage")))
    }
}

impl Facts {
    async fn read(storage: &dyn CheckpointStorage, run: &RunRef) -> Result<Self> {
        let RunRef {
            path,
            size,
            seal,
            rows,
            kind,
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
        if *kind == RunKind::Base && footer.tombstones > 0 {
            return Err(
                corrupt(path, footer_start, "a base run holds range tombstones")
                    .with("range_tombstones", footer.tombstones),
            );
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
            path: path.clone(),
            kind: *kind,
            size,
            seal: *seal,
            header,
            blocks_start,
            footer,
            entries,
        })
    }
}

/// Whether `bytes` are what `checksum` covers, and then the checksum.
fn ends_in(checksum: u64, bytes: &[u8]) -> bool {
    bytes.split_last_chunk().is_some_and(|(body, trailer)| {
        *trailer == checksum.to_be_bytes() && xxh3_64(body) == checksum
    })
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
