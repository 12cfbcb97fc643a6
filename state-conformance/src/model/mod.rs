//! The executable specification, and histories that are played on a backend and on it.
//!
//! A state is a map from key and namespace to a cell; a cell is what a `BTreeMap` and a `Vec` do.
//! That is all that keyed state is, and [`spec`] says it operation by operation in a line each. A
//! backend conforms if no history of operations lets a reader tell it from the [`Model`].

mod cell;
mod compare;
pub mod cost;
mod history;
pub mod incremental;
mod perform;
mod pool;
mod program;
mod report;
mod schema;
pub mod spec;
mod strategy;
mod world;

pub use cell::{Cell, Cells};
pub use compare::compare;
pub use history::{Data, Options, Registration, Step, Via};
pub use pool::{Key, Text};
pub use schema::{Handles, Model};
pub(crate) use strategy::options;
pub use strategy::{data, history};

pub(crate) use compare::refuses_foreign_keys;
pub(crate) use history::show;
pub(crate) use perform::apply;
pub(crate) use program::{Script, contents};
pub(crate) use report::check_histories;
pub use report::{History, counterexample, program};
pub(crate) use schema::STATES;
pub(crate) use world::play_both;
