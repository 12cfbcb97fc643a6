//! The error that `serde` passes around inside this module.

use std::error::Error as StdError;
use std::fmt;

use serde::{de, ser};

use super::MAX_DEPTH;
use crate::error::{Error, ErrorKind};

/// Our [`Error`] with `serde`'s two error traits, which are not for the public one: what refuses a
/// value while encoding is [`ErrorKind::Codec`], while decoding [`ErrorKind::Corrupt`].
pub(super) struct Refused(pub(super) Error);

impl Refused {
    /// A field that is there for some values only leaves a hole that no decoder can see.
    #[cold]
    pub(super) fn skipped(field: &'static str) -> Self {
        let message = "a key must not leave out fields (skip_serializing_if)";
        Self(Error::new(ErrorKind::Codec, message).with("field", field))
    }

    /// The bytes are not the encoding of a value.
    #[cold]
    pub(super) fn bytes(message: &str) -> Self {
        Self(Error::new(ErrorKind::Corrupt, message))
    }

    /// `depth` levels are left; one more is entered.
    #[inline]
    pub(super) fn unless_deeper(depth: u8, kind: ErrorKind) -> Result<u8, Self> {
        match depth.checked_sub(1) {
            Some(depth) => Ok(depth),
            None => Err(Self::too_deep(kind)),
        }
    }

    #[cold]
    fn too_deep(kind: ErrorKind) -> Self {
        Self(Error::new(
            kind,
            format!("expected at most {MAX_DEPTH} levels of nesting in a key"),
        ))
    }
}

impl fmt::Debug for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl StdError for Refused {}

impl ser::Error for Refused {
    #[cold]
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(Error::new(ErrorKind::Codec, message.to_string()))
    }
}

impl de::Error for Refused {
    #[cold]
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(Error::new(ErrorKind::Corrupt, message.to_string()))
    }
}
