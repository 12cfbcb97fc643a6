//! `state-bench tracking`.

use std::io::Write;

use clap::Args;

use super::args::{Workloads, named_once, workloads};
use super::reporter::Reporter;
use super::shared::{Backends, Output};
use crate::error::Result;
use crate::tracking::{Plan, When, run};

/// Each kind of write, and a read.
const USUAL: &str = "value_get,value_update,wordcount_uniform_modify,value_add,value_remove,value_come_and_go,\
                     list_append,map_update,map_update_large";

#[derive(Debug, Args)]
pub(crate) struct Tracking {
    #[command(flatten)]
    on: Backends,

    /// Workloads, separated by commas, or `all`
    #[arg(long, value_name = "NAMES", default_value = USUAL, value_delimiter = ',', value_parser = workloads)]
    workload: Vec<Workloads>,

    /// Keys that the set-up inserts
    #[arg(long, value_name = "N", default_value_t = 500_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    keys: u64,

    /// Timed rounds, after warm-up
    #[arg(long, value_name = "N", default_value_t = 9, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    iterations: u32,

    #[command(flatten)]
    pub(crate) output: Output,
}

impl Tracking {
    pub(crate) fn run(&self, out: &mut dyn Write) -> Result<()> {
        let plan = Plan {
            keys: self.keys,
            iterations: usize::try_from(self.iterations).unwrap_or(usize::MAX),
            settings: self.on.settings(false),
        };
        let (backends, workloads) = (self.on.each(), named_once(&self.workload));
        let steps: usize = workloads.iter().map(|it| When::of(it).len()).sum();
        let mut reporter = Reporter::begin(&self.output, backends.len() * steps, out)?;
        for backend in backends {
            for workload in &workloads {
                for when in When::of(workload) {
                    let (backend_name, name) = (backend.name(), workload.name());
                    let what = format!("{backend_name} {name}, {}", when.name());
                    reporter.measure(&what, || run(backend, workload, *when, &plan))?;
                }
            }
        }
        reporter.end()?.1
    }
}
