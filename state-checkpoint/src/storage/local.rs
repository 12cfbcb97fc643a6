//! Files in a directory of a local disk.

use std::collections::HashSet;
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::UNIX_EPOCH;

use async_trait::async_trait;
use state_api::{Error, ErrorKind, Result};

use super::path::is_name;
use super::{CheckpointStorage, FileWriter, check_path};
use crate::damage::corrupt;
use crate::offload::offload;
use crate::unique::unique_id;

/// What the names of temporary files begin with.
const TEMPORARY: &str = ".tmp-";

/// Bytes of a file from which on its sync is worth a thread.
const LARGE: u64 = 1 << 20;

/// A directory of a local file system.
///
/// - A file is written under a temporary name (`.tmp-` and 32 hex digits) in its directory, synced,
///   published under its own name by a hard link, which fails if the name is taken, and its
///   directories up to the root are synced. A crash leaves at most a temporary file, which nothing
///   lists. The file system must support hard links.
/// - A file whose sync failed is given up, never synced again: after a failed sync the kernel may
///   report success for data that it has dropped. When the sync of a *directory* fails, a name may be
///   visible but not durable; this instance then refuses to write (`Poisoned`). Open a new one when
///   the disk is well.
/// - Symbolic links below the root are refused. The check precedes the open, so it guards against a
///   directory prepared with links, not against somebody who exchanges files at the same moment. The
///   root itself may be a link; it is resolved once.
/// - The calls block: a local disk answers in microseconds to milliseconds, and a thread pool costs
///   more than it saves. Only the sync of a large file takes long: [`FileWriter::finish`] has a thread of its own for files
///   of a mebibyte and more, so that the next file can be written meanwhile.
/// - A directory above that of the file is synced once, and again where it had to be made again.
/// - Directories are synced on Unix only; elsewhere the file system's own order has to do.
pub struct LocalStorage(Arc<Root>);

struct Root {
    path: PathBuf,
    /// Set when a directory could not be synced.
    poisoned: AtomicBool,
    /// Directories below the root whose names are known to be durable.
    durable: Mutex<HashSet<PathBuf>>,
}

impl LocalStorage {
    /// The storage in `root`, which is created if it does not exist.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] when the directory cannot be created or resolved.
    pub fn open(root: impl AsRef<Path>) -> Result<Self> {
        let root = root.as_ref();
        let failed = |message: &str, e| io_error(message, &root.display().to_string(), e);
        let made = root.ancestors().take_while(|dir| !dir.exists()).count();
        let path = fs::create_dir_all(root)
            .and_then(|()| fs::canonicalize(root))
            .map_err(|e| failed("the root directory cannot be opened", e))?;
        // The names of the directories just made must last; if none was, then that of the root,
        // which a process that crashed may have made.
        for parent in path.ancestors().skip(1).take(made.max(1)) {
            match sync_dir(parent) {
                // Not ours to sync: somebody else made the root, or gave it to us.
                Err(e) if e.kind() == io::ErrorKind::PermissionDenied => {}
                synced => synced.map_err(|e| failed("the root directory cannot be synced", e))?,
            }
        }
        Ok(Self(Arc::new(Root {
            path,
            poisoned: AtomicBool::new(false),
            durable: Mutex::default(),
        })))
    }

    /// The root directory, absolute.
    pub fn root(&self) -> &Path {
        &self.0.path
    }

    /// Opens a regular file for reading.
    fn open_file(&self, path: &str) -> Result<(File, u64)> {
        check_path(path)?;
        let (_, target) = self.0.locate(path)?;
        refuse_link(path, &target)?;
        let file = File::open(&target).map_err(|e| io_error("a file cannot be opened", path, e))?;
        let meta = file
            .metadata()
            .map_err(|e| io_error("a file has no size", path, e))?;
        if !meta.is_file() {
            return Err(corrupt(path, 0, "not a regular file"));
        }
        Ok((file, meta.len()))
    }

    fn begin(&self, path: &str) -> Result<LocalWriter> {
        check_path(path)?;
        self.0.check_health(path)?;
        let dir = self.0.make_dirs(path)?;
        let (_, target) = self.0.locate(path)?;
        if exists(path, &target)? {
            return Err(taken(path));
        }
        let temp = dir.join(format!("{TEMPORARY}{}", unique_id()?));
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&temp)
            .map_err(|e| io_error("a temporary file cannot be created", path, e))?;
        Ok(LocalWriter {
            root: Arc::clone(&self.0),
            path: path.to_owned(),
            target,
            temp,
            file,
            written: 0,
            failed: false,
        })
    }
}

impl Root {
    /// `(directory, file)` of a checked path; no directory on the way is a link.
    fn locate(&self, path: &str) -> Result<(PathBuf, PathBuf)> {
        let mut dir = self.path.clone();
        let mut segments = path.split('/').peekable();
        while let Some(segment) = segments.next() {
            let next = dir.join(segment);
            if segments.peek().is_none() {
                return Ok((dir, next));
            }
            refuse_link(path, &next)?;
            dir = next;
        }
        Ok((dir.clone(), dir))
    }

    /// The directory at `dir`, which is no link and under none; `None` when it does not exist.
    fn locate_dir(&self, dir: &str) -> Result<Option<PathBuf>> {
        check_path(dir)?;
        let located = self.locate(dir).and_then(|(_, target)| {
            refuse_link(dir, &target)?;
            Ok(target)
        });
        match located {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            located => located.map(Some),
        }
    }

    /// Makes the directories above a checked path and returns the innermost one.
    fn make_dirs(&self, path: &str) -> Result<PathBuf> {
        let mut dir = self.path.clone();
        if let Some((dirs, _)) = path.rsplit_once('/') {
            for segment in dirs.split('/') {
                dir.push(segment);
                match fs::create_dir(&dir) {
                    // Perhaps again, after somebody removed it.
                    Ok(()) => {
                        self.durable().remove(&dir);
                    }
                    Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
                        refuse_link(path, &dir)?;
                    }
                    Err(e) => return Err(io_error("a directory cannot be created", path, e)),
                }
            }
        }
        Ok(dir)
    }

    /// Syncs the directory of `target` and those above it, up to the root or to one whose name is known to be durable:
    /// any of the others may be new, made by us or by a process that crashed before its sync.
    fn sync_dirs(&self, path: &str, target: &Path) -> Result<()> {
        let mut dirs = target
            .ancestors()
            .skip(1)
            .take_while(|dir| dir.starts_with(&self.path));
        let mut synced = Vec::new();
        for dir in &mut dirs {
            if let Err(e) = sync_dir(dir) {
                self.poisoned.store(true, Ordering::SeqCst);
                return Err(io_error("a directory cannot be synced", path, e));
            }
            if self.durable().contains(dir) {
                break;
            }
            synced.push(dir.to_owned());
        }
        // The name of each is in the one above it, and all those are synced.
        self.durable().extend(synced);
        Ok(())
    }

    fn durable(&self) -> MutexGuard<'_, HashSet<PathBuf>> {
        // A set is whole whatever panicked beside it.
        self.durable.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn check_health(&self, path: &str) -> Result<()> {
        if self.poisoned.load(Ordering::SeqCst) {
            return Err(Error::new(
                ErrorKind::Poisoned,
                "an earlier sync of a directory failed: check the disk and open the storage anew",
            )
            .with("file", path));
        }
        Ok(())
    }
}

#[async_trait]
impl CheckpointStorage for LocalStorage {
    async fn create(&self, path: &str) -> Result<Box<dyn FileWriter>> {
        Ok(Box::new(self.begin(path)?))
    }

    async fn put_new(&self, path: &str, bytes: &[u8]) -> Result<()> {
        let mut writer = self.begin(path)?;
        writer.append(bytes)?;
        writer.publish()
    }

    async fn read(&self, path: &str, range: Range<u64>) -> Result<Vec<u8>> {
        check_path(path)?;
        check_range(path, &range)?;
        let (mut file, size) = self.open_file(path)?;
        // The size bounds the allocation.
        let len = usize::try_from(range.end - range.start);
        let (true, Ok(len)) = (range.end <= size, len) else {
            return Err(corrupt(path, size, "the file ends too early"));
        };
        let mut bytes = vec![0; len];
        file.seek(SeekFrom::Start(range.start))
            .and_then(|_| file.read_exact(&mut bytes))
            .map_err(|e| io_error("a file cannot be read", path, e).with("offset", range.start))?;
        Ok(bytes)
    }

    async fn size(&self, path: &str) -> Result<u64> {
        Ok(self.open_file(path)?.1)
    }

    async fn list(&self, dir: &str) -> Result<Vec<String>> {
        let Some(target) = self.0.locate_dir(dir)? else {
            return Ok(Vec::new());
        };
        let failed = |e| io_error("a directory cannot be listed", dir, e);
        let mut names = Vec::new();
        for entry in fs::read_dir(&target).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            // A link is listed, so that reading it fails instead of a file silently missing.
            let is_dir = entry.file_type().map_err(failed)?.is_dir();
            if let (false, Ok(name)) = (is_dir, entry.file_name().into_string())
                && is_name(&name)
            {
                names.push(name);
            }
        }
        names.sort_unstable();
        Ok(names)
    }

    async fn delete(&self, path: &str) -> Result<()> {
        check_path(path)?;
        self.0.check_health(path)?;
        let (_, target) = self.0.locate(path)?;
        fs::remove_file(&target).map_err(|e| io_error("a file cannot be deleted", path, e))?;
        self.0.sync_dirs(path, &target)
    }

    async fn discard_unfinished(&self, dir: &str, before_ms: u64) -> Result<u64> {
        let Some(target) = self.0.locate_dir(dir)? else {
            return Ok(0);
        };
        let failed = |e| io_error("a temporary file cannot be removed", dir, e);
        let mut discarded = 0;
        for entry in fs::read_dir(&target).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let is_temporary = entry.file_name().to_string_lossy().starts_with(TEMPORARY);
            let meta = match entry.metadata() {
                Ok(meta) if is_temporary && meta.is_file() => meta,
                // Another kind of file, or one that was finished meanwhile.
                _ => continue,
            };
            let written = meta.modified().map_err(failed)?.duration_since(UNIX_EPOCH);
            // A file from before 1970 is old.
            let written_ms = written.map_or(0, |since| since.as_millis());
            if written_ms < u128::from(before_ms) {
                match fs::remove_file(entry.path()) {
                    Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(failed(e)),
                    _ => discarded += 1,
                }
            }
        }
        Ok(discarded)
    }
}

impl fmt::Debug for LocalStorage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LocalStorage").field(&self.0.path).finish()
    }
}

impl fmt::Display for LocalStorage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "file://{}", self.0.path.display())
    }
}

struct LocalWriter {
    root: Arc<Root>,
    path: String,
    target: PathBuf,
    /// Exists as long as this writer does.
    temp: PathBuf,
    file: File,
    written: u64,
    /// After a failed write or sync the file is given up.
    failed: bool,
}

impl LocalWriter {
    fn append(&mut self, bytes: &[u8]) -> Result<()> {
        self.check()?;
        self.file.write_all(bytes).map_err(|e| {
            self.failed = true;
            io_error("a file cannot be written", &self.path, e)
        })?;
        self.written += bytes.len() as u64;
        Ok(())
    }

    fn publish(self) -> Result<()> {
        self.check()?;
        self.file
            .sync_all()
            .map_err(|e| io_error("a file cannot be synced", &self.path, e))?;
        match fs::hard_link(&self.temp, &self.target) {
            Ok(()) => {}
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => return Err(taken(&self.path)),
            Err(e) => {
                return Err(io_error(
                    "a file cannot be linked to its name",
                    &self.path,
                    e,
                ));
            }
        }
        self.root
            .sync_dirs(&self.path, &self.target)
            .inspect_err(|_| {
                // Visible, perhaps not durable: take it back if the disk lets us. The storage is
                // poisoned either way.
                let _ = fs::remove_file(&self.target);
            })
    }

    fn check(&self) -> Result<()> {
        if self.failed {
            return Err(
                Error::new(ErrorKind::Poisoned, "an earlier write of this file failed")
                    .with("file", &self.path),
            );
        }
        Ok(())
    }
}

#[async_trait]
impl FileWriter for LocalWriter {
    async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.append(bytes)
    }

    async fn finish(self: Box<Self>) -> Result<()> {
        if self.written < LARGE {
            return self.publish();
        }
        offload("checkpoint-sync", move || self.publish()).await
    }
}

impl Drop for LocalWriter {
    fn drop(&mut self) {
        // If this fails, a temporary file stays behind; nothing lists it.
        let _ = fs::remove_file(&self.temp);
    }
}

impl fmt::Debug for LocalWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LocalWriter").field(&self.target).finish()
    }
}

/// Refuses symbolic links; a missing file is `NotFound`.
fn refuse_link(path: &str, target: &Path) -> Result<()> {
    let meta = fs::symlink_metadata(target)
        .map_err(|e| io_error("a file or directory cannot be reached", path, e))?;
    if meta.is_symlink() {
        return Err(corrupt(path, 0, "symbolic links are refused").with("link", target.display()));
    }
    Ok(())
}

/// Whether the name is taken, even by a dangling link.
fn exists(path: &str, target: &Path) -> Result<bool> {
    match fs::symlink_metadata(target) {
        Ok(_) => Ok(true),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(e) => Err(io_error("a file cannot be reached", path, e)),
    }
}

#[cfg(unix)]
fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the signature of the Unix one")]
fn sync_dir(_dir: &Path) -> io::Result<()> {
    Ok(())
}

/// Refuses a range that ends before it starts.
pub(super) fn check_range(path: &str, range: &Range<u64>) -> Result<()> {
    if range.start > range.end {
        return Err(
            Error::new(ErrorKind::Invalid, "a range ends before it starts")
                .with("file", path)
                .with("range", format_args!("{}..{}", range.start, range.end)),
        );
    }
    Ok(())
}

#[cold]
fn taken(path: &str) -> Error {
    Error::new(ErrorKind::Conflict, "the file exists").with("file", path)
}

#[cold]
fn io_error(message: &str, path: &str, error: io::Error) -> Error {
    let kind = match error.kind() {
        io::ErrorKind::NotFound => ErrorKind::NotFound,
        _ => ErrorKind::Io,
    };
    Error::new(kind, format!("{message}: {error}"))
        .with("file", path)
        .with_source(error)
}

#[cfg(test)]
mod tests {
    use pollster::block_on;

    use super::*;

    #[test]
    fn a_directory_that_is_made_again_is_synced_again() {
        let dir = tempfile::tempdir().unwrap();
        let storage = LocalStorage::open(dir.path()).unwrap();
        let inner = storage.root().join("a").join("b");
        block_on(storage.put_new("a/b/1", b"one")).unwrap();
        assert!(storage.0.durable().contains(&inner));
        fs::remove_dir_all(&inner).unwrap();
        storage.0.make_dirs("a/b/2").unwrap();
        assert!(!storage.0.durable().contains(&inner));
        block_on(storage.put_new("a/b/2", b"two")).unwrap();
        assert!(storage.0.durable().contains(&inner));
    }

    #[test]
    fn large_files_are_as_whole_as_small_ones() {
        let dir = tempfile::tempdir().unwrap();
        let storage = LocalStorage::open(dir.path()).unwrap();
        for len in [0, 1, 1 << 20, (1 << 20) + 1] {
            let path = format!("dir/{len}");
            let bytes = vec![7; len];
            let taken = block_on(async {
                let mut file = storage.create(&path).await?;
                file.write(&bytes).await?;
                let mut late = storage.create(&path).await?;
                late.write(&bytes).await?;
                file.finish().await?;
                assert_eq!(storage.read(&path, 0..len as u64).await?, bytes);
                late.finish().await
            });
            assert_eq!(taken.unwrap_err().kind(), ErrorKind::Conflict, "{len}");
        }
    }
}
