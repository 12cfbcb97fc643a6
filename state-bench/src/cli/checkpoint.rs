//! `state-bench checkpoint`.

use std::io::Write;

use clap::{Args, ValueEnum};
use state_checkpoint::WriteOptions;

use super::reporter::Reporter;
use super::shared::{Backends, Output, each_once};
use crate::checkpoint::{Case, Plan, Step, run};
use crate::error::Result;

#[derive(Debug, Args)]
pub(crate) struct Checkpoint {
    #[command(flatten)]
    on: Backends,

    /// Entries, of 100 bytes each that do not compress
    #[arg(long, value_name = "N", default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    keys: u64,

    /// What is measured, separated by commas [default: all]
    #[arg(long, value_name = "STEPS", value_delimiter = ',')]
    step: Vec<StepName>,

    /// MiB in which a backend may sort, separated by commas; the default of checkpoints is 64
    #[arg(long, value_name = "MIB,..", default_value = "256,64,16", value_delimiter = ',', value_parser = clap::value_parser!(u16).range(1..))]
    buffer: Vec<u16>,

    /// How blocks are compressed, separated by commas [default: both]
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    compression: Vec<Compression>,

    /// Timed rounds, after warm-up
    #[arg(long, value_name = "N", default_value_t = 9, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    iterations: u32,

    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum StepName {
    /// A full checkpoint, beside a dump of all
    Write,
    /// An incremental checkpoint of one entry in a hundred, with the defaults of checkpoints, beside a dump of all
    Changed,
    /// A restore beside a load, each in a process of its own
    Restore,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Compression {
    /// Not at all
    None,
    /// LZ4
    Lz4,
}

impl Compression {
    fn kind(self) -> state_checkpoint::Compression {
        match self {
            Self::None => state_checkpoint::Compression::None,
            Self::Lz4 => state_checkpoint::Compression::Lz4,
        }
    }
}

/// Those named, each once, or all if none is.
fn or_all<T: ValueEnum + Copy + PartialEq>(named: &[T]) -> Vec<T> {
    match named {
        [] => T::value_variants().to_vec(),
        named => each_once(named),
    }
}

impl Checkpoint {
    fn cases(&self) -> Vec<Case> {
        let mut cases = Vec::new();
        for step in or_all(&self.step) {
            let step = match step {
                StepName::Write => Step::Write,
                StepName::Restore => Step::Restore,
                StepName::Changed => {
                    cases.push(Case {
                        step: Step::Changed,
                        buffer_mib: WriteOptions::BUFFER_BYTES >> 20,
                        compression: state_checkpoint::Compression::default(),
                    });
                    continue;
                }
            };
            for buffer in each_once(&self.buffer) {
                let compressions = or_all(&self.compression).into_iter();
                cases.extend(compressions.map(|compression| Case {
                    step,
                    buffer_mib: buffer.into(),
                    compression: compression.kind(),
                }));
            }
        }
        cases
    }

    pub(crate) fn run(&self, out: &mut dyn Write) -> Result<()> {
        let plan = Plan {
            keys: self.keys,
            iterations: usize::try_from(self.iterations).unwrap_or(usize::MAX),
            settings: self.on.settings(false),
        };
        let (backends, cases) = (self.on.each(), self.cases());
        let mut reporter = Reporter::begin(&self.output, backends.len() * cases.len(), out)?;
        for backend in backends {
            for case in &cases {
                let (buffer, compression) = (case.buffer_mib, case.compression_name());
                let (name, step) = (backend.name(), case.step.name());
                let what = format!("{name} {step}, {buffer} MiB, {compression}");
                reporter.measure(&what, || run(backend, case, &plan))?;
            }
        }
        reporter.end()?.1
    }
}
