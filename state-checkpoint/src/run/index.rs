//! The index of a run: one entry a block. It tiles the file from header to index and bounds what
//! each block may hold.

use std::ops::Range;

use state_api::{KeyGroupRange, Result};
use xxhash_rust::xxh3::xxh3_64;

use super::block::{Kind, OVERHEAD};
use super::codec::Decoder;
use super::footer::Footer;
use crate::damage::corrupt;

/// Bytes of an entry.
const ENTRY: usize = 1 + 2 + 4 + 2 + 4 + 8 + 4 + 4 + 8;
const CHECKSUM: u64 = 8;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) kind: Kind,
    /// Key group and state of the first row.
    pub(super) first: (u16, u32),
    /// Key group and state of the last row.
    pub(super) last: (u16, u32),
    pub(super) offset: u64,
    /// Length of the whole block.
    pub(super) len: u32,
    /// Number of rows or range tombstones.
    pub(super) rows: u32,
    pub(super) checksum: u64,
}

/// The bytes of an index, and its checksum.
pub(super) fn encode(entries: &[Entry]) -> (Vec<u8>, u64) {
    let mut out = Vec::with_capacity(entries.len() * ENTRY + 8);
    for Entry {
        kind,
        first,
        last,
        offset,
        len,
        rows,
        checksum,
    } in entries
    {
        out.push(kind.byte());
        for (group, state) in [first, last] {
            out.extend_from_slice(&group.to_be_bytes());
            out.extend_from_slice(&state.to_be_bytes());
        }
        out.extend_from_slice(&offset.to_be_bytes());
        out.extend_from_slice(&len.to_be_bytes());
        out.extend_from_slice(&rows.to_be_bytes());
        out.extend_from_slice(&checksum.to_be_bytes());
    }
    let checksum = xxh3_64(&out);
    out.extend_from_slice(&checksum.to_be_bytes());
    (out, checksum)
}

fn entry(bytes: &[u8]) -> Option<Entry> {
    let mut decoder = Decoder::at(bytes, 0);
    Some(Entry {
        kind: Kind::of(decoder.u8()?)?,
        first: (decoder.u16()?, decoder.u32()?),
        last: (decoder.u16()?, decoder.u32()?),
        offset: decoder.u64()?,
        len: decoder.u32()?,
        rows: decoder.u32()?,
        checksum: decoder.u64()?,
    })
}

/// What the entries must agree with.
pub(super) struct Bounds<'a> {
    pub(super) footer: &'a Footer,
    /// End of the header: where the first block begins.
    pub(super) blocks_start: u64,
    pub(super) max_parallelism: u16,
    pub(super) states: usize,
}

/// The index from its bytes. Allocates in proportion to them.
pub(super) fn decode(bytes: &[u8], bounds: &Bounds<'_>, file: &str) -> Result<Vec<Entry>> {
    let Bounds {
        footer,
        blocks_start,
        max_parallelism,
        states,
    } = bounds;
    let start = footer.index_offset;
    let damaged = |message: &str| corrupt(file, start, message);
    let (body, trailer) = bytes
        .split_last_chunk::<8>()
        .ok_or_else(|| damaged("the index is too short"))?;
    let checksum = u64::from_be_bytes(*trailer);
    if checksum != footer.index_checksum || xxh3_64(body) != checksum {
        return Err(damaged("the checksum of the index does not match"));
    }
    let chunks = body.chunks_exact(ENTRY);
    if !chunks.remainder().is_empty() {
        return Err(damaged("the index does not consist of whole entries"));
    }
    let mut entries: Vec<Entry> = Vec::with_capacity(chunks.len());
    let mut end = *blocks_start;
    let (mut rows, mut tombstones) = (0_u64, 0_u64);
    for (chunk, at) in chunks.zip((start..).step_by(ENTRY)) {
        let illegal = |message: &str| corrupt(file, at, message);
        let entry = entry(chunk).ok_or_else(|| illegal("an index entry is not legal"))?;
        if entry.offset != end || entry.len <= OVERHEAD || entry.rows == 0 {
            return Err(illegal("the index entries do not tile the file"));
        }
        end = end
            .checked_add(u64::from(entry.len))
            .filter(|end| *end <= start)
            .ok_or_else(|| illegal("the index entries reach beyond the blocks"))?;
        let state_ok = |state: u32| usize::try_from(state).is_ok_and(|state| state < *states);
        if entry.first > entry.last
            || entry.last.0 >= *max_parallelism
            || !state_ok(entry.first.1)
            || !state_ok(entry.last.1)
        {
            return Err(illegal("an index entry names rows that cannot be"));
        }
        if let Some(previous) = entries.last() {
            let ordered = match (previous.kind, entry.kind) {
                (Kind::Tombstones, Kind::Rows) => true,
                (Kind::Rows, Kind::Tombstones) => false,
                _ => previous.last <= entry.first,
            };
            if !ordered {
                return Err(illegal("the index entries are out of order"));
            }
        }
        // A run of 2^32 blocks of 2^32 rows would overflow; it cannot be read to this point.
        match entry.kind {
            Kind::Rows => rows = rows.saturating_add(u64::from(entry.rows)),
            Kind::Tombstones => tombstones = tombstones.saturating_add(u64::from(entry.rows)),
        }
        entries.push(entry);
    }
    if end != start {
        return Err(damaged("the index entries do not tile the file"));
    }
    if (rows, tombstones) != (footer.rows, footer.tombstones) {
        return Err(damaged("the counts of the index and of the footer differ"));
    }
    Ok(entries)
}

/// Whether `len` can be the length of an index.
pub(super) fn is_len(len: u64) -> bool {
    len >= CHECKSUM && (len - CHECKSUM).is_multiple_of(ENTRY as u64)
}

/// The entries of `kind` that may hold rows of `clip`: one interval.
pub(super) fn select(entries: &[Entry], kind: Kind, clip: KeyGroupRange) -> Range<usize> {
    let split = entries.partition_point(|entry| entry.kind == Kind::Tombstones);
    let (offset, part) = match kind {
        Kind::Tombstones => (0, entries.get(..split)),
        Kind::Rows => (split, entries.get(split..)),
    };
    let part = part.unwrap_or_default();
    let first = part.partition_point(|entry| entry.last.0 < clip.first());
    let end = part.partition_point(|entry| entry.first.0 <= clip.last());
    offset + first..offset + end.max(first)
}

#[cfg(test)]
mod tests {
    use state_api::ErrorKind;

    use super::*;

    /// Encodes and decodes an index of one entry, for three key groups and two states.
    fn round_trip(entry: &Entry) -> Result<Vec<Entry>> {
        let (bytes, index_checksum) = encode(std::slice::from_ref(entry));
        let footer = Footer {
            index_offset: 20 + u64::from(entry.len),
            index_len: bytes.len() as u64,
            rows: u64::from(entry.rows),
            tombstones: 0,
            header_checksum: 0,
            index_checksum,
        };
        let bounds = Bounds {
            footer: &footer,
            blocks_start: 20,
            max_parallelism: 3,
            states: 2,
        };
        decode(&bytes, &bounds, "f")
    }

    const ONE: Entry = Entry {
        kind: Kind::Rows,
        first: (0, 0),
        last: (0, 0),
        offset: 20,
        len: OVERHEAD + 1,
        rows: 1,
        checksum: 7,
    };

    #[test]
    fn a_block_without_rows_or_payload_is_refused() {
        assert_eq!(round_trip(&ONE).unwrap(), [ONE]);
        for (len, rows) in [(OVERHEAD + 1, 0), (OVERHEAD, 1)] {
            let error = round_trip(&Entry { len, rows, ..ONE }).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Corrupt, "{len} {rows}");
        }
    }

    #[test]
    fn a_block_of_rows_that_cannot_be_is_refused() {
        let positions = || (0..4).flat_map(|group| (0..3).map(move |state| (group, state)));
        for (first, last) in
            positions().flat_map(|first| positions().map(move |last| (first, last)))
        {
            let legal = first <= last && last.0 < 3 && first.1 < 2 && last.1 < 2;
            let decoded = round_trip(&Entry { first, last, ..ONE });
            assert_eq!(decoded.is_ok(), legal, "{first:?} {last:?}");
        }
    }

    #[test]
    fn the_length_of_an_index_is_a_checksum_and_whole_entries() {
        let legal: Vec<u64> = (0..100).filter(|len| is_len(*len)).collect();
        assert_eq!(legal, [8, 45, 82]);
    }
}
