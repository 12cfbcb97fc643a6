//! `state-bench pause`.

use std::io::Write;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::reporter::Reporter;
use super::shared::{Backends, Output, each_once};
use crate::error::Result;
use crate::pause::{Case, Plan, Shape, Until, run, run_plain};

#[derive(Debug, Args)]
pub(crate) struct Pause {
    #[command(flatten)]
    on: Backends,

    /// Entries, of 100 bytes each, separated by commas
    #[arg(long, value_name = "N,..", default_value = "1000000", value_delimiter = ',', value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    keys: Vec<u64>,

    /// What the entries are, separated by commas [default: all]
    #[arg(long, value_name = "SHAPES", value_delimiter = ',')]
    values: Vec<Shape>,

    /// Until when views live, separated by commas [default: encoded and held]
    #[arg(long, value_name = "UNTIL", value_delimiter = ',')]
    view: Vec<View>,

    /// Milliseconds that a view is held, or threads compute
    #[arg(long, value_name = "MS", default_value_t = 1000, value_parser = clap::value_parser!(u64).range(1..=600_000))]
    hold: u64,

    /// Writes after the freeze that are looked at by themselves, too
    #[arg(long, value_name = "N", default_value_t = 300_000, value_parser = clap::value_parser!(u64).range(1..))]
    first: u64,

    /// Rounds, after warm-up: each has a view whose writes are timed together, and beside it as many writes
    /// without one; and as many rounds again whose writes are timed one by one
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    iterations: u32,

    /// Track changes on the backends, and confirm each view
    #[arg(long)]
    track: bool,

    /// Measure plain hash tables in parts as well, behind the backends; they have values, not maps
    #[arg(long, conflicts_with = "track")]
    plain: bool,

    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum View {
    /// Until another thread has encoded all of it, as for a full checkpoint
    Encoded,
    /// For a given time, with nobody reading it
    Held,
    /// Not at all, while two threads compute for a given time: what the machine does to writes
    Busy,
}

impl Pause {
    fn cases(&self) -> Vec<Case> {
        let all_if_none = |shapes: &[Shape]| match shapes {
            [] => Shape::ALL.to_vec(),
            named => each_once(named),
        };
        let views = match self.view.as_slice() {
            [] => vec![View::Encoded, View::Held],
            named => each_once(named),
        };
        let hold = Duration::from_millis(self.hold);
        let mut cases = Vec::new();
        for keys in each_once(&self.keys) {
            for shape in all_if_none(&self.values) {
                cases.extend(views.iter().map(|view| Case {
                    keys,
                    shape,
                    until: match view {
                        View::Encoded => Until::Encoded,
                        View::Held => Until::Held(hold),
                        View::Busy => Until::Busy(hold),
                    },
                }));
            }
        }
        cases
    }

    /// What is wrong with it, if something is.
    pub(crate) fn problem(&self) -> Option<&'static str> {
        let no_values =
            |shapes: &[Shape]| !shapes.is_empty() && !shapes.iter().any(|shape| shape.has_plain());
        (self.plain && no_values(&self.values))
            .then_some("--plain measures values, and --values has maps alone: name values, too")
    }

    pub(crate) fn run(&self, out: &mut dyn Write) -> Result<()> {
        let plan = Plan {
            iterations: usize::try_from(self.iterations).unwrap_or(usize::MAX),
            window: self.first,
            settings: self.on.settings(self.track),
        };
        let (backends, cases) = (self.on.each(), self.cases());
        let has_plain = |case: &&Case| self.plain && case.shape.has_plain();
        let on_plain = cases.iter().filter(has_plain);
        let count = backends.len() * cases.len() + on_plain.clone().count();
        let mut reporter = Reporter::begin(&self.output, count, out)?;
        for backend in backends {
            for case in &cases {
                let what = format!("{} {case}", backend.name());
                reporter.measure(&what, || run(backend, case, &plan))?;
            }
        }
        for case in on_plain {
            reporter.measure(&format!("plain {case}"), || run_plain(case, &plan))?;
        }
        reporter.end()?.1
    }
}
