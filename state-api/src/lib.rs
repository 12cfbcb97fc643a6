//! Typed keyed state for stream processors and services: the traits that backends implement and
//! programs are written against.
//!
//! | to | see |
//! |---|---|
//! | write an operator that runs on every backend | [`StateBackend`], [`StateRead`] |
//! | say what a state is | [`ValueDescriptor`], [`ListDescriptor`], [`MapDescriptor`] |
//! | use a type as a key | [`key`], [`StateKey`] |
//! | split keys over workers | [`KeyGroups`] |
//! | choose how values become bytes | [`codec`] |
//! | read a consistent state on another thread | [`StateView`] |
//! | tell what changed since the last checkpoint | [`StateBackend::track_changes`], [`StateView::into_changes`] |
//! | implement a backend | [`read`], [`mod@write`], [`bind`], [`address`], [`row`] |
//!
//! A state is registered once and then reached through a `Copy` handle, at an explicit key:
//!
//! ```
//! use state_api::{Result, StateBackend, Value};
//!
//! /// Adds up what a customer spent; runs on every backend.
//! fn spend<B: StateBackend<Key = u64>>(
//!     state: &mut B,
//!     total: Value<i64>,
//!     customer: u64,
//!     cents: i64,
//! ) -> Result<i64> {
//!     state.at_mut(&customer).value(total).modify(0, |sum| {
//!         *sum += cents;
//!         *sum
//!     })
//! }
//! ```
//!
//! This crate knows no engine, no runtime and no clock but the one it is given.
//!
//! # Features
//! - `postcard`: the [`codec`] of that name beside [`Bincode`].

pub mod address;
pub mod bind;
pub mod capability;
pub mod clock;
pub mod codec;
pub mod descriptor;
pub mod error;
pub mod guard;
pub mod handle;
pub mod key;
pub mod key_group;
pub mod native;
pub mod origin;
pub mod read;
pub mod row;
pub mod view;
pub mod write;

pub use address::{Address, Prepared};
pub use bind::{BoundStates, Handles};
pub use capability::Capability;
pub use clock::{Clock, ManualClock, SystemClock};
pub use codec::{Bincode, Codec};
pub use descriptor::{Descriptor, ListDescriptor, MapDescriptor, ValueDescriptor};
pub use error::{Error, ErrorKind, Result};
pub use guard::Ref;
pub use handle::{List, Map, StateId, StateValue, Value};
pub use key::{KeyRef, StateKey};
pub use key_group::{KeyGroupRange, KeyGroups, KeyHash};
pub use native::{NativeFile, NativePlace, NativeReport};
pub use origin::Origin;
pub use read::{ReadList, ReadMap, ReadTable, ReadValue, StateRead};
pub use row::{ChangeSource, RowChange, RowRef, RowSource, StateKind, StateMeta};
pub use view::StateView;
pub use write::{MemoryHeld, StateBackend, WriteList, WriteMap, WriteValue};
