//! sled's errors, mapped once: the kind says what to do, the context names the step.

use std::io;

use state_api::{Error, ErrorKind};

/// The failure of `step`.
#[cold]
pub(crate) fn failed(step: &'static str, error: sled::Error) -> Error {
    let kind = match &error {
        sled::Error::Corruption { .. } => ErrorKind::Corrupt,
        sled::Error::Unsupported(_) => ErrorKind::Unsupported,
        sled::Error::Io(e) if is_lock(e) => ErrorKind::Conflict,
        _ => ErrorKind::Io,
    };
    Error::new(kind, "sled failed")
        .with("step", step)
        .with_source(error)
}

/// How sled tells of a database that is open already.
pub(crate) fn is_lock(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::WouldBlock
        || error.to_string().contains("could not acquire lock")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_step_and_keeps_the_cause() {
        let error = failed("put", sled::Error::ReportableBug("odd".into()));
        assert_eq!(error.kind(), ErrorKind::Io);
        assert_eq!(error.context("step"), Some("put"));
        assert!(format!("{error:?}").contains("odd"));
    }
}
