//! Typed keyed state.

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
pub use read::{ReadList, ReadMap, ReadTable, ReadValue, StateRead};
pub use row::{RowRef, RowSource, StateKind, StateMeta};
pub use view::StateView;
pub use write::{MemoryHeld, StateBackend, WriteList, WriteMap, WriteValue};
