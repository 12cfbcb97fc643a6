//! What came of a workload with changes tracked.

use serde::{Deserialize, Serialize};

use super::{Iteration, Run};
use crate::record::Ratios;
use crate::report::{Bar, Column, Report};
use crate::rounds::Spread;
use crate::run::rate;

/// What tracking costs. A ratio is how many times as fast a backend that tracks was as one that does not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tracking {
    /// Version of this program, and of the backends: they have one.
    pub version: String,
    /// The backend.
    pub backend: String,
    /// The workload.
    pub workload: String,
    /// Whether its writes are the first of a row since the last checkpoint: see [`When`](super::When).
    pub when: String,
    /// Keys asked for.
    pub keys: u64,
    /// Key groups of the backends.
    pub key_groups: u32,
    /// Timed rounds.
    pub iterations: usize,
    /// Operations of an iteration.
    pub operations: u64,
    /// Operations in a second with changes tracked, by the median of the rounds.
    pub ops_per_s: f64,
    /// The same without.
    pub untracked_ops_per_s: f64,
    /// Tracked beside untracked: see [`Ratios`].
    #[serde(flatten)]
    pub ratios: Ratios,
    /// Bytes that tracking took at the end of a round, the most of them.
    pub tracking_bytes: u64,
}

impl Run<'_> {
    pub(super) fn record(&self, rounds: &[(Iteration, Iteration)]) -> Tracking {
        let plan = self.plan;
        let times: Vec<_> = rounds
            .iter()
            .map(|(our, their)| (our.timed, their.timed))
            .collect();
        let operations = self.workload.operations(plan.keys);
        let rate = |seconds| Spread::of(seconds).map_or(0.0, |it| rate(operations, it.median));
        let bytes = rounds.iter().map(|(our, _)| our.tracking_bytes);
        Tracking {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            backend: self.backend.to_owned(),
            workload: self.workload.name().to_owned(),
            when: self.when.name().to_owned(),
            keys: plan.keys,
            key_groups: plan.settings.key_groups.max_parallelism().into(),
            iterations: plan.iterations,
            operations,
            ops_per_s: rate(times.iter().map(|(our, _)| our.wall).collect::<Vec<_>>()),
            untracked_ops_per_s: rate(times.iter().map(|(_, their)| their.wall).collect()),
            ratios: Ratios::of(&times),
            tracking_bytes: bytes.max().unwrap_or(0),
        }
    }
}

impl Report for Tracking {
    const TITLE: &'static str = "Workloads with changes tracked";

    const ABOUT: &'static str =
        "A bar is how many times as fast a backend that tracks changes was as one that does not";

    const COLUMNS: &'static [Column] = &[
        ("backend", 7),
        ("workload", 32),
        ("rows", 5),
        ("ratio (least to most)", 21),
        ("on the CPU", 21),
        ("tracked, ops/s", 14),
        ("untracked", 11),
        ("tracked in, bytes", 17),
    ];

    fn backend(&self) -> &str {
        &self.backend
    }

    fn cells(&self) -> Vec<String> {
        vec![
            self.backend.clone(),
            self.workload.clone(),
            self.when.clone(),
            self.ratios.text(),
            self.ratios.cpu_text(),
            format!("{:.0}", self.ops_per_s),
            format!("{:.0}", self.untracked_ops_per_s),
            self.tracking_bytes.to_string(),
        ]
    }

    fn bar(&self) -> Option<Bar> {
        let name = format!("{}, {}", self.workload, self.when);
        Some(self.ratios.bar(name))
    }
}
