//! Blocks that lie together are read together, up to a mebibyte at a time.

use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use state_api::{KeyGroups, Result};
use state_checkpoint::{CheckpointStorage, Compression, FileWriter, MemoryStorage, RestoreOptions};

use crate::support::{Row, block_on, checkpoint, drain, options, part_of, publish_as};

const MIB: u64 = 1 << 20;

/// Keeps what is read, in bytes.
#[derive(Debug)]
struct Noting {
    inner: MemoryStorage,
    reads: Arc<Mutex<Vec<u64>>>,
}

#[async_trait]
impl CheckpointStorage for Noting {
    async fn create(&self, path: &str) -> Result<Box<dyn FileWriter>> {
        self.inner.create(path).await
    }

    async fn put_new(&self, path: &str, bytes: &[u8]) -> Result<()> {
        self.inner.put_new(path, bytes).await
    }

    async fn read(&self, path: &str, range: Range<u64>) -> Result<Vec<u8>> {
        self.reads.lock().unwrap().push(range.end - range.start);
        self.inner.read(path, range).await
    }

    async fn size(&self, path: &str) -> Result<u64> {
        self.inner.size(path).await
    }

    async fn list(&self, dir: &str) -> Result<Vec<String>> {
        self.inner.list(dir).await
    }

    async fn delete(&self, path: &str) -> Result<()> {
        self.inner.delete(path).await
    }
}

impl fmt::Display for Noting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("noting:")
    }
}

/// The sizes of what is read for `count` blocks of `len` bytes and a bit.
fn reads(count: u8, len: usize, buffer_bytes: usize) -> Vec<u64> {
    let inner = MemoryStorage::new();
    // A block of a row each.
    let rows: Vec<Row> = (0..count).map(|i| (0, 0, vec![i], vec![i; len])).collect();
    let all = KeyGroups::all(1).unwrap();
    let part = part_of(&inner, all, &rows, &options(1, Compression::None)).unwrap();
    let manifest = publish_as(&inner, 1, checkpoint(1, vec![part])).unwrap();
    let reads = Arc::default();
    let storage = Noting {
        inner,
        reads: Arc::clone(&reads),
    };
    let options = RestoreOptions::default().with_buffer_bytes(buffer_bytes);
    let mut source = block_on(options.open(&storage, &manifest, "operator", all)).unwrap();
    // Not those that open it.
    reads.lock().unwrap().clear();
    assert_eq!(drain(&mut source).unwrap(), rows);
    reads.lock().unwrap().clone()
}

#[test]
fn few_reads_and_none_above_the_bound() {
    // Eleven fit, or none beside another.
    for (count, len, most) in [(35, 90_000, 4), (5, 700_000, 5)] {
        let reads = reads(count, len, RestoreOptions::BUFFER_BYTES);
        assert!(reads.iter().all(|bytes| *bytes <= MIB), "{reads:?}");
        assert!(reads.len() <= most, "{reads:?}");
    }
}

#[test]
fn the_buffer_is_for_the_index_and_what_is_read_at_once() {
    // A run without range tombstones is read by one reader, which has all of the buffer.
    let whole = reads(35, 90_000, 1 << 20);
    assert!(whole.len() <= 4, "{whole:?}");
    // Two blocks would fit, but for the index of 35 entries.
    let single = reads(35, 90_000, 2 * 90_100 + 800);
    assert_eq!(single.len(), 35, "{single:?}");
    assert_eq!(reads(35, 90_000, 2 * 90_100 + 3000).len(), 18);
}
