//! Blocks: a header of lengths, a payload, a checksum.

use state_api::Result;
use xxhash_rust::xxh3::xxh3_64;

use super::codec::Decoder;
use super::{Compression, MAX_COMPRESSED_BYTES};
use crate::damage::corrupt;

/// Kind, compression, raw length, stored length.
const HEADER: usize = 1 + 1 + 4 + 4;
const CHECKSUM: usize = 8;

/// Bytes of a block beside its payload.
pub(super) const OVERHEAD: u32 = 18;
const _: () = assert!(OVERHEAD as usize == HEADER + CHECKSUM);

/// Largest raw payload: with it the length of a block fits 32 bits.
pub(super) const MAX_RAW: u32 = u32::MAX - OVERHEAD;

const UNCOMPRESSED: u8 = 0;
const LZ4: u8 = 1;
/// LZ4 cannot make more than 255 bytes out of one.
const LZ4_MAX_RATIO: u64 = 255;

/// What a block holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Rows,
    Tombstones,
}

impl Kind {
    pub(super) fn byte(self) -> u8 {
        match self {
            Self::Rows => 1,
            Self::Tombstones => 2,
        }
    }

    pub(super) fn of(byte: u8) -> Option<Self> {
        match byte {
            1 => Some(Self::Rows),
            2 => Some(Self::Tombstones),
            _ => None,
        }
    }
}

/// Most blocks that are stored as they are between two attempts to compress one.
const MAX_PAUSE: u32 = 15;

/// Compression pays when it makes a block smaller by this part: below it costs readers more than it
/// saves the disk.
const MIN_GAIN: usize = 8;

/// Makes blocks; keeps the buffer of the compressor.
///
/// What does not compress takes as long to find out as to compress. So after a block for which it did not
/// pay the next one is stored as it is, then three, seven, [`MAX_PAUSE`]; a block for
/// which it pays ends that. Equal input gives equal blocks.
#[derive(Debug)]
pub(super) struct BlockEncoder {
    compression: Compression,
    scratch: Vec<u8>,
    /// Blocks between the attempts, and how many of them are still to come.
    pause: u32,
    paused: u32,
}

impl BlockEncoder {
    pub(super) fn new(compression: Compression) -> Self {
        Self {
            compression,
            scratch: Vec::new(),
            pause: 0,
            paused: 0,
        }
    }

    /// Appends the block of `raw` to `out` and returns `(length, checksum)`, or `None` when `raw` is
    /// larger than [`MAX_RAW`].
    pub(super) fn encode(
        &mut self,
        kind: Kind,
        raw: &[u8],
        out: &mut Vec<u8>,
    ) -> Option<(u32, u64)> {
        let raw_len = u32::try_from(raw.len())
            .ok()
            .filter(|len| *len <= MAX_RAW)?;
        let compressed = self.compress(raw, raw_len);
        let (compression, stored) = match compressed {
            Some(len) => (LZ4, self.scratch.get(..len)?),
            None => (UNCOMPRESSED, raw),
        };
        let start = out.len();
        let stored_len = u32::try_from(stored.len()).ok()?;
        out.push(kind.byte());
        out.push(compression);
        out.extend_from_slice(&raw_len.to_be_bytes());
        out.extend_from_slice(&stored_len.to_be_bytes());
        out.extend_from_slice(stored);
        let checksum = xxh3_64(out.get(start..)?);
        out.extend_from_slice(&checksum.to_be_bytes());
        Some((stored_len.checked_add(OVERHEAD)?, checksum))
    }

    /// Compresses into the scratch buffer; `None` when that does not pay.
    fn compress(&mut self, raw: &[u8], raw_len: u32) -> Option<usize> {
        if self.compression == Compression::None || raw_len > MAX_COMPRESSED_BYTES {
            return None;
        }
        if self.paused > 0 {
            self.paused -= 1;
            return None;
        }
        self.scratch
            .resize(lz4_flex::block::get_maximum_output_size(raw.len()), 0);
        let len = lz4_flex::block::compress_into(raw, &mut self.scratch).ok()?;
        let pays = len <= raw.len() - raw.len() / MIN_GAIN;
        self.pause = if pays {
            0
        } else {
            (2 * self.pause + 1).min(MAX_PAUSE)
        };
        self.paused = self.pause;
        pays.then_some(len)
    }
}

/// Where the raw payload of a decoded block is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Payload {
    /// In the block itself, behind its header: so many bytes.
    Stored(usize),
    /// In the buffer for decompression.
    Decompressed,
}

/// Where the payload of an uncompressed block begins.
pub(super) const PAYLOAD_START: usize = HEADER;

/// Checks `block`, the whole of it, against its index entry and decompresses it into `raw` if it is
/// compressed. Allocates at most [`MAX_COMPRESSED_BYTES`].
pub(super) fn decode(
    block: &[u8],
    (kind, checksum): (Kind, u64),
    raw: &mut Vec<u8>,
    (file, offset): (&str, u64),
) -> Result<Payload> {
    let Some((body, trailer)) = block.split_last_chunk::<CHECKSUM>() else {
        return Err(corrupt(file, offset, "a block is too short"));
    };
    if u64::from_be_bytes(*trailer) != checksum || xxh3_64(body) != checksum {
        return Err(corrupt(
            file,
            offset,
            "the checksum of a block does not match",
        ));
    }
    let header = parse_header(body);
    let Some((found, compression, raw_len, stored_len)) = header else {
        return Err(corrupt(file, offset, "a block has an illegal header"));
    };
    let Some(stored) = body.get(HEADER..) else {
        return Err(corrupt(file, offset, "a block is too short"));
    };
    if found != kind || u64::from(stored_len) != stored.len() as u64 {
        return Err(corrupt(
            file,
            offset,
            "a block disagrees with its index entry",
        ));
    }
    match compression {
        UNCOMPRESSED if raw_len == stored_len => Ok(Payload::Stored(stored.len())),
        LZ4 if raw_len <= MAX_COMPRESSED_BYTES
            && u64::from(raw_len) <= LZ4_MAX_RATIO * u64::from(stored_len) =>
        {
            // Bounded above; never fails on the targets of Rust's std.
            let len = usize::try_from(raw_len).unwrap_or(0);
            if raw.capacity() < len {
                // To grow would take up to twice as much, and copy the block before.
                *raw = Vec::with_capacity(len);
            }
            raw.resize(len, 0);
            match lz4_flex::block::decompress_into(stored, raw) {
                Ok(written) if written == len => Ok(Payload::Decompressed),
                Ok(_) => Err(corrupt(
                    file,
                    offset,
                    "a block is shorter than its raw length",
                )),
                Err(error) => {
                    Err(corrupt(file, offset, "a block cannot be decompressed").with_source(error))
                }
            }
        }
        _ => Err(corrupt(file, offset, "a block has impossible lengths")
            .with("compression", compression)
            .with("raw", raw_len)
            .with("stored", stored_len)),
    }
}

fn parse_header(block: &[u8]) -> Option<(Kind, u8, u32, u32)> {
    let mut decoder = Decoder::at(block, 0);
    let kind = Kind::of(decoder.u8()?)?;
    Some((kind, decoder.u8()?, decoder.u32()?, decoder.u32()?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use state_api::ErrorKind;

    use super::*;

    fn seal(mut body: Vec<u8>) -> (Vec<u8>, u64) {
        let checksum = xxh3_64(&body);
        body.extend_from_slice(&checksum.to_be_bytes());
        (body, checksum)
    }

    fn hostile(compression: u8, raw: u32, stored: u32, payload: &[u8]) -> (Vec<u8>, u64) {
        let mut body = vec![1, compression];
        body.extend_from_slice(&raw.to_be_bytes());
        body.extend_from_slice(&stored.to_be_bytes());
        body.extend_from_slice(payload);
        seal(body)
    }

    proptest! {
        #[test]
        fn gives_back_the_payload(raw: Vec<u8>, repeat in 0_usize..2000) {
            let raw = [raw, vec![7; repeat]].concat();
            for compression in [Compression::None, Compression::Lz4] {
                let mut out = vec![9];
                let (len, checksum) =
                    BlockEncoder::new(compression).encode(Kind::Rows, &raw, &mut out).unwrap();
                prop_assert_eq!(len as usize, out.len() - 1);
                let mut buffer = Vec::new();
                match decode(&out[1..], (Kind::Rows, checksum), &mut buffer, ("f", 0)).unwrap() {
                    Payload::Stored(len) => {
                        prop_assert_eq!(&out[1 + PAYLOAD_START..][..len], &raw[..]);
                    }
                    Payload::Decompressed => prop_assert_eq!(&buffer, &raw),
                }
            }
        }
    }

    #[test]
    fn what_does_not_compress_is_tried_less_and_less_until_one_does() {
        let noise: Vec<u8> = (0..64_u64)
            .flat_map(|i| xxh3_64(&i.to_be_bytes()).to_be_bytes())
            .collect();
        let zeros = vec![0; noise.len()];
        let mut encoder = BlockEncoder::new(Compression::Lz4);
        let mut is_compressed = |raw: &[u8]| {
            let mut out = Vec::new();
            encoder.encode(Kind::Rows, raw, &mut out).unwrap();
            out[1] == LZ4
        };
        assert!(!is_compressed(&noise));
        for wait in [1, 3, 7, 15] {
            // Not looked at, or they would compress.
            assert!((0..wait).all(|_| !is_compressed(&zeros)));
            assert!(!is_compressed(&noise));
        }
        assert!((0..15).all(|_| !is_compressed(&zeros)));
        assert!((0..40).all(|_| is_compressed(&zeros)));
    }

    fn is_compressed(raw: &[u8]) -> bool {
        let mut out = Vec::new();
        let mut encoder = BlockEncoder::new(Compression::Lz4);
        encoder.encode(Kind::Rows, raw, &mut out).unwrap();
        out[1] == LZ4
    }

    #[test]
    fn a_block_is_compressed_if_that_saves_an_eighth_of_it() {
        let noise: Vec<u8> = (0..128_u64)
            .flat_map(|i| xxh3_64(&i.to_be_bytes()).to_be_bytes())
            .collect();
        // Of the zeros next to nothing is left.
        for (zeros, pays) in [(0, false), (120, false), (180, true), (1024, true)] {
            let raw = [&noise[zeros..], &vec![0; zeros]].concat();
            assert_eq!(is_compressed(&raw), pays, "{zeros} zeros");
        }
    }

    #[test]
    fn a_block_is_compressed_up_to_its_bound() {
        let bound = usize::try_from(MAX_COMPRESSED_BYTES).unwrap();
        assert!(is_compressed(&vec![0; bound]));
        assert!(!is_compressed(&vec![0; bound + 1]));
    }

    #[test]
    fn a_payload_that_is_shorter_than_it_says_is_refused() {
        let payload = lz4_flex::block::compress(&[7; 50]);
        let stored = u32::try_from(payload.len()).unwrap();
        for (raw, legal) in [(49, false), (50, true), (51, false)] {
            let (block, checksum) = hostile(LZ4, raw, stored, &payload);
            let decoded = decode(&block, (Kind::Rows, checksum), &mut Vec::new(), ("f", 7));
            assert_eq!(decoded.is_ok(), legal, "{raw}");
        }
    }

    #[test]
    fn the_buffer_is_as_large_as_the_largest_block() {
        let mut buffer = Vec::new();
        let mut largest = 0;
        for len in [60_000, 64_000, 1_000, 65_000, 65_000] {
            let (before, kept) = (buffer.as_ptr(), len <= largest);
            let mut out = Vec::new();
            let mut encoder = BlockEncoder::new(Compression::Lz4);
            let (_, checksum) = encoder.encode(Kind::Rows, &vec![7; len], &mut out).unwrap();
            decode(&out, (Kind::Rows, checksum), &mut buffer, ("f", 0)).unwrap();
            assert_eq!(buffer, vec![7; len]);
            largest = largest.max(len);
            assert_eq!(buffer.capacity(), largest);
            assert_eq!(buffer.as_ptr() == before, kept, "{len}");
        }
    }

    #[test]
    fn impossible_lengths_are_refused_before_anything_is_allocated() {
        for (compression, raw, stored, payload) in [
            (1, u32::MAX, 4, &[0; 4][..]),
            (1, MAX_COMPRESSED_BYTES + 1, 4, &[0; 4]),
            (1, 4 * 255 + 1, 4, &[0; 4]),
            (1, 100, 0, &[]),
            (1, 100, u32::MAX, &[0; 4]),
            (0, 5, 4, &[0; 4]),
            (0, u32::MAX, u32::MAX, &[0; 4]),
            (2, 4, 4, &[0; 4]),
            (1, 64, 4, &[0xff; 4]),
        ] {
            let (block, checksum) = hostile(compression, raw, stored, payload);
            let mut buffer = Vec::new();
            let error = decode(&block, (Kind::Rows, checksum), &mut buffer, ("f", 7)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Corrupt);
            assert_eq!(error.context("offset"), Some("7"));
            assert!(buffer.capacity() <= 4 * 255, "{} bytes", buffer.capacity());
        }
    }
}
