//! redb's errors, mapped once: the kind says what to do, the context names the step.

use state_api::{Error, ErrorKind};

/// The failure of `step`.
#[cold]
pub(crate) fn failed(step: &'static str, error: impl Into<redb::Error>) -> Error {
    let error = error.into();
    let kind = match &error {
        redb::Error::Corrupted(_) => ErrorKind::Corrupt,
        redb::Error::UpgradeRequired(_) => ErrorKind::Unsupported,
        redb::Error::ValueTooLarge(_) | redb::Error::TableTypeMismatch { .. } => ErrorKind::Invalid,
        redb::Error::DatabaseAlreadyOpen => ErrorKind::Conflict,
        _ => ErrorKind::Io,
    };
    Error::new(kind, "redb failed")
        .with("step", step)
        .with_source(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_step_and_keeps_the_cause() {
        let error = failed("put", redb::StorageError::Corrupted("page".into()));
        assert_eq!(error.kind(), ErrorKind::Corrupt);
        assert_eq!(error.context("step"), Some("put"));
        assert!(format!("{error:?}").contains("page"));
    }
}
