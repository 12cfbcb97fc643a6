//! A history that fails, told to a person.

use std::fmt::Debug;

use proptest::strategy::Strategy;

use super::program::Script;
use crate::difference::Difference;
use crate::factory::BackendFactory;
use crate::runner::{check_shown, guarded};

/// A history that a property generates, plays, and tells of when it fails.
pub trait History {
    /// Plays it on backends and on the model, and writes the script as far as it comes.
    ///
    /// # Errors
    /// What differs from the model.
    fn play<F: BackendFactory>(&self, factory: &F, script: &Script) -> Result<(), Difference>;

    /// Its steps, one a line, with the options that they derive.
    fn show<F: BackendFactory>(&self, factory: &F) -> String;
}

impl<T> History for Vec<T>
where
    [T]: History,
{
    fn play<F: BackendFactory>(&self, factory: &F, script: &Script) -> Result<(), Difference> {
        self.as_slice().play(factory, script)
    }

    fn show<F: BackendFactory>(&self, factory: &F) -> String {
        self.as_slice().show(factory)
    }
}

/// The program that a failure of `history` prints, or `None` if it is no failure: a test that plays the
/// steps by the typed API, with the answers that are expected, up to the one that differs.
///
/// `found` stands above it: the seed, for example.
pub fn counterexample<F: BackendFactory>(
    factory: &F,
    history: &(impl History + ?Sized),
    found: &str,
) -> Option<String> {
    let script = Script::wanted();
    let failure = guarded(|| history.play(factory, &script))?;
    let which = if failure.contains("panic: ") {
        "the last statement panics, or a read of what it touched"
    } else {
        "the last statement does not hold"
    };
    let story = format!(
        "A history that fails: {which}.\n\n{failure}\n\n{}\n{found}",
        history.show(factory)
    );
    Some(script.program(story.trim_end(), &factory.expression()))
}

/// The program of a history that does not fail: it passes.
///
/// # Panics
/// When the history fails.
pub fn program<F: BackendFactory>(factory: &F, history: &(impl History + ?Sized)) -> String {
    let script = Script::wanted();
    if let Some(failure) = guarded(|| history.play(factory, &script)) {
        panic!("{failure}");
    }
    let story = format!("A history that holds:\n\n{}", history.show(factory));
    script.program(story.trim_end(), &factory.expression())
}

/// Plays generated histories; panics with the shortest that fails, its steps and its program.
#[track_caller]
pub(crate) fn check_histories<F, S>(factory: &F, cases: u32, histories: &S)
where
    F: BackendFactory,
    S: Strategy,
    S::Value: History + Debug,
{
    let play = |history: S::Value| history.play(factory, &Script::default());
    check_shown(cases, histories, play, |history, seed| {
        let steps = history.show(factory);
        match counterexample(factory, history, seed) {
            Some(program) => {
                format!("{steps}\nas a program, to paste into a test file:\n\n{program}")
            }
            None => format!("{steps}\nplayed once more, it did not fail"),
        }
    });
}
