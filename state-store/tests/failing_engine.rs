//! Whatever call of the engine fails, the backend is consistent or poisoned, never wrong.

use state_conformance::fault::check_store;
use state_store::MemoryStore;

#[test]
fn every_call_of_the_engine_may_fail() {
    check_store(|_| Ok(MemoryStore::new()));
}
