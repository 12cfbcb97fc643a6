//! A storage that refuses some calls for good.

use std::fmt;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use state_api::{Error, ErrorKind, Result};
use state_checkpoint::{CheckpointStorage, FileWriter, MemoryStorage};

/// What is refused.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Refused {
    /// Every removal, with an error of this kind.
    Removals(ErrorKind),
    /// Every read of a file in this directory.
    Reads(&'static str),
}

/// Refuses some calls, and lets the others through.
#[derive(Debug)]
pub(crate) struct Refusing {
    inner: MemoryStorage,
    refused: Refused,
    times: AtomicUsize,
}

impl Refusing {
    pub(crate) fn new(inner: MemoryStorage, refused: Refused) -> Self {
        Self {
            inner,
            refused,
            times: AtomicUsize::new(0),
        }
    }

    /// How many calls were refused.
    pub(crate) fn times(&self) -> usize {
        self.times.load(Ordering::SeqCst)
    }

    fn refuse(&self, path: &str, kind: ErrorKind) -> Error {
        let times = self.times.fetch_add(1, Ordering::SeqCst);
        assert!(times < 100, "{path} is asked for again and again");
        Error::new(kind, "refused")
    }

    fn check_read(&self, path: &str) -> Result<()> {
        match self.refused {
            Refused::Reads(dir) if path.starts_with(dir) => Err(self.refuse(path, ErrorKind::Io)),
            _ => Ok(()),
        }
    }
}

#[async_trait]
impl CheckpointStorage for Refusing {
    async fn create(&self, path: &str) -> Result<Box<dyn FileWriter>> {
        self.inner.create(path).await
    }

    async fn put_new(&self, path: &str, bytes: &[u8]) -> Result<()> {
        self.inner.put_new(path, bytes).await
    }

    async fn read(&self, path: &str, range: Range<u64>) -> Result<Vec<u8>> {
        self.check_read(path)?;
        self.inner.read(path, range).await
    }

    async fn size(&self, path: &str) -> Result<u64> {
        self.check_read(path)?;
        self.inner.size(path).await
    }

    async fn list(&self, dir: &str) -> Result<Vec<String>> {
        self.inner.list(dir).await
    }

    async fn delete(&self, path: &str) -> Result<()> {
        match self.refused {
            Refused::Removals(kind) => Err(self.refuse(path, kind)),
            Refused::Reads(_) => self.inner.delete(path).await,
        }
    }
}

impl fmt::Display for Refusing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("refusing:")
    }
}
