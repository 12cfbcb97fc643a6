//! What changed since an epoch, over any engine.

#![allow(clippy::unwrap_used, reason = "tests may panic, in their helpers too")]

mod budget;
mod exact;
mod histories;
mod life;
mod rows;
