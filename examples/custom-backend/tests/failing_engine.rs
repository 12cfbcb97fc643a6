//! Whatever call of the engine fails, the backend is consistent or poisoned, never wrong; and what a close kept is.

use custom_backend::FjallStore;
use state_conformance::fault::check_store;
use state_store::Opening;

#[test]
fn every_call_of_the_engine_may_fail() {
    check_store(|dir| FjallStore::open(dir, 1 << 20, Opening::default()));
}
