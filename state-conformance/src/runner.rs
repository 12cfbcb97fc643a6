//! Runs generated tests, and says what failed in a way that a person can use.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::fmt::{Debug, Write};
use std::hash::{BuildHasher, RandomState};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use proptest::strategy::Strategy;
use proptest::test_runner::{
    Config, FailurePersistence, FileFailurePersistence, PersistedSeed, RngSeed, TestCaseError,
    TestError, TestRunner,
};

use crate::difference::{Difference, short};

/// Number of generated histories of a property, unless the environment says otherwise: the suite
/// of a disk engine, unoptimised, takes some seconds.
pub(crate) const CASES: u32 = 32;

/// Milliseconds that shrinking may take.
const SHRINK_MS: u32 = 60_000;

thread_local! {
    /// Regression file of the property that runs on this thread.
    static REGRESSIONS: Cell<Option<&'static str>> = const { Cell::new(None) };
    /// The step that the current history is at.
    static STEP: RefCell<Option<String>> = const { RefCell::new(None) };
    /// The seed of the property that runs on this thread, once it is drawn or given.
    static SEED: Cell<Option<u64>> = const { Cell::new(None) };
    /// Number of cases that the property on this thread was to generate.
    static GENERATED: Cell<u64> = const { Cell::new(0) };
    /// Whether the property on this thread shrinks its failure.
    static SHRINKS: Cell<bool> = const { Cell::new(true) };
}

/// What a property generated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Generated {
    /// How many cases it was to, in all.
    pub(crate) cases: u64,
    pub(crate) seed: u64,
}

/// What was generated on this thread since [`forget_seed`].
pub(crate) fn generated() -> Option<Generated> {
    let cases = GENERATED.get();
    let seed = SEED.get().filter(|_| cases > 0)?;
    Some(Generated { cases, seed })
}

/// The next property draws a seed of its own.
pub(crate) fn forget_seed() {
    SEED.set(None);
    GENERATED.set(0);
}

/// Runs `property` with a seed that is given; its failure is shrunk or told as it is met.
pub(crate) fn with_seed(seed: u64, shrinks: bool, property: impl FnOnce()) {
    struct Reset;
    impl Drop for Reset {
        fn drop(&mut self) {
            forget_seed();
            SHRINKS.set(true);
        }
    }
    SEED.set(Some(seed));
    SHRINKS.set(shrinks);
    let _reset = Reset;
    property();
}

/// The seed of the property on this thread: given, by the environment, or drawn.
fn seed() -> u64 {
    let seed = SEED.get().unwrap_or_else(|| {
        let set = std::env::var("STATE_CONFORMANCE_SEED").ok();
        set.map_or_else(
            // Of 53 bits, so that a reader of JSON that takes numbers for floats keeps all of it.
            || RandomState::new().hash_one("a seed") >> 11,
            |set| {
                set.parse()
                    .unwrap_or_else(|error| panic!("STATE_CONFORMANCE_SEED is {set:?}: {error}"))
            },
        )
    });
    SEED.set(Some(seed));
    seed
}

/// Runs `property` with seeds of failures kept in `file`.
pub(crate) fn with_regressions(file: String, property: impl FnOnce()) {
    struct Reset;
    impl Drop for Reset {
        fn drop(&mut self) {
            REGRESSIONS.set(None);
        }
    }
    // A few bytes per test of a process: proptest wants the path for good.
    REGRESSIONS.set(Some(Box::leak(file.into_boxed_str())));
    let _reset = Reset;
    property();
}

/// Number of generated histories of a property.
pub(crate) fn cases() -> u32 {
    let set = std::env::var("STATE_CONFORMANCE_CASES").ok();
    set.map_or(CASES, |set| {
        set.parse()
            .unwrap_or_else(|error| panic!("STATE_CONFORMANCE_CASES is {set:?}: {error}"))
    })
}

/// Notes the step that a history is at, for the report.
pub(crate) fn at_step(step: impl FnOnce() -> String) {
    STEP.set(Some(step()));
}

/// Checks `test` on `cases` generated values; panics with the shortest that fails.
#[track_caller]
pub(crate) fn check<S: Strategy>(
    cases: u32,
    strategy: &S,
    test: impl Fn(S::Value) -> Result<(), Difference>,
) where
    S::Value: Debug,
{
    check_shown(cases, strategy, test, |value, _| format!("{value:#?}"));
}

/// Runs `test`, and says what it found that should not be: a difference or a panic, and at which step.
pub(crate) fn guarded(test: impl FnOnce() -> Result<(), Difference>) -> Option<String> {
    STEP.set(None);
    let found = match catch_unwind(AssertUnwindSafe(test)) {
        Ok(Ok(())) => return None,
        Ok(Err(difference)) => difference.to_string(),
        Err(panic) => format!("panic: {}", message(&*panic)),
    };
    Some(match STEP.take() {
        Some(step) => format!("at {step}: {found}"),
        None => found,
    })
}

/// [`check`], with another way to print a value; it is given the seed, in words.
#[track_caller]
pub(crate) fn check_shown<S: Strategy>(
    cases: u32,
    strategy: &S,
    test: impl Fn(S::Value) -> Result<(), Difference>,
    show: impl Fn(&S::Value, &str) -> String,
) where
    S::Value: Debug,
{
    let seeds = Seeds::new();
    let seed = seed();
    GENERATED.set(GENERATED.get() + u64::from(cases));
    let mut runner = TestRunner::new(Config {
        cases,
        rng_seed: RngSeed::Fixed(seed),
        failure_persistence: Some(Box::new(seeds.clone())),
        max_shrink_time: SHRINK_MS,
        max_shrink_iters: if SHRINKS.get() { 100_000 } else { 0 },
        ..Config::default()
    });
    let outcome = runner.run(strategy, |value| {
        let failure = guarded(|| test(value));
        failure.map_or(Ok(()), |found| Err(TestCaseError::fail(found)))
    });
    match outcome {
        Ok(()) => {}
        Err(TestError::Abort(reason)) => panic!("generation was given up: {reason}"),
        Err(TestError::Fail(reason, value)) => {
            let mut seed = format!(
                "all {cases} cases again: STATE_CONFORMANCE_SEED={seed}, STATE_CONFORMANCE_CASES={}\n",
                self::cases()
            );
            if let Some(failed) = seeds.failed() {
                let _ = writeln!(seed, "seed: {failed}");
                let _ = match REGRESSIONS.get() {
                    Some(file) => writeln!(seed, "kept in {file}: commit it"),
                    None => writeln!(seed, "not kept: run through `suite!` to keep seeds"),
                };
            }
            let report = format!(
                "{reason}\nshortest case that fails:\n{}\n{seed}",
                show(&value, &seed)
            );
            panic!("{report}");
        }
    }
}

pub(crate) fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied())
        .map_or_else(
            || "with something that is not text".to_owned(),
            |text| {
                if text.len() > 4000 {
                    short(text)
                } else {
                    text.to_owned()
                }
            },
        )
}

/// Keeps the seed of a failure: in the file of the property, if there is one, and for the report.
#[derive(Clone, Debug)]
struct Seeds {
    file: Option<FileFailurePersistence>,
    failed: Arc<Mutex<Option<PersistedSeed>>>,
}

impl Seeds {
    fn new() -> Self {
        let file = REGRESSIONS.get().map(FileFailurePersistence::Direct);
        Self {
            file,
            failed: Arc::default(),
        }
    }

    fn failed(&self) -> Option<PersistedSeed> {
        self.failed.lock().ok()?.clone()
    }
}

impl FailurePersistence for Seeds {
    fn load_persisted_failures2(&self, source: Option<&'static str>) -> Vec<PersistedSeed> {
        self.file
            .as_ref()
            .map(|file| file.load_persisted_failures2(source))
            .unwrap_or_default()
    }

    fn save_persisted_failure2(
        &mut self,
        source: Option<&'static str>,
        seed: PersistedSeed,
        shrunken: &dyn Debug,
    ) {
        if let Some(file) = &mut self.file {
            file.save_persisted_failure2(source, seed.clone(), shrunken);
        }
        if let Ok(mut failed) = self.failed.lock() {
            *failed = Some(seed);
        }
    }

    fn box_clone(&self) -> Box<dyn FailurePersistence> {
        Box::new(self.clone())
    }

    fn eq(&self, other: &dyn FailurePersistence) -> bool {
        other
            .as_any()
            .downcast_ref::<Self>()
            .is_some_and(|other| self.file == other.file)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
