//! A restore or a plain load in a process of its own, as it would be: in one process the free lists of the allocator,
//! which the last one left, decide more than either side.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};
use state_api::KeyGroups;

use super::ours::Ours;
use super::{plain, sample};
use crate::error::Result;
use crate::inputs::{index, sum_of_words};
use crate::process::ask;
use crate::rounds::{Timed, timed};
use crate::subject::{Backend, OnSubject, Settings, Subject, open};

/// What is loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum From {
    /// The checkpoint in a directory.
    Checkpoint,
    /// The entries in a file.
    Dump,
}

impl From {
    fn name(self) -> &'static str {
        match self {
            Self::Checkpoint => "checkpoint",
            Self::Dump => "dump",
        }
    }
}

/// What the other process is asked for.
#[derive(Debug, Args)]
pub(crate) struct Load {
    #[arg(long)]
    backend: Backend,
    #[arg(long)]
    from: From,
    #[arg(long)]
    path: PathBuf,
    #[arg(long)]
    keys: u64,
    #[arg(long, value_parser = crate::cli::key_groups)]
    key_groups: KeyGroups,
    #[arg(long)]
    dir: Option<PathBuf>,
}

/// What it tells.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Loaded {
    /// How long it took.
    pub(super) timed: Timed,
    /// The sum of some of the values.
    pub(super) check: u64,
}

/// Has another process load what lies at `path`.
pub(super) fn load(
    backend: Backend,
    from: From,
    path: &Path,
    keys: u64,
    settings: &Settings,
) -> Result<Loaded> {
    let groups = settings.key_groups.max_parallelism();
    let mut command = Command::new(std::env::current_exe()?);
    command
        .args(["load", "--backend", backend.name(), "--from", from.name()])
        .arg(format!("--keys={keys}"))
        .arg(format!("--key-groups={groups}"))
        .arg("--path")
        .arg(path);
    if let Some(root) = &settings.root {
        command.arg("--dir").arg(root);
    }
    ask(&mut command)
}

impl Load {
    /// The whole of the other process.
    pub(crate) fn run(&self, out: &mut dyn Write) -> Result<()> {
        let loaded = match self.from {
            From::Checkpoint => self.backend.run(Restore(self))?,
            From::Dump => self.plain()?,
        };
        let line = serde_json::to_string(&loaded).map_err(std::io::Error::from)?;
        Ok(writeln!(out, "{line}")?)
    }

    fn plain(&self) -> Result<Loaded> {
        let (timed, map) = timed(|| plain::load(&self.path, self.keys));
        let map = map?;
        let words = |bytes: &Vec<u8>| sum_of_words(bytes) ^ index(bytes.len());
        let check = sample(self.keys).fold(0, |sum: u64, key| {
            sum.wrapping_add(map.get(&key).map_or(0, words))
        });
        Ok(Loaded { timed, check })
    }
}

struct Restore<'a>(&'a Load);

impl OnSubject for Restore<'_> {
    type Output = Result<Loaded>;

    fn run<S: Subject>(self) -> Result<Loaded> {
        let load = self.0;
        let settings = Settings {
            root: load.dir.clone(),
            key_groups: load.key_groups,
            tracked: false,
            same_keys: false,
        };
        let (timed, ours) = timed(|| {
            let mut ours = Ours::empty(open::<S, u64>(&settings)?)?;
            ours.restore(&load.path)?;
            Ok::<_, crate::Error>(ours)
        });
        let mut ours = ours?;
        let check = ours.check(load.keys)?;
        ours.opened.destroy()?;
        Ok(Loaded { timed, check })
    }
}
