//! Publishes: one atomic, create-only write of the manifest.

use std::collections::BTreeMap;

use serde_json::Value;
use state_api::key_group::KEY_GROUP_LAYOUT;
use state_api::{Error, ErrorKind, Result};

use crate::create::{Created, create};
use crate::manifest::{MANIFEST_FORMAT, Manifest, Part, Purpose};
use crate::names;
use crate::storage::CheckpointStorage;
use crate::ticket::Ticket;

/// A checkpoint to be published.
#[derive(Clone, Debug)]
pub struct Checkpoint {
    /// Number of key groups of the job.
    pub max_parallelism: u16,
    /// The fencing epoch of the job.
    pub fence: u64,
    /// What it is for.
    pub purpose: Purpose,
    /// The parts of all workers of all operators, in any order.
    pub parts: Vec<Part>,
    /// The user's own data, such as source positions.
    pub metadata: BTreeMap<String, Value>,
    /// The time, in milliseconds since 1970, from the caller's clock.
    pub created_ms: u64,
}

/// Creates the manifest of a checkpoint: after `Ok` it exists, durably; before, nobody sees it. What
/// [`Job`](crate::Job) rests on; it adds fencing, pins and retention.
///
/// One atomic create-only write. When the answer to it is lost, it is asked for again, and the commit
/// id tells whether the checkpoint that is there is this one.
///
/// # Errors
/// [`ErrorKind::Conflict`] when another checkpoint has the id, which is named, or the id was given
/// up; [`ErrorKind::Invalid`] when the parts break a rule of the manifest; [`ErrorKind::Io`], and then
/// the checkpoint may exist or not: publish the next one under a new id.
pub async fn publish(
    storage: &dyn CheckpointStorage,
    ticket: &Ticket,
    checkpoint: Checkpoint,
) -> Result<Manifest> {
    let Checkpoint {
        max_parallelism,
        fence,
        purpose,
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
    let id = ticket.checkpoint_id();
    let manifest = Manifest {
        format_version: MANIFEST_FORMAT,
        checkpoint_id: id,
        commit_id: ticket.commit_id().to_owned(),
        key_group_layout: KEY_GROUP_LAYOUT,
        max_parallelism,
        created_ms,
        fence,
        purpose,
        parts,
        metadata,
    };
    let path = names::manifest(id);
    match create(storage, &path, &manifest.to_bytes()?).await? {
        Created::Ours => Ok(manifest),
        Created::Theirs(bytes) => {
            let there = Manifest::from_bytes(&bytes, &path)?;
            let message = match there.purpose {
                Purpose::Void => {
                    "the checkpoint took longer than collection waits for it, and its id was given up: \
                     take the next one"
                }
                _ => "another checkpoint has this id",
            };
            Err(Error::new(ErrorKind::Conflict, message)
                .with("id", id)
                .with("its_commit_id", there.commit_id)
                .with("commit_id", manifest.commit_id)
                .with("file", path))
        }
    }
}

/// Gives up the id of a checkpoint that is not published, so that nobody publishes under it any
/// more. Returns the manifest that is there then: a void, or that of whoever was first.
///
/// # Errors
/// Those of the storage, and of reading the manifest.
pub(crate) async fn give_up(
    storage: &dyn CheckpointStorage,
    id: u64,
    created_ms: u64,
) -> Result<Manifest> {
    let ticket = Ticket::unpinned(id)?;
    let void = Manifest {
        format_version: MANIFEST_FORMAT,
        checkpoint_id: id,
        commit_id: ticket.commit_id().to_owned(),
        key_group_layout: KEY_GROUP_LAYOUT,
        max_parallelism: 1,
        created_ms,
        fence: 0,
        purpose: Purpose::Void,
        parts: Vec::new(),
        metadata: BTreeMap::new(),
    };
    let path = names::manifest(id);
    match create(storage, &path, &void.to_bytes()?).await? {
        Created::Ours => Ok(void),
        Created::Theirs(bytes) => Manifest::from_bytes(&bytes, &path),
    }
}
