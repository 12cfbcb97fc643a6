//! The footer of a run: where the index is, and the end of the chain of checksums.

use state_api::Result;
use xxhash_rust::xxh3::xxh3_64;

use super::RUN_FORMAT;
use super::codec::Decoder;
use crate::damage::corrupt;

pub(super) const MAGIC: [u8; 8] = *b"stateEND";
/// Bytes of the footer.
pub(super) const LEN: u64 = LEN_USIZE as u64;
pub(super) const LEN_USIZE: usize = 66;
/// Format version, checksum, magic: they stay where they are in all versions.
const TAIL: usize = 2 + 8 + 8;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Footer {
    pub(super) index_offset: u64,
    pub(super) index_len: u64,
    pub(super) rows: u64,
    pub(super) tombstones: u64,
    pub(super) header_checksum: u64,
    pub(super) index_checksum: u64,
}

impl Footer {
    pub(super) fn encode(&self) -> Vec<u8> {
        let Self {
            index_offset,
            index_len,
            rows,
            tombstones,
            header_checksum,
            index_checksum,
        } = self;
        let mut out = Vec::new();
        for field in [
            index_offset,
            index_len,
            rows,
            tombstones,
            header_checksum,
            index_checksum,
        ] {
            out.extend_from_slice(&field.to_be_bytes());
        }
        out.extend_from_slice(&RUN_FORMAT.to_be_bytes());
        let checksum = xxh3_64(&out);
        out.extend_from_slice(&checksum.to_be_bytes());
        out.extend_from_slice(&MAGIC);
        out
    }

    /// The footer from its bytes; `offset` is where it begins in the file.
    pub(super) fn decode(bytes: &[u8], file: &str, offset: u64) -> Result<Self> {
        let short = || corrupt(file, offset, "the footer is too short");
        let (rest, magic) = bytes.split_last_chunk::<8>().ok_or_else(short)?;
        let (body, checksum) = rest.split_last_chunk::<8>().ok_or_else(short)?;
        if *magic != MAGIC || xxh3_64(body) != u64::from_be_bytes(*checksum) {
            return Err(corrupt(
                file,
                offset,
                "the checksum of the footer does not match",
            ));
        }
        let mut decoder = Decoder::at(body, 0);
        let mut field = || decoder.u64().ok_or_else(short);
        Ok(Self {
            index_offset: field()?,
            index_len: field()?,
            rows: field()?,
            tombstones: field()?,
            header_checksum: field()?,
            index_checksum: field()?,
        })
    }
}

/// The magic and the format version, from the last bytes of a file of `size` bytes.
pub(super) fn version(footer: &[u8], file: &str, size: u64) -> Result<u16> {
    let tail = footer
        .last_chunk::<TAIL>()
        .filter(|tail| tail.ends_with(&MAGIC));
    let Some([high, low, ..]) = tail else {
        return Err(corrupt(
            file,
            size.saturating_sub(8),
            "not the end of a run file",
        ));
    };
    Ok(u16::from_be_bytes([*high, *low]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FOOTER: Footer = Footer {
        index_offset: 1,
        index_len: 2,
        rows: 3,
        tombstones: 4,
        header_checksum: 5,
        index_checksum: 6,
    };

    #[test]
    fn has_its_length_and_comes_back() {
        let bytes = FOOTER.encode();
        assert_eq!(bytes.len() as u64, LEN);
        assert_eq!(Footer::decode(&bytes, "f", 0).unwrap(), FOOTER);
        assert_eq!(version(&bytes, "f", LEN).unwrap(), RUN_FORMAT);
    }

    #[test]
    fn every_bit_of_it_is_checked() {
        let bytes = FOOTER.encode();
        for bit in 0..8 * bytes.len() {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(Footer::decode(&flipped, "f", 0).is_err(), "bit {bit}");
        }
    }
}
