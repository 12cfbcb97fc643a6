//! What a native checkpoint says of itself.

use state_api::{ErrorKind, StateRead};
use state_store::{MemoryStore, StoreView};

use crate::bounded::bounded;
use crate::refused::refused;

/// The description of a native checkpoint.
pub fn description(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let open = || StoreView::<String, _>::of_native(MemoryStore::new(), "memory", text);
    match bounded(256 * data.len(), open) {
        Ok(view) => {
            let states = view.states();
            assert!(states.is_sorted_by(|a, b| a.name < b.name));
        }
        Err(error) => {
            let kinds = [
                ErrorKind::Corrupt,
                ErrorKind::Mismatch,
                ErrorKind::Unsupported,
            ];
            refused(&error, &kinds, &[]);
        }
    }
}
