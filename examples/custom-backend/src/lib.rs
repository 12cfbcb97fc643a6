//! A state backend over [fjall](fjall) 3, a log-structured merge tree in pure Rust, made by somebody who has
//! the crates of the family from outside: [`FjallStore`] implements the ordered-store trait of `state_store`,
//! and [`open`] is the way in. `tests/conformance.rs` certifies it.
//!
//! | file | holds |
//! |---|---|
//! | `store.rs` | the ordered store, and its views |
//! | `scan.rs` | scans |
//! | `long.rs` | keys that are longer than fjall takes |
//! | `error.rs` | fjall's errors, mapped once |

mod error;
mod long;
mod scan;
mod store;

use std::path::Path;

use state_api::{KeyGroups, Result, StateKey};
use state_store::{Opening, StoreBackend};

pub use scan::FjallScan;
pub use store::{FjallStore, FjallView};

/// The state backend over fjall.
pub type FjallBackend<K> = StoreBackend<K, FjallStore>;

/// Opens or creates a backend in the directory `path`, which is its own, with `cache_bytes` of memory for
/// fjall's blocks.
///
/// ```
/// use custom_backend::open;
/// use state_api::{KeyGroups, StateBackend, StateRead, ValueDescriptor};
///
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("work");
/// let mut state = open::<String>(&path, KeyGroups::all(128)?, 32 << 20, Default::default())?;
/// let count = state.register(ValueDescriptor::<u64>::new("count"))?;
/// state.at_mut("orders").value(count).put(3)?;
/// let view = state.freeze()?;
/// state.at_mut("orders").value(count).put(4)?;
/// assert_eq!(view.at("orders").value(count).get()?.as_deref(), Some(&3));
/// # Ok::<(), state_api::Error>(())
/// ```
///
/// # Errors
/// As [`FjallStore::open`]; [`Mismatch`](state_api::ErrorKind::Mismatch) when the directory is of another key
/// type or key groups.
pub fn open<K: StateKey>(
    path: impl AsRef<Path>,
    groups: KeyGroups,
    cache_bytes: u64,
    opening: Opening,
) -> Result<FjallBackend<K>> {
    let store = FjallStore::open(path.as_ref(), cache_bytes, opening)?;
    StoreBackend::new(store, groups)
}
