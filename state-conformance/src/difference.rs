//! What differs from the model.

use std::fmt;

/// A difference between a backend and the model, in words.
#[derive(Clone, PartialEq, Eq)]
pub struct Difference {
    message: String,
    /// The statement of a program that sees it.
    check: Option<String>,
}

/// Longest text of a value in a message.
const LONGEST: usize = 400;

impl Difference {
    /// A difference that `message` tells of.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            check: None,
        }
    }

    /// The same, said to be met while doing `what`.
    #[must_use]
    pub fn while_doing(self, what: impl fmt::Display) -> Self {
        Self {
            message: format!("{what}: {self}"),
            ..self
        }
    }

    /// The same, seen by a statement of a printed program.
    pub(crate) fn seen_by(self, check: String) -> Self {
        Self {
            check: Some(check),
            ..self
        }
    }

    /// The statement that sees it.
    pub(crate) fn check(&self) -> Option<&str> {
        self.check.as_deref()
    }

    /// `Ok` if both are equal.
    ///
    /// # Errors
    /// When they differ; `what` names the read.
    pub fn between<T: PartialEq + fmt::Debug + ?Sized>(
        what: impl fmt::Display,
        expected: &T,
        found: &T,
    ) -> Result<(), Self> {
        if expected == found {
            return Ok(());
        }
        Err(Self::new(format!(
            "{what}\n  expected {}\n  found    {}",
            short(expected),
            short(found)
        )))
    }
}

/// `Debug` of a value, cut in the middle when it is long.
pub(crate) fn short<T: fmt::Debug + ?Sized>(value: &T) -> String {
    let text = format!("{value:?}");
    let len = text.chars().count();
    if len <= LONGEST {
        return text;
    }
    let head: String = text.chars().take(LONGEST / 2).collect();
    let tail: String = text.chars().skip(len - LONGEST / 2).collect();
    format!("{head} .. {} characters .. {tail}", len - LONGEST)
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Debug for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Difference {}

impl From<state_api::Error> for Difference {
    fn from(error: state_api::Error) -> Self {
        Self::new(format!("unexpected error: {error:?}"))
    }
}
