//! Conformance suite for state backends.
//!
//! A backend author writes a [`BackendFactory`] and one line:
//!
//! ```
//! use std::path::Path;
//!
//! use state_api::{KeyGroups, Result, StateBackend, StateKey};
//! use state_conformance::{BackendFactory, Calls, CountingStore};
//! use state_store::{MemoryStore, StoreBackend};
//!
//! struct Memory;
//!
//! impl BackendFactory for Memory {
//!     type Backend<K: StateKey> = StoreBackend<K, MemoryStore>;
//!
//!     fn open<K: StateKey>(&self, _: &Path, groups: KeyGroups) -> Result<Self::Backend<K>> {
//!         StoreBackend::new(MemoryStore::new(), groups)
//!     }
//!
//!     // The same, with the calls of the engine counted.
//!     fn open_counted<K: StateKey>(
//!         &self,
//!         _: &Path,
//!         groups: KeyGroups,
//!         calls: &Calls,
//!     ) -> Result<impl StateBackend<Key = K> + use<K>> {
//!         StoreBackend::new(CountingStore::new(MemoryStore::new(), calls), groups)
//!     }
//! }
//!
//! state_conformance::suite!(
//!     memory,
//!     Memory,
//!     lacks: [durable => "memory does not survive a crash", native => "there are no files"]
//! );
//! # fn main() {}
//! ```
//!
//! It expands to a module with one `#[test]` per property, in sub-modules by theme, so that a
//! runner lists, filters and reports each by name. The list of properties lives here
//! ([`PROPERTIES`]): a new one reaches every backend without an edit of its tests.
//!
//! | module | holds |
//! |---|---|
//! | [`properties`] | the laws, one public function each |
//! | [`model`] | the executable specification, and generated histories that are played on a backend and on it |
//! | [`fault`] | storages and engines that fail at a chosen call, and what a backend does then |
//! | [`LockstepStore`] | two engines at once, whose answers are compared |
//! | [`CountingStore`] | an engine whose calls are counted |
//! | [`card`] | the capability card: what a run found out |
//! | [`replay`] | what the programs use that failures print |
//! | [`law`] | the law of [`StateKey`](state_api::StateKey), for any type |
//!
//! `docs/adding-a-backend.md` in the repository goes from nothing to a backend that passes.
//!
//! # A failure
//! A property that fails panics with the law in words, expected and found. A generated one prints
//! the shortest history that fails, the step, the seed, and the history as a program to paste into a test
//! file: it plays the steps by the typed API, with the expected answers. Under [`suite!`] seeds of failures are
//! kept in `proptest-regressions/<suite>-<theme>-<property>.txt` of the caller's crate, and tried
//! first from then on: commit them. `STATE_CONFORMANCE_CASES` sets the number of generated
//! histories, `STATE_CONFORMANCE_SEED` a seed for all of them instead of one drawn at random.
//!
//! # Capabilities
//! No property is skipped in silence. Where a backend does not promise a
//! [capability](state_api::Capability), the property tests that it is indeed absent. Whole themes that a
//! backend lacks by its design are named with the reason in [`suite!`]: they show as ignored tests, beside
//! a live one of the refusal.

#![forbid(unsafe_code)]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "a property reports by panicking: that is what it is for"
)]

mod backup;
pub mod card;
mod chain;
mod changes;
mod counting;
mod crash;
mod difference;
mod factory;
pub mod fault;
pub mod law;
mod lockstep;
pub mod model;
pub mod properties;
mod refusal;
pub mod replay;
mod rows;
mod runner;
mod site;
#[doc(hidden)]
pub mod suite;

pub use counting::{Calls, CountingScan, CountingStore, Counts};
pub use difference::Difference;
pub use factory::{BackendFactory, tracking, vary_tracking};
pub use lockstep::{LockstepScan, LockstepStore, LockstepView};
pub use suite::PROPERTIES;
