//! The checkpoints of a storage that count: list, load, latest.

use state_api::{Error, ErrorKind, Result};

use crate::create::read_all;
use crate::damage::corrupt;
use crate::manifest::{MAX_MANIFEST_BYTES, Manifest};
use crate::names::{self, MANIFESTS, number_of};
use crate::record::{self, Record};
use crate::storage::CheckpointStorage;

/// The ids of all checkpoints and savepoints, ascending. Those that retention or a newer job has
/// taken out of account are left out, and files that are not named like a manifest. Reads every
/// manifest.
///
/// # Errors
/// Those of the storage, and as [`load`].
pub async fn list(storage: &dyn CheckpointStorage) -> Result<Vec<u64>> {
    let record = record::current(storage).await?;
    let mut ids = Vec::new();
    for id in candidates(storage, &record).await? {
        if visible(storage, &record, id).await?.is_some() {
            ids.push(id);
        }
    }
    Ok(ids)
}

/// The checkpoint `id`.
///
/// # Errors
/// [`ErrorKind::NotFound`], also when it does not count any more, and those of
/// [`Manifest::from_bytes`]; a manifest of another id is [`ErrorKind::Corrupt`].
pub async fn load(storage: &dyn CheckpointStorage, id: u64) -> Result<Manifest> {
    let record = record::current(storage).await?;
    visible(storage, &record, id).await?.ok_or_else(|| {
        Error::new(
            ErrorKind::NotFound,
            "the checkpoint does not exist, or does not count any more",
        )
        .with("id", id)
        .with("file", names::manifest(id))
    })
}

/// The checkpoint with the highest id, or `None` when there is none. A savepoint counts.
///
/// # Errors
/// As [`load`]: a latest checkpoint that cannot be read is an error and is not passed over. Choose
/// an older one with [`list`] and [`load`].
pub async fn latest(storage: &dyn CheckpointStorage) -> Result<Option<Manifest>> {
    let record = record::current(storage).await?;
    for id in candidates(storage, &record).await?.into_iter().rev() {
        if let Some(manifest) = visible(storage, &record, id).await? {
            return Ok(Some(manifest));
        }
    }
    Ok(None)
}

/// The savepoint of a name.
///
/// # Errors
/// [`ErrorKind::NotFound`] when there is none; as [`load`].
pub async fn savepoint(storage: &dyn CheckpointStorage, name: &str) -> Result<Manifest> {
    let record = record::current(storage).await?;
    let id = record.savepoints.get(name).copied().ok_or_else(|| {
        let known: Vec<_> = record.savepoints.keys().map(String::as_str).collect();
        Error::new(ErrorKind::NotFound, "no savepoint of that name")
            .with("savepoint", name)
            .with("savepoints", known.join(", "))
    })?;
    read(storage, id).await
}

/// The names and ids of the savepoints, ascending by name.
///
/// # Errors
/// Those of the storage.
pub async fn savepoints(storage: &dyn CheckpointStorage) -> Result<Vec<(String, u64)>> {
    Ok(record::current(storage)
        .await?
        .savepoints
        .into_iter()
        .collect())
}

/// Ids whose manifests may count, ascending.
async fn candidates(storage: &dyn CheckpointStorage, record: &Record) -> Result<Vec<u64>> {
    let names = storage.list(MANIFESTS).await?;
    let ids = names.iter().filter_map(|name| number_of(name));
    Ok(ids.filter(|id| record.retains(*id)).collect())
}

/// The manifest of an id, if it is there and counts. One that went while it was looked for does not.
pub(crate) async fn visible(
    storage: &dyn CheckpointStorage,
    record: &Record,
    id: u64,
) -> Result<Option<Manifest>> {
    if !record.retains(id) {
        return Ok(None);
    }
    match read(storage, id).await {
        Ok(manifest) => Ok(record.shows(&manifest).then_some(manifest)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The manifest of an id, whether it counts or not.
pub(crate) async fn read(storage: &dyn CheckpointStorage, id: u64) -> Result<Manifest> {
    let path = names::manifest(id);
    let size = storage.size(&path).await?;
    if size > MAX_MANIFEST_BYTES {
        return Err(corrupt(
            &path,
            MAX_MANIFEST_BYTES,
            "the manifest is too large",
        ));
    }
    let manifest = Manifest::from_bytes(&read_all(storage, &path).await?, &path)?;
    if manifest.checkpoint_id != id {
        return Err(corrupt(
            &path,
            0,
            "a manifest lies under the name of another checkpoint",
        )
        .with("expected", id)
        .with("found", manifest.checkpoint_id));
    }
    Ok(manifest)
}
