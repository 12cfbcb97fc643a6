//! What differs from the model.

use std::fmt;

/// A difference between a backend and the model, in words.
#[derive(Clone, PartialEq, Eq)]
pub struct Difference(String);

/// Longest text of a value in a message.
const LONGEST: usize = 400;

impl Difference {
    /// A difference that `message` tells of.
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }

    /// The same, said to be met while doing `what`.
    #[must_use]
    pub fn while_doing(self, what: impl fmt::Display) -> Self {
        Self(format!("{what}: {self}"))
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
        Err(Self(format!(
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
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Difference {}

impl From<state_api::Error> for Difference {
    fn from(error: state_api::Error) -> Self {
        Self(format!("unexpected error: {error:?}"))
    }
}
