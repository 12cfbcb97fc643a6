//! What came of a limit.

use serde::{Deserialize, Serialize};

use super::{Limit, Plan};
use crate::record::Ratios;
use crate::report::{Bar, Column, Report};
use crate::rounds::{Spread, Timed};
use crate::run::rate;

/// A limit. A ratio is how many times as fast as the simpler program it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LimitRecord {
    /// Version of this program.
    pub version: String,
    /// The limit: see [`Limit`].
    pub limit: String,
    /// Keys.
    pub keys: u64,
    /// Timed rounds.
    pub iterations: usize,
    /// Operations in a second, by the median of the rounds.
    pub ops_per_s: f64,
    /// The same for the simpler program.
    pub simpler_ops_per_s: f64,
    /// See [`Ratios`].
    #[serde(flatten)]
    pub ratios: Ratios,
}

impl LimitRecord {
    pub(super) fn of(limit: Limit, plan: &Plan, rounds: &[(Timed, Timed)]) -> Self {
        let per_second = |seconds: Vec<f64>| {
            Spread::of(seconds).map_or(0.0, |it| rate(limit.operations(plan.keys), it.median))
        };
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            limit: limit.name().to_owned(),
            keys: plan.keys,
            iterations: plan.iterations,
            ops_per_s: per_second(rounds.iter().map(|(our, _)| our.wall).collect()),
            simpler_ops_per_s: per_second(rounds.iter().map(|(_, their)| their.wall).collect()),
            ratios: Ratios::of(rounds),
        }
    }
}

impl Report for LimitRecord {
    const TITLE: &'static str = "Limits of tables that views can share, and of adapters";

    const ABOUT: &'static str = "A bar is how many times as fast as a simpler program the limit is";

    const COLUMNS: &'static [Column] = &[
        ("limit", 17),
        ("keys", 10),
        ("ratio (least to most)", 21),
        ("on the CPU", 21),
        ("ops/s", 11),
        ("simpler", 11),
    ];

    fn backend(&self) -> &'static str {
        "limits"
    }

    fn cells(&self) -> Vec<String> {
        vec![
            self.limit.clone(),
            self.keys.to_string(),
            self.ratios.text(),
            self.ratios.cpu_text(),
            format!("{:.0}", self.ops_per_s),
            format!("{:.0}", self.simpler_ops_per_s),
        ]
    }

    fn bar(&self) -> Option<Bar> {
        Some(self.ratios.bar(self.limit.clone()))
    }
}
