//! What came of a case.

use serde::{Deserialize, Serialize};

use super::{Run, Side};
use crate::record::Ratios;
use crate::report::{Bar, Column, Report};
use crate::rounds::Spread;
use crate::table::spread;

/// What a checkpoint or a restore took. A ratio is how many times as fast it was as the plain dump or load.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Version of this program, and of the backends: they have one.
    pub version: String,
    /// The backend.
    pub backend: String,
    /// What was measured: see [`Step`](super::Step).
    pub step: String,
    /// MiB in which the backend may sort.
    pub buffer_mib: usize,
    /// How blocks are compressed: `none` or `lz4`.
    pub compression: String,
    /// Entries, of 100 bytes each.
    pub keys: u64,
    /// Entries that changed, where not all are written.
    pub changed: Option<u64>,
    /// Key groups of the backend.
    pub key_groups: u32,
    /// Timed rounds.
    pub iterations: usize,
    /// Milliseconds.
    pub ms: Spread,
    /// Milliseconds of the plain dump or load.
    pub plain_ms: Spread,
    /// Ours beside the plain one: see [`Ratios`].
    #[serde(flatten)]
    pub ratios: Ratios,
    /// Bytes of the files, in the last round.
    pub bytes: u64,
    /// Bytes of the plain dump.
    pub plain_bytes: u64,
}

impl Run<'_> {
    pub(super) fn record(&self, changed: Option<u64>, rounds: &[(Side, Side)]) -> Checkpoint {
        let (case, plan) = (self.case, self.plan);
        let times = rounds
            .iter()
            .map(|(ours, plain)| (ours.timed, plain.timed))
            .collect::<Vec<_>>();
        let bytes = rounds.last().map(|(ours, plain)| (ours.bytes, plain.bytes));
        let (bytes, plain_bytes) = bytes.unwrap_or_default();
        Checkpoint {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            backend: self.backend.name().to_owned(),
            step: case.step.name().to_owned(),
            buffer_mib: case.buffer_mib,
            compression: case.compression_name().to_owned(),
            keys: plan.keys,
            changed,
            key_groups: plan.settings.key_groups.max_parallelism().into(),
            iterations: plan.iterations,
            ms: Spread::or_zero(times.iter().map(|(ours, _)| ours.wall * 1e3)),
            plain_ms: Spread::or_zero(times.iter().map(|(_, plain)| plain.wall * 1e3)),
            ratios: Ratios::of(&times),
            bytes,
            plain_bytes,
        }
    }
}

impl Report for Checkpoint {
    const TITLE: &'static str = "Checkpoints beside plain dumps";

    const ABOUT: &'static str = "A bar is how many times as fast a checkpoint or a restore was as a plain dump of a \
                                 hash map or its load";

    const COLUMNS: &'static [Column] = &[
        ("backend", 7),
        ("step", 7),
        ("buffer, MiB", 11),
        ("compression", 11),
        ("ratio (least to most)", 22),
        ("on the CPU", 22),
        ("ms", 28),
        ("plain, ms", 28),
        ("bytes", 13),
        ("plain", 13),
    ];

    fn backend(&self) -> &str {
        &self.backend
    }

    fn cells(&self) -> Vec<String> {
        vec![
            self.backend.clone(),
            self.step.clone(),
            self.buffer_mib.to_string(),
            self.compression.clone(),
            self.ratios.text(),
            self.ratios.cpu_text(),
            spread(self.ms, 1),
            spread(self.plain_ms, 1),
            self.bytes.to_string(),
            self.plain_bytes.to_string(),
        ]
    }

    fn bar(&self) -> Option<Bar> {
        let Self {
            step,
            buffer_mib,
            compression,
            ..
        } = self;
        let name = format!("{step}, {buffer_mib} MiB, {compression}");
        Some(self.ratios.bar(name))
    }
}
