//! From the errors of an object store to ours.

use object_store::Error as StoreError;
use state_api::{Error, ErrorKind};
use tokio::task::JoinError;

/// `message` with the cause, the kind that fits it, and the file.
#[cold]
pub(super) fn failed(message: &str, path: &str, error: StoreError) -> Error {
    let kind = match &error {
        StoreError::NotFound { .. } => ErrorKind::NotFound,
        StoreError::AlreadyExists { .. } | StoreError::Precondition { .. } => ErrorKind::Conflict,
        StoreError::NotSupported { .. } | StoreError::NotImplemented { .. } => {
            ErrorKind::Unsupported
        }
        _ => ErrorKind::Io,
    };
    with_kind(kind, message, path, error)
}

/// As [`failed`] for a step in which no file is looked for: a store that finds nothing there, such as no
/// bucket, has failed.
#[cold]
pub(super) fn failed_io(message: &str, path: &str, error: StoreError) -> Error {
    match error {
        StoreError::NotFound { .. } => with_kind(ErrorKind::Io, message, path, error),
        error => failed(message, path, error),
    }
}

/// A write was refused, and yet nobody has the name: to try again may help.
#[cold]
pub(super) fn undecided(message: &str, path: &str, error: StoreError) -> Error {
    with_kind(ErrorKind::Io, message, path, error)
}

#[cold]
fn with_kind(kind: ErrorKind, message: &str, path: &str, error: StoreError) -> Error {
    Error::new(kind, format!("{message}: {}", one_line(&error.to_string())))
        .with("file", path)
        .with_source(error)
}

/// The request was cut off: its runtime ended, or the client panicked.
#[cold]
pub(super) fn cut_off(path: &str, error: JoinError) -> Error {
    Error::new(
        ErrorKind::Io,
        format!("a request did not run to its end: {error}"),
    )
    .with("file", path)
    .with_source(error)
}

/// Stores answer with documents in XML; an error is one line.
fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_of_a_store_becomes_one_line() {
        let source = "<?xml version=\"1.0\"?>\n<Error>\n  <Code>SlowDown</Code>\n</Error>\n".into();
        let error = failed(
            "a file cannot be read",
            "runs/a",
            StoreError::Generic {
                store: "S3",
                source,
            },
        );
        assert_eq!(
            error.to_string(),
            "io: a file cannot be read: Generic S3 error: <?xml version=\"1.0\"?> <Error> \
             <Code>SlowDown</Code> </Error> (file = runs/a)"
        );
    }
}
