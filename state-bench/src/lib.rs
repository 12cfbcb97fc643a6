//! Workloads on the state backends beside the bare engines under them, bit for bit alike, in rounds.

#![allow(clippy::print_stdout, reason = "a benchmark prints")]

mod agree;
pub mod bare;
pub mod calls;
pub mod checkpoint;
pub mod cli;
pub mod compare;
pub mod count;
mod drain;
pub mod error;
pub mod html;
pub mod incremental;
pub mod inputs;
pub mod limits;
mod parts;
pub mod pause;
pub mod probe;
mod process;
pub mod record;
pub mod report;
pub mod rounds;
pub mod run;
pub mod side;
pub mod subject;
pub mod table;
pub mod tracking;
pub mod workload;

pub use error::{Error, Result};
