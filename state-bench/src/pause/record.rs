//! What came of a case: the figures, from what was seen.

use serde::{Deserialize, Serialize};

use super::Plan;
use super::case::Case;
use super::life::{Pauses, Stretch};
use crate::probe::Slowest;
use crate::record::Ratios;
use crate::report::{Bar, Column, Report};
use crate::rounds::Spread;
use crate::table::spread;

/// What views cost. A ratio is the rate of writes while a view lives, of that of as many writes without one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pause {
    /// Version of this program, and of the backends: they have one.
    pub version: String,
    /// The backend, or `plain` for [plain tables](super::run_plain).
    pub backend: String,
    /// What the entries are: see [`Shape`](super::Shape).
    pub values: String,
    /// Until when a view lived: see [`Until`](super::Until).
    pub view: String,
    /// Entries.
    pub keys: u64,
    /// Key groups of the backend; plain tables have none.
    pub key_groups: Option<u32>,
    /// Whether changes were tracked.
    pub tracked: bool,
    /// Rounds.
    pub iterations: usize,
    /// Milliseconds that a view lived after the freeze.
    pub life_ms: Spread,
    /// Writes meanwhile.
    pub writes: Spread,
    /// The rates over the whole life: see [`Ratios`].
    #[serde(flatten)]
    pub ratios: Ratios,
    /// Writes in a second under a view.
    pub writes_per_s: Spread,
    /// The same without one.
    pub alone_writes_per_s: Spread,
    /// Writes after the freeze that were looked at by themselves: when most memory is copied.
    pub first_writes: u64,
    /// The ratio over those alone.
    pub first_ratio: Spread,
    /// Milliseconds of a freeze, of all views.
    pub freeze_ms: Spread,
    /// Milliseconds of a confirmation, if changes are tracked.
    pub confirm_ms: Option<Spread>,
    /// The longest of the writes under views whose writes were timed one by one.
    pub longest: Longest,
    /// The same of as many without one.
    pub alone_longest: Longest,
}

/// The longest of some writes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Longest {
    /// Its milliseconds.
    pub ms: f64,
    /// How many took more than two milliseconds.
    pub over_2ms: u64,
    /// Of so many.
    pub writes: u64,
}

impl Longest {
    fn of(slowest: &Slowest) -> Self {
        Self {
            ms: slowest.longest().as_secs_f64() * 1e3,
            over_2ms: slowest.over_limit(),
            writes: slowest.operations(),
        }
    }
}

/// What the views of a case met.
pub(super) struct Seen {
    /// Of all views.
    pub(super) pauses: Vec<Pauses>,
    /// Under a view, and without one.
    pub(super) rounds: Vec<(Stretch, Stretch)>,
    /// Single writes under a view.
    pub(super) under: Slowest,
    /// And without one.
    pub(super) alone: Slowest,
}

#[allow(clippy::cast_precision_loss, reason = "nobody writes 2^53 times")]
fn number(writes: u64) -> f64 {
    writes as f64
}

/// How many times as fast the writes of a view were as those without one, of rounds in which these may have been
/// more or fewer: their time is brought to the number of writes of the view.
fn over_life(rounds: &[(Stretch, Stretch)]) -> Ratios {
    let times = rounds.iter().map(|(under, alone)| {
        let factor = number(under.writes) / number(alone.writes);
        (under.timed, alone.timed.times(factor))
    });
    Ratios::of(&times.collect::<Vec<_>>())
}

/// The same of the first writes alone.
fn over_first(rounds: &[(Stretch, Stretch)]) -> Spread {
    let each = |stretch: &Stretch| stretch.first.seconds / number(stretch.first.writes);
    Spread::or_zero(
        rounds
            .iter()
            .map(|(under, alone)| each(alone) / each(under)),
    )
}

impl Pause {
    pub(super) fn of(
        (backend, key_groups): (&str, Option<u32>),
        case: &Case,
        plan: &Plan,
        seen: &Seen,
    ) -> Self {
        let rounds = &seen.rounds;
        let rate = |stretch: &Stretch| number(stretch.writes) / stretch.timed.wall;
        let confirms = seen.pauses.iter().filter_map(|pauses| pauses.confirm);
        let first = rounds.iter().map(|(under, _)| under.first.writes);
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            backend: backend.to_owned(),
            values: case.shape.name().to_owned(),
            view: case.until.name().to_owned(),
            keys: case.keys,
            key_groups,
            tracked: plan.settings.tracked,
            iterations: plan.iterations,
            life_ms: Spread::or_zero(rounds.iter().map(|(under, _)| under.timed.wall * 1e3)),
            writes: Spread::or_zero(rounds.iter().map(|(under, _)| number(under.writes))),
            ratios: over_life(rounds),
            writes_per_s: Spread::or_zero(rounds.iter().map(|(under, _)| rate(under))),
            alone_writes_per_s: Spread::or_zero(rounds.iter().map(|(_, alone)| rate(alone))),
            first_writes: first.min().unwrap_or(0),
            first_ratio: over_first(rounds),
            freeze_ms: Spread::or_zero(seen.pauses.iter().map(|pauses| pauses.freeze * 1e3)),
            confirm_ms: Spread::of(confirms.map(|seconds| seconds * 1e3)),
            longest: Longest::of(&seen.under),
            alone_longest: Longest::of(&seen.alone),
        }
    }
}

impl Report for Pause {
    const TITLE: &'static str = "Writes while a view lives";

    const ABOUT: &'static str = "A bar is the rate of writes over the life of a view, of that of as many writes without one";

    const COLUMNS: &'static [Column] = &[
        ("backend", 7),
        ("values", 12),
        ("keys", 9),
        ("view", 7),
        ("rate of that without", 21),
        ("on the CPU", 21),
        ("first writes", 12),
        ("rate of those", 21),
        ("life, ms", 10),
        ("writes", 10),
        ("writes/s", 10),
        ("without/s", 10),
        ("freeze, ms", 24),
        ("confirm, ms", 11),
        ("longest, ms", 11),
        ("over 2 ms", 9),
        ("of", 10),
        ("without, ms", 11),
        ("over 2 ms", 9),
    ];

    fn backend(&self) -> &str {
        &self.backend
    }

    fn cells(&self) -> Vec<String> {
        let Longest {
            ms,
            over_2ms,
            writes,
        } = self.longest;
        vec![
            self.backend.clone(),
            self.values.clone(),
            self.keys.to_string(),
            self.view.clone(),
            self.ratios.text(),
            self.ratios.cpu_text(),
            self.first_writes.to_string(),
            spread(self.first_ratio, 2),
            format!("{:.1}", self.life_ms.median),
            format!("{:.0}", self.writes.median),
            format!("{:.0}", self.writes_per_s.median),
            format!("{:.0}", self.alone_writes_per_s.median),
            spread(self.freeze_ms, 3),
            self.confirm_ms
                .map_or_else(String::new, |confirm| format!("{:.3}", confirm.most)),
            format!("{ms:.3}"),
            over_2ms.to_string(),
            writes.to_string(),
            format!("{:.3}", self.alone_longest.ms),
            self.alone_longest.over_2ms.to_string(),
        ]
    }

    fn bar(&self) -> Option<Bar> {
        let name = format!("{} {}, {}", self.keys, self.values, self.view);
        Some(self.ratios.bar(name))
    }
}

#[cfg(test)]
mod tests {
    use super::super::writes::Part;
    use super::*;
    use crate::rounds::Timed;

    fn stretch(writes: u64, wall: f64, first: (u64, f64)) -> Stretch {
        let (cpu, (writes_of_it, seconds)) = (Some(wall / 2.0), first);
        Stretch {
            writes,
            timed: Timed { wall, cpu },
            first: Part {
                writes: writes_of_it,
                seconds,
            },
        }
    }

    #[test]
    fn a_rate_is_that_of_the_whole_life_of_the_view() {
        // 100 writes a second under the view; without it 400, 200 and 800, and not always as many writes.
        let under = stretch(1000, 10.0, (100, 4.0));
        let rounds = [
            (under, stretch(1000, 2.5, (100, 0.5))),
            (under, stretch(500, 2.5, (100, 1.0))),
            (under, stretch(4000, 5.0, (50, 1.0))),
        ];
        let ratios = over_life(&rounds);
        assert!((ratios.ratio - 0.25).abs() < 1e-9);
        assert!((ratios.spread[0] - 0.125).abs() < 1e-9);
        assert!((ratios.spread[1] - 0.5).abs() < 1e-9);
        assert!((ratios.cpu_ratio.unwrap() - 0.25).abs() < 1e-9);
    }

    #[test]
    fn the_first_writes_have_a_rate_of_their_own() {
        let under = stretch(1000, 10.0, (100, 4.0));
        let rounds = [
            (under, stretch(1000, 2.5, (100, 0.5))),
            (under, stretch(500, 2.5, (100, 1.0))),
            (under, stretch(4000, 5.0, (50, 1.0))),
        ];
        let first = over_first(&rounds);
        // 25 writes a second under the view, and 200, 100 and 50 without it.
        assert!((first.median - 0.25).abs() < 1e-9);
        assert!((first.least - 0.125).abs() < 1e-9);
        assert!((first.most - 0.5).abs() < 1e-9);
    }
}
