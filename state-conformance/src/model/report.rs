//! A history that fails, told to a person.

use super::history::{Step, show};
use super::program::Script;
use super::world::play_by;
use crate::factory::BackendFactory;
use crate::runner::guarded;

/// The program that a failure of `history` prints, or `None` if it is no failure: a test that plays the
/// steps by the typed API, with the answers that are expected, up to the one that differs.
///
/// `found` stands above it: the seed, for example.
pub fn counterexample<F: BackendFactory>(
    factory: &F,
    history: &[Step],
    found: &str,
) -> Option<String> {
    let script = Script::wanted();
    let failure = guarded(|| play_by(factory, history, &script))?;
    let which = if failure.contains("panic: ") {
        "the last statement panics, or a read of what it touched"
    } else {
        "the last statement does not hold"
    };
    let story = format!(
        "A history that fails: {which}.\n\n{failure}\n\n{}\n{found}",
        show(factory, history)
    );
    Some(script.program(story.trim_end(), &factory.expression()))
}

/// The program of a history that does not fail: it passes.
///
/// # Panics
/// When the history fails.
pub fn program<F: BackendFactory>(factory: &F, history: &[Step]) -> String {
    let script = Script::wanted();
    if let Some(failure) = guarded(|| play_by(factory, history, &script)) {
        panic!("{failure}");
    }
    let story = format!("A history that holds:\n\n{}", show(factory, history));
    script.program(story.trim_end(), &factory.expression())
}
