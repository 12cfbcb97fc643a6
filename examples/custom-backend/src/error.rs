//! fjall's errors, mapped once: the kind says what to do, the context names the step.

use state_api::{Error, ErrorKind};

/// The failure of `step`.
#[cold]
pub(crate) fn failed(step: &'static str, error: fjall::Error) -> Error {
    let kind = match &error {
        fjall::Error::Locked => ErrorKind::Conflict,
        fjall::Error::InvalidVersion(_) => ErrorKind::Unsupported,
        fjall::Error::JournalRecovery(_)
        | fjall::Error::Decompress(_)
        | fjall::Error::InvalidTrailer
        | fjall::Error::InvalidTag(_)
        | fjall::Error::Unrecoverable => ErrorKind::Corrupt,
        _ => ErrorKind::Io,
    };
    Error::new(kind, "fjall failed")
        .with("step", step)
        .with_source(error)
}
