//! Counts the words of files, and survives being killed: the whole life of a state backend in one
//! program, from `register` to `destroy`, with checkpoints that any backend restores.
//!
//! ```text
//! cargo run --release --bin word_count -- --top 10
//! ```
//!
//! `count` is the operator; it does not know which backend it runs on. `job` is what surrounds it:
//! input, checkpoints, report.

mod args;
mod checkpoint;
mod count;
mod crash;
mod documents;
mod input;
mod job;
mod position;
mod progress;
mod report;
mod schedule;
mod source;

use std::error::Error as _;
use std::io;
use std::path::Path;
use std::process::ExitCode;

use state_backends::any::Scheme;
use state_backends::{BackendUrl, Error, ErrorKind, KeyGroups, Result};

use args::{Args, Backend};

fn main() -> ExitCode {
    match run(&Args::from_command_line()) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads the report has seen enough, as `head` has.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:?}"); // the chain of causes
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<()> {
    match &args.backend {
        Backend::At(url) => run_at(url, args),
        Backend::Named(scheme) if scheme.has_directory() => run_on_disk(*scheme, args),
        Backend::Named(scheme) => run_at(&BackendUrl::new(*scheme), args),
    }
}

/// Opens the chosen backend; from here on nobody asks which one it is.
fn run_at(url: &BackendUrl, args: &Args) -> Result<()> {
    job::run(url.open(KeyGroups::all(KeyGroups::DEFAULT)?)?, args)
}

/// In a directory of scratch: what is durable are the checkpoints.
fn run_on_disk(scheme: Scheme, args: &Args) -> Result<()> {
    let run = |dir: &Path| {
        let work = dir.join(format!("work-{}", scheme.name()));
        let url = BackendUrl::new(scheme).with_path(work);
        run_at(&url.with_option("on_dirty", "wipe"), args)
    };
    if let Some(dir) = &args.checkpoint_dir {
        return run(dir);
    }
    let dir = tempfile::tempdir()
        .map_err(|e| Error::new(ErrorKind::Io, "no temporary directory").with_source(e))?;
    run(dir.path())
}

fn is_broken_pipe(error: &Error) -> bool {
    let cause = error
        .source()
        .and_then(|cause| cause.downcast_ref::<io::Error>());
    cause.is_some_and(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
}
