//! Every workload does on every backend what it does on the bare engine.

#![allow(clippy::unwrap_used, reason = "tests may panic, in their helpers too")]

use state_api::KeyGroups;
use state_bench::run::{Plan, run};
use state_bench::subject::{Backend, Settings};
use state_bench::workload::{ALL, Workload};

const KEYS: u64 = 1_000;

fn plan(tracked: bool) -> Plan {
    Plan {
        keys: KEYS,
        iterations: 1,
        latency: false,
        calls: false,
        settings: Settings {
            root: None,
            key_groups: KeyGroups::all(16).unwrap(),
            tracked,
            same_keys: false,
        },
    }
}

#[test]
fn every_workload_agrees_on_every_backend() {
    for workload in ALL {
        let sums = Backend::ALL.iter().map(|backend| {
            let record = run(*backend, workload, &plan(false)).unwrap();
            (record.check, record.final_check)
        });
        let sums: Vec<_> = sums.collect();
        assert!(
            sums.iter().all(|other| Some(other) == sums.first()),
            "{}: {sums:?}",
            workload.name()
        );
        // Except for those that leave an absent key absent.
        assert_ne!(sums.first().unwrap().1, 0, "{}", workload.name());
    }
}

#[test]
fn every_workload_agrees_with_changes_tracked() {
    for workload in ALL {
        let record = run(Backend::Heap, workload, &plan(true)).unwrap();
        assert!(record.tracked);
    }
}

/// A list or a map is then looked for by other bytes than it was written under, or is not.
#[test]
fn every_workload_agrees_over_the_key_bytes_of_the_backends() {
    for workload in ALL {
        for backend in Backend::ALL {
            let mut plan = plan(false);
            plan.settings.same_keys = true;
            let record = run(*backend, workload, &plan).unwrap();
            assert!(record.same_keys);
        }
    }
}

/// What others have to get for 1,000 keys; another language can be compared.
#[test]
fn the_sums_of_some_workloads_are_known() {
    let sums = |name: &str| {
        let workload = Workload::of(name).unwrap();
        let record = run(Backend::Heap, workload, &plan(false)).unwrap();
        (record.check, record.final_check)
    };
    // Told by the definitions alone, not by this program's own inputs.
    assert_eq!(sums("wordcount_uniform"), (0, 11));
    assert_eq!(sums("value_get_miss").0, 0);
    assert_eq!(sums("map_is_empty").0, 0);
    assert_eq!(sums("map_contains").0, KEYS / 2);
}
