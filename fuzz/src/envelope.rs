//! The envelope around a payload.

use state_api::ErrorKind;
use state_api::row::envelope as api;

use crate::bounded::bounded;
use crate::refused::refused;

/// An envelope: a byte of flags, of which this version knows none, then the payload.
pub fn envelope(data: &[u8]) {
    match bounded(0, || api::payload(data)) {
        Ok(payload) => {
            let mut again = Vec::new();
            api::begin(&mut again);
            again.extend_from_slice(payload);
            assert_eq!(again, data, "one payload has one envelope");
        }
        Err(error) if data.is_empty() => refused(&error, &[ErrorKind::Corrupt], &[]),
        Err(error) => refused(&error, &[ErrorKind::Unsupported], &["flags"]),
    }
}
