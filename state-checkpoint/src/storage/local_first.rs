//! Runs from a local copy where it has them, from the remote storage where it does not.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use state_api::Result;

use super::{CheckpointStorage, FileWriter};
use crate::names::RUNS;

/// A remote storage, and a local copy of some of its runs: a recovery reads what is near.
///
/// - **The remote storage has the say.** Manifests, pins, records and lists come from it, writes and
///   deletes go to it; the local copy is never written.
/// - **Files in `runs/` are read from the local copy**, and from the remote storage when that fails in
///   any way: no such file, no such disk.
/// - **Damage falls back too.** A local file of another size, of another seal, or with a block that
///   fails its checksum is found by the [readers of runs](crate::run), which then take the file, or
///   that block, from the remote storage: it is this one's [fallback](CheckpointStorage::fallback).
///
/// [`fetch`](crate::fetch()) fills a local copy. Files of checkpoints that are gone stay in it until somebody
/// deletes them there; they do no harm, for names are never used twice.
#[derive(Clone, Debug)]
pub struct LocalFirst {
    local: Arc<dyn CheckpointStorage>,
    remote: Arc<dyn CheckpointStorage>,
}

impl LocalFirst {
    /// `remote`, read through the copy in `local`.
    pub fn new(local: Arc<dyn CheckpointStorage>, remote: Arc<dyn CheckpointStorage>) -> Self {
        Self { local, remote }
    }
}

/// Whether the local copy is asked.
fn is_run(path: &str) -> bool {
    let name = path.strip_prefix(RUNS);
    name.is_some_and(|name| name.starts_with('/'))
}

#[async_trait]
impl CheckpointStorage for LocalFirst {
    async fn create(&self, path: &str) -> Result<Box<dyn FileWriter>> {
        self.remote.create(path).await
    }

    async fn put_new(&self, path: &str, bytes: &[u8]) -> Result<()> {
        self.remote.put_new(path, bytes).await
    }

    async fn read(&self, path: &str, range: Range<u64>) -> Result<Vec<u8>> {
        if is_run(path)
            && let Ok(bytes) = self.local.read(path, range.clone()).await
        {
            return Ok(bytes);
        }
        self.remote.read(path, range).await
    }

    async fn size(&self, path: &str) -> Result<u64> {
        if is_run(path)
            && let Ok(size) = self.local.size(path).await
        {
            return Ok(size);
        }
        self.remote.size(path).await
    }

    async fn list(&self, dir: &str) -> Result<Vec<String>> {
        self.remote.list(dir).await
    }

    async fn delete(&self, path: &str) -> Result<()> {
        self.remote.delete(path).await
    }

    async fn discard_unfinished(&self, dir: &str, before_ms: u64) -> Result<u64> {
        self.remote.discard_unfinished(dir, before_ms).await
    }

    fn fallback(&self) -> Option<&dyn CheckpointStorage> {
        Some(&*self.remote)
    }
}

impl fmt::Display for LocalFirst {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, else {}", self.local, self.remote)
    }
}
