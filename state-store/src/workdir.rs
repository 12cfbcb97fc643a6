//! The working directory of an engine, in scratch mode: the checkpoint is the durability, so a
//! directory that was not closed cleanly holds nothing worth keeping.
//!
//! Three small files guard it. `LOCK` is locked by the process that uses the directory, and is only
//! removed with it. `DIRTY` lies there from open to clean close; found under the lock, it was left
//! by a crash: the directory is refused or wiped, as the caller chose, and then restored from a
//! checkpoint. `BACKEND` says whose directory it is; it is written once, and appears whole.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use state_api::{Error, ErrorKind, Result};

use crate::layout;

const LOCK: &str = "LOCK";
const MARKER: &str = "DIRTY";
const IDENTITY: &str = "BACKEND";
/// The identity on its way.
const NEW_IDENTITY: &str = "BACKEND.new";

/// What to do with a directory that was left by a crash.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OnDirty {
    /// Refuse it with [`ErrorKind::Poisoned`] and leave it as it is.
    #[default]
    Refuse,
    /// Remove what it holds and start empty.
    Wipe,
}

/// A working directory that is in use.
#[derive(Debug)]
pub struct WorkDir {
    path: PathBuf,
    /// Locked for as long as it lives.
    lock: File,
}

impl WorkDir {
    /// Takes the directory `path` into use for the backend `name`; creates it when it is absent.
    /// `files` are the names of the engine's files and folders: what a wipe removes.
    ///
    /// # Errors
    /// [`ErrorKind::Mismatch`] when the directory belongs to another backend or holds foreign
    /// files, [`ErrorKind::Unsupported`] when its layout version is another,
    /// [`ErrorKind::Conflict`] when it is in use, [`ErrorKind::Poisoned`] when a crash left it and
    /// it is not to be wiped, [`ErrorKind::Io`] when the file system fails. The directory is left untouched.
    pub fn open(path: &Path, name: &str, files: &[&str], on_dirty: OnDirty) -> Result<Self> {
        let step = |step| move |e| failed(step, path, e);
        fs::create_dir_all(path).map_err(step("create the directory"))?;
        // Before anything is created: a directory of somebody else's stays as it is.
        let identity = |step: &'static str| match fs::read_to_string(path.join(IDENTITY)) {
            Ok(identity) => check_identity(path, &identity, name).map(|()| true),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(e) => Err(failed(step, path, e)),
        };
        if !identity("read the identity")? {
            check_vacant(path)?;
        }
        let dir = Self {
            lock: lock(&path.join(LOCK))?,
            path: path.into(),
        };
        // Again, for somebody may have been here between the look and the lock.
        let known = identity("read the identity under the lock")?;
        let is_dirty = dir
            .file(MARKER)
            .try_exists()
            .map_err(step("look for the marker"))?;
        match on_dirty {
            _ if !is_dirty => dir.write(MARKER, "in use, or left by a crash\n")?,
            OnDirty::Wipe => dir.wipe(files)?,
            OnDirty::Refuse => {
                return Err(Error::new(
                    ErrorKind::Poisoned,
                    "the working directory was not closed cleanly: open it with `OnDirty::Wipe` \
                     and restore a checkpoint",
                )
                .with("path", path.display()));
            }
        }
        if !known {
            dir.write(NEW_IDENTITY, &identity_of(name))?;
            fs::rename(dir.file(NEW_IDENTITY), dir.file(IDENTITY))
                .map_err(step("name the identity"))?;
            dir.sync()?;
        }
        Ok(dir)
    }

    /// The path of a file in the directory.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Ends the use of the directory: the engine has made its data durable.
    ///
    /// # Errors
    /// [`ErrorKind::Io`]; the directory is then as after a crash.
    pub fn close(self) -> Result<()> {
        fs::remove_file(self.file(MARKER))
            .map_err(|e| failed("remove the marker", &self.path, e))?;
        self.sync()?;
        drop(self.lock); // not before the marker is gone
        Ok(())
    }

    /// Removes the engine's `files`, then the directory if nothing else is in it.
    ///
    /// # Errors
    /// [`ErrorKind::Io`]; some of the files may remain.
    pub fn destroy(self, files: &[&str]) -> Result<()> {
        self.wipe(files)?;
        for name in [IDENTITY, NEW_IDENTITY, MARKER, LOCK] {
            remove(&self.file(name)).map_err(|e| failed("remove", &self.file(name), e))?;
        }
        match fs::remove_dir(&self.path) {
            Err(e) if e.kind() != io::ErrorKind::DirectoryNotEmpty => {
                Err(failed("remove the directory", &self.path, e))
            }
            _ => Ok(()),
        }
    }

    fn wipe(&self, files: &[&str]) -> Result<()> {
        for name in files {
            remove(&self.file(name)).map_err(|e| failed("remove", &self.file(name), e))?;
        }
        Ok(())
    }

    /// Writes a small file, durably.
    fn write(&self, name: &'static str, text: &str) -> Result<()> {
        let path = self.file(name);
        let written = File::create(&path).and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        });
        written.map_err(|e| failed("write", &path, e))?;
        self.sync()
    }

    fn sync(&self) -> Result<()> {
        File::open(&self.path)
            .and_then(|dir| dir.sync_all())
            .map_err(|e| failed("sync the directory", &self.path, e))
    }
}

/// Locks the lock file, made if it is absent.
fn lock(path: &Path) -> Result<File> {
    let opened = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(path);
    let file = opened.map_err(|e| failed("open the lock", path, e))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::new(
            ErrorKind::Conflict,
            "the working directory is in use",
        )
        .with("path", path.display())),
        Err(TryLockError::Error(e)) => Err(failed("lock", path, e)),
    }
}

fn identity_of(name: &str) -> String {
    format!("{name} {}\n", layout::VERSION)
}

fn check_identity(path: &Path, identity: &str, name: &str) -> Result<()> {
    if identity == identity_of(name) {
        return Ok(());
    }
    let mut words = identity.split_whitespace();
    let (found, version) = (
        words.next().unwrap_or("nothing"),
        words.next().unwrap_or("none"),
    );
    let kind = if found == name {
        ErrorKind::Unsupported
    } else {
        ErrorKind::Mismatch
    };
    Err(Error::new(
        kind,
        "the directory belongs to another backend or layout version",
    )
    .with("found", format_args!("{found}, layout {version}"))
    .with(
        "expected",
        format_args!("{name}, layout {}", layout::VERSION),
    )
    .with("path", path.display()))
}

/// A directory without an identity must not hold anything: it might be somebody's home.
fn check_vacant(path: &Path) -> Result<()> {
    let entries = fs::read_dir(path).map_err(|e| failed("list the directory", path, e))?;
    for entry in entries {
        let name = entry
            .map_err(|e| failed("list the directory", path, e))?
            .file_name();
        // What a crash, or another opener, leaves before the identity has its name.
        if [LOCK, MARKER, NEW_IDENTITY]
            .iter()
            .any(|ours| name == *ours)
        {
            continue;
        }
        // Another opener may have named the identity since we looked.
        if name == IDENTITY {
            return Ok(());
        }
        return Err(Error::new(
            ErrorKind::Mismatch,
            "the directory holds files that are not a state backend's",
        )
        .with("found", name.display())
        .with("path", path.display()));
    }
    Ok(())
}

fn remove(path: &Path) -> io::Result<()> {
    let removed = match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(e) => Err(e),
    };
    match removed {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}

fn failed(step: &'static str, path: &Path, error: io::Error) -> Error {
    Error::new(ErrorKind::Io, "the working directory cannot be used")
        .with("step", step)
        .with("path", path.display())
        .with_source(error)
}
