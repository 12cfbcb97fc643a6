//! Broken stores: a sound one with one defect.

// By their paths, as other tests take this file by its own.
#[path = "broken/scan.rs"]
mod scan;
#[path = "broken/sharing.rs"]
mod sharing;
#[path = "broken/store.rs"]
mod store;

use std::path::Path;

use state_api::{KeyGroups, Result, StateBackend, StateKey};
use state_conformance::{BackendFactory, Calls, CountingStore};
use state_store::StoreBackend;

pub(crate) use store::BrokenStore;

/// What is wrong with a store of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Defect {
    /// `delete` does nothing.
    DropsDeletes,
    /// A deleted row is still found by scans.
    GhostsInScans,
    /// A scan is answered from an earlier one of the same range.
    ScansAreStale,
    /// A read is answered from the last view, where there is one.
    ReadsTheLastView,
    /// A view is the live store.
    ViewsAreLive,
    /// A new view takes the place of all older ones, which then read as it does.
    ViewsAreOne,
    /// A new view lies at the place of the number of views that live: when an older one was dropped, that
    /// place is another view's.
    PlacesAreCounted,
    /// A view that is dropped takes the rows of older ones along.
    ViewTakesOlderAlong,
    /// A row that is written or removed while a scan of a view is open is so for that scan.
    OpenScansSeeWrites,
    /// A scan of a view that is open while another view is dropped ends there.
    OpenScansEnd,
    /// A view lacks the first table of a state.
    ViewLosesATable,
    /// `delete_range` takes the first key behind the range, too.
    RangeDeleteTakesNeighbour,
    /// `delete_range` leaves the last key of the range.
    RangeDeleteLeavesLast,
    /// The end of a range that begins with `0xff` wraps around: nothing is deleted.
    EndOfOnesWraps,
    /// The end of a range that begins with `0xff` is taken for none: all behind it is deleted.
    EndOfOnesIsNone,
    /// A list that is cleared keeps a chunk without elements.
    ClearLeavesAChunk,
    /// A scan descends.
    ScansBackwards,
    /// A scan comes in the order in which the rows were first written.
    ScansByInsertion,
    /// The back end of a scan gives what the front end should.
    BackIsFront,
    /// A scan ends one entry early.
    ScanMissesLast,
    /// A scan starts with the key that its lower bound excludes.
    ScanIncludesExcluded,
    /// Reads of many keys at once are answered in another order.
    MultiGetReverses,
    /// Every seventh `put` does nothing.
    LosesEverySeventhPut,
    /// `modify` leaves a row that would become longer or shorter.
    ModifyKeepsLengths,
    /// A value is cut at 100,000 bytes.
    CutsLongValues,
    /// All states share a table.
    OneTable,
    /// `drop_table` does nothing.
    KeepsDroppedTables,
    /// The capability says that data survives a close.
    PromisesToSurvive,
    /// A restored row lies in the next key group.
    IngestMovesGroup,
    /// A restored row of a namespace lies in another one.
    IngestMovesNamespace,
}

/// Opens backends over a broken store; over a sound one without a defect.
pub(crate) struct Broken(pub(crate) Option<Defect>);

impl BackendFactory for Broken {
    type Backend<K: StateKey> = StoreBackend<K, BrokenStore>;

    fn open<K: StateKey>(&self, _: &Path, groups: KeyGroups) -> Result<Self::Backend<K>> {
        StoreBackend::new(BrokenStore::new(self.0), groups)
    }

    fn open_counted<K: StateKey>(
        &self,
        _: &Path,
        groups: KeyGroups,
        calls: &Calls,
    ) -> Result<impl StateBackend<Key = K> + use<K>> {
        StoreBackend::new(CountingStore::new(BrokenStore::new(self.0), calls), groups)
    }
}
