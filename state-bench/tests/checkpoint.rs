//! `state-bench checkpoint`: what it prints, and what it refuses.

#![allow(clippy::unwrap_used, reason = "tests may panic, in their helpers too")]

mod started;

use started::{has_ratio, is_spread, json, number, program, refuses, text};
use state_bench::checkpoint::Checkpoint;

const SHORT: [&str; 4] = [
    "checkpoint",
    "--keys=250",
    "--iterations=2",
    "--buffer=16,1",
];

#[test]
fn every_backend_step_buffer_and_compression_gives_a_line_with_all_figures() {
    let results = json(&SHORT);
    let cases = [("write", 4), ("changed", 1), ("restore", 4)];
    assert_eq!(results.len() % 9, 0);
    for (step, of_it) in cases {
        let steps = results.iter().filter(|it| it["step"] == step);
        assert_eq!(steps.count(), results.len() / 9 * of_it, "{step}");
    }
    for result in &results {
        has_ratio(result);
        is_spread(result, "ms");
        is_spread(result, "plain_ms");
        // The length, the key and the bytes of each.
        assert_eq!(result["plain_bytes"], 250 * (4 + 8 + 100));
        let (changed, all) = (&result["changed"], result["step"] != "changed");
        assert_eq!(changed.is_null(), all, "{result}");
        // All bytes are there, and do not compress; of what changed there are three.
        assert!(number(result, "/bytes") > 108.0 * if all { 250.0 } else { 3.0 });
        assert!(
            all || changed == 3 && number(result, "/bytes") < 108.0 * 125.0,
            "{result}"
        );
        let again: Checkpoint = serde_json::from_value(result.clone()).unwrap();
        assert_eq!(&serde_json::to_value(again).unwrap(), result);
    }
}

#[test]
fn nothing_is_left_where_it_was_measured() {
    let dir = tempfile::tempdir().unwrap();
    let more = ["--compression=none", "--dir", dir.path().to_str().unwrap()];
    json(&[&SHORT[..], &more].concat());
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn a_wrong_command_line_is_2_and_says_why() {
    refuses(&["checkpoint", "--buffer=0"], "--buffer");
    refuses(
        &["checkpoint", "--compression=gzip"],
        "possible values: none, lz4",
    );
    refuses(
        &["checkpoint", "--step=read"],
        "possible values: write, changed, restore",
    );
    refuses(
        &[&SHORT[..], &["--out=x", "--html=x"]].concat(),
        "--out and --html",
    );
}

#[test]
fn the_process_that_loads_is_no_command_of_its_own() {
    let output = program(&["--help"]);
    let help = text(&output.stdout);
    for (command, shown) in [("checkpoint", true), ("pause", true), ("load", false)] {
        let named = |line: &str| line.split_whitespace().next() == Some(command);
        assert_eq!(help.lines().any(named), shown, "{command}");
    }
    // Asked for what is not there it fails, and names it.
    let args = [
        "load",
        "--backend=heap",
        "--from=dump",
        "--keys=1",
        "--key-groups=1",
    ];
    let output = program(&[&args[..], &["--path=/nowhere/dump"]].concat());
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("/nowhere/dump: "));
}

#[test]
fn a_directory_that_is_not_there_is_1_and_is_named() {
    let output = program(&[&SHORT[..], &["--dir=/nowhere/at/all"]].concat());
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("/nowhere/at/all"));
}
