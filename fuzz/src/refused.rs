//! What an error owes its reader.

use state_api::{Error, ErrorKind};

/// Checks that `error` is of one of `kinds`, says what happened in one line, and has each of `context`.
#[track_caller]
pub(crate) fn refused(error: &Error, kinds: &[ErrorKind], context: &[&str]) {
    assert!(kinds.contains(&error.kind()), "another kind: {error:?}");
    assert!(!error.message().is_empty());
    assert!(!error.to_string().contains(char::is_control), "{error:?}");
    for name in context {
        assert!(error.context(name).is_some(), "no `{name}`: {error:?}");
    }
}

/// Checks that `error` says that bytes are damaged or of a newer version, and where.
#[track_caller]
pub(crate) fn damaged(error: &Error) {
    let kinds = [ErrorKind::Corrupt, ErrorKind::Unsupported];
    refused(error, &kinds, &["file", "offset"]);
}
