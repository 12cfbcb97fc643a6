//! What every measurement is asked alike.

use std::path::PathBuf;

use clap::Args;
use state_api::KeyGroups;

use super::args::key_groups;
use crate::subject::{Backend, Settings};

/// What is measured, and where.
#[derive(Debug, Args)]
pub(crate) struct Backends {
    /// Backends, separated by commas [default: all that this program was built with]
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub(crate) backend: Vec<Backend>,

    /// Key groups of the backends
    #[arg(long, value_name = "N", default_value = "128", value_parser = key_groups)]
    pub(crate) key_groups: KeyGroups,

    /// Where files are while they are measured [default: the system's place for temporary files]
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
}

impl Backends {
    /// The backends asked for, each once.
    pub(crate) fn each(&self) -> Vec<Backend> {
        match self.backend.as_slice() {
            [] => Backend::ALL.to_vec(),
            named => each_once(named),
        }
    }

    /// What they are opened with.
    pub(crate) fn settings(&self, tracked: bool) -> Settings {
        Settings {
            root: self.dir.clone(),
            key_groups: self.key_groups,
            tracked,
            same_keys: false,
        }
    }
}

/// What was named, without repetitions.
pub(crate) fn each_once<T: Copy + PartialEq>(named: &[T]) -> Vec<T> {
    let mut once = Vec::new();
    for each in named {
        if !once.contains(each) {
            once.push(*each);
        }
    }
    once
}

/// Where results go.
#[derive(Debug, Args)]
pub(crate) struct Output {
    /// Print results as lines of JSON instead of a table
    #[arg(long)]
    pub(crate) json: bool,

    /// Write results as lines of JSON into a file, one after the other as they come
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,

    /// Write results as an HTML page
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
}

impl Output {
    /// Whether files of results were asked for.
    pub(crate) fn writes_files(&self) -> bool {
        self.out.is_some() || self.html.is_some()
    }

    /// What is wrong with it, if something is.
    pub(crate) fn problem(&self) -> Option<&'static str> {
        (self.out.is_some() && self.out == self.html)
            .then_some("--out and --html name one file: give each its own")
    }
}
