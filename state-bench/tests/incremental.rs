//! `state-bench incremental`: what it prints, and what it refuses.

#![allow(clippy::unwrap_used, reason = "tests may panic, in their helpers too")]

mod started;

use started::{has_ratio, is_spread, json, number, refuses};
use state_bench::incremental::Incremental;

const SHORT: [&str; 3] = ["incremental", "--keys=400", "--iterations=2"];

#[test]
fn every_backend_and_share_gives_a_line_with_all_figures() {
    let results = json(&SHORT);
    assert_eq!(results.len() % 4, 0);
    for (at, result) in results.iter().enumerate() {
        has_ratio(result);
        for name in ["freeze_ms", "read_ms", "all_ms"] {
            is_spread(result, name);
        }
        let changed = [1, 4, 40, 400][at % 4];
        assert_eq!(result["changed"], changed);
        // Whatever a backend makes of a row, its 100 bytes and its key are in it, and the rows are alike.
        assert!(number(result, "/bytes") >= f64::from(changed) * 108.0);
        assert!(number(result, "/all_bytes") >= 400.0 * 108.0);
        assert!(number(result, "/tracking_bytes") > 0.0, "{result}");
        let again: Incremental = serde_json::from_value(result.clone()).unwrap();
        assert_eq!(&serde_json::to_value(again).unwrap(), result);
    }
}

#[test]
fn what_changed_is_read_and_no_more() {
    let all = ["--changed=1,25,100", "--backend=heap"];
    let results = json(&[&SHORT[..], &all].concat());
    let bytes = |at: usize, name: &str| results[at][name].as_u64().unwrap();
    assert_eq!(bytes(0, "bytes") * 100, bytes(0, "all_bytes"));
    assert_eq!(bytes(1, "bytes") * 4, bytes(1, "all_bytes"));
    assert_eq!(bytes(2, "bytes"), bytes(2, "all_bytes"));
}

#[test]
fn a_wrong_command_line_is_2_and_says_why() {
    for wrong in ["0", "-1", "101", "NaN", "inf", "all"] {
        let changed = format!("--changed={wrong}");
        refuses(&["incremental", &changed], "above 0 and up to 100");
    }
    refuses(&["incremental", "--keys=0"], "--keys");
    refuses(
        &[&SHORT[..], &["--out=x", "--html=x"]].concat(),
        "--out and --html",
    );
}
