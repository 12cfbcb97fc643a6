//! Whatever call of the engine fails, the backend is consistent or poisoned, never wrong; and what a close kept is.

use state_conformance::fault::check_store;
use state_sled::{SledConfig, SledStore};
use state_store::Overlay;

#[test]
fn every_call_of_the_engine_may_fail() {
    check_store(|dir| {
        let store = SledStore::open(dir, &SledConfig::default().with_cache_bytes(1 << 20))?;
        Overlay::new(store, 1 << 20)
    });
}
