//! The checkpoints of a storage: publish, list, load.

use std::collections::BTreeMap;

use serde_json::Value;
use state_api::key_group::KEY_GROUP_LAYOUT;
use state_api::{Error, ErrorKind, Result};

use crate::damage::corrupt;
use crate::manifest::{MANIFEST_FORMAT, MANIFESTS, MAX_MANIFEST_BYTES, Manifest, Part, Purpose};
use crate::storage::CheckpointStorage;
use crate::unique::unique_id;

/// A checkpoint to be published.
#[derive(Clone, Debug)]
pub struct Checkpoint {
    /// Its id, above that of all earlier checkpoints.
    pub id: u64,
    /// Number of key groups of the job.
    pub max_parallelism: u16,
    /// The parts of all workers of all operators, in any order.
    pub parts: Vec<Part>,
    /// The user's own data, such as source positions.
    pub metadata: BTreeMap<String, Value>,
    /// The time, in milliseconds since 1970, from the caller's clock.
    pub created_ms: u64,
}

/// Publishes a checkpoint: after `Ok` it exists, durably; before, nobody sees it.
///
/// One atomic create-only write. When the answer to it is lost, it is asked for again, and the commit
/// id tells whether the checkpoint that is there is this one.
///
/// # Errors
/// [`ErrorKind::Conflict`] when another checkpoint has the id, which is named;
/// [`ErrorKind::Invalid`] when the parts break a rule of the manifest; [`ErrorKind::Io`], and then the
/// checkpoint may exist or not: publish the next one under a new id.
pub async fn publish(storage: &dyn CheckpointStorage, checkpoint: Checkpoint) -> Result<Manifest> {
    let Checkpoint {
        id,
        max_parallelism,
        mut parts,
        metadata,
        created_ms,
    } = checkpoint;
    parts.sort_by(|a, b| {
        let position = |part: &Part| (part.key_groups.first(), part.key_groups.last());
        a.operator
            .cmp(&b.operator)
            .then_with(|| position(a).cmp(&position(b)))
    });
    let manifest = Manifest {
        format_version: MANIFEST_FORMAT,
        checkpoint_id: id,
        commit_id: unique_id()?,
        key_group_layout: KEY_GROUP_LAYOUT,
        max_parallelism,
        created_ms,
        fence: 0,
        purpose: Purpose::Checkpoint,
        parts,
        metadata,
    };
    let (path, bytes) = (Manifest::path(id), manifest.to_bytes()?);
    let mut answer = storage.put_new(&path, &bytes).await;
    if let Err(first) = &answer
        && first.kind() == ErrorKind::Io
    {
        // The write may have happened. It is create-only, so to repeat it does no harm.
        match storage.put_new(&path, &bytes).await {
            Err(second) if second.kind() != ErrorKind::Conflict => {}
            second => answer = second,
        }
    }
    match answer {
        Ok(()) => Ok(manifest),
        Err(error) if error.kind() == ErrorKind::Conflict => {
            let there = load(storage, id).await?;
            if there.commit_id == manifest.commit_id {
                return Ok(manifest);
            }
            Err(
                Error::new(ErrorKind::Conflict, "another checkpoint has this id")
                    .with("id", id)
                    .with("its_commit_id", there.commit_id)
                    .with("commit_id", manifest.commit_id)
                    .with("file", path),
            )
        }
        Err(error) => Err(error),
    }
}

/// The ids of all checkpoints, ascending. Files that are not named like a manifest are left out.
///
/// # Errors
/// Those of the storage.
pub async fn list(storage: &dyn CheckpointStorage) -> Result<Vec<u64>> {
    let names = storage.list(MANIFESTS).await?;
    // Twenty digits sort like numbers.
    Ok(names.iter().filter_map(|name| id_of(name)).collect())
}

fn id_of(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(".json")?;
    let legal = digits.len() == 20 && digits.bytes().all(|byte| byte.is_ascii_digit());
    legal.then_some(digits)?.parse().ok()
}

/// The checkpoint `id`.
///
/// # Errors
/// [`ErrorKind::NotFound`], and those of [`Manifest::from_bytes`]; a manifest of another id is
/// [`ErrorKind::Corrupt`].
pub async fn load(storage: &dyn CheckpointStorage, id: u64) -> Result<Manifest> {
    let path = Manifest::path(id);
    let size = storage.size(&path).await?;
    if size > MAX_MANIFEST_BYTES {
        return Err(corrupt(
            &path,
            MAX_MANIFEST_BYTES,
            "the manifest is too large",
        ));
    }
    let manifest = Manifest::from_bytes(&storage.read(&path, 0..size).await?, &path)?;
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

/// The checkpoint with the highest id, or `None` when there is none.
///
/// # Errors
/// As [`load`]: a latest checkpoint that cannot be read is an error and is not passed over. Choose
/// an older one with [`list`] and [`load`].
pub async fn latest(storage: &dyn CheckpointStorage) -> Result<Option<Manifest>> {
    match list(storage).await?.last() {
        Some(id) => load(storage, *id).await.map(Some),
        None => Ok(None),
    }
}
