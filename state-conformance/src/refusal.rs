//! Refusals, checked.

use std::fmt::Debug;

use state_api::{Error, ErrorKind, Result};

/// Panics unless `result` is an error of `kind`; returns the error.
#[track_caller]
pub(crate) fn assert_refused<T>(what: &str, kind: ErrorKind, result: Result<T>) -> Error {
    match result {
        Ok(_) => panic!("{what} must be refused as {kind:?}, and was accepted"),
        Err(error) if error.kind() == kind => error,
        Err(error) => panic!("{what} must be refused as {kind:?}, and the error is: {error:?}"),
    }
}

/// Panics unless both are equal.
#[track_caller]
pub(crate) fn assert_same<T: PartialEq + Debug + ?Sized>(what: &str, expected: &T, found: &T) {
    if let Err(difference) = crate::Difference::between(what, expected, found) {
        panic!("{difference}");
    }
}
