//! Processes that are killed: the test runs itself again as a child, which works until it is killed.
//!
//! The child is the same test of the same program, so it needs nothing but the suite's macro, which
//! says what the test is called.

mod job;

use std::cell::Cell;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

pub(crate) use job::{Job, Tally};

/// Where the child works: set for a child, and for nobody else.
const ROOT: &str = "STATE_CONFORMANCE_CRASH_ROOT";

thread_local! {
    /// Name of the test that runs on this thread, as its runner knows it.
    static TEST: Cell<Option<&'static str>> = const { Cell::new(None) };
}

/// Names the test for as long as `property` runs.
pub(crate) fn with_test(test: &'static str, property: impl FnOnce()) {
    TEST.set(Some(test));
    property();
    TEST.set(None);
}

/// The folder of the child, if this is one.
pub(crate) fn child_root() -> Option<std::path::PathBuf> {
    std::env::var_os(ROOT).map(Into::into)
}

/// Tells the parent what the child is at.
pub(crate) fn say(what: std::fmt::Arguments<'_>) {
    let mut out = std::io::stdout().lock();
    // A parent that is gone has no use for the child.
    if writeln!(out, "\n@{what}")
        .and_then(|()| out.flush())
        .is_err()
    {
        std::process::abort();
    }
}

/// Runs the child until it says something that begins with `at` for the `nth` time, waits for `delay`
/// and kills it. Returns all that it said.
///
/// # Panics
/// When the child ends by itself: then it has failed.
pub(crate) fn run_and_kill(root: &Path, at: &str, nth: usize, delay: Duration) -> Vec<String> {
    let test = TEST.get().unwrap_or_else(|| {
        panic!("a property of crashes runs its own test again: call it through `suite!`")
    });
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture", "--include-ignored"])
        .env(ROOT, root)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = Vec::new();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut seen = 0;
    while seen < nth {
        let Some(line) = lines.next() else {
            let output = child.wait_with_output().unwrap();
            panic!(
                "the child ended by itself, {}, after {said:?}:\n{}",
                output.status,
                String::from_utf8_lossy(&output.stderr)
            );
        };
        if let Some(what) = line.unwrap().strip_prefix('@') {
            seen += usize::from(what.starts_with(at));
            said.push(what.to_owned());
        }
    }
    std::thread::sleep(delay);
    child.kill().unwrap();
    child.wait().unwrap();
    // What it said before it died.
    for line in lines {
        if let Some(what) = line.unwrap_or_default().strip_prefix('@') {
            said.push(what.to_owned());
        }
    }
    said
}

/// The largest number that follows `word` in what was said.
pub(crate) fn largest(said: &[String], word: &str) -> Option<u64> {
    let numbers = said.iter().filter_map(|what| what.strip_prefix(word));
    numbers
        .filter_map(|number| number.trim().parse().ok())
        .max()
}
