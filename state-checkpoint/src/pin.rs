//! Pins: a checkpoint that is being taken, and what it may reuse.
//!
//! A pin is written before the first file of its checkpoint, and taken away when the checkpoint is
//! published or given up. As long as it is there, collection leaves alone what its parents refer to
//! and what was written for it; when it is too old, collection first gives up the id, so that a
//! publisher that comes too late finds it taken.

use serde::{Deserialize, Serialize};
use state_api::{ErrorKind, Result};

use crate::create::read_all;
use crate::damage::corrupt;
use crate::names::{Owner, PINS};
use crate::sealed;
use crate::storage::CheckpointStorage;

const NAME: &str = "pin";
const FORMAT: u16 = 1;

/// A checkpoint in flight.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pin {
    format_version: u16,
    checkpoint_id: u64,
    commit_id: String,
    /// When it was begun, by the publisher's clock.
    pub(crate) created_ms: u64,
    /// The checkpoints whose files it may refer to, ascending.
    pub(crate) parents: Vec<u64>,
}

impl Pin {
    pub(crate) fn new(owner: &Owner, created_ms: u64, parents: Vec<u64>) -> Self {
        Self {
            format_version: FORMAT,
            checkpoint_id: owner.id,
            commit_id: owner.commit_id.clone(),
            created_ms,
            parents,
        }
    }

    pub(crate) fn owner(&self) -> Owner {
        Owner {
            id: self.checkpoint_id,
            commit_id: self.commit_id.clone(),
        }
    }

    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>> {
        sealed::encode(NAME, self)
    }
}

/// All pins. One that goes while they are read is left out.
///
/// # Errors
/// Those of the storage; [`ErrorKind::Corrupt`] and [`ErrorKind::Unsupported`] when one does not
/// read: what it protects is then not known.
pub(crate) async fn all(storage: &dyn CheckpointStorage) -> Result<Vec<Pin>> {
    let mut pins = Vec::new();
    for name in storage.list(PINS).await? {
        let path = format!("{PINS}/{name}");
        let bytes = match read_all(storage, &path).await {
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            bytes => bytes?,
        };
        let pin: Pin = sealed::decode(NAME, &bytes, FORMAT, &path)?;
        if Owner::of_pin(&name) != Some(pin.owner()) {
            return Err(corrupt(&path, 0, "a pin lies under the name of another"));
        }
        pins.push(pin);
    }
    Ok(pins)
}
