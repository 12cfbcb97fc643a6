//! The laws of a state backend, one function each.
//!
//! Each function opens what it needs through the factory and panics if the law does not hold. Call
//! one by itself to work on it; [`suite!`](crate::suite!) calls all of them.

pub mod checkpoints;
pub mod clearing;
pub mod cost;
pub mod crash;
mod differential;
pub mod durability;
pub mod failures;
pub mod generated;
pub mod hostile;
pub mod incremental;
pub mod interleaving;
pub mod keys;
pub mod life;
pub mod lists;
mod memory;
pub mod native;
pub mod ownership;
pub mod reading;
pub mod registration;
mod swap;
pub mod views;
pub mod writing;

pub use differential::differential;
pub use memory::long_lists_are_read_lazily;
pub use swap::{swap, swap_within_a_chain};
