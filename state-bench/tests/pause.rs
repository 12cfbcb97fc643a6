//! `state-bench pause`: what it prints, and what it refuses.

#![allow(clippy::unwrap_used, reason = "tests may panic, in their helpers too")]

mod started;

use started::{has_ratio, is_spread, json, number, program, refuses, text};
use state_bench::pause::Pause;

/// A short run, with more arguments.
const SHORT: [&str; 5] = [
    "pause",
    "--keys=500",
    "--hold=3",
    "--iterations=2",
    "--first=100",
];

#[test]
fn every_backend_shape_and_view_gives_a_line_with_all_figures() {
    for tracked in [false, true] {
        let more: &[&str] = if tracked { &["--track"] } else { &[] };
        let results = json(&[&SHORT[..], more].concat());
        assert_eq!(results.len() % 10, 0);
        for shape in ["in-place", "boxed", "counted", "map-in-place", "map-boxed"] {
            for view in ["encoded", "held"] {
                let of_both = |it: &&serde_json::Value| it["values"] == shape && it["view"] == view;
                assert_eq!(results.iter().filter(of_both).count(), results.len() / 10);
            }
        }
        for result in &results {
            has_ratio(result);
            for name in [
                "life_ms",
                "writes",
                "writes_per_s",
                "alone_writes_per_s",
                "first_ratio",
                "freeze_ms",
            ] {
                is_spread(result, name);
            }
            assert_eq!(result["confirm_ms"].is_null(), !tracked, "{result}");
            assert_eq!(result["tracked"], tracked);
            assert_eq!(result["iterations"], 2);
            // Writes are made as long as the view lives, and as many are timed one by one without it.
            assert!(number(result, "/writes/least") >= 1.0);
            assert!((1.0..=100.0).contains(&number(result, "/first_writes")));
            let (under, alone) = (&result["longest"], &result["alone_longest"]);
            assert_eq!(under["writes"], alone["writes"]);
            assert!(number(under, "/writes") >= 2.0 && number(result, "/longest/ms") > 0.0);
            // The line is a result that is read again.
            let again: Pause = serde_json::from_value(result.clone()).unwrap();
            assert_eq!(&serde_json::to_value(again).unwrap(), result);
        }
    }
}

#[test]
fn the_machine_by_itself_is_measured_as_a_view_is() {
    let named = ["--backend=heap", "--values=in-place", "--view=busy"];
    let result = &json(&[&SHORT[..], &named].concat())[0];
    assert_eq!(result["view"], "busy");
    has_ratio(result);
    // Threads compute for three milliseconds.
    assert!(number(result, "/life_ms/least") >= 3.0, "{result}");
}

#[test]
fn plain_tables_are_measured_beside_values() {
    let results = json(&[&SHORT[..], &["--backend=heap", "--plain"]].concat());
    let (plain, heap): (Vec<_>, Vec<_>) = results.iter().partition(|it| it["backend"] == "plain");
    assert_eq!((plain.len(), heap.len()), (6, 10));
    for result in plain {
        has_ratio(result);
        assert!(result["key_groups"].is_null(), "{result}");
        let values = result["values"].as_str().unwrap();
        assert!(["in-place", "boxed", "counted"].contains(&values));
    }
    refuses(&["pause", "--plain", "--track"], "--track");
    refuses(&["pause", "--plain", "--values=map-boxed"], "--plain");
}

#[test]
fn results_are_a_table_a_file_and_a_page() {
    let dir = tempfile::tempdir().unwrap();
    let (file, page) = (dir.path().join("x.jsonl"), dir.path().join("x.html"));
    let files = [
        "--out",
        file.to_str().unwrap(),
        "--html",
        page.to_str().unwrap(),
    ];
    let cases = [
        "--backend=heap",
        "--values=boxed,boxed,in-place",
        "--view=encoded",
    ];
    let output = program(&[&SHORT[..], &cases, &files].concat());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let lines: Vec<_> = text(&output.stdout).lines().collect();
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(lines[1].starts_with("heap     boxed "), "{lines:?}");
    assert_eq!(std::fs::read_to_string(file).unwrap().lines().count(), 2);
    let page = std::fs::read_to_string(page).unwrap();
    assert_eq!(page.matches("class=\"bar\"").count(), 2);
    assert!(page.contains("Writes while a view lives"));
}

#[test]
fn a_wrong_command_line_is_2_and_says_why() {
    refuses(&["pause", "--keys=0"], "--keys");
    refuses(&["pause", "--keys=1,x"], "--keys");
    refuses(
        &["pause", "--values=flat"],
        "possible values: in-place, boxed, counted",
    );
    refuses(&["pause", "--view=gone"], "possible values: encoded, held");
    refuses(&["pause", "--hold=0"], "--hold");
    refuses(&["pause", "--backend=flink"], "possible values: heap");
    refuses(
        &[&SHORT[..], &["--out=x", "--html=x"]].concat(),
        "--out and --html",
    );
    refuses(&["pause", "--workload=value_get"], "unexpected argument");
}
