//! `state-bench limits`: what it prints, and what it refuses.

#![allow(clippy::unwrap_used, reason = "tests may panic, in their helpers too")]

mod started;

use started::{has_ratio, json, number, refuses};
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

#[test]
fn a_wrong_command_line_is_2_and_says_why() {
    refuses(&["limits", "--limit=all-of-it"], "segments-get");
    refuses(&["limits", "--keys=0"], "--keys");
}
