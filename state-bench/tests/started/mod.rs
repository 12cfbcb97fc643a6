//! The program, started as users start it.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::process::{Command, Output};

use serde_json::Value;

/// Starts it.
pub(crate) fn program(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_state-bench"));
    command.args(args).output().unwrap()
}

pub(crate) fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// The lines of JSON that it prints; it has to end well.
pub(crate) fn json(args: &[&str]) -> Vec<Value> {
    let output = program(&[args, &["--json"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let lines = text(&output.stdout).lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Checks that it refuses what does not fit into its command line, and names it.
pub(crate) fn refuses(args: &[&str], says: &str) {
    let output = program(args);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{args:?}: {said}");
    assert!(said.contains(says), "{args:?}: {said}");
}

/// A number of a result, whatever kind of number it is.
pub(crate) fn number(result: &Value, name: &str) -> f64 {
    let number = result.pointer(name).and_then(Value::as_f64);
    number.unwrap_or_else(|| panic!("{name} in {result}"))
}

/// Checks that a figure is there and in order: smallest, median, largest, and none of them below 0.
pub(crate) fn is_spread(result: &Value, name: &str) {
    let at = |part: &str| number(result, &format!("/{name}/{part}"));
    let (least, median, most) = (at("least"), at("median"), at("most"));
    assert!(
        0.0 <= least && least <= median && median <= most,
        "{name} in {result}"
    );
}

/// Checks that the ratio is there, between the smallest and the largest.
pub(crate) fn has_ratio(result: &Value) {
    let (least, most) = (number(result, "/spread/0"), number(result, "/spread/1"));
    let ratio = number(result, "/ratio");
    assert!(0.0 < least && least <= ratio && ratio <= most, "{result}");
}
