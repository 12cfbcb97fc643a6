//! Native checkpoints in a storage: the files of an engine, each kept once for all checkpoints that
//! have it.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use state_api::row::StateMeta;
use state_api::{Error, ErrorKind, KeyGroupRange, NativeFile, NativePlace, Result, StateBackend};
use xxhash_rust::xxh3::Xxh3;

use crate::damage::corrupt;
use crate::digest::Digest;
use crate::fetch::Pieces;
use crate::manifest::{Manifest, NativeRef, NativeState, Part};
use crate::options::RestoreOptions;
use crate::progress::{Meter, Phase};
use crate::restore::check_covered;
use crate::run::READ_BYTES;
use crate::storage::{CheckpointStorage, check_path};
use crate::task::{WriteOptions, Written};
use crate::ticket::Ticket;
use crate::unique::unique_id;

/// A folder that is removed when it is dropped.
struct Folder(PathBuf);

impl Folder {
    /// A new one in `directory`.
    fn new(directory: &Path) -> Result<Self> {
        let path = directory.join(unique_id()?);
        fs::create_dir_all(&path)
            .map_err(|e| failed("a folder for native files cannot be created", &path, e))?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What remains is in nobody's way: its name is random.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The files of an engine, laid out to be written.
pub(crate) struct Staged {
    folder: Folder,
    backend: &'static str,
    name: String,
    key_groups: KeyGroupRange,
    states: Vec<StateMeta>,
    files: Vec<NativeFile>,
    /// Those of the checkpoint that it builds on.
    held: Vec<NativeRef>,
}

impl Staged {
    /// Has the engine lay out its files below `directory`.
    pub(crate) fn take<B: StateBackend>(
        backend: &mut B,
        directory: &Path,
        ticket: &Ticket,
        held: Vec<NativeRef>,
    ) -> Result<Self> {
        let folder = Folder::new(directory)?;
        let name = format!("{:020}", ticket.checkpoint_id());
        let place = NativePlace {
            directory: &folder.0,
            name: &name,
        };
        backend.native_checkpoint(place)?;
        let files = backend.native_files(place)?;
        Ok(Self {
            backend: backend.name(),
            key_groups: backend.key_groups().range(),
            states: backend.states(),
            folder,
            name,
            files,
            held,
        })
    }

    pub(crate) fn is_incremental(&self) -> bool {
        !self.held.is_empty()
    }

    /// Writes the files that the base does not have.
    pub(crate) async fn write(
        self,
        storage: &dyn CheckpointStorage,
        ticket: &Ticket,
        operator: String,
        options: &WriteOptions,
    ) -> Result<Written> {
        let mut meter = options.observer.begin(Phase::Write, None);
        let (mut files, mut written) = (Vec::new(), 0);
        for file in &self.files {
            options.cancel.check()?;
            let digest = Digest::of_number(file.digest);
            let same = |held: &&NativeRef| (held.size, held.digest) == (file.size, digest);
            let path = if let Some(held) = self.held.iter().find(same) {
                held.path.clone()
            } else {
                let path = ticket.owner().native(&unique_id()?);
                self.upload(storage, file, &path, options, &mut meter)
                    .await?;
                written += file.size;
                path
            };
            files.push(NativeRef {
                name: file.name.clone(),
                path,
                size: file.size,
                digest,
            });
        }
        meter.end();
        let incremental = self.is_incremental();
        Ok(Written {
            part: Part {
                operator,
                key_groups: self.key_groups,
                states: self.states,
                runs: Vec::new(),
                native: Some(NativeState {
                    backend: self.backend.to_owned(),
                    name: self.name,
                    files,
                }),
            },
            incremental,
            bytes: written,
            rows: 0,
        })
    }

    /// Writes one file; what does not agree with its digest is not made visible.
    async fn upload(
        &self,
        storage: &dyn CheckpointStorage,
        file: &NativeFile,
        path: &str,
        options: &WriteOptions,
        meter: &mut Meter,
    ) -> Result<()> {
        let source = self.folder.0.join(&file.name);
        let unreadable = |e| failed("a native file cannot be read", &source, e);
        let mut reader = File::open(&source).map_err(unreadable)?;
        let mut writer = storage.create(path).await?;
        let (mut hasher, mut size) = (Xxh3::new(), 0);
        let mut piece = vec![0; usize::try_from(READ_BYTES).unwrap_or(1 << 20)];
        loop {
            options.cancel.check()?;
            let read = reader.read(&mut piece).map_err(unreadable)?;
            let Some(bytes) = piece.get(..read).filter(|bytes| !bytes.is_empty()) else {
                break;
            };
            hasher.update(bytes);
            size += bytes.len() as u64;
            writer.write(bytes).await?;
            meter.add(bytes.len() as u64, 0);
        }
        let (found, expected) = (Digest::finish(&hasher), Digest::of_number(file.digest));
        if (size, found) != (file.size, expected) {
            return Err(corrupt(
                &source.display().to_string(),
                0,
                "a native file was damaged before it was written",
            )
            .with("expected", expected)
            .with("found", found));
        }
        writer.finish().await
    }
}

/// Restores a [native](crate::Strategy::Native) checkpoint into a backend of the same kind, which is empty: the
/// key groups that it owns, at any parallelism. Files are copied below `directory`, each compared with
/// its digest, and removed afterwards.
///
/// The work blocks: poll this future on a thread that may block.
///
/// # Errors
/// [`ErrorKind::NotFound`] when the checkpoint has no such operator, [`ErrorKind::Invalid`] when it does not hold all
/// key groups of the backend, [`ErrorKind::Mismatch`] when a part is
/// portable or of another backend; those of the storage and of [`StateBackend::native_restore`].
pub async fn restore_native<B: StateBackend>(
    storage: &dyn CheckpointStorage,
    manifest: &Manifest,
    operator: &str,
    backend: &mut B,
    directory: &Path,
    options: &RestoreOptions,
) -> Result<()> {
    let own = backend.key_groups().range();
    let parts = manifest.parts_of(operator)?;
    check_covered(manifest, operator, &parts, own)?;
    let parts = parts.into_iter();
    let parts = parts.filter(|part| part.key_groups.intersection(own).is_some());
    let mut meter = options.observer.begin(Phase::Copy, None);
    let mut folders = Vec::new();
    for part in parts {
        let native = part
            .native
            .as_ref()
            .filter(|native| native.backend == backend.name());
        let Some(native) = native else {
            let found = part
                .native
                .as_ref()
                .map_or("portable", |native| &native.backend);
            return Err(Error::new(
                ErrorKind::Mismatch,
                "the checkpoint does not hold files of this backend",
            )
            .with("backend", backend.name())
            .with("checkpoint", manifest.checkpoint_id)
            .with("found", found));
        };
        let folder = Folder::new(directory)?;
        for file in &native.files {
            download(storage, file, &folder.0, &mut meter).await?;
        }
        folders.push((folder, native));
    }
    meter.end();
    let places: Vec<_> = folders
        .iter()
        .map(|(folder, native)| NativePlace {
            directory: &folder.0,
            name: &native.name,
        })
        .collect();
    backend.native_restore(&places)
}

/// Copies one file into a folder, from the first copy of the storage that is sound.
async fn download(
    storage: &dyn CheckpointStorage,
    file: &NativeRef,
    folder: &Path,
    meter: &mut Meter,
) -> Result<()> {
    check_path(&file.name)?;
    let target = folder.join(&file.name);
    let unwritable = |e| failed("a native file cannot be written", &target, e);
    if let Some(parent) = target.parent() {
        fs::create_dir_all(parent).map_err(unwritable)?;
    }
    let mut writer = File::create(&target).map_err(unwritable)?;
    let mut pieces = Pieces::of(file.file());
    while let Some(bytes) = pieces.next(storage).await? {
        writer.write_all(&bytes).map_err(unwritable)?;
        meter.add(bytes.len() as u64, 0);
    }
    Ok(())
}

#[cold]
fn failed(message: &str, path: &Path, error: io::Error) -> Error {
    Error::new(ErrorKind::Io, message)
        .with("path", path.display())
        .with_source(error)
}
