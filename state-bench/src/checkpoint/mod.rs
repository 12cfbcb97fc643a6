//! Checkpoints and restores beside the plainest that does the same for a hash map. Ours has checksums, sorted rows, a
//! manifest, names that are published atomically, and directories that are synced.

mod load;
mod ours;
mod plain;
mod record;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use state_api::StateBackend;
use state_checkpoint::{ChainPolicy, Compression, Job, RunOptions, Strategy, WriteOptions};

pub(crate) use load::Load;
pub use record::Checkpoint;

use crate::agree::Agree;
use crate::error::{Error, Result};
use crate::inputs::{mix, permutation};
use crate::rounds::{Timed, in_turn, timed};
use crate::subject::{Backend, OnSubject, Settings, Subject, open};
use load::From;
use ours::Ours;
use plain::Plain;

/// How checkpoints are measured.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Entries, of 100 bytes each that do not compress.
    pub keys: u64,
    /// Timed rounds.
    pub iterations: usize,
    /// What every backend is opened with; changes are tracked where that is needed.
    pub settings: Settings,
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A full checkpoint, the first of a job in an empty directory, beside a dump of all.
    Write,
    /// An incremental checkpoint of one entry in a hundred, beside a dump of all.
    Changed,
    /// A restore beside a load, each in a process of its own.
    Restore,
}

impl Step {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Write => "write",
            Self::Changed => "changed",
            Self::Restore => "restore",
        }
    }
}

/// One case.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// What is measured.
    pub step: Step,
    /// MiB in which a backend may sort.
    pub buffer_mib: usize,
    /// How blocks are compressed.
    pub compression: Compression,
}

impl Case {
    fn options(&self) -> WriteOptions {
        WriteOptions::default()
            .with_run(RunOptions::default().with_compression(self.compression))
            .with_buffer_bytes(self.buffer_mib << 20)
    }

    /// Name of the compression.
    pub fn compression_name(&self) -> &'static str {
        match self.compression {
            Compression::None => "none",
            _ => "lz4",
        }
    }
}

/// Measures one case on a backend.
///
/// # Errors
/// What the backend and the files meet; [`Error::Disagree`] when a restore does not give what a load gives.
pub fn run(backend: Backend, case: &Case, plan: &Plan) -> Result<Checkpoint> {
    backend.run(Run {
        backend,
        case,
        plan,
    })
}

/// As many bytes as a value has, which do not compress.
fn content(key: u64, version: u64) -> Vec<u8> {
    let words = (0..).flat_map(|i| mix(key ^ version, i).to_le_bytes());
    words.take(100).collect()
}

/// The keys whose values are looked at after a restore.
fn sample(keys: u64) -> impl Iterator<Item = u64> {
    (0..keys).step_by(97)
}

struct Run<'a> {
    backend: Backend,
    case: &'a Case,
    plan: &'a Plan,
}

/// Where both sides write.
struct Places {
    ours: PathBuf,
    plain: PathBuf,
}

fn removed(path: &Path, removed: io::Result<()>) -> Result<()> {
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::file(path, error)),
        _ => Ok(()),
    }
}

impl Places {
    fn clear_ours(&self) -> Result<()> {
        removed(&self.ours, fs::remove_dir_all(&self.ours))
    }

    fn clear_plain(&self) -> Result<()> {
        removed(&self.plain, fs::remove_file(&self.plain))
    }

    /// Bytes of the dump.
    fn plain_bytes(&self) -> Result<u64> {
        let found = fs::metadata(&self.plain).map_err(|error| Error::file(&self.plain, error))?;
        Ok(found.len())
    }

    /// A dump of all, timed, in place of the last one.
    fn dump(&self, map: &Plain) -> Result<Side> {
        self.clear_plain()?;
        let (timed, dumped) = timed(|| plain::dump(map, &self.plain));
        dumped?;
        let bytes = self.plain_bytes()?;
        Ok(Side { timed, bytes })
    }
}

/// What one side took, and wrote.
#[derive(Clone, Copy, Debug)]
struct Side {
    timed: Timed,
    bytes: u64,
}

fn plain_of(order: &[u64]) -> Plain {
    let mut map = Plain::default();
    for key in order {
        map.insert(*key, content(*key, 0));
    }
    map
}

impl OnSubject for Run<'_> {
    type Output = Result<Checkpoint>;

    fn run<S: Subject>(self) -> Result<Checkpoint> {
        let (case, plan) = (self.case, self.plan);
        let settings = Settings {
            tracked: case.step == Step::Changed,
            ..plan.settings.clone()
        };
        let directory = settings.directory()?;
        let places = Places {
            ours: directory.path().join("ours"),
            plain: directory.path().join("plain"),
        };
        let order = permutation(1, plan.keys);
        let mut ours = Ours::empty(open::<S, u64>(&settings)?)?;
        ours.put(&order, 0)?;
        match case.step {
            Step::Write => self.write(ours, &plain_of(&order), &places),
            Step::Changed => self.changed(ours, &order, &places),
            Step::Restore => self.restore(ours, &order, &places),
        }
    }
}

impl Run<'_> {
    fn rounds(
        &self,
        ours: &mut dyn FnMut() -> Result<Side>,
        plain: &mut dyn FnMut() -> Result<Side>,
    ) -> Result<Vec<(Side, Side)>> {
        in_turn(self.plan.iterations, ours, plain, &mut |_, _| Ok(()))
    }

    fn write<B: StateBackend<Key = u64>>(
        &self,
        mut ours: Ours<B>,
        map: &Plain,
        places: &Places,
    ) -> Result<Checkpoint> {
        let options = self.case.options();
        let rounds = self.rounds(
            &mut || {
                places.clear_ours()?;
                let (timed, written) = timed(|| {
                    let job = ours.job(&places.ours)?;
                    ours.take(&job, &Strategy::Full, &options)
                });
                let bytes = written?.bytes;
                Ok(Side { timed, bytes })
            },
            &mut || places.dump(map),
        )?;
        ours.opened.destroy()?;
        Ok(self.record(None, &rounds))
    }

    fn changed<B: StateBackend<Key = u64>>(
        &self,
        mut ours: Ours<B>,
        order: &[u64],
        places: &Places,
    ) -> Result<Checkpoint> {
        let (options, map) = (self.case.options(), plain_of(order));
        let strategy = Strategy::Incremental(ChainPolicy::default().with_max_deltas(usize::MAX));
        let job: Job = ours.job(&places.ours)?;
        ours.take(&job, &strategy, &options)?;
        let few = order.len().div_ceil(100);
        let mut version = 0;
        let rounds = self.rounds(
            &mut || {
                version += 1;
                let from = permutation(version, self.plan.keys);
                ours.put(from.get(..few).unwrap_or(&from), version)?;
                let (timed, written) = timed(|| ours.take(&job, &strategy, &options));
                let written = written?;
                if !written.incremental {
                    return Err(Error::NotIncremental);
                }
                let bytes = written.bytes;
                Ok(Side { timed, bytes })
            },
            &mut || places.dump(&map),
        )?;
        ours.opened.destroy()?;
        Ok(self.record(Some(crate::inputs::index(few)), &rounds))
    }

    fn restore<B: StateBackend<Key = u64>>(
        &self,
        mut ours: Ours<B>,
        order: &[u64],
        places: &Places,
    ) -> Result<Checkpoint> {
        let (backend, plan) = (self.backend, self.plan);
        let job = ours.job(&places.ours)?;
        let written = ours.take(&job, &Strategy::Full, &self.case.options())?;
        let check = ours.check(plan.keys)?;
        ours.opened.destroy()?;
        let dumped = places.dump(&plain_of(order))?;
        let agree = Agree {
            backend: backend.name(),
            workload: self.case.step.name(),
            other: "the plain load",
        };
        let side = |from, path: &Path, bytes| {
            let loaded = load::load(backend, from, path, plan.keys, &plan.settings)?;
            agree.on("check of what was loaded", loaded.check, check)?;
            let timed = loaded.timed;
            Ok(Side { timed, bytes })
        };
        let rounds = self.rounds(
            &mut || side(From::Checkpoint, &places.ours, written.bytes),
            &mut || side(From::Dump, &places.plain, dumped.bytes),
        )?;
        Ok(self.record(None, &rounds))
    }
}
