//! `state-bench run --calls`: what an operation asks of the engine.

#![allow(clippy::unwrap_used, reason = "tests may panic, in their helpers too")]

mod started;

use serde_json::Value;
use started::{json, program, text};
use state_bench::subject::Backend;

const KEYS: f64 = 300.0;
const SHORT: [&str; 3] = ["run", "--keys=300", "--iterations=1"];

/// Of an operation: gets, writes, scans, rows scanned.
const CALLS: [(&str, [f64; 4]); 11] = [
    ("value_get", [1.0, 0.0, 0.0, 0.0]),
    ("value_get_unbound", [1.0, 0.0, 0.0, 0.0]),
    ("value_get_view", [1.0, 0.0, 0.0, 0.0]),
    ("value_update", [0.0, 1.0, 0.0, 0.0]),
    ("value_remove", [0.0, 1.0, 0.0, 0.0]),
    ("wordcount_uniform", [1.0, 1.0, 0.0, 0.0]),
    ("wordcount_uniform_modify", [1.0, 1.0, 0.0, 0.0]),
    ("map_get", [1.0, 0.0, 0.0, 0.0]),
    ("map_put_all", [0.0, 10.0, 0.0, 0.0]),
    // The row behind the last is asked for.
    ("map_iterate", [0.0, 0.0, 1.0, 11.0]),
    // The list in place of the one there, and the removal of that.
    ("list_update", [0.0, 2.0, 0.0, 0.0]),
];

/// The set-up is not among them: it writes all that is there.
#[test]
fn the_calls_of_an_operation_are_those_of_the_engine_alone() {
    let names = CALLS.map(|(name, _)| name).join(",");
    let results = json(&[&SHORT[..], &["--calls", "--workload", &names]].concat());
    assert_eq!(results.len(), Backend::ALL.len() * CALLS.len());
    for result in results {
        if result["backend"] == "heap" {
            assert_eq!(result["calls"], Value::Null, "{result}");
            continue;
        }
        let (name, calls) = CALLS.iter().find(|it| result["workload"] == it.0).unwrap();
        // Numbers of chunks are written down, once for some thousands of them.
        let more = if *name == "list_update" { 1.0 } else { 0.0 };
        let figures = [
            "gets_per_op",
            "writes_per_op",
            "scans_per_op",
            "rows_scanned_per_op",
        ];
        for (figure, calls) in figures.iter().zip(calls) {
            let made = result["calls"][*figure].as_f64().unwrap();
            let off = (made - calls) * KEYS;
            assert!((-1e-9..=more + 1e-9).contains(&off), "{figure}: {result}");
        }
    }
}

#[test]
fn nothing_is_counted_unless_it_is_asked_for() {
    let named = [&SHORT[..], &["--workload=value_get"]].concat();
    for result in json(&named) {
        assert_eq!(result["calls"], Value::Null);
    }
    let lines = |args: &[&str]| {
        let printed = program(args).stdout;
        let asked = |line: &&str| line.ends_with(" asked of the engine an operation");
        text(&printed).lines().filter(asked).count()
    };
    assert_eq!(lines(&named), 0);
    let engines = Backend::ALL.len() - 1;
    assert_eq!(lines(&[&named[..], &["--calls"]].concat()), engines);
}
