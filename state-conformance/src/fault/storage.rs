//! A storage of checkpoints that fails on purpose.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use state_api::Result;
use state_checkpoint::{CheckpointStorage, FileWriter};

use super::{Faults, Turn};

/// A storage whose calls are counted, and one of which goes wrong. Each method is a call, and so is each of a
/// file that is being written. Clones are one.
///
/// The storage below keeps its contract, so a crash leaves what it makes durable: files that were finished, and none
/// that was not.
#[derive(Clone, Debug)]
pub struct FaultyStorage<S> {
    inner: Arc<S>,
    faults: Faults,
    bytes_read: Arc<AtomicU64>,
}

impl<S: CheckpointStorage> FaultyStorage<S> {
    /// `inner` with `faults`.
    pub fn new(inner: S, faults: Faults) -> Self {
        Self {
            inner: Arc::new(inner),
            faults,
            bytes_read: Arc::default(),
        }
    }

    /// The storage below, which never fails on purpose.
    pub fn inner(&self) -> &S {
        &self.inner
    }

    /// What happens, and when.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Bytes that were asked for.
    pub fn bytes_read(&self) -> u64 {
        self.bytes_read.load(Ordering::SeqCst)
    }
}

/// Does `work` as `faults` will have it.
async fn call<T>(
    faults: &Faults,
    writes: bool,
    work: impl Future<Output = Result<T>>,
) -> Result<T> {
    match faults.turn(writes) {
        Turn::Work => return work.await,
        Turn::WorkAndFail => drop(work.await),
        Turn::Fail | Turn::Short => {}
    }
    Err(faults.error())
}

#[async_trait]
impl<S: CheckpointStorage> CheckpointStorage for FaultyStorage<S> {
    async fn create(&self, path: &str) -> Result<Box<dyn FileWriter>> {
        let file = call(&self.faults, true, self.inner.create(path)).await?;
        Ok(Box::new(FaultyWriter {
            file,
            faults: self.faults.clone(),
        }))
    }

    async fn put_new(&self, path: &str, bytes: &[u8]) -> Result<()> {
        call(&self.faults, true, self.inner.put_new(path, bytes)).await
    }

    async fn read(&self, path: &str, range: Range<u64>) -> Result<Vec<u8>> {
        let len = range.end.saturating_sub(range.start);
        self.bytes_read.fetch_add(len, Ordering::SeqCst);
        match self.faults.turn(false) {
            Turn::Work => self.inner.read(path, range).await,
            Turn::Short => {
                let mut bytes = self.inner.read(path, range).await?;
                bytes.pop();
                Ok(bytes)
            }
            Turn::Fail | Turn::WorkAndFail => Err(self.faults.error()),
        }
    }

    async fn size(&self, path: &str) -> Result<u64> {
        call(&self.faults, false, self.inner.size(path)).await
    }

    async fn list(&self, dir: &str) -> Result<Vec<String>> {
        call(&self.faults, false, self.inner.list(dir)).await
    }

    async fn delete(&self, path: &str) -> Result<()> {
        call(&self.faults, true, self.inner.delete(path)).await
    }

    async fn discard_unfinished(&self, dir: &str, before_ms: u64) -> Result<u64> {
        let work = self.inner.discard_unfinished(dir, before_ms);
        call(&self.faults, true, work).await
    }

    fn fallback(&self) -> Option<&dyn CheckpointStorage> {
        self.inner.fallback()
    }
}

impl<S: fmt::Display> fmt::Display for FaultyStorage<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "faulty:{}", self.inner)
    }
}

#[derive(Debug)]
struct FaultyWriter {
    file: Box<dyn FileWriter>,
    faults: Faults,
}

#[async_trait]
impl FileWriter for FaultyWriter {
    async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        match self.faults.turn(true) {
            Turn::Work => return self.file.write(bytes).await,
            Turn::WorkAndFail => self.file.write(bytes).await?,
            Turn::Short => self.file.write(&bytes[..bytes.len() / 2]).await?,
            Turn::Fail => {}
        }
        Err(self.faults.error())
    }

    async fn finish(self: Box<Self>) -> Result<()> {
        let Self { file, faults } = *self;
        call(&faults, true, file.finish()).await
    }
}
