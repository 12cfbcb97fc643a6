//! What is measured: how many entries of which shape, and how long a view lives.

use std::fmt;
use std::time::Duration;

/// One case.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// Entries, each of 100 bytes, under a key each or in one map.
    pub keys: u64,
    /// What they are.
    pub shape: Shape,
    /// How long views live.
    pub until: Until,
}

/// What the entries are. *Boxed* ones have their bytes behind a pointer, so that each write asks the allocator, and each copy;
/// *counted* ones have them behind a reference count, which a copy raises; *in place* ones are arrays, as a record of a few numbers is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Shape {
    /// A value for each key, in place.
    InPlace,
    /// A value for each key, boxed.
    Boxed,
    /// A value for each key, counted.
    Counted,
    /// One map of all entries, in place.
    MapInPlace,
    /// One map of all entries, boxed.
    MapBoxed,
}

impl Shape {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::InPlace,
        Self::Boxed,
        Self::Counted,
        Self::MapInPlace,
        Self::MapBoxed,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::InPlace => "in-place",
            Self::Boxed => "boxed",
            Self::Counted => "counted",
            Self::MapInPlace => "map-in-place",
            Self::MapBoxed => "map-boxed",
        }
    }
}

/// How long a view lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// Until another thread has encoded all of it, as for a full checkpoint.
    Encoded,
    /// So long, with nobody reading it.
    Held(Duration),
    /// Not at all: as many threads as encode a view compute for so long, and touch none of it. What writes meet
    /// then is the machine's.
    Busy(Duration),
}

impl Until {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Encoded => "encoded",
            Self::Held(_) => "held",
            Self::Busy(_) => "busy",
        }
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { keys, shape, until } = self;
        write!(f, "{keys} {}, {}", shape.name(), until.name())
    }
}
