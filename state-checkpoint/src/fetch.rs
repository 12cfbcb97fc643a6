//! Copies the files of a checkpoint into another storage.

use std::collections::BTreeSet;

use state_api::{Error, ErrorKind, Result};
use xxhash_rust::xxh3::Xxh3;

use crate::damage::corrupt;
use crate::digest::Digest;
use crate::manifest::{FileRef, Manifest, Part};
use crate::run::READ_BYTES;
use crate::storage::{CheckpointStorage, copies, failed_too};

/// What [`fetch`] has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct FetchReport {
    /// Number of files copied.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Number of files that were there already.
    pub present: u64,
}

/// Copies all files of `manifest` from one storage into another, each checked against size and digest
/// before it becomes visible there: the local copy of a [`LocalFirst`](crate::LocalFirst), or a
/// checkpoint that is to be independent of where it came from. Memory: 1 MiB.
///
/// A file that is there already is checked instead, and stays as it is. The manifest is not copied:
/// put it last, under its own name, where the copy is to be a checkpoint.
///
/// # Errors
/// [`ErrorKind::Corrupt`] with `file` and `offset` when the source is damaged, and its
/// [fallbacks](CheckpointStorage::fallback) too; [`ErrorKind::Conflict`] when another file has the
/// name of a run in `to`, or a damaged one: delete it first; the errors of both storages. What was copied
/// until then stays.
///
/// ```
/// # use state_api::Result;
/// # use state_checkpoint::{CheckpointStorage, Manifest, fetch};
/// /// A copy of a savepoint that nobody else can delete.
/// async fn copy(
///     savepoint: &Manifest,
///     from: &dyn CheckpointStorage,
///     to: &dyn CheckpointStorage,
/// ) -> Result<()> {
///     fetch(savepoint, from, to).await?;
///     let path = Manifest::path(savepoint.checkpoint_id);
///     to.put_new(&path, &savepoint.to_bytes()?).await
/// }
/// ```
pub async fn fetch(
    manifest: &Manifest,
    from: &dyn CheckpointStorage,
    to: &dyn CheckpointStorage,
) -> Result<FetchReport> {
    let mut report = FetchReport::default();
    let mut seen = BTreeSet::new();
    for file in manifest.parts.iter().flat_map(Part::files) {
        if !seen.insert(file.path) {
            continue;
        }
        match to.size(file.path).await {
            Ok(_) => {
                check_present(to, file).await?;
                report.present += 1;
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                copy(file, from, to).await?;
                report.files += 1;
                report.bytes += file.size;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(report)
}

/// Copies one file, from the first copy that is sound.
async fn copy(
    file: FileRef<'_>,
    from: &dyn CheckpointStorage,
    to: &dyn CheckpointStorage,
) -> Result<()> {
    let mut earlier = None;
    for from in copies(from) {
        let mut pieces = Pieces::of(file);
        let mut writer = to.create(file.path).await?;
        let failed = loop {
            match pieces.next(from).await {
                Ok(Some(bytes)) => writer.write(&bytes).await?,
                Ok(None) => break None,
                Err(error) => break Some(error),
            }
        };
        match failed {
            None => return writer.finish().await,
            Some(error) => earlier = Some(failed_too(error, earlier)),
        }
    }
    Err(earlier.unwrap_or_else(|| Error::new(ErrorKind::NotFound, "no storage")))
}

/// Checks a file that has the name already.
async fn check_present(storage: &dyn CheckpointStorage, file: FileRef<'_>) -> Result<()> {
    let mut pieces = Pieces::of(file);
    loop {
        match pieces.next(storage).await {
            Ok(Some(_)) => {}
            Ok(None) => return Ok(()),
            Err(error) if error.kind() == ErrorKind::Corrupt => {
                return Err(Error::new(
                    ErrorKind::Conflict,
                    "another or a damaged file has the name",
                )
                .with("file", file.path)
                .with_source(error));
            }
            Err(error) => return Err(error),
        }
    }
}

/// The bytes of a file, one piece after another, and its digest.
pub(crate) struct Pieces<'m> {
    file: FileRef<'m>,
    offset: u64,
    hasher: Xxh3,
}

impl<'m> Pieces<'m> {
    pub(crate) fn of(file: FileRef<'m>) -> Self {
        Self {
            file,
            offset: 0,
            hasher: Xxh3::new(),
        }
    }

    /// The next piece; `None` at the end, when size and digest are those of the manifest.
    pub(crate) async fn next(
        &mut self,
        storage: &dyn CheckpointStorage,
    ) -> Result<Option<Vec<u8>>> {
        let FileRef { path, size, digest } = self.file;
        if self.offset == 0 {
            let found = storage.size(path).await?;
            if found != size {
                return Err(corrupt(path, found.min(size), "truncated or grown file")
                    .with("expected", size)
                    .with("found", found));
            }
        }
        if self.offset == size {
            let found = Digest::finish(&self.hasher);
            if found != digest {
                return Err(corrupt(path, 0, "the digest of the file does not match")
                    .with("expected", digest)
                    .with("found", found));
            }
            return Ok(None);
        }
        let end = self.offset.saturating_add(READ_BYTES).min(size);
        let bytes = storage.read(path, self.offset..end).await?;
        self.hasher.update(&bytes);
        self.offset = end;
        Ok(Some(bytes))
    }
}
