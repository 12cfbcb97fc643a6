//! `state-bench tracking`: what it prints, and what it refuses.

#![allow(clippy::unwrap_used, reason = "tests may panic, in their helpers too")]

mod started;

use started::{has_ratio, json, number, refuses};
use state_bench::tracking::Tracking;

const SHORT: [&str; 3] = ["tracking", "--keys=300", "--iterations=2"];

#[test]
fn every_backend_gives_a_line_for_each_of_the_usual_workloads() {
    let results = json(&SHORT);
    for name in ["value_get", "value_add", "value_remove", "map_update_large"] {
        assert!(results.iter().any(|it| it["workload"] == name), "{name}");
    }
    for result in &results {
        has_ratio(result);
        for name in ["/ops_per_s", "/untracked_ops_per_s"] {
            assert!(number(result, name) > 0.0);
        }
        let again: Tracking = serde_json::from_value(result.clone()).unwrap();
        assert_eq!(&serde_json::to_value(again).unwrap(), result);
    }
}

#[test]
fn rows_that_are_gone_take_more_than_rows_that_changed() {
    let bytes = |workload: &str| {
        let named = ["--backend=heap", "--workload", workload];
        let results = json(&[&SHORT[..], &named].concat());
        let of_it = |it: &serde_json::Value| it["tracking_bytes"].as_u64().unwrap();
        results.iter().map(of_it).collect::<Vec<_>>()
    };
    // Written again, rows take no more than before.
    let (changed, gone) = (bytes("value_update"), bytes("value_remove"));
    assert_eq!(changed.len(), 2);
    assert_eq!(changed[0], changed[1]);
    // Removals make the state another one: each round has a new state, and nothing is removed again.
    assert_eq!(gone.len(), 1);
    assert!(gone[0] > changed[0] + 8 * 300, "{gone:?} {changed:?}");
}

#[test]
fn a_ratio_is_that_of_the_rates() {
    let one = ["tracking", "--keys=300", "--iterations=1", "--backend=heap"];
    let result = &json(&[&one[..], &["--workload=value_update"]].concat())[0];
    let rates = number(result, "/ops_per_s") / number(result, "/untracked_ops_per_s");
    assert!(
        (number(result, "/ratio") / rates - 1.0).abs() < 1e-9,
        "{result}"
    );
}

#[test]
fn a_wrong_command_line_is_2_and_says_why() {
    refuses(&["tracking", "--workload=value_got"], "state-bench list");
    refuses(&["tracking", "--iterations=0"], "--iterations");
    refuses(
        &[&SHORT[..], &["--out=x", "--html=x"]].concat(),
        "--out and --html",
    );
}
