//! A directory of native checkpoints: a manifest for each, and the files that they share.
//!
//! | path | content |
//! |---|---|
//! | `<name>.json` | the manifest; a checkpoint exists if and only if it does |
//! | `files/<digest>-<size>` | a file of the engine, once for all checkpoints that have it |
//! | `.tmp-<number>` | what is being written, or was when a crash came: may be removed |

use std::collections::BTreeSet;
use std::fs::{self, File as Handle};
use std::io::{self, ErrorKind as IoKind, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use state_api::{Error, ErrorKind, NativeFile, NativePlace, NativeReport, Result};
use state_store::{check_native_name, create_dir, file_digest};
use xxhash_rust::xxh3::xxh3_128;

use crate::native::manifest::{File, Manifest};

const FILES: &str = "files";

/// A folder that is removed when it is dropped.
#[derive(Debug)]
pub(crate) struct Staging(PathBuf);

impl Staging {
    /// In `directory`, so that files can be linked from and to it.
    pub(crate) fn new(directory: &Path) -> Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        create_dir(directory)?;
        loop {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let path = directory.join(format!(".tmp-{}-{number}", std::process::id()));
            match fs::create_dir(&path) {
                Ok(()) => return Ok(Self(path)),
                Err(e) if e.kind() == IoKind::AlreadyExists => {}
                Err(e) => return Err(failed("create a folder", &path, e)),
            }
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        // What remains is known by its name to be nothing.
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn manifest_path(place: NativePlace<'_>) -> Result<PathBuf> {
    check_native_name(place.name)?;
    Ok(place.directory.join(format!("{}.json", place.name)))
}

/// Refuses a name that is taken, before any work is done for it.
pub(crate) fn check_free(place: NativePlace<'_>) -> Result<()> {
    let path = manifest_path(place)?;
    match path.try_exists() {
        Ok(false) => Ok(()),
        Ok(true) => Err(taken(&path)),
        Err(e) => Err(failed("look for the manifest", &path, e)),
    }
}

/// Shares the files of `folder`, durably, and publishes a manifest of them.
///
/// `digest_of` knows the digest of a file, or has it read. A file that is shared already is the engine's own,
/// by another name, or it is compared, so that damage is not passed on.
pub(crate) fn publish(
    place: NativePlace<'_>,
    folder: &Path,
    description: &str,
    mut digest_of: impl FnMut(&str, u64) -> Option<String>,
    staging: &Staging,
) -> Result<(NativeReport, Vec<File>)> {
    let shared = place.directory.join(FILES);
    create_dir(&shared)?;
    let mut report = NativeReport::default();
    let mut files = Vec::new();
    for (name, size) in list(folder)? {
        let path = folder.join(&name);
        let digest = match digest_of(&name, size) {
            Some(digest) => digest,
            None => file_digest(&path)?,
        };
        let file = File { name, size, digest };
        let target = shared.join(file.shared_name());
        report.files += 1;
        report.bytes += size;
        if !holds(&target, &file, &path)? {
            sync(&path)?;
            match fs::hard_link(&path, &target) {
                // Another worker of the job has the same file.
                Err(e) if e.kind() != IoKind::AlreadyExists => {
                    return Err(failed("link a file", &target, e));
                }
                _ => {}
            }
            report.new_files += 1;
            report.new_bytes += size;
        }
        files.push(file);
    }
    sync(&shared)?;
    let manifest = Manifest::new(description, files);
    let (draft, path) = (staging.path().join("manifest"), manifest_path(place)?);
    write(&draft, manifest.to_text()?.as_bytes())?;
    // Creates, and never replaces.
    match fs::hard_link(&draft, &path) {
        Ok(()) => {}
        Err(e) if e.kind() == IoKind::AlreadyExists => return Err(taken(&path)),
        Err(e) => return Err(failed("publish the manifest", &path, e)),
    }
    sync(place.directory)?;
    Ok((report, manifest.files))
}

/// Reads the manifest of a checkpoint.
pub(crate) fn read_manifest(place: NativePlace<'_>) -> Result<Manifest> {
    let path = manifest_path(place)?;
    match fs::read(&path) {
        Ok(text) => Manifest::parse(&text).map_err(|e| e.with("file", path.display())),
        Err(e) if e.kind() == IoKind::NotFound => Err(Error::new(
            ErrorKind::NotFound,
            "there is no native checkpoint of that name",
        )
        .with("path", path.display())),
        Err(e) => Err(failed("read the manifest", &path, e)),
    }
}

/// The files of a checkpoint, below its directory: those that it shares, and its manifest.
pub(crate) fn files(place: NativePlace<'_>) -> Result<Vec<NativeFile>> {
    let manifest = read_manifest(place)?;
    let damaged = || {
        Error::new(
            ErrorKind::Corrupt,
            "the manifest of a native checkpoint is damaged",
        )
    };
    let mut files = BTreeSet::new();
    for file in &manifest.files {
        files.insert(NativeFile {
            name: format!("{FILES}/{}", file.shared_name()),
            size: file.size,
            digest: u128::from_str_radix(&file.digest, 16).map_err(|e| damaged().with_source(e))?,
        });
    }
    let text = manifest.to_text()?;
    files.insert(NativeFile {
        name: format!("{}.json", place.name),
        size: u64::try_from(text.len()).unwrap_or(u64::MAX),
        digest: xxh3_128(text.as_bytes()),
    });
    Ok(files.into_iter().collect())
}

/// Reads a manifest, compares every file of it with its digest, and lays them out in `folder` under
/// the engine's names. Links where it can, copies elsewhere.
pub(crate) fn lay_out(place: NativePlace<'_>, folder: &Path) -> Result<Manifest> {
    let manifest = read_manifest(place)?;
    fs::create_dir_all(folder).map_err(|e| failed("create a folder", folder, e))?;
    for file in &manifest.files {
        let source = place.directory.join(FILES).join(file.shared_name());
        check(&source, file)?;
        let target = folder.join(&file.name);
        // Files that the engine appends to must not be shared; it never changes a table file.
        let is_table = Path::new(&file.name)
            .extension()
            .is_some_and(|e| e == "sst");
        if !is_table || fs::hard_link(&source, &target).is_err() {
            fs::copy(&source, &target).map_err(|e| failed("copy a file", &target, e))?;
            sync(&target)?;
        }
    }
    Ok(manifest)
}

fn check(path: &Path, file: &File) -> Result<()> {
    let damaged = |how: &'static str| {
        Error::new(
            ErrorKind::Corrupt,
            "a file of a native checkpoint is not what it was: restore another checkpoint",
        )
        .with("file", path.display())
        .with("engine_file", &file.name)
        .with("is", how)
    };
    match fs::symlink_metadata(path) {
        Err(e) if e.kind() == IoKind::NotFound => return Err(damaged("missing")),
        Err(e) => return Err(failed("look at a file", path, e)),
        Ok(found) if !found.is_file() => return Err(damaged("not a plain file")),
        Ok(found) if found.len() != file.size => {
            return Err(damaged("of another size")
                .with("found", found.len())
                .with("expected", file.size));
        }
        Ok(_) => {}
    }
    let found = file_digest(path)?;
    if found == file.digest {
        Ok(())
    } else {
        Err(damaged("of other content")
            .with("found", found)
            .with("expected", &file.digest))
    }
}

/// Whether the file is there, whole.
fn holds(path: &Path, file: &File, own: &Path) -> Result<bool> {
    match fs::symlink_metadata(path) {
        Ok(found)
            if found.is_file()
                && found.len() == file.size
                && (is_link_to(&found, own)? || file_digest(path)? == file.digest) =>
        {
            Ok(true)
        }
        Ok(_) => {
            // Damaged: made anew, for the checkpoints that share it as well.
            fs::remove_file(path).map_err(|e| failed("remove a damaged file", path, e))?;
            Ok(false)
        }
        Err(e) if e.kind() == IoKind::NotFound => Ok(false),
        Err(e) => Err(failed("look at a file", path, e)),
    }
}

/// Whether a file is the engine's own by another name.
#[cfg(unix)]
fn is_link_to(found: &fs::Metadata, own: &Path) -> Result<bool> {
    use std::os::unix::fs::MetadataExt;

    let own = fs::metadata(own).map_err(|e| failed("look at a file", own, e))?;
    Ok((found.dev(), found.ino()) == (own.dev(), own.ino()))
}

#[cfg(not(unix))]
fn is_link_to(_: &fs::Metadata, _: &Path) -> Result<bool> {
    Ok(false)
}

/// Names and sizes of the files of a folder, ascending.
fn list(folder: &Path) -> Result<Vec<(String, u64)>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(|e| failed("list a folder", folder, e))? {
        let entry = entry.map_err(|e| failed("list a folder", folder, e))?;
        let size = entry
            .metadata()
            .map_err(|e| failed("look at a file", &entry.path(), e))?
            .len();
        let name = entry.file_name().into_string().map_err(|name| {
            Error::new(
                ErrorKind::Io,
                "the engine wrote a file whose name is not UTF-8",
            )
            .with("found", name.display())
        })?;
        files.push((name, size));
    }
    files.sort();
    Ok(files)
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let written = Handle::create(path).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.map_err(|e| failed("write", path, e))
}

/// Makes a file or a folder durable.
fn sync(path: &Path) -> Result<()> {
    Handle::open(path)
        .and_then(|file| file.sync_all())
        .map_err(|e| failed("sync", path, e))
}

fn taken(path: &Path) -> Error {
    Error::new(
        ErrorKind::Conflict,
        "there is a native checkpoint of that name already",
    )
    .with("path", path.display())
}

fn failed(step: &'static str, path: &Path, error: io::Error) -> Error {
    Error::new(
        ErrorKind::Io,
        "the place of native checkpoints cannot be used",
    )
    .with("step", step)
    .with("path", path.display())
    .with_source(error)
}
