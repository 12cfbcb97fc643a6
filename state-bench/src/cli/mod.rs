//! The program: what it is asked for, what it prints, how it ends.

mod args;

use std::fs::File;
use std::io::{self, IsTerminal as _, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory as _, Parser as _};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::compare::{Change, compare};
use crate::count::count;
use crate::error::{Error, Result};
use crate::record::{Record, read};
use crate::run::{Plan, run};
use crate::subject::{Backend, Settings};
use crate::{html, table, workload};

pub(crate) use args::key_groups;
use args::{Cli, Command, Run};

/// Runs the program. 0 says that all went well, 1 that the sides of a workload disagree or something failed,
/// 2 that the command line is wrong.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    if let Command::Run(Run {
        out: Some(out),
        html: Some(html),
        ..
    }) = &cli.command
        && out == html
    {
        let message = "--out and --html name one file: give each its own";
        Cli::command()
            .error(ErrorKind::ArgumentConflict, message)
            .exit();
    }
    let stdout = &mut io::stdout().lock();
    let done = match &cli.command {
        Command::Run(args) => run_all(args, stdout),
        Command::List => list(stdout),
        Command::Compare { old, new } => compare_files(old, new, stdout),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads has seen enough; but files that were asked for are not whole then.
        Err(Error::Output(error))
            if error.kind() == io::ErrorKind::BrokenPipe && !cli.command.writes_files() =>
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

fn create(path: &Path) -> Result<File> {
    File::create(path).map_err(|error| Error::file(path, error))
}

fn writable(path: &Path) -> Result<()> {
    let opened = File::options().append(true).create(true).open(path);
    opened.map(drop).map_err(|error| Error::file(path, error))
}

fn progress(steps: usize) -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let length = u64::try_from(steps).ok();
    let bar = ProgressBar::with_draw_target(length, ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template("{pos}/{len} {msg} {wide_bar} {elapsed}");
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

fn run_all(args: &Run, out: &mut dyn Write) -> Result<()> {
    let plan = Plan {
        keys: args.keys,
        iterations: usize::try_from(args.iterations).unwrap_or(usize::MAX),
        latency: args.latency,
        settings: Settings {
            root: args.dir.clone(),
            key_groups: args.key_groups,
            tracked: args.track,
        },
    };
    let before = args.compare.as_deref().map(read).transpose()?;
    let mut file = args.out.as_deref().map(create).transpose()?;
    // What is there stays until there is something to write, but whoever cannot write hears of it now.
    args.html.as_deref().map(writable).transpose()?;
    let (backends, workloads) = (args.backends(), args.workloads());
    let bar = progress(backends.len() * workloads.len());
    let mut records = Vec::new();
    let mut failures = Vec::new();
    if !args.json {
        bar.suspend(|| writeln!(out, "{}", table::HEAD))?;
    }
    for backend in backends {
        for workload in &workloads {
            bar.set_message(format!("{} {}", backend.name(), workload.name()));
            let record = match measure(backend, workload, &plan, args.memory) {
                Ok(record) => record,
                // The others may be all right, and say more about it.
                Err(error @ (Error::Disagree { .. } | Error::State(_) | Error::Engine(_))) => {
                    let failure = format!("{} {}: {error}", backend.name(), workload.name());
                    bar.suspend(|| writeln!(io::stderr(), "error: {failure}"))
                        .ok();
                    failures.push(failure);
                    continue;
                }
                Err(error) => return Err(error),
            };
            bar.inc(1);
            if let (Some(file), Some(path)) = (&mut file, &args.out) {
                writeln!(file, "{}", record.to_line()?)
                    .map_err(|error| Error::file(path, error))?;
            }
            bar.suspend(|| {
                if args.json {
                    writeln!(out, "{}", record.to_line()?)
                } else {
                    write!(out, "{}", table::rows(&record))
                }
                .map_err(Error::from)
            })?;
            records.push(record);
        }
    }
    bar.finish_and_clear();
    if let Some(path) = &args.html {
        let text = html::page(&records);
        create(path)?
            .write_all(text.as_bytes())
            .map_err(|error| Error::file(path, error))?;
    }
    if let Some(before) = before {
        let changes = compare(&before, &records);
        // Lines of JSON are for programs.
        if args.json {
            print_changes(&changes, &mut io::stderr())?;
        } else {
            print_changes(&changes, out)?;
        }
    }
    match failures.len() {
        0 => Ok(()),
        failed => Err(Error::Failed(failed)),
    }
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
