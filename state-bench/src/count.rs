//! What a workload allocates: counted by a program of its own, which the benchmark starts.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use clap::Parser;
use serde::{Deserialize, Serialize};
use state_api::KeyGroups;
use stats_alloc::Stats;

use crate::error::{Error, Result};
use crate::process::ask;
use crate::record::Memory;
use crate::run::Plan;
use crate::side::Side;
use crate::subject::{Backend, OnSubject, Settings, Subject};
use crate::workload::{OnSides, Workload};

/// Name of the program.
const PROGRAM: &str = "state-bench-count";

/// What both sides of a workload allocate.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Counted {
    /// Ours.
    pub ours: Memory,
    /// The bare engine.
    pub bare: Memory,
}

/// What is counted.
#[derive(Debug, Parser)]
#[command(about = "Counts what a workload allocates; `state-bench run --memory` starts it")]
struct Args {
    #[arg(long)]
    backend: Backend,
    #[arg(long, value_parser = workload)]
    workload: &'static Workload,
    #[arg(long)]
    keys: u64,
    #[arg(long, value_parser = crate::cli::key_groups)]
    key_groups: KeyGroups,
    #[arg(long)]
    track: bool,
    #[arg(long)]
    same_keys: bool,
    #[arg(long)]
    dir: Option<PathBuf>,
}

fn workload(name: &str) -> Result<&'static Workload, String> {
    Workload::of(name).ok_or_else(|| "no such workload".to_owned())
}

/// Counts in a program of its own.
///
/// # Errors
/// [`Error::Program`] when the program is not beside this one, or fails.
pub fn count(backend: Backend, workload: &Workload, plan: &Plan) -> Result<Counted> {
    let program = std::env::current_exe()?.with_file_name(PROGRAM);
    if !program.exists() {
        let build = "is not there: build both programs, by `cargo build --release -p state-bench`";
        let problem = build.to_owned();
        return Err(Error::Program { program, problem });
    }
    let mut command = Command::new(&program);
    let groups = plan.settings.key_groups.max_parallelism();
    command
        .args(["--backend", backend.name()])
        .args(["--workload", workload.name()])
        .arg(format!("--keys={}", plan.keys))
        .arg(format!("--key-groups={groups}"));
    if plan.settings.tracked {
        command.arg("--track");
    }
    if plan.settings.same_keys {
        command.arg("--same-keys");
    }
    if let Some(root) = &plan.settings.root {
        command.args([&OsString::from("--dir"), root.as_os_str()]);
    }
    ask(&mut command)
}

/// The whole of the program that counts. `stats` tells what its allocator has given so far.
pub fn main(stats: &dyn Fn() -> Stats) -> ExitCode {
    let args = Args::parse();
    let settings = Settings {
        root: args.dir,
        key_groups: args.key_groups,
        tracked: args.track,
        same_keys: args.same_keys,
    };
    let counted = args.backend.run(Count {
        workload: args.workload,
        keys: args.keys,
        settings: &settings,
        stats,
    });
    let printed = counted.and_then(|counted| {
        let line = serde_json::to_string(&counted).map_err(std::io::Error::from)?;
        Ok(writeln!(std::io::stdout(), "{line}")?)
    });
    match printed {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

struct Count<'a> {
    workload: &'static Workload,
    keys: u64,
    settings: &'a Settings,
    stats: &'a dyn Fn() -> Stats,
}

impl OnSubject for Count<'_> {
    type Output = Result<Counted>;

    fn run<S: Subject>(self) -> Result<Counted> {
        let (settings, keys, workload) = (self.settings, self.keys, self.workload);
        workload.on_sides::<S, _>(settings, keys, self)
    }
}

impl Count<'_> {
    #[allow(
        clippy::cast_precision_loss,
        reason = "no iteration allocates 2^53 times"
    )]
    fn side(&self, side: &mut dyn Side) -> Result<Memory> {
        // Inputs are made when they are first used: that is not the state's.
        side.before()?;
        side.run()?;
        side.end()?;
        let empty = held((self.stats)());
        side.before()?;
        let before = (self.stats)();
        side.run()?;
        let after = (self.stats)();
        side.end()?;
        let operations = self.workload.operations(self.keys) as f64;
        let calls = |stats: Stats| stats.allocations + stats.reallocations;
        let bytes = |stats: Stats| stats.bytes_allocated;
        Ok(Memory {
            allocations_per_op: (calls(after) - calls(before)) as f64 / operations,
            bytes_per_op: (bytes(after) - bytes(before)) as f64 / operations,
            bytes_held: held(before) - empty,
        })
    }
}

/// Bytes that are allocated now. The allocator counts a growth among the allocated ones and a shrinking among
/// the freed ones.
fn held(stats: Stats) -> i64 {
    let bytes = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    bytes(stats.bytes_allocated) - bytes(stats.bytes_deallocated)
}

impl OnSides for Count<'_> {
    type Output = Counted;

    fn run(self, ours: &mut dyn Side, bare: &mut dyn Side) -> Result<Counted> {
        Ok(Counted {
            ours: self.side(ours)?,
            bare: self.side(bare)?,
        })
    }
}
