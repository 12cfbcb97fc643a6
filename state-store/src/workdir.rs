//! The working directory of an engine.
//!
//! In *scratch* mode the checkpoint is the durability, so a directory that was not closed cleanly
//! holds nothing worth keeping. In *durable* mode it holds the last commit, whatever happened.
//!
//! Small files guard it. `LOCK` is locked by the process that uses the directory, and is only removed
//! with it. `DIRTY` lies in a scratch directory from open to clean close; found under the lock, it was
//! left by a crash: the directory is refused or wiped, as the caller chose, and then restored from a
//! checkpoint. `BACKEND` says whose directory it is and in which mode; it is written once, and appears
//! whole. `FILES` lists what a clean close left, and is compared before an engine sees it again. `DATA` says
//! that the engine has made its files: a directory without them is then damaged, not new.
//!
//! The directory is occupied as long as anybody may touch the engine's files: the store, or a view that
//! outlives it.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::{Deserialize, Serialize};
use state_api::{Error, ErrorKind, Result};

use crate::inventory::Inventory;
use crate::layout;

const LOCK: &str = "LOCK";
const MARKER: &str = "DIRTY";
const IDENTITY: &str = "BACKEND";
/// The identity on its way.
const NEW_IDENTITY: &str = "BACKEND.new";
const INVENTORY: &str = "FILES";
/// The inventory on its way.
const NEW_INVENTORY: &str = "FILES.new";
/// The inventory while the engine opens.
const OLD_INVENTORY: &str = "FILES.old";
const PRESENCE: &str = "DATA";

/// What survives a crash in a working directory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Mode {
    /// Nothing: the checkpoint is the durability, and no write waits for the disk.
    #[default]
    Scratch,
    /// The state of the last [`commit`](state_api::StateBackend::commit).
    Durable,
}

impl Mode {
    fn name(self) -> &'static str {
        match self {
            Self::Scratch => "scratch",
            Self::Durable => "durable",
        }
    }
}

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

/// Whose directory it is, and what the engine keeps in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tenant {
    /// Name of the backend.
    pub backend: &'static str,
    /// Names of the files and folders that hold the data: listed by a close, removed by a wipe.
    pub data: &'static [&'static str],
    /// Names of others that may be lost, such as logs: removed by a wipe.
    pub other: &'static [&'static str],
}

/// How a directory is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opening {
    /// Of the directory's whole life: another mode than at its first opening is refused.
    pub mode: Mode,
    /// What to do with a scratch directory that a crash left.
    pub on_dirty: OnDirty,
    /// Whether the content of the files is compared with what the last clean close left, which reads
    /// every byte; names and sizes are compared in any case.
    pub verify_files: bool,
}

impl Default for Opening {
    fn default() -> Self {
        Self {
            mode: Mode::default(),
            on_dirty: OnDirty::default(),
            verify_files: true,
        }
    }
}

/// A working directory that is in use.
#[derive(Debug)]
pub struct WorkDir {
    place: Arc<Place>,
    /// What the last close left, until the engine has opened.
    listed: Option<Inventory>,
    is_verified: bool,
}

/// Keeps a working directory occupied: held by every view that may outlive its store, and dropped behind
/// what it reads with. A directory that was destroyed meanwhile is removed by the last of them.
#[derive(Clone, Debug)]
pub struct Occupancy(#[expect(dead_code, reason = "it is there to be dropped")] Arc<Place>);

#[derive(Debug)]
struct Place {
    path: PathBuf,
    tenant: Tenant,
    mode: Mode,
    /// Whether it is removed when nobody occupies it any more.
    doomed: AtomicBool,
    // Last: not before the files are gone.
    _lock: Lock,
}

/// A lock file that is locked for as long as this lives.
#[derive(Debug)]
struct Lock(File);

/// Unlocked by name, not by closing: a process that is being started by another thread has a copy of the
/// descriptor for a moment, and would keep the lock for as long.
impl Drop for Lock {
    fn drop(&mut self) {
        // Where this fails, closing is left.
        let _ = self.0.unlock();
    }
}

impl WorkDir {
    /// Takes the directory `path` into use; creates it, durably, when it is absent. The caller says then
    /// whether the engine [opened](WorkDir::opened) or [did not](WorkDir::give_back).
    ///
    /// # Errors
    /// [`ErrorKind::Mismatch`] when the directory belongs to another backend or mode or holds foreign
    /// files, [`ErrorKind::Unsupported`] when its layout version is another,
    /// [`ErrorKind::Conflict`] when it is in use, [`ErrorKind::Poisoned`] when a crash left it and
    /// it is not to be wiped, [`ErrorKind::Corrupt`] when a file is not as the last close left it or the
    /// engine's files are gone, [`ErrorKind::Io`] when the file system fails. The directory is left
    /// untouched.
    pub fn open(path: &Path, tenant: Tenant, opening: Opening) -> Result<Self> {
        let step = |step| move |e| failed(step, path, e);
        let mode = opening.mode;
        create_dir(path)?;
        // Before anything is created: a directory of somebody else's stays as it is.
        let identity = |step: &'static str| match fs::read(path.join(IDENTITY)) {
            Ok(identity) => {
                let identity = String::from_utf8_lossy(&identity);
                check_identity(path, &identity, tenant.backend, mode).map(|()| true)
            }
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(e) => Err(failed(step, path, e)),
        };
        if !identity("read the identity")? {
            check_vacant(path)?;
        }
        let place = Place {
            _lock: lock(&path.join(LOCK))?,
            path: path.into(),
            tenant,
            mode,
            doomed: AtomicBool::new(false),
        };
        // Again, for somebody may have been here between the look and the lock.
        let known = identity("read the identity under the lock")?;
        let is_dirty = place
            .file(MARKER)
            .try_exists()
            .map_err(step("look for the marker"))?;
        let mut listed = None;
        match opening.on_dirty {
            _ if !is_dirty => listed = place.begin(opening.verify_files)?,
            OnDirty::Wipe => place.wipe()?,
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
            let identity = identity_of(tenant.backend, mode);
            place.appear(NEW_IDENTITY, IDENTITY, &identity)?;
        }
        Ok(Self {
            place: Arc::new(place),
            is_verified: listed.is_some() && opening.verify_files,
            listed,
        })
    }

    /// Notes that the engine has opened, and has made its files, durably: what the last close left is out
    /// of date from here on.
    ///
    /// # Errors
    /// [`ErrorKind::Io`].
    pub fn opened(&mut self) -> Result<()> {
        let place = &self.place;
        self.listed = None;
        let old = place.file(OLD_INVENTORY);
        remove(&old).map_err(|e| failed("remove the inventory", &old, e))?;
        // Behind the engine's files, whose names the directory now has for good.
        place.sync()?;
        place.write(PRESENCE, "the engine's files are there\n")
    }

    /// Gives the directory back when the engine could not open: as it was found, so that the next open
    /// compares it again, unless the engine has changed it.
    ///
    /// # Errors
    /// [`ErrorKind::Io`]; the directory is then as after a crash.
    pub fn give_back(self) -> Result<()> {
        let place = &self.place;
        if let Some(listed) = &self.listed
            && listed.verify(&place.path, place.tenant.data, false).is_ok()
        {
            fs::rename(place.file(OLD_INVENTORY), place.file(INVENTORY))
                .map_err(|e| failed("name the inventory", &place.path, e))?;
        }
        self.release()
    }

    /// Whether all files were compared with what the last close left: if not, it is for the engine to find
    /// out what they are worth.
    pub fn is_verified(&self) -> bool {
        self.is_verified
    }

    /// Keeps the directory occupied for somebody who may outlive this.
    pub fn occupancy(&self) -> Occupancy {
        Occupancy(Arc::clone(&self.place))
    }

    /// How the directory is used.
    pub fn mode(&self) -> Mode {
        self.place.mode
    }

    /// The path of a file in the directory.
    pub fn file(&self, name: &str) -> PathBuf {
        self.place.file(name)
    }

    /// Ends the use of the directory: the engine has made its data durable, and has let go of the files.
    /// Lists them, which reads every byte, unless a view [occupies](WorkDir::occupancy) the directory still:
    /// files may then change, and what is found next time is not compared.
    ///
    /// # Errors
    /// [`ErrorKind::Io`]; the directory is then as after a crash.
    pub fn close(self) -> Result<()> {
        let place = &self.place;
        // Who occupies it came by way of this, so nobody comes in after the look.
        if Arc::strong_count(place) == 1 {
            let inventory = Inventory::take(&place.path, place.tenant.data)?;
            place.appear(NEW_INVENTORY, INVENTORY, &inventory.to_text()?)?;
        }
        self.release()
    }

    /// Unmarks the directory.
    fn release(self) -> Result<()> {
        let place = &self.place;
        if place.mode == Mode::Scratch {
            fs::remove_file(place.file(MARKER))
                .map_err(|e| failed("remove the marker", &place.path, e))?;
            place.sync()?;
        }
        Ok(())
    }

    /// Removes the engine's files, then the directory if nothing else is in it: now, or when the last who
    /// occupies it is gone.
    ///
    /// # Errors
    /// [`ErrorKind::Io`]; some of the files may remain.
    pub fn destroy(self) -> Result<()> {
        match Arc::try_unwrap(self.place) {
            Ok(place) => place.remove(),
            Err(shared) => {
                shared.doomed.store(true, Ordering::Release);
                Ok(())
            }
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.doomed.load(Ordering::Acquire) {
            // There is nobody to tell. What remains is marked as a crash would have left it, or empty.
            let _ = self.remove();
        }
    }
}

impl Place {
    fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Takes a clean directory into use: compares it with its inventory, which is set aside, and marks it.
    fn begin(&self, verify_files: bool) -> Result<Option<Inventory>> {
        let path = self.file(INVENTORY);
        let listed = match fs::read(&path) {
            Ok(text) => Some(Inventory::parse(&text).map_err(|e| e.with("path", path.display()))?),
            Err(e) if e.kind() == io::ErrorKind::NotFound => None,
            Err(e) => return Err(failed("read the inventory", &path, e)),
        };
        match &listed {
            Some(listed) => listed.verify(&self.path, self.tenant.data, verify_files)?,
            None => self.check_presence()?,
        }
        if self.mode == Mode::Scratch {
            self.write(MARKER, "in use, or left by a crash\n")?;
        }
        if listed.is_some() {
            fs::rename(&path, self.file(OLD_INVENTORY))
                .map_err(|e| failed("set the inventory aside", &path, e))?;
            self.sync()?;
        }
        Ok(listed)
    }

    /// Refuses a directory whose data is gone: it would open as if it were new.
    fn check_presence(&self) -> Result<()> {
        let exists = |name: &str| {
            let path = self.file(name);
            path.try_exists()
                .map_err(|e| failed("look for a file", &path, e))
        };
        if !exists(PRESENCE)? {
            return Ok(());
        }
        for name in self.tenant.data {
            if exists(name)? {
                return Ok(());
            }
        }
        Err(Error::new(
            ErrorKind::Corrupt,
            "the engine's files are gone from the working directory: restore a checkpoint into another \
             directory",
        )
        .with("expected", self.tenant.data.join(" or "))
        .with("path", self.path.display()))
    }

    fn remove(&self) -> Result<()> {
        self.wipe()?;
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

    fn wipe(&self) -> Result<()> {
        let Tenant { data, other, .. } = self.tenant;
        let ours = [INVENTORY, NEW_INVENTORY, OLD_INVENTORY, PRESENCE];
        for name in data.iter().chain(other).chain(&ours) {
            remove(&self.file(name)).map_err(|e| failed("remove", &self.file(name), e))?;
        }
        Ok(())
    }

    /// Writes a small file that appears whole, durably.
    fn appear(&self, draft: &'static str, name: &'static str, text: &str) -> Result<()> {
        self.write(draft, text)?;
        fs::rename(self.file(draft), self.file(name))
            .map_err(|e| failed("rename", &self.file(draft), e))?;
        self.sync()
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
        sync_dir(&self.path)
    }
}

/// Creates a directory and those above it that are absent, durably: each is known to the one above it when
/// this returns.
///
/// # Errors
/// [`ErrorKind::Io`].
pub fn create_dir(path: &Path) -> Result<()> {
    let absent: Vec<_> = path.ancestors().take_while(|path| !path.exists()).collect();
    fs::create_dir_all(path).map_err(|e| failed("create the directory", path, e))?;
    for created in absent {
        match created.parent() {
            Some(parent) if parent.as_os_str().is_empty() => sync_dir(Path::new("."))?,
            Some(parent) => sync_dir(parent)?,
            None => {}
        }
    }
    Ok(())
}

fn sync_dir(path: &Path) -> Result<()> {
    File::open(path)
        .and_then(|dir| dir.sync_all())
        .map_err(|e| failed("sync the directory", path, e))
}

/// Locks the lock file, made if it is absent.
fn lock(path: &Path) -> Result<Lock> {
    let opened = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(path);
    let file = opened.map_err(|e| failed("open the lock", path, e))?;
    match file.try_lock() {
        Ok(()) => Ok(Lock(file)),
        Err(TryLockError::WouldBlock) => Err(Error::new(
            ErrorKind::Conflict,
            "the working directory is in use",
        )
        .with("path", path.display())),
        Err(TryLockError::Error(e)) => Err(failed("lock", path, e)),
    }
}

fn identity_of(name: &str, mode: Mode) -> String {
    format!("{name} {} {}\n", layout::VERSION, mode.name())
}

fn check_identity(path: &Path, identity: &str, name: &str, mode: Mode) -> Result<()> {
    if identity == identity_of(name, mode) {
        return Ok(());
    }
    let mut words = identity.split_whitespace();
    let mut word = || words.next().unwrap_or("none");
    let (found, version, found_mode) = (word(), word(), word());
    let kind = if found == name && version != layout::VERSION.to_string() {
        ErrorKind::Unsupported
    } else {
        ErrorKind::Mismatch
    };
    Err(Error::new(
        kind,
        "the directory belongs to another backend, layout version or mode",
    )
    .with(
        "found",
        format_args!("{found}, layout {version}, {found_mode}"),
    )
    .with(
        "expected",
        format_args!("{name}, layout {}, {}", layout::VERSION, mode.name()),
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
