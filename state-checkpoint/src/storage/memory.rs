//! Files in memory: for tests, examples and checkpoints that need not outlive the process.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use state_api::{Error, ErrorKind, Result};

use super::{CheckpointStorage, FileWriter, check_path};
use crate::damage::corrupt;

/// A storage in memory. Clones share the files; "durable" means: as long as one clone lives.
#[derive(Clone, Default)]
pub struct MemoryStorage(Files);

type Files = Arc<Mutex<BTreeMap<String, Vec<u8>>>>;

impl MemoryStorage {
    /// An empty storage.
    pub fn new() -> Self {
        Self::default()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Vec<u8>>> {
        lock(&self.0)
    }
}

/// No code panics while it holds the lock, and each change is one call: the map is always whole.
fn lock(files: &Files) -> MutexGuard<'_, BTreeMap<String, Vec<u8>>> {
    files.lock().unwrap_or_else(PoisonError::into_inner)
}

fn insert(files: &Files, path: &str, bytes: Vec<u8>) -> Result<()> {
    let mut files = lock(files);
    if files.contains_key(path) {
        return Err(Error::new(ErrorKind::Conflict, "the file exists").with("file", path));
    }
    files.insert(path.to_owned(), bytes);
    Ok(())
}

#[cold]
fn not_found(path: &str) -> Error {
    Error::new(ErrorKind::NotFound, "the file does not exist").with("file", path)
}

#[async_trait]
impl CheckpointStorage for MemoryStorage {
    async fn create(&self, path: &str) -> Result<Box<dyn FileWriter>> {
        check_path(path)?;
        if self.lock().contains_key(path) {
            return Err(Error::new(ErrorKind::Conflict, "the file exists").with("file", path));
        }
        Ok(Box::new(MemoryWriter {
            files: Arc::clone(&self.0),
            path: path.to_owned(),
            bytes: Vec::new(),
        }))
    }

    async fn put_new(&self, path: &str, bytes: &[u8]) -> Result<()> {
        check_path(path)?;
        insert(&self.0, path, bytes.to_vec())
    }

    async fn read(&self, path: &str, range: Range<u64>) -> Result<Vec<u8>> {
        check_path(path)?;
        super::local::check_range(path, &range)?;
        let files = self.lock();
        let bytes = files.get(path).ok_or_else(|| not_found(path))?;
        let (start, end) = (usize::try_from(range.start), usize::try_from(range.end));
        start
            .ok()
            .zip(end.ok())
            .and_then(|(start, end)| bytes.get(start..end))
            .map(<[u8]>::to_vec)
            .ok_or_else(|| corrupt(path, bytes.len() as u64, "the file ends too early"))
    }

    async fn size(&self, path: &str) -> Result<u64> {
        check_path(path)?;
        self.lock()
            .get(path)
            .map(|b| b.len() as u64)
            .ok_or_else(|| not_found(path))
    }

    async fn list(&self, dir: &str) -> Result<Vec<String>> {
        check_path(dir)?;
        let files = self.lock();
        let names = files
            .keys()
            .filter_map(|path| path.strip_prefix(dir)?.strip_prefix('/'));
        Ok(names
            .filter(|name| !name.contains('/'))
            .map(str::to_owned)
            .collect())
    }

    async fn delete(&self, path: &str) -> Result<()> {
        check_path(path)?;
        self.lock()
            .remove(path)
            .map(drop)
            .ok_or_else(|| not_found(path))
    }
}

impl fmt::Debug for MemoryStorage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let files = self.lock();
        f.debug_map()
            .entries(files.iter().map(|(path, bytes)| (path, bytes.len())))
            .finish()
    }
}

impl fmt::Display for MemoryStorage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("memory:")
    }
}

struct MemoryWriter {
    files: Files,
    path: String,
    bytes: Vec<u8>,
}

#[async_trait]
impl FileWriter for MemoryWriter {
    async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    async fn finish(self: Box<Self>) -> Result<()> {
        insert(&self.files, &self.path, self.bytes)
    }
}

impl fmt::Debug for MemoryWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            files: _,
            path,
            bytes,
        } = self;
        f.debug_struct("MemoryWriter")
            .field("path", path)
            .field("len", &bytes.len())
            .finish_non_exhaustive()
    }
}
