//! What came of one share of the rows.

use serde::{Deserialize, Serialize};

use super::{Reading, Run, Taken};
use crate::record::Ratios;
use crate::report::{Bar, Column, Report};
use crate::rounds::Spread;
use crate::table::spread;

/// What an incremental checkpoint costs. A ratio is how many times as fast the changes of a view were read as all
/// of its rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Incremental {
    /// Version of this program, and of the backends: they have one.
    pub version: String,
    /// The backend.
    pub backend: String,
    /// How many of a hundred rows changed.
    pub percent: f64,
    /// Rows.
    pub keys: u64,
    /// Key groups of the backend.
    pub key_groups: u32,
    /// Timed rounds.
    pub iterations: usize,
    /// Rows that changed.
    pub changed: u64,
    /// Milliseconds of a freeze.
    pub freeze_ms: Spread,
    /// Milliseconds in which the changes are read.
    pub read_ms: Spread,
    /// Milliseconds in which all rows are read.
    pub all_ms: Spread,
    /// Changes beside all rows: see [`Ratios`].
    #[serde(flatten)]
    pub ratios: Ratios,
    /// Bytes of the keys and envelopes of the changes, in the last round.
    pub bytes: u64,
    /// Bytes of those of all rows.
    pub all_bytes: u64,
    /// Bytes that tracking took at a freeze, the most of them.
    pub tracking_bytes: u64,
}

impl Run<'_> {
    pub(super) fn record(
        &self,
        changed: u64,
        rounds: &[(Reading, Reading)],
        taken: &[Taken],
    ) -> Incremental {
        let plan = self.plan;
        let ms = |seconds: f64| seconds * 1e3;
        let times = rounds
            .iter()
            .map(|(changes, all)| (changes.timed, all.timed));
        let times: Vec<_> = times.collect();
        let bytes = rounds.last().map(|(changes, all)| (changes.read, all.read));
        let bytes = bytes.unwrap_or_default();
        let tracking_bytes = taken.iter().map(|taken| taken.tracking_bytes);
        Incremental {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            backend: self.backend.to_owned(),
            percent: self.share.percent,
            keys: plan.keys,
            key_groups: plan.settings.key_groups.max_parallelism().into(),
            iterations: plan.iterations,
            changed,
            freeze_ms: Spread::or_zero(taken.iter().map(|taken| ms(taken.freeze))),
            read_ms: Spread::or_zero(times.iter().map(|(changes, _)| ms(changes.wall))),
            all_ms: Spread::or_zero(times.iter().map(|(_, all)| ms(all.wall))),
            ratios: Ratios::of(&times),
            bytes: bytes.0.bytes,
            all_bytes: bytes.1.bytes,
            tracking_bytes: tracking_bytes.max().unwrap_or(0),
        }
    }
}

impl Report for Incremental {
    const TITLE: &'static str = "Incremental checkpoints";

    const ABOUT: &'static str =
        "A bar is how many times as fast the changes of a view were read as all of its rows";

    const COLUMNS: &'static [Column] = &[
        ("backend", 7),
        ("changed", 7),
        ("rows", 10),
        ("freeze, ms", 24),
        ("read, ms", 28),
        ("all, ms", 28),
        ("ratio (least to most)", 24),
        ("on the CPU", 24),
        ("bytes", 13),
        ("of", 13),
        ("tracked in, bytes", 17),
    ];

    fn backend(&self) -> &str {
        &self.backend
    }

    fn cells(&self) -> Vec<String> {
        vec![
            self.backend.clone(),
            format!("{} %", self.percent),
            self.changed.to_string(),
            spread(self.freeze_ms, 3),
            spread(self.read_ms, 2),
            spread(self.all_ms, 2),
            self.ratios.text(),
            self.ratios.cpu_text(),
            self.bytes.to_string(),
            self.all_bytes.to_string(),
            self.tracking_bytes.to_string(),
        ]
    }

    fn bar(&self) -> Option<Bar> {
        Some(self.ratios.bar(format!("{} % changed", self.percent)))
    }
}
