//! Counts what each side of a workload allocates, for `state-bench run --memory`. A program of its own, so
//! that nothing is counted while times are taken.

use std::alloc::System;
use std::process::ExitCode;

use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() -> ExitCode {
    state_bench::count::main(&|| ALLOCATOR.stats())
}
