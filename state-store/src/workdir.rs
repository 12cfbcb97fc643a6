//! The working directory of an engine, in scratch mode: the checkpoint is the durability, so a
//! directory that was not closed cleanly holds nothing worth keeping.
//!
//! A marker file lies in the directory from open to clean close, locked by the process that uses
//! it. A directory found with a marker that nobody locks was left by a crash: it is refused or
//! wiped, as the caller chose, and then restored from a checkpoint.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use state_api::{Error, ErrorKind, Result};

use crate::layout;

const MARKER: &str = "DIRTY";
const IDENTITY: &str = "BACKEND";

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
    /// Holds the lock.
    marker: File,
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
        match fs::read_to_string(path.join(IDENTITY)) {
            Ok(identity) => check_identity(path, &identity, name)?,
            Err(e) if e.kind() == io::ErrorKind::NotFound => check_vacant(path)?,
            Err(e) => return Err(failed("read the identity", path, e)),
        }
        let (marker, found) = lock(&path.join(MARKER))?;
        let dir = Self {
            path: path.into(),
            marker,
        };
        match on_dirty {
            _ if !found => {}
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
        dir.write_identity(name)?;
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
        drop(self.marker);
        Ok(())
    }

    /// Removes the engine's `files`, then the directory if nothing else is in it.
    ///
    /// # Errors
    /// [`ErrorKind::Io`]; some of the files may remain.
    pub fn destroy(self, files: &[&str]) -> Result<()> {
        self.wipe(files)?;
        for name in [IDENTITY, MARKER] {
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

    fn write_identity(&self, name: &str) -> Result<()> {
        let path = self.file(IDENTITY);
        let written = File::create(&path).and_then(|mut file| {
            file.write_all(identity_of(name).as_bytes())?;
            file.sync_all()
        });
        written.map_err(|e| failed("write the identity", &path, e))?;
        self.sync()
    }

    fn sync(&self) -> Result<()> {
        File::open(&self.path)
            .and_then(|dir| dir.sync_all())
            .map_err(|e| failed("sync the directory", &self.path, e))
    }
}

/// Locks the marker; says whether it was there before.
fn lock(path: &Path) -> Result<(File, bool)> {
    let created = OpenOptions::new().write(true).create_new(true).open(path);
    let (marker, found) = match created {
        Ok(marker) => (marker, false),
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
            let marker = OpenOptions::new().write(true).open(path);
            (
                marker.map_err(|e| failed("open the marker", path, e))?,
                true,
            )
        }
        Err(e) => return Err(failed("create the marker", path, e)),
    };
    match marker.try_lock() {
        Ok(()) => Ok((marker, found)),
        Err(TryLockError::WouldBlock) => Err(Error::new(
            ErrorKind::Conflict,
            "the working directory is in use",
        )
        .with("path", path.display())),
        Err(TryLockError::Error(e)) => Err(failed("lock the marker", path, e)),
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
    let mut entries = fs::read_dir(path).map_err(|e| failed("list the directory", path, e))?;
    match entries.next() {
        None => Ok(()),
        // A crash between the two first writes.
        Some(Ok(entry)) if entry.file_name() == MARKER && entries.next().is_none() => Ok(()),
        Some(Ok(entry)) => Err(Error::new(
            ErrorKind::Mismatch,
            "the directory holds files that are not a state backend's",
        )
        .with("found", entry.file_name().display())
        .with("path", path.display())),
        Some(Err(e)) => Err(failed("list the directory", path, e)),
    }
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
