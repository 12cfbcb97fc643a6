//! `state-bench limits`.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use super::reporter::Reporter;
use super::shared::{Output, each_once};
use crate::error::Result;
use crate::limits::{Limit, Plan, run};

#[derive(Debug, Args)]
pub(crate) struct Limits {
    /// Limits, separated by commas [default: all]
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    limit: Vec<Limit>,

    /// Keys, separated by commas
    #[arg(long, value_name = "N,..", default_value = "500000", value_delimiter = ',', value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    keys: Vec<u64>,

    /// Timed rounds, after warm-up
    #[arg(long, value_name = "N", default_value_t = 41, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    iterations: u32,

    /// Where files of engines are while they are measured [default: the system's place for temporary files]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) output: Output,
}

impl Limits {
    pub(crate) fn run(&self, out: &mut dyn Write) -> Result<()> {
        let limits = match self.limit.as_slice() {
            [] => Limit::ALL.to_vec(),
            named => each_once(named),
        };
        let keys = each_once(&self.keys);
        let mut reporter = Reporter::begin(&self.output, limits.len() * keys.len(), out)?;
        for keys in keys {
            let plan = Plan {
                root: self.dir.clone(),
                keys,
                iterations: usize::try_from(self.iterations).unwrap_or(usize::MAX),
            };
            for limit in &limits {
                reporter.measure(limit.name(), || run(*limit, &plan))?;
            }
        }
        reporter.end()?.1
    }
}
