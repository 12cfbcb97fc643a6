//! `state-bench incremental`.

use std::io::Write;

use clap::Args;

use super::reporter::Reporter;
use super::shared::{Backends, Output, each_once};
use crate::error::Result;
use crate::incremental::{Plan, Share, run};

#[derive(Debug, Args)]
pub(crate) struct Incremental {
    #[command(flatten)]
    on: Backends,

    /// Rows, of 100 bytes each
    #[arg(long, value_name = "N", default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    keys: u64,

    /// How many of a hundred rows change before each checkpoint, separated by commas
    #[arg(long, value_name = "PERCENT,..", default_value = "0.1,1,10,100", value_delimiter = ',', value_parser = share)]
    changed: Vec<Share>,

    /// Timed rounds, after warm-up
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    iterations: u32,

    #[command(flatten)]
    pub(crate) output: Output,
}

fn share(percent: &str) -> Result<Share, String> {
    let wrong = "not a number above 0 and up to 100";
    let percent: f64 = percent.parse().map_err(|_| wrong)?;
    if percent > 0.0 && percent <= 100.0 {
        Ok(Share { percent })
    } else {
        Err(wrong.to_owned())
    }
}

impl Incremental {
    pub(crate) fn run(&self, out: &mut dyn Write) -> Result<()> {
        let plan = Plan {
            keys: self.keys,
            iterations: usize::try_from(self.iterations).unwrap_or(usize::MAX),
            settings: self.on.settings(true),
        };
        let (backends, shares) = (self.on.each(), each_once(&self.changed));
        let mut reporter = Reporter::begin(&self.output, backends.len() * shares.len(), out)?;
        for backend in backends {
            for share in &shares {
                let what = format!("{} {} % changed", backend.name(), share.percent);
                reporter.measure(&what, || run(backend, *share, &plan))?;
            }
        }
        reporter.end()?.1
    }
}
