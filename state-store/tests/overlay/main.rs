//! The overlay over the meanest base that the laws of a shared store allow.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests may panic, in their helpers too"
)]

mod budget;
mod calls;
mod close;
mod conformance;
mod freezing;
mod layers;
mod model;
mod readers;
mod shared;
