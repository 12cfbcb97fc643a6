//! Checkpoints in S3: against a server that speaks its protocol, on this machine.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests may panic, in their helpers too"
)]

mod support;

mod aborted;
mod checkpoint;
mod contract;
mod lost_answer;
mod multipart;
mod pages;
mod race;
mod runtimes;
mod secrets;
mod server_down;
