//! One history on two backends: sound ones agree, and a broken one is told apart from a sound one.

#[path = "teeth/broken.rs"]
#[allow(dead_code, reason = "the teeth use all of it")]
#[allow(clippy::unwrap_used, reason = "helpers of tests")]
mod broken;

use std::any::Any;
use std::panic::catch_unwind;
use std::path::Path;

use broken::{Broken, Defect};
use state_api::{KeyGroups, Result, StateBackend, StateKey, ValueDescriptor};
use state_conformance::{BackendFactory, properties};
use state_store::{MemoryStore, StoreBackend};

/// Sound in every typed read of the suite, with a row of a state that the suite does not know.
struct OneRowMore;

impl BackendFactory for OneRowMore {
    type Backend<K: StateKey> = StoreBackend<K, MemoryStore>;

    fn open<K: StateKey>(&self, _: &Path, groups: KeyGroups) -> Result<Self::Backend<K>> {
        let mut backend = StoreBackend::<K, _>::new(MemoryStore::new(), groups)?;
        let any: &mut dyn Any = &mut backend;
        if let Some(backend) = any.downcast_mut::<StoreBackend<String, MemoryStore>>() {
            let more = backend.register(ValueDescriptor::new("more"))?;
            backend.at_mut("a").value(more).put(1_u8)?;
        }
        Ok(backend)
    }
}

#[test]
fn sound_backends_agree() {
    properties::differential(&Broken(None), &Broken(None));
}

#[test]
fn a_broken_backend_differs_on_either_side() {
    let broken = Broken(Some(Defect::RangeDeleteLeavesLast));
    for pair in [[&broken, &Broken(None)], [&Broken(None), &broken]] {
        let told = catch_unwind(|| properties::differential(pair[0], pair[1]));
        assert!(told.is_err(), "the backends are not told apart");
    }
}

#[test]
fn a_swap_to_a_broken_backend_fails() {
    let broken = Broken(Some(Defect::ViewLosesATable));
    let told = catch_unwind(|| properties::swap(&Broken(None), &broken));
    assert!(told.is_err(), "the loss is not seen");
}

#[test]
fn a_row_that_no_read_of_the_suite_sees_is_seen() {
    let told = catch_unwind(|| properties::differential(&Broken(None), &OneRowMore));
    let report = told.err().and_then(|panic| panic.downcast::<String>().ok());
    let report = report.unwrap_or_default();
    assert!(report.contains("rows of both"), "{report}");
}
