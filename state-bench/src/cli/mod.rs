//! The program: what it is asked for, what it prints, how it ends.

mod args;
mod checkpoint;
mod incremental;
mod limits;
mod pause;
mod reporter;
mod shared;
mod tracking;

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory as _, Parser as _};

use crate::compare::{Change, compare};
use crate::count::count;
use crate::error::{Error, Result};
use crate::record::{Record, read};
use crate::run::{Plan, run};
use crate::subject::{Backend, Settings};
use crate::workload;

pub(crate) use args::key_groups;
use args::{Cli, Command, Run};
use reporter::Reporter;
use shared::Output;

/// Runs the program. 0 says that all went well, 1 that the sides of a workload disagree or something failed,
/// 2 that the command line is wrong.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let output = cli.command.output();
    if let Some(problem) = cli.command.problem() {
        Cli::command()
            .error(ErrorKind::ArgumentConflict, problem)
            .exit();
    }
    let stdout = &mut io::stdout().lock();
    let done = match &cli.command {
        Command::Run(args) => run_all(args, stdout),
        Command::Pause(args) => args.run(stdout),
        Command::Tracking(args) => args.run(stdout),
        Command::Incremental(args) => args.run(stdout),
        Command::Checkpoint(args) => args.run(stdout),
        Command::Limits(args) => args.run(stdout),
        Command::Load(args) => args.run(stdout),
        Command::List => list(stdout),
        Command::Compare { old, new } => compare_files(old, new, stdout),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads has seen enough; but files that were asked for are not whole then.
        Err(Error::Output(error))
            if error.kind() == io::ErrorKind::BrokenPipe
                && !output.is_some_and(Output::writes_files) =>
        {
            ExitCode::SUCCESS
        }
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn list(out: &mut dyn Write) -> Result<()> {
    writeln!(out, "backends")?;
    for backend in Backend::ALL {
        writeln!(out, "  {:<34} {}", backend.name(), backend.about())?;
    }
    writeln!(out, "workloads")?;
    for workload in workload::ALL {
        writeln!(out, "  {:<34} {}", workload.name(), workload.about())?;
    }
    Ok(())
}

fn compare_files(old: &Path, new: &Path, out: &mut dyn Write) -> Result<()> {
    let (old, new) = (read(old)?, read(new)?);
    print_changes(&compare(&old, &new), out)
}

fn print_changes(changes: &[Change<'_>], out: &mut dyn Write) -> Result<()> {
    if changes.is_empty() {
        writeln!(out, "no result of the one is like any of the other")?;
    }
    for change in changes {
        writeln!(out, "{change}")?;
    }
    Ok(())
}

fn run_all(args: &Run, out: &mut dyn Write) -> Result<()> {
    let plan = Plan {
        keys: args.keys,
        iterations: usize::try_from(args.iterations).unwrap_or(usize::MAX),
        latency: args.latency,
        calls: args.calls,
        settings: Settings {
            same_keys: args.same_keys,
            ..args.on.settings(args.track)
        },
    };
    let before = args.compare.as_deref().map(read).transpose()?;
    let (backends, workloads) = (args.on.each(), args.workloads());
    let steps = backends.len() * workloads.len();
    let mut reporter = Reporter::begin(&args.output, steps, out)?;
    for backend in backends {
        for workload in &workloads {
            let what = format!("{} {}", backend.name(), workload.name());
            reporter.measure(&what, || measure(backend, workload, &plan, args.memory))?;
        }
    }
    let (records, whole) = reporter.end()?;
    if let Some(before) = before {
        let changes = compare(&before, &records);
        // Lines of JSON are for programs.
        if args.output.json {
            print_changes(&changes, &mut io::stderr())?;
        } else {
            print_changes(&changes, out)?;
        }
    }
    whole
}

fn measure(
    backend: Backend,
    workload: &workload::Workload,
    plan: &Plan,
    memory: bool,
) -> Result<Record> {
    let mut record = run(backend, workload, plan)?;
    if memory {
        let counted = count(backend, workload, plan)?;
        record.memory = Some(counted.ours);
        record.raw_memory = Some(counted.bare);
    }
    Ok(record)
}
