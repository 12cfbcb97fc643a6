//! The swap of backends on two sound ones, and the law of keys on a type that breaks it.

use std::panic::catch_unwind;
use std::path::Path;

use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use state_api::{KeyGroups, Result, StateKey};
use state_conformance::{BackendFactory, law, properties};
use state_store::{MemoryStore, StoreBackend};

struct Memory;

impl BackendFactory for Memory {
    type Backend<K: StateKey> = StoreBackend<K, MemoryStore>;

    fn open<K: StateKey>(&self, _: &Path, groups: KeyGroups) -> Result<Self::Backend<K>> {
        StoreBackend::new(MemoryStore::new(), groups)
    }
}

#[test]
fn a_swap_of_sound_backends_passes() {
    properties::swap(&Memory, &Memory);
    properties::swap_within_a_chain(&Memory, &Memory);
}

/// A key that compares by one of its fields only.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Partial {
    name: String,
    ignored: u8,
}

impl PartialEq for Partial {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Partial {}

impl PartialOrd for Partial {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Partial {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.name.cmp(&other.name)
    }
}

impl StateKey for Partial {}

#[test]
fn a_key_type_that_breaks_the_law_is_caught() {
    let keys = ("[ab\0]{0,2}", 0..3_u8).prop_map(|(name, ignored)| Partial { name, ignored });
    let caught = catch_unwind(|| law::check_key(keys)).unwrap_err();
    let report = caught.downcast_ref::<String>().unwrap();
    assert!(
        report.contains("equal keys and only those must have equal encodings"),
        "{report}"
    );
    assert!(report.contains("seed: "), "{report}");
}

#[test]
fn standard_key_types_keep_the_law() {
    law::check_key(any::<i64>());
    law::check_key("[ab\0\u{1}]{0,3}");
    law::check_key((
        any::<Option<i8>>(),
        proptest::collection::vec(any::<u8>(), 0..4),
    ));
}
