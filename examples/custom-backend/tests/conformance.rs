//! The conformance suite on the backend.

use std::path::Path;

use custom_backend::FjallBackend;
use state_api::{KeyGroups, Result, StateKey};
use state_conformance::BackendFactory;
use state_store::Opening;

struct Fjall;

impl BackendFactory for Fjall {
    type Backend<K: StateKey> = FjallBackend<K>;

    fn open<K: StateKey>(&self, dir: &Path, groups: KeyGroups) -> Result<FjallBackend<K>> {
        // Many small databases, several of them open at once.
        custom_backend::open(dir, groups, 8 << 20, Opening::default())
    }
}

state_conformance::suite!(
    fjall,
    Fjall,
    lacks: [
        durable => "fjall keeps what a view was taken of, committed or not",
        native => "no file of fjall is shared between databases"
    ]
);
