//! Runs: sorted, immutable files of rows. The bytes are specified in `docs/format.md`.
//!
//! ```text
//! header   magic, version, key-group layout, max parallelism, states       checksum
//! block    kind, compression, lengths, range tombstones                    checksum
//! block    kind, compression, lengths, rows                                checksum
//! ...
//! index    one entry a block: rows' positions, offset, length, checksum    checksum
//! footer   where the index is, counts, checksums of header and index       checksum, magic
//! ```
//!
//! Checksums form a chain: the manifest holds the digest of the footer (the *seal*), the footer the
//! checksums of header and index, the index those of the blocks. So a reader that takes one
//! key-group range verifies all it uses against the manifest, and nothing else has to be read.
//!
//! Range tombstones come first and apply before the rows of their own run.

mod block;
mod codec;
mod file;
mod footer;
mod header;
mod index;
mod reader;
mod writer;

use std::fmt::{self, Write as _};

use state_api::{Error, ErrorKind, Result};

pub use file::RunFile;
pub(crate) use header::check_states;
pub use reader::RunReader;
pub(crate) use reader::{READ_BYTES, Reading};
pub use state_api::row::{RangeTombstone, RowChange};
pub use writer::RunWriter;

/// Version of the run format that this crate writes, and the newest that it reads.
pub const RUN_FORMAT: u16 = 1;

/// Largest raw size of a compressed block, and largest target size: 4 MiB. A larger block (a row
/// that is larger) is stored uncompressed, so that no block makes a reader allocate more than this
/// beyond the bytes of the file.
pub const MAX_COMPRESSED_BYTES: u32 = 4 << 20;

/// How blocks are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Compression {
    /// Not at all.
    None,
    /// LZ4, for the blocks that it makes smaller by an eighth; tried less often where it does not.
    #[default]
    Lz4,
}

/// How a run is written. Readers need none of this.
#[derive(Clone, Debug)]
pub struct RunOptions {
    block_bytes: u32,
    compression: Compression,
}

impl RunOptions {
    /// The default target size of a block: 64 KiB.
    pub const BLOCK_BYTES: u32 = 64 << 10;

    /// Sets the raw size at which a block is closed. A row larger than that has a block of its own.
    /// Small blocks make narrow key-group ranges cheap to read, large ones compress better.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] unless `1 <= bytes <= MAX_COMPRESSED_BYTES`.
    pub fn with_block_bytes(mut self, bytes: u32) -> Result<Self> {
        if bytes == 0 || bytes > MAX_COMPRESSED_BYTES {
            return Err(Error::new(
                ErrorKind::Invalid,
                format!("the target size of a block lies in 1..={MAX_COMPRESSED_BYTES}"),
            )
            .with("bytes", bytes));
        }
        self.block_bytes = bytes;
        Ok(self)
    }

    /// Sets the compression.
    pub fn with_compression(mut self, compression: Compression) -> Self {
        self.compression = compression;
        self
    }
}

impl Default for RunOptions {
    fn default() -> Self {
        Self {
            block_bytes: Self::BLOCK_BYTES,
            compression: Compression::default(),
        }
    }
}

/// A position for messages: group, state, and the first bytes of the key.
fn describe(group: u16, state: impl fmt::Display, key: &[u8]) -> String {
    const SHOWN: usize = 16;
    let mut shown = String::new();
    for byte in key.iter().take(SHOWN) {
        // Writing to a string does not fail.
        let _ = write!(shown, "{byte:02x}");
    }
    let rest = match key.len() {
        0..=SHOWN => String::new(),
        len => format!(".. of {len} bytes"),
    };
    format!("group {group}, state {state}, key {shown}{rest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_target_of_a_block_lies_in_its_bounds() {
        assert_eq!(RunOptions::default().block_bytes, 65_536);
        for bytes in [
            0,
            1,
            MAX_COMPRESSED_BYTES,
            MAX_COMPRESSED_BYTES + 1,
            u32::MAX,
        ] {
            let legal = (1..=MAX_COMPRESSED_BYTES).contains(&bytes);
            match RunOptions::default().with_block_bytes(bytes) {
                Ok(options) => assert!(legal && options.block_bytes == bytes, "{bytes}"),
                Err(error) => assert!(!legal && error.kind() == ErrorKind::Invalid, "{bytes}"),
            }
        }
    }
}
