//! Small pools of hostile keys and values: collisions are frequent, and most trouble is at home in
//! the empty string, zero bytes, prefixes and lengths around the bounds.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A key of the pool, by number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key(u8);

impl Key {
    /// Number of keys.
    pub const COUNT: u8 = 10;

    /// The key of a number below [`Key::COUNT`]; the last one is long.
    pub fn new(number: u8) -> Self {
        Self(number % Self::COUNT)
    }

    /// All keys.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..Self::COUNT).map(Self)
    }

    /// All keys but the long one, which costs as much as a thousand others.
    pub fn short() -> impl Iterator<Item = Self> {
        (0..Self::COUNT - 1).map(Self)
    }

    /// The key as text.
    pub fn text(self) -> String {
        match self.0 {
            0 => "a",
            1 => "ab",
            2 => "",
            3 => "\0",
            4 => "a\0",
            5 => "\u{1}",
            6 => "a\u{1}",
            7 => "b",
            8 => "\u{10ffff}",
            _ => return "k".repeat(64 << 10),
        }
        .to_owned()
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == Self::COUNT - 1 {
            f.write_str("\"k\" x 65536")
        } else {
            write!(f, "{:?}", self.text())
        }
    }
}

/// A text as a value; its `Debug` is short when it is long.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Text(pub String);

impl Text {
    /// The character that a long text is made of, and how often it is there.
    pub(super) fn repeated(&self) -> Option<(char, usize)> {
        let mut chars = self.0.chars();
        let first = chars.next()?;
        let long = self.0.len() > 8 && chars.all(|c| c == first);
        long.then(|| (first, self.0.chars().count()))
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.repeated() {
            Some((one, times)) => write!(f, "{:?} x {times}", one.to_string()),
            None => fmt::Debug::fmt(&self.0, f),
        }
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}
