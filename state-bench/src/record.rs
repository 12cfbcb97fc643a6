//! A result: one line of JSON.

mod report;

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::report::Bar;
use crate::rounds::{Spread, Timed, ratios};
use crate::table::ranged;

/// What a workload gave on a backend. Times that say *raw* are those of the bare engine; a ratio is how
/// many times as fast as it ours was.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Version of this program, and of the backends: they have one.
    pub version: String,
    /// The backend.
    pub backend: String,
    /// The workload.
    pub workload: String,
    /// Keys asked for.
    pub keys: u64,
    /// Key groups of the backend.
    pub key_groups: u32,
    /// Whether changes were tracked.
    pub tracked: bool,
    /// Whether the bare engine had the key bytes of the backend.
    #[serde(default)]
    pub same_keys: bool,
    /// Timed iterations.
    pub iterations: usize,
    /// Operations of an iteration.
    pub operations: u64,
    /// Operations in a second, by the median of the iterations.
    pub ops_per_s: f64,
    /// The same on the bare engine.
    pub raw_ops_per_s: f64,
    /// Those of the backend in a second on the CPU, over all iterations, where the system tells and there are enough.
    #[serde(default)]
    pub cpu_ops_per_s: Option<f64>,
    /// The median of the ratios of the rounds.
    pub ratio: f64,
    /// The smallest and the largest of them.
    pub spread: [f64; 2],
    /// The median of the ratios of the time on the CPU, where the system tells.
    pub cpu_ratio: Option<f64>,
    /// The smallest and the largest of them.
    pub cpu_spread: Option<[f64; 2]>,
    /// The sum of what the operations of the first iteration returned.
    pub check: u64,
    /// The sum of what was there of every 97th key after it.
    pub final_check: u64,
    /// Nanoseconds of single operations, if asked for.
    pub latency: Option<Latency>,
    /// The same on the bare engine.
    pub raw_latency: Option<Latency>,
    /// What was allocated, if asked for.
    pub memory: Option<Memory>,
    /// The same on the bare engine.
    pub raw_memory: Option<Memory>,
    /// What was asked of the engine, if asked for, and if there is one.
    #[serde(default)]
    pub calls: Option<EngineCalls>,
}

/// Nanoseconds that a share of the operations did not exceed, those of reading the clock included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Latency {
    /// Half of them.
    pub p50: u32,
    /// 99 in a hundred.
    pub p99: u32,
    /// 999 in a thousand.
    pub p999: u32,
    /// All.
    pub max: u32,
}

/// What went through the allocator of this process; an engine in C++ has its own.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    /// Allocations of an operation, those that grow one included.
    pub allocations_per_op: f64,
    /// Bytes of them.
    pub bytes_per_op: f64,
    /// Bytes held when the set-up was done, above those before the state was opened.
    pub bytes_held: i64,
}

/// Calls of the engine that an operation of ours makes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct EngineCalls {
    /// Keys that are read, one by one or many at once.
    pub gets_per_op: f64,
    /// Keys that are written or deleted, and ranges that are deleted.
    pub writes_per_op: f64,
    /// Scans that are opened.
    pub scans_per_op: f64,
    /// Rows that those are asked for, the one behind the last included.
    pub rows_scanned_per_op: f64,
}

/// Ratios of rounds, as every result has them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ratios {
    /// The median of the ratios of the rounds.
    pub ratio: f64,
    /// The smallest and the largest of them.
    pub spread: [f64; 2],
    /// The median of the ratios of the time on the CPU, where the system tells.
    pub cpu_ratio: Option<f64>,
    /// The smallest and the largest of them.
    pub cpu_spread: Option<[f64; 2]>,
}

impl Ratios {
    /// Of rounds: how many times as fast as the other side ours was.
    pub fn of(rounds: &[(Timed, Timed)]) -> Self {
        let (walls, cpus) = ratios(rounds);
        let range = |spread: Spread| [spread.least, spread.most];
        Self {
            ratio: walls.map_or(0.0, |walls| walls.median),
            spread: walls.map_or([0.0; 2], range),
            cpu_ratio: cpus.map(|cpus| cpus.median),
            cpu_spread: cpus.map(range),
        }
    }

    /// The ratio as a text.
    pub(crate) fn text(&self) -> String {
        ranged(self.ratio, self.spread, 2)
    }

    /// The ratio on the CPU as a text, empty if there is none.
    pub(crate) fn cpu_text(&self) -> String {
        let cpu = self.cpu_ratio.zip(self.cpu_spread);
        cpu.map_or_else(String::new, |(ratio, range)| ranged(ratio, range, 2))
    }

    /// The ratio as a bar.
    pub(crate) fn bar(&self, name: String) -> Bar {
        Bar {
            name,
            ratio: self.ratio,
            spread: self.spread,
        }
    }
}

impl Record {
    /// Whether another one is of the same work.
    pub fn is_like(&self, other: &Self) -> bool {
        (&self.backend, &self.workload, self.keys) == (&other.backend, &other.workload, other.keys)
            && (self.key_groups, self.tracked, self.same_keys)
                == (other.key_groups, other.tracked, other.same_keys)
    }
}

/// Reads the results in a file; empty lines are passed over.
///
/// # Errors
/// [`Error::File`], and [`Error::Line`] with the number of a line that is none.
pub fn read(path: &Path) -> Result<Vec<Record>> {
    let text = fs::read_to_string(path).map_err(|error| Error::file(path, error))?;
    let lines = (1..)
        .zip(text.lines())
        .filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(line, text)| {
            serde_json::from_str(text).map_err(|source| Error::Line {
                path: path.to_owned(),
                line,
                source,
            })
        })
        .collect()
}
