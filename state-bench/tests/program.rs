//! The program: what it prints, what it refuses, how it ends.

#![allow(clippy::unwrap_used, reason = "tests may panic, in their helpers too")]

use std::path::Path;
use std::process::{Command, Output, Stdio};

use state_bench::record::{Record, read};

fn program(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_state-bench"));
    command.args(args).output().unwrap()
}

/// A short run of one workload on heap, with more arguments.
fn short(more: &[&str]) -> Output {
    let args = ["run", "--backend=heap", "--keys=1000", "--iterations=2"];
    program(&[&args[..], more].concat())
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn results_are_lines_of_json_and_are_read_again() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("results.jsonl");
    let path = file.to_str().unwrap();
    let output = short(&[
        "--workload=value_get,map_add",
        "--latency",
        "--json",
        "--out",
        path,
    ]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let printed: Vec<Record> = text(&output.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let names: Vec<_> = printed
        .iter()
        .map(|record| record.workload.as_str())
        .collect();
    assert_eq!(names, ["value_get", "map_add"]);
    assert_eq!(read(&file).unwrap(), printed);
    for record in &printed {
        assert!(record.spread[0] <= record.ratio && record.ratio <= record.spread[1]);
        let latency = record.latency.unwrap();
        assert!(0 < latency.p50 && latency.p50 <= latency.p99 && latency.p99 <= latency.max);
    }
}

#[test]
fn a_ratio_is_that_of_the_rates() {
    let output = program(&[
        "run",
        "--backend=heap",
        "--keys=1000",
        "--iterations=1",
        "--workload=value_add",
        "--json",
    ]);
    let record: Record = serde_json::from_slice(&output.stdout).unwrap();
    let rates = record.ops_per_s / record.raw_ops_per_s;
    assert!((record.ratio / rates - 1.0).abs() < 1e-9, "{record:?}");
}

#[test]
fn a_run_prints_a_table_and_compares_itself_with_an_older_one() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("results.jsonl");
    let path = file.to_str().unwrap();
    assert_eq!(
        short(&["--workload=value_update", "--out", path])
            .status
            .code(),
        Some(0)
    );
    let output = short(&["--workload=value_update", "--compare", path]);
    let lines: Vec<_> = text(&output.stdout).lines().collect();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(lines[1].starts_with("heap     value_update "));
    assert!(lines[2].contains(", times "));
    let output = program(&["compare", path, path]);
    assert_eq!(output.status.code(), Some(0));
    assert!(text(&output.stdout).contains("times 1.00: within the spreads"));
}

#[test]
fn allocations_are_counted_by_the_program_beside_it() {
    // Built beside it, as the tests are.
    assert!(Path::new(env!("CARGO_BIN_EXE_state-bench-count")).exists());
    let output = short(&["--workload=value_update_100b", "--memory", "--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let record: Record = serde_json::from_slice(&output.stdout).unwrap();
    let (ours, bare) = (record.memory.unwrap(), record.raw_memory.unwrap());
    for memory in [ours, bare] {
        // The copy of the array is one of 100 bytes, and updates need nothing else.
        assert!(
            (1.0..1.1).contains(&memory.allocations_per_op),
            "{memory:?}"
        );
        assert!((100.0..120.0).contains(&memory.bytes_per_op), "{memory:?}");
        assert!(memory.bytes_held > 1000 * (8 + 24 + 100), "{memory:?}");
        assert!(memory.bytes_held < 1000 * (8 + 24 + 100) * 3, "{memory:?}");
    }
}

/// Bytes of lists of 100 were divided by the keys asked for, of which a tenth have one: 84 bytes for 100 words.
#[test]
fn held_bytes_are_those_of_the_keys_that_are_there() {
    let output = short(&["--workload=list_get_100", "--memory"]);
    let held: Vec<f64> = text(&output.stdout)
        .lines()
        .filter_map(|line| line.strip_suffix(" bytes held a key"))
        .map(|line| line.rsplit(' ').next().unwrap().parse().unwrap())
        .collect();
    assert_eq!(held.len(), 2, "{}", text(&output.stdout));
    for held in held {
        assert!((800.0..2400.0).contains(&held), "{held}");
    }
}

#[test]
fn the_list_names_everything_that_can_be_run() {
    let output = program(&["list"]);
    assert_eq!(output.status.code(), Some(0));
    let listed = text(&output.stdout);
    for name in ["heap", "value_get", "list_add_all_100", "aggregating_add"] {
        let named = |line: &str| line.split_whitespace().next() == Some(name);
        assert!(listed.lines().any(named), "{name}");
    }
}

#[test]
fn a_wrong_command_line_is_2_and_says_why() {
    for (args, says) in [
        (&["run", "--workload=value_got"][..], "state-bench list"),
        (&["run", "--backend=flink"], "possible values: heap"),
        (&["run", "--keys=0"], "--keys"),
        (&["run", "--key-groups=0"], "max parallelism"),
        (&["run", "--out=x", "--html=x"], "--out and --html"),
        (&["walk"], "unrecognized subcommand"),
        (&[], "Usage"),
    ] {
        let output = program(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(
            text(&output.stderr).contains(says),
            "{args:?}: {}",
            text(&output.stderr)
        );
    }
}

#[test]
fn a_file_that_cannot_be_used_is_1_and_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let odd = dir.path().join("odd.jsonl");
    std::fs::write(&odd, "\n{}\n").unwrap();
    let odd = odd.to_str().unwrap();
    let output = program(&["compare", odd, odd]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("odd.jsonl, line 2: "));
    let output = short(&["--workload=value_get", "--out=/nowhere/results"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("/nowhere/results: "));
}

#[cfg(unix)]
fn without_a_reader(more: &[&str]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_state-bench"))
        .args(["run", "--backend=heap", "--keys=1000", "--iterations=2"])
        .args(more)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    child.wait_with_output().unwrap()
}

#[cfg(unix)]
#[test]
fn a_reader_that_goes_away_ends_it_in_peace_unless_files_are_left_incomplete() {
    let output = without_a_reader(&[]);
    assert_eq!(text(&output.stderr), "");
    assert_eq!(output.status.code(), Some(0));
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("results.jsonl");
    let output = without_a_reader(&["--out", file.to_str().unwrap()]);
    assert!(text(&output.stderr).starts_with("error: cannot write the results: "));
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_run_that_fails_leaves_the_page_that_was_there() {
    let dir = tempfile::tempdir().unwrap();
    let page = dir.path().join("page.html");
    std::fs::write(&page, "before").unwrap();
    let nowhere = dir.path().join("absent").join("absent");
    let output = program(&[
        "run",
        "--backend=redb",
        "--workload=value_get",
        "--keys=10",
        "--dir",
        nowhere.to_str().unwrap(),
        "--html",
        page.to_str().unwrap(),
    ]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    assert_eq!(std::fs::read_to_string(page).unwrap(), "before");
}
