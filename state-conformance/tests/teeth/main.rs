//! The suite has teeth: each broken backend of the zoo is rejected by the property that is named, for the
//! reason that is named, and a sound one by none.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests"
)]

mod bent;
mod broken;
#[path = "../document/mod.rs"]
mod document;
mod kept;
mod shrinking;
mod sound;
mod wasteful;
mod zoo;
