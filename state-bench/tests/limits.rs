//! `state-bench limits`: what it prints, and what it refuses.

#![allow(clippy::unwrap_used, reason = "tests may panic, in their helpers too")]

mod started;

use started::{has_ratio, json, number, refuses};
#[cfg(feature = "redb")]
use started::{program, text};
use state_bench::limits::{Limit, LimitRecord};

#[test]
fn every_limit_gives_a_line() {
    let results = json(&["limits", "--keys=300,5000", "--iterations=2"]);
    assert_eq!(results.len(), 2 * Limit::ALL.len());
    for result in &results {
        has_ratio(result);
        for name in ["/ops_per_s", "/simpler_ops_per_s"] {
            assert!(number(result, name) > 0.0);
        }
        let again: LimitRecord = serde_json::from_value(result.clone()).unwrap();
        assert_eq!(&serde_json::to_value(again).unwrap(), result);
    }
}

#[cfg(feature = "redb")]
#[test]
fn engines_are_put_where_they_are_to_be() {
    let command = ["limits", "--limit=redb-notes", "--keys=9", "--iterations=1"];
    let nowhere = program(&[&command[..], &["--dir=/nowhere/at/all"]].concat());
    assert_eq!(nowhere.status.code(), Some(1));
    let said = text(&nowhere.stderr);
    assert!(said.contains("/nowhere/at/all"), "{said}");
}

#[test]
fn a_wrong_command_line_is_2_and_says_why() {
    refuses(&["limits", "--limit=all-of-it"], "segments-get");
    refuses(&["limits", "--keys=0"], "--keys");
}
