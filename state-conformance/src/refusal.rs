//! Refusals, checked.

use std::fmt::Debug;

use state_api::{Error, ErrorKind, Result};

use crate::difference::Difference;

type Checked = std::result::Result<(), Difference>;

/// Panics unless `result` is an error of `kind`; returns the error.
#[track_caller]
pub(crate) fn assert_refused<T>(what: &str, kind: ErrorKind, result: Result<T>) -> Error {
    match result {
        Ok(_) => panic!("{what} must be refused as {kind:?}, and was accepted"),
        Err(error) if error.kind() == kind => error,
        Err(error) => panic!("{what} must be refused as {kind:?}, and the error is: {error:?}"),
    }
}

/// An error unless `result` is one of `kind`.
pub(crate) fn refused<T>(what: &str, kind: ErrorKind, result: Result<T>) -> Checked {
    let found = result.map(drop).map_err(|error| error.kind());
    Difference::between(what, &Err(kind), &found)
}

/// Panics unless both are equal.
#[track_caller]
pub(crate) fn assert_same<T: PartialEq + Debug + ?Sized>(what: &str, expected: &T, found: &T) {
    if let Err(difference) = Difference::between(what, expected, found) {
        panic!("{difference}");
    }
}
