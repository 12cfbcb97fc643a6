//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use state_api::KeyGroups;

use super::checkpoint::Checkpoint;
use super::incremental::Incremental;
use super::limits::Limits;
use super::pause::Pause;
use super::shared::{Backends, Output};
use super::tracking::Tracking;
use crate::checkpoint::Load;
use crate::workload::{self, Workload};

/// Times workloads on the state backends beside the bare engines under them.
///
/// Both sides do the same work, checked by sums, in interleaved rounds of one run. A ratio is how many times
/// as fast as the bare engine ours was: the median of the rounds, with the smallest and the largest.
#[derive(Debug, Parser)]
#[command(name = "state-bench", version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run workloads
    Run(Run),
    /// Measure what views cost: freezes, and writes while a view lives
    Pause(Pause),
    /// Run workloads with changes tracked beside the same without
    Tracking(Tracking),
    /// Measure incremental checkpoints by the share of the rows that changed
    Incremental(Incremental),
    /// Measure checkpoints and restores beside plain dumps of a hash map and their loads
    Checkpoint(Checkpoint),
    /// Measure what any table could reach that views share and that tells what changed
    Limits(Limits),
    /// Load what a measurement wrote, and tell the time: `checkpoint` starts it
    #[command(hide = true)]
    Load(Load),
    /// List the backends and the workloads
    List,
    /// Compare two files of results: which ratios changed beyond the spreads of both
    Compare {
        /// Results from before, as `run --out` writes them
        old: PathBuf,
        /// Results from now
        new: PathBuf,
    },
}

impl Command {
    /// Where the results go, for what has any.
    pub(crate) fn output(&self) -> Option<&Output> {
        match self {
            Self::Run(run) => Some(&run.output),
            Self::Pause(pause) => Some(&pause.output),
            Self::Checkpoint(checkpoint) => Some(&checkpoint.output),
            Self::Incremental(incremental) => Some(&incremental.output),
            Self::Tracking(tracking) => Some(&tracking.output),
            Self::Limits(limits) => Some(&limits.output),
            Self::Load(_) | Self::List | Self::Compare { .. } => None,
        }
    }

    /// What is wrong with what is asked for, if something is.
    pub(crate) fn problem(&self) -> Option<&'static str> {
        let own = match self {
            Self::Pause(pause) => pause.problem(),
            _ => None,
        };
        own.or_else(|| self.output()?.problem())
    }
}

#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(crate) struct Run {
    #[command(flatten)]
    pub(crate) on: Backends,

    /// Workloads, separated by commas, or `all`
    #[arg(long, value_name = "NAMES", default_value = "all", value_delimiter = ',', value_parser = workloads)]
    pub(crate) workload: Vec<Workloads>,

    /// Keys that the set-up inserts
    #[arg(long, value_name = "N", default_value_t = 500_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    pub(crate) keys: u64,

    /// Timed iterations of each side, after warm-up
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) iterations: u32,

    /// Track changes on the backends, as incremental checkpoints need it
    #[arg(long)]
    pub(crate) track: bool,

    /// Give the bare engines the key bytes of the backends, in place of their own
    #[arg(long)]
    pub(crate) same_keys: bool,

    /// Time single operations too, in an iteration of their own
    #[arg(long)]
    pub(crate) latency: bool,

    /// Count what is allocated too, in a program of its own
    #[arg(long)]
    pub(crate) memory: bool,

    /// Count the calls of the engines too, in an iteration of their own
    #[arg(long)]
    pub(crate) calls: bool,

    #[command(flatten)]
    pub(crate) output: Output,

    /// Compare with the results in a file from before
    #[arg(long, value_name = "FILE")]
    pub(crate) compare: Option<PathBuf>,
}

impl Run {
    /// The workloads asked for, each once.
    pub(crate) fn workloads(&self) -> Vec<&'static Workload> {
        named_once(&self.workload)
    }
}

/// All workloads that names stand for, each once.
pub(crate) fn named_once(named: &[Workloads]) -> Vec<&'static Workload> {
    let mut workloads: Vec<&'static Workload> = Vec::new();
    for named in named.iter().flat_map(|named| named.0) {
        if workloads.iter().all(|seen| seen.name() != named.name()) {
            workloads.push(named);
        }
    }
    workloads
}

/// What a name of the command line stands for: one workload, or all.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Workloads(&'static [Workload]);

pub(crate) fn workloads(name: &str) -> Result<Workloads, String> {
    if name == "all" {
        return Ok(Workloads(workload::ALL));
    }
    let found = workload::ALL
        .iter()
        .find(|workload| workload.name() == name);
    found
        .map(std::slice::from_ref)
        .map(Workloads)
        .ok_or_else(|| "no such workload; `state-bench list` names them".to_owned())
}

/// A number of key groups.
pub(crate) fn key_groups(number: &str) -> Result<KeyGroups, String> {
    let groups = number
        .parse()
        .map_err(|_| "not a number from 1 to 32768".to_owned())?;
    KeyGroups::all(groups).map_err(|error| error.to_string())
}
