//! The error for damaged bytes: always with the file and the offset.

use state_api::{Error, ErrorKind};

/// [`ErrorKind::Corrupt`] at `offset` of `file`.
#[cold]
pub(crate) fn corrupt(file: &str, offset: u64, message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Corrupt, message)
        .with("file", file)
        .with("offset", offset)
}
