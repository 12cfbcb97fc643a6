//! Engines, inputs and rounds that benchmarks share.

#![allow(clippy::print_stdout, reason = "a benchmark prints")]

pub mod engines;
pub mod inputs;
pub mod rounds;
