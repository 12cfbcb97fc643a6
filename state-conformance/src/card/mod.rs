//! The capability card: what a run of the suite found out about a backend.
//!
//! Each property that runs under [`suite!`](crate::suite!) leaves a record, and the card of the suite is made
//! from the records anew: `card.md` for people, `card.json` for programs, below
//! `conformance/<package>/<suite>/` in the target folder, or in the folder that `STATE_CONFORMANCE_CARD` names
//! (set to nothing, there are no cards). Records count for the run and the executable that left them only, so
//! a card never says more than its run showed: what did not run is [`NotRun`](Outcome::NotRun).

mod markdown;
mod record;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};
use state_api::{Capability, Error, ErrorKind, Result};

pub(crate) use record::Ledger;

/// Version of the format of `card.json`.
pub const FORMAT: u32 = 1;

/// What a run of a suite found out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Card {
    /// [`FORMAT`].
    pub format: u32,
    /// Whether all properties passed but those of themes that are declared as lacking, whose gaps passed;
    /// on [`CASES`](crate::card::Card::cases) cases at least as many as the suite generates by itself.
    pub certified: bool,
    /// Name of the suite, as its macro was given.
    pub suite: String,
    /// What the backend [calls itself](state_api::StateBackend::name).
    pub backend: String,
    /// The package that ran the suite.
    pub package: String,
    /// Its version.
    pub version: String,
    /// Version of `state-conformance`.
    pub suite_version: String,
    /// Operating system, architecture, and `debug` or `release`.
    pub platform: String,
    /// Generated histories per property; other generators make a multiple of it.
    pub cases: u32,
    /// Promises by name, of a backend in scratch mode.
    pub capability: BTreeMap<String, bool>,
    /// Promises by name, of a backend in durable mode; `None` where there is none.
    pub durable_capability: Option<BTreeMap<String, bool>>,
    /// All properties in the order of the suite; in themes that are lacking the gap comes first.
    pub properties: Vec<Entry>,
    /// What is of this run and no other.
    pub run: Run,
}

/// A property on a card.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The theme.
    pub theme: String,
    /// The property.
    pub property: String,
    /// How it ended.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// How a property ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// It holds.
    Passed {
        /// How many cases it was generated, if it is of that sort.
        #[serde(skip_serializing_if = "Option::is_none")]
        cases: Option<u64>,
    },
    /// It does not hold; in a run with retries, once at least.
    Failed {
        /// The first lines of the report.
        reason: String,
    },
    /// Its theme is lacking by design.
    Lacked {
        /// Why, as declared.
        reason: String,
    },
    /// It began, and was not seen to end: it runs still, was killed, or took the process along.
    NotEnded,
    /// It did not run.
    NotRun,
}

/// What is of one run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Name of the run: that of `cargo nextest`, or one drawn by the process.
    pub id: String,
    /// Seconds in properties, added up; they run at the same time.
    pub seconds: f64,
    /// Seeds by `theme::property`, of those that generate.
    pub seeds: BTreeMap<String, u64>,
}

impl Card {
    /// Reads a `card.json`.
    ///
    /// # Errors
    /// [`Io`](ErrorKind::Io) when the file cannot be read, [`Corrupt`](ErrorKind::Corrupt) when it is no card,
    /// [`Unsupported`](ErrorKind::Unsupported) when it is one of another [`FORMAT`].
    pub fn read(path: &Path) -> Result<Self> {
        #[derive(Deserialize)]
        struct Version {
            format: u32,
        }
        let about =
            |kind, message: &'static str| Error::new(kind, message).with("file", path.display());
        let text = fs::read(path)
            .map_err(|e| about(ErrorKind::Io, "the card cannot be read").with_source(e))?;
        let no_card = |e| about(ErrorKind::Corrupt, "this is no card").with_source(e);
        let Version { format } = serde_json::from_slice(&text).map_err(no_card)?;
        if format != FORMAT {
            let error = about(ErrorKind::Unsupported, "the card has another format");
            return Err(error.with("found", format).with("supported", FORMAT));
        }
        serde_json::from_slice(&text).map_err(no_card)
    }

    /// Numbers of properties that passed, failed, are lacking, and did not run to their end.
    pub fn counts(&self) -> [usize; 4] {
        let mut counts = [0; 4];
        for entry in &self.properties {
            let place = match entry.outcome {
                Outcome::Passed { .. } => 0,
                Outcome::Failed { .. } => 1,
                Outcome::Lacked { .. } => 2,
                Outcome::NotEnded | Outcome::NotRun => 3,
            };
            counts[place] += 1;
        }
        counts
    }
}

/// Promises by the names of their fields.
fn promises(capability: Capability) -> BTreeMap<String, bool> {
    let Capability {
        borrowed_reads,
        survives_close,
        constant_time_count,
        durable_commit,
        native_checkpoint,
        revocable_views,
        tracks_changes,
        ..
    } = capability;
    let promises = [
        ("borrowed_reads", borrowed_reads),
        ("survives_close", survives_close),
        ("constant_time_count", constant_time_count),
        ("durable_commit", durable_commit),
        ("native_checkpoint", native_checkpoint),
        ("revocable_views", revocable_views),
        ("tracks_changes", tracks_changes),
    ];
    let owned = promises.map(|(name, promised)| (name.to_owned(), promised));
    owned.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_promise_is_left_out() {
        let fields = format!("{:?}", Capability::default());
        assert_eq!(
            fields.matches(": ").count(),
            promises(Capability::default()).len(),
            "{fields}"
        );
    }
}
