//! A second implementation of the run format, after `docs/format.md` and without the crate's code:
//! it writes what the crate's own writer refuses to write.

use state_checkpoint::{Digest, RunKind, RunRef};
use xxhash_rust::xxh3::xxh3_64;

use super::range;

#[derive(Clone)]
pub(crate) struct Block {
    pub(crate) kind: u8,
    pub(crate) compression: u8,
    pub(crate) raw_len: u32,
    pub(crate) stored_len: u32,
    pub(crate) payload: Vec<u8>,
    pub(crate) first: (u16, u32),
    pub(crate) last: (u16, u32),
    pub(crate) rows: u32,
}

impl Block {
    /// An uncompressed block.
    pub(crate) fn plain(
        kind: u8,
        first: (u16, u32),
        last: (u16, u32),
        rows: u32,
        payload: Vec<u8>,
    ) -> Self {
        let len = u32::try_from(payload.len()).unwrap();
        Self {
            kind,
            compression: 0,
            raw_len: len,
            stored_len: len,
            payload,
            first,
            last,
            rows,
        }
    }

    fn bytes(&self) -> (Vec<u8>, u64) {
        let mut out = vec![self.kind, self.compression];
        out.extend(self.raw_len.to_be_bytes());
        out.extend(self.stored_len.to_be_bytes());
        out.extend(&self.payload);
        let checksum = xxh3_64(&out);
        out.extend(checksum.to_be_bytes());
        (out, checksum)
    }
}

pub(crate) fn varint(mut value: u32) -> Vec<u8> {
    let mut out = Vec::new();
    while value >= 0x80 {
        out.push(u8::try_from(value & 0x7f).unwrap() | 0x80);
        value >>= 7;
    }
    out.push(u8::try_from(value).unwrap());
    out
}

/// A put row whose key is `suffix` behind `shared` bytes of the one before.
pub(crate) fn put(group: u16, state: u32, shared: u32, suffix: &[u8], value: &[u8]) -> Vec<u8> {
    let len = |bytes: &[u8]| varint(u32::try_from(bytes.len()).unwrap());
    [
        &[1][..],
        &group.to_be_bytes(),
        &varint(state),
        &varint(shared),
        &len(suffix),
        suffix,
        &len(value),
        value,
    ]
    .concat()
}

/// A file with fields that a test may bend before it is sealed.
pub(crate) struct Run {
    pub(crate) version: u16,
    pub(crate) flags: u16,
    pub(crate) layout: u16,
    pub(crate) max_parallelism: u16,
    pub(crate) states: Vec<u8>,
    pub(crate) blocks: Vec<Block>,
    pub(crate) bend_index: fn(&mut Vec<u8>),
    pub(crate) bend_footer: fn(&mut Vec<u8>),
    /// Bytes that no part of the file owns, before the index.
    pub(crate) gap: Vec<u8>,
    /// Replaces the length of the state list.
    pub(crate) states_len: Option<u32>,
}

impl Run {
    pub(crate) fn new(blocks: Vec<Block>) -> Self {
        Self {
            version: 1,
            flags: 0,
            layout: 1,
            max_parallelism: 10,
            states: serde_json::to_vec(&super::states()).unwrap(),
            blocks,
            bend_index: |_| {},
            bend_footer: |_| {},
            gap: Vec::new(),
            states_len: None,
        }
    }

    /// The file, and a reference that fits it.
    pub(crate) fn seal(&self, path: &str) -> (Vec<u8>, RunRef) {
        let mut file = b"stateRUN".to_vec();
        file.extend(self.version.to_be_bytes());
        file.extend(self.flags.to_be_bytes());
        let len = self
            .states_len
            .unwrap_or(u32::try_from(self.states.len()).unwrap());
        file.extend(len.to_be_bytes());
        file.extend(self.layout.to_be_bytes());
        file.extend(self.max_parallelism.to_be_bytes());
        file.extend(&self.states);
        let header_checksum = xxh3_64(&file);
        file.extend(header_checksum.to_be_bytes());

        let mut index = Vec::new();
        let (mut rows, mut tombstones) = (0_u64, 0_u64);
        for block in &self.blocks {
            let (bytes, checksum) = block.bytes();
            index.push(block.kind);
            for (group, state) in [block.first, block.last] {
                index.extend(group.to_be_bytes());
                index.extend(state.to_be_bytes());
            }
            index.extend((file.len() as u64).to_be_bytes());
            index.extend(u32::try_from(bytes.len()).unwrap().to_be_bytes());
            index.extend(block.rows.to_be_bytes());
            index.extend(checksum.to_be_bytes());
            file.extend(bytes);
            *(if block.kind == 2 {
                &mut tombstones
            } else {
                &mut rows
            }) += u64::from(block.rows);
        }
        file.extend(&self.gap);
        (self.bend_index)(&mut index);
        let index_checksum = xxh3_64(&index);
        index.extend(index_checksum.to_be_bytes());

        let mut footer = Vec::new();
        let index_offset = file.len() as u64;
        for field in [
            index_offset,
            index.len() as u64,
            rows,
            tombstones,
            header_checksum,
            index_checksum,
        ] {
            footer.extend(field.to_be_bytes());
        }
        footer.extend(self.version.to_be_bytes());
        (self.bend_footer)(&mut footer);
        footer.extend(xxh3_64(&footer).to_be_bytes());
        footer.extend(b"stateEND");

        file.extend(index);
        file.extend(&footer);
        let run = RunRef {
            path: path.to_owned(),
            kind: RunKind::Base,
            size: file.len() as u64,
            digest: Digest::of(&file),
            seal: Digest::of(&footer),
            clip: range(0, 9),
            rows,
        };
        (file, run)
    }
}
