//! Incremental checkpoints: what changed since the last confirmed one, in the portable format.

mod budget;
mod flight;
mod goes_on;
mod histories;
mod removed;
mod size;
mod states;
mod tracking;

pub use budget::*;
pub use flight::*;
pub use goes_on::*;
pub use histories::*;
pub use removed::*;
pub use size::*;
pub use states::*;
pub use tracking::*;
