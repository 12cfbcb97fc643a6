//! What may go wrong in a run.

use std::path::{Path, PathBuf};

/// Why a run ends early.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A state backend failed.
    #[error(transparent)]
    State(#[from] state_api::Error),
    /// A bare engine failed.
    #[error("the bare engine failed: {0}")]
    Engine(Box<dyn std::error::Error + Send + Sync>),
    /// The two sides of a workload did not do the same.
    #[error("{workload} on {backend}: {sum} is {ours} on ours and {other} on {name}")]
    Disagree {
        /// The backend.
        backend: String,
        /// The workload.
        workload: String,
        /// Which of the sums.
        sum: &'static str,
        /// On ours.
        ours: u64,
        /// What is beside it.
        name: &'static str,
        /// On that.
        other: u64,
    },
    /// A view did not give what was there.
    #[error("a view gave {rows} rows, of {wanted} that were there")]
    Rows {
        /// That it gave.
        rows: u64,
        /// That there were.
        wanted: u64,
    },
    /// A checkpoint was full that should not have been.
    #[error(
        "the backend does not tell what changed: a checkpoint that should be incremental is full"
    )]
    NotIncremental,
    /// A file or directory could not be used.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A line of a file is no result.
    #[error("{path}, line {line}: no result of `state-bench run --json`: {source}")]
    Line {
        /// The file.
        path: PathBuf,
        /// Number of the line, from 1.
        line: usize,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// A thread for what goes on beside the measurement cannot be had, or ended before its time.
    #[error("no thread beside the measurement: {0}")]
    Thread(std::io::Error),
    /// Results cannot be written.
    #[error("cannot write the results: {0}")]
    Output(#[from] std::io::Error),
    /// Some measurements failed, each of which was told.
    #[error("{0} of the measurements failed")]
    Failed(usize),
    /// A program that was started beside this one failed.
    #[error("{program}: {problem}")]
    Program {
        /// The program.
        program: PathBuf,
        /// What it said.
        problem: String,
    },
}

impl Error {
    /// Whether it is of one measurement alone, and others may be all right.
    pub(crate) fn is_of_one(&self) -> bool {
        matches!(
            self,
            Self::Disagree { .. }
                | Self::NotIncremental
                | Self::Rows { .. }
                | Self::State(_)
                | Self::Engine(_)
        )
    }

    /// A failure of a bare engine.
    #[cold]
    pub(crate) fn engine(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Engine(error.into())
    }

    /// A failure at a file.
    #[cold]
    pub(crate) fn file(path: &Path, source: std::io::Error) -> Self {
        let path = path.to_owned();
        Self::File { path, source }
    }
}

/// The result of what may go wrong in a run.
pub type Result<T, E = Error> = std::result::Result<T, E>;
