//! Bent backends: a sound one that writes, restores or tells its changes with one defect.

mod backend;
mod changes;
mod rows;
mod tables;
mod view;

use std::path::Path;

use state_api::{KeyGroups, Result, StateKey};
use state_conformance::BackendFactory;

pub(crate) use backend::BentBackend;

/// What is wrong with a typed backend, or with the changes that it tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bend {
    /// A closure that panics poisons nothing.
    ForgetsPoison,
    /// `modify` starts from the initial value, whatever is there.
    ModifyStartsAnew,
    /// `modify` of a map writes nothing when the value is there.
    ModifyOfMapIsLost,
    /// `clear` clears the key in the unit namespace, wherever it is called.
    ClearIgnoresNamespace,
    /// `extend` puts the elements in reverse.
    ExtendReverses,
    /// Keys of other workers are accepted.
    AcceptsForeignKeys,
    /// Rows of other workers are skipped by a restore.
    SkipsForeignRows,
    /// A restore skips the states that are not registered.
    SkipsUnregistered,
    /// A row of a view comes with the next key group.
    GroupOffByOne,
    /// The rows of a range lack the last key group.
    RangeOffByOne,
    /// All views have one epoch.
    EpochsRepeat,
    /// A dropped state stays.
    KeepsDroppedStates,
    /// The entry of a cleared state is held for ever.
    HoldsAGhost,
    /// The capability says that reads borrow.
    PromisesBorrows,
    /// The capability says that there are native checkpoints.
    PromisesNative,
    /// The capability says that commits are durable, of a backend that has none.
    PromisesCommits,
    /// The capability says that changes are not tracked, and they are.
    DeniesTracking,
    /// A delta has no tombstones: removals are not noted.
    LosesTombstones,
    /// A delta has no range tombstones.
    LosesRangeTombstones,
    /// Ranges of lists are not noted, those of maps are.
    LosesClearedLists,
    /// A range tombstone takes the puts of its own delta along.
    RangesHideOwnPuts,
    /// Rows that are new are not noted.
    LosesNewRows,
    /// Rows that are written again are not noted.
    LosesRewrites,
    /// A row comes with the value that it had at the freeze before.
    OldValues,
    /// A delta is relative to the freeze before, confirmed or not.
    SinceTheFreezeBefore,
    /// A confirmation forgets the interval behind it, too.
    ConfirmForgetsTooMuch,
    /// Changes are those of all key groups, whatever range is asked for.
    AllGroups,
    /// A cleared range comes as one tombstone for each row.
    ClearsRowByRow,
    /// A delta has all rows.
    TellsAllRows,
    /// Nothing is ever tracked.
    NeverTracks,
    /// All epochs are said to be tracked; what is not known is taken for no change.
    SaysItTracks,
    /// Any epoch may be confirmed.
    ConfirmsAnything,
    /// Puts and deletes descend.
    Descends,
    /// Range tombstones come last.
    RangesLast,
    /// Range tombstones come in a later run than the rows that replace what they delete.
    RangesInSecondRun,
    /// The first row comes again in a second run.
    RowsTwice,
    /// All rows as changes lack the last one.
    FullLacksLast,
    /// Tracking takes more memory than it was given.
    IgnoresBudget,
    /// A state that is dropped and comes again is taken for the same one.
    LosesDrops,
}

/// Opens bent backends; a sound one without a bend.
pub(crate) struct Bent(pub(crate) Option<Bend>);

impl BackendFactory for Bent {
    type Backend<K: StateKey> = BentBackend<K>;

    fn open<K: StateKey>(&self, _: &Path, groups: KeyGroups) -> Result<Self::Backend<K>> {
        BentBackend::open(self.0, groups)
    }
}
