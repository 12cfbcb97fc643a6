//! Tickets: what a worker has to know of the checkpoint that it takes part in.

use serde::{Deserialize, Serialize};
use state_api::Result;

use crate::names::Owner;
use crate::unique::unique_id;

/// A checkpoint in flight, as its workers know it: how to name files, and which older checkpoints'
/// files may be reused. Serialises, to be sent to workers of other processes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ticket {
    checkpoint_id: u64,
    commit_id: String,
    /// Ascending.
    parents: Vec<u64>,
}

impl Ticket {
    /// A ticket for checkpoint `id` that pins nothing: collection takes what is written with it for
    /// left over, until it is published. [`Job::begin`](crate::Job::begin) gives tickets that are
    /// protected.
    ///
    /// # Errors
    /// [`Io`](state_api::ErrorKind::Io) when the operating system gives no random bytes.
    pub fn unpinned(id: u64) -> Result<Self> {
        Self::new(id, Vec::new())
    }

    pub(crate) fn new(id: u64, parents: Vec<u64>) -> Result<Self> {
        Ok(Self {
            checkpoint_id: id,
            commit_id: unique_id()?,
            parents,
        })
    }

    pub(crate) fn set_parents(&mut self, parents: Vec<u64>) {
        self.parents = parents;
    }

    /// The id of the checkpoint.
    pub fn checkpoint_id(&self) -> u64 {
        self.checkpoint_id
    }

    /// The commit id that its manifest will have.
    pub fn commit_id(&self) -> &str {
        &self.commit_id
    }

    /// The checkpoints whose files may be reused, ascending: they are published, and pinned until this
    /// one is published or given up.
    pub fn parents(&self) -> &[u64] {
        &self.parents
    }

    pub(crate) fn owner(&self) -> Owner {
        Owner {
            id: self.checkpoint_id,
            commit_id: self.commit_id.clone(),
        }
    }
}
