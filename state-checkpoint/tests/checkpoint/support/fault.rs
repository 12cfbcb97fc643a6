//! A storage that fails at a chosen call.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use async_trait::async_trait;
use state_api::{Error, ErrorKind, Result};
use state_checkpoint::{CheckpointStorage, FileWriter, MemoryStorage};

/// What a failing call does to the storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing.
    Before,
    /// All its work; only the answer is lost.
    After,
}

/// Counts calls and fails one of them.
#[derive(Debug, Clone)]
pub(crate) struct FaultStorage {
    pub(crate) inner: MemoryStorage,
    calls: Arc<AtomicUsize>,
    fail_at: usize,
    fault: Fault,
    bytes_read: Arc<AtomicU64>,
}

impl FaultStorage {
    /// Fails call number `fail_at`, from 0.
    pub(crate) fn new(inner: MemoryStorage, fail_at: usize, fault: Fault) -> Self {
        Self {
            inner,
            calls: Arc::default(),
            fail_at,
            fault,
            bytes_read: Arc::default(),
        }
    }

    pub(crate) fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    pub(crate) fn bytes_read(&self) -> u64 {
        self.bytes_read.load(Ordering::SeqCst)
    }

    async fn call<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        let number = self.calls.fetch_add(1, Ordering::SeqCst);
        if number != self.fail_at {
            return work.await;
        }
        if self.fault == Fault::After {
            drop(work.await);
        }
        Err(Error::new(ErrorKind::Io, "injected").with("call", number))
    }
}

#[async_trait]
impl CheckpointStorage for FaultStorage {
    async fn create(&self, path: &str) -> Result<Box<dyn FileWriter>> {
        let writer = self.call(self.inner.create(path)).await?;
        Ok(Box::new(FaultWriter {
            storage: self.clone(),
            writer,
        }))
    }

    async fn put_new(&self, path: &str, bytes: &[u8]) -> Result<()> {
        self.call(self.inner.put_new(path, bytes)).await
    }

    async fn read(&self, path: &str, range: Range<u64>) -> Result<Vec<u8>> {
        self.bytes_read
            .fetch_add(range.end - range.start, Ordering::SeqCst);
        self.call(self.inner.read(path, range)).await
    }

    async fn size(&self, path: &str) -> Result<u64> {
        self.call(self.inner.size(path)).await
    }

    async fn list(&self, dir: &str) -> Result<Vec<String>> {
        self.call(self.inner.list(dir)).await
    }

    async fn delete(&self, path: &str) -> Result<()> {
        self.call(self.inner.delete(path)).await
    }
}

impl fmt::Display for FaultStorage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "fault:{}", self.inner)
    }
}

#[derive(Debug)]
struct FaultWriter {
    storage: FaultStorage,
    writer: Box<dyn FileWriter>,
}

#[async_trait]
impl FileWriter for FaultWriter {
    async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.storage.call(self.writer.write(bytes)).await
    }

    async fn finish(self: Box<Self>) -> Result<()> {
        self.storage.call(self.writer.finish()).await
    }
}
