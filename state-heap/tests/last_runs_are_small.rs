//! A full checkpoint has some sixteen runs, or as many as its buffer wants, and the last ones have half each of what is left: when
//! all is encoded, little is left to be written.

#![allow(clippy::unwrap_used, reason = "tests may panic, in their helpers too")]

use proptest::prelude::*;
use state_api::{
    ChangeSource as _, KeyGroups, RowChange, StateBackend as _, StateView as _, ValueDescriptor,
};
use state_heap::HeapBackend;

/// What a buffer counts for a row beside its key and its envelope: header and index.
const BESIDE: usize = 28;

/// The bytes of each run of a state of strings of `len` characters.
fn runs(keys: u64, len: usize, buffer: usize) -> Vec<usize> {
    let groups = KeyGroups::all(128).unwrap();
    let mut state = HeapBackend::<u64>::new(groups);
    let value = state.register(ValueDescriptor::<String>::new("value"));
    let value = value.unwrap();
    for key in 0..keys {
        state
            .at_mut(&key)
            .value(value)
            .put("x".repeat(len))
            .unwrap();
    }
    let view = state.freeze().unwrap();
    let mut changes = view.into_changes(None, groups.range(), buffer).unwrap();
    let mut runs = Vec::new();
    while changes.next_run().unwrap() {
        let mut bytes = 0;
        while let Some(change) = changes.next_change().unwrap() {
            let RowChange::Put(row) = change else {
                panic!("a full checkpoint has a tombstone");
            };
            bytes += row.key.len() + row.envelope.len() + BESIDE;
        }
        runs.push(bytes);
    }
    runs
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn of_a_state_beyond_the_buffer(keys in 12_000_u64..30_000, len in 0_usize..120) {
        let buffer = 512 << 10;
        let half = buffer / 2;
        let runs = runs(keys, len, buffer);
        let all: usize = runs.iter().sum();
        let last = *runs.last().unwrap();
        prop_assume!(all > buffer);
        prop_assert!(last <= half / 8 * 2, "{runs:?}");
        prop_assert!(runs.iter().all(|run| *run <= half + half / 8), "{runs:?}");
        let others = runs.split_last().unwrap().1;
        prop_assert!(others.iter().all(|run| *run >= half / 16), "{runs:?}");
        prop_assert!(runs.len() <= (all / half).max(16) + 6, "{runs:?}");
        let even = (all / 16).min(half);
        prop_assert!(runs.iter().skip(1).all(|run| *run <= even + even / 4 + half / 8), "{runs:?}");
    }

    #[test]
    fn but_a_small_one_is_one_run(keys in 1_u64..300) {
        prop_assert_eq!(runs(keys, 100, 512 << 10).len(), 1);
    }
}
