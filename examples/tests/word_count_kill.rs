//! Kills `word_count` at twenty random points for each backend, and lets it go on: what it
//! prints in the end is what it prints when it is never killed, byte for byte, and no record that
//! a checkpoint holds is read again.

#![expect(
    clippy::unwrap_used,
    reason = "clippy exempts test functions, not the functions they call"
)]

mod support;

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::thread;
use std::time::{Duration, Instant};

use state_backends::checkpoint::{LocalStorage, latest, list};
use support::{Lcg, backends, messages, run, text, word_count};
use tempfile::TempDir;

/// A prime: the last record is at no multiple of `--every`, so no crash point is at a checkpoint of
/// everything.
const RECORDS: u64 = 20_011;

/// Random points of each kind, for each backend.
const POINTS: usize = 10;

/// The input, and what an uninterrupted run says of it.
struct Reference {
    _dir: TempDir,
    input: PathBuf,
    output: Vec<u8>,
}

static REFERENCE: LazyLock<Reference> = LazyLock::new(|| {
    let dir = tempfile::tempdir().unwrap();
    let input = dir.path().join("input");
    fs::write(&input, text(RECORDS, 2, 60, &mut Lcg(42))).unwrap();
    let output = run(word_count(&[]).arg(&input), b"");
    assert_eq!(messages(&output), format!("read {RECORDS} records\n"));
    assert!(output.stdout.len() > 1_000); // dozens of words
    Reference {
        _dir: dir,
        input,
        output: output.stdout,
    }
});

/// A job with a checkpoint directory of its own.
struct Job {
    dir: TempDir,
    every: u64,
}

impl Job {
    fn new(rng: &mut Lcg) -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
            every: 400 + rng.below(600),
        }
    }

    fn command(&self, backend: &str) -> Command {
        let mut command = word_count(&["--backend", backend, "--every", &self.every.to_string()]);
        command
            .arg("--checkpoint-dir")
            .arg(self.dir.path())
            .arg(&REFERENCE.input);
        command
    }

    /// The records that the latest checkpoint holds.
    fn published(&self) -> u64 {
        let storage = LocalStorage::open(self.dir.path()).unwrap();
        let manifest = pollster::block_on(latest(&storage)).unwrap();
        let records = manifest.map_or(0, |manifest| {
            let position = manifest.metadata.get("position").unwrap();
            position.pointer("/records").unwrap().as_u64().unwrap()
        });
        assert!(records.is_multiple_of(self.every) || records == RECORDS);
        records
    }

    /// Lets the job kill itself after some records; returns those it had read in all.
    fn crash(&self, backend: &str, rng: &mut Lcg) -> u64 {
        let before = self.published();
        let after = 1 + rng.below(RECORDS - before);
        let output = run(
            self.command(backend)
                .args(["--crash-after", &after.to_string()]),
            b"",
        );
        assert_eq!(output.status.code(), None, "{}", messages(&output));
        assert_eq!(output.stdout, b"");
        // One checkpoint may have been in flight; the one before it was waited for.
        let begun = before + after - (before + after) % self.every;
        assert!(self.published() + self.every >= begun);
        before + after
    }

    /// Kills the job from outside after `wait`; whether that was before its end.
    fn kill(&self, backend: &str, wait: Duration) -> bool {
        let mut command = self.command(backend);
        let mut child = command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        thread::sleep(wait);
        child.kill().unwrap();
        !child.wait().unwrap().success()
    }

    /// Runs the job to its end and compares.
    fn finish(&self, backend: &str) {
        let published = self.published();
        let output = run(&mut self.command(backend), b"");
        assert!(output.status.success(), "{}", messages(&output));
        let messages = messages(&output);
        let resumed = number_after(&messages, "resuming after record ").unwrap_or(0);
        let read = number_after(&messages, "read ").unwrap();
        assert_eq!(
            (resumed, read),
            (published, RECORDS - published),
            "{messages}"
        );
        assert!(
            output.stdout == REFERENCE.output,
            "{backend}, every {}: {messages}",
            self.every
        );
        assert_eq!(self.published(), RECORDS);
    }

    /// Number of checkpoints that are kept.
    fn checkpoints(&self) -> usize {
        let storage = LocalStorage::open(self.dir.path()).unwrap();
        pollster::block_on(list(&storage)).unwrap().len()
    }
}

/// The number behind `label`, where a line begins with it.
fn number_after(messages: &str, label: &str) -> Option<u64> {
    let rest = messages.lines().find_map(|line| line.strip_prefix(label))?;
    rest.split(' ').next()?.parse().ok()
}

fn crashes_after_random_records(backend: &str, seed: u64) {
    let rng = &mut Lcg(seed);
    for _ in 0..POINTS {
        let job = Job::new(rng);
        while job.crash(backend, rng) < RECORDS && rng.below(3) == 0 {}
        job.finish(backend);
    }
}

fn killed_at_random_times(backend: &str, seed: u64) {
    let rng = &mut Lcg(seed);
    let begin = Instant::now();
    Job::new(rng).finish(backend);
    let mut longest = u64::try_from(begin.elapsed().as_micros()).unwrap();

    let mut points = 0;
    while points < POINTS {
        let job = Job::new(rng);
        let mut kill = || job.kill(backend, Duration::from_micros(rng.below(longest)));
        if !kill() {
            longest -= longest / 4; // this time it was faster: not a point
            continue;
        }
        points += 1;
        while points % 3 == 0 && kill() {
            points += 1;
        }
        job.finish(backend);
    }
}

/// The tests of a backend.
macro_rules! killed {
    ($backend:ident, seeds $crashes:literal $kills:literal) => {
        mod $backend {
            #[test]
            fn crashes_after_random_records() {
                super::crashes_after_random_records(stringify!($backend), $crashes);
            }

            #[test]
            fn is_killed_at_random_times() {
                super::killed_at_random_times(stringify!($backend), $kills);
            }
        }
    };
}

killed!(heap, seeds 1 3);
#[cfg(feature = "redb")]
killed!(redb, seeds 2 4);
#[cfg(feature = "rocksdb")]
killed!(rocksdb, seeds 6 7);
#[cfg(feature = "sled")]
killed!(sled, seeds 8 9);

#[test]
fn each_backend_goes_on_where_another_was_killed() {
    let rng = &mut Lcg(5);
    for first in backends() {
        for second in backends() {
            let job = Job::new(rng);
            job.crash(first, rng);
            job.crash(second, rng);
            job.crash(first, rng);
            job.finish(second);
            assert!(job.checkpoints() > 1);
        }
    }
}
