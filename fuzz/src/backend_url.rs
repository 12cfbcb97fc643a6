//! URLs of backends, and the options in them.

use state_backends::{BackendUrl, ErrorKind, KeyGroups, Result};

use crate::bounded::bounded;
use crate::refused::refused;

/// Opens the backend of a URL without its path: the options are read, and then a place is missing, or
/// the backend needs none. No directory is made.
fn open(url: &BackendUrl) -> Result<()> {
    let mut bare = BackendUrl::new(url.scheme());
    for (name, value) in url.options() {
        bare = bare.with_option(name, value);
    }
    let groups = KeyGroups::all(4)?;
    bare.open::<String>(groups).map(drop)
}

/// A URL of a backend.
pub fn backend_url(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let url = match bounded(64 * data.len(), || text.parse::<BackendUrl>()) {
        Ok(url) => url,
        Err(error) => return refused(&error, &[ErrorKind::Invalid], &["url"]),
    };
    let again = url.to_string();
    assert_eq!(again.parse::<BackendUrl>().ok(), Some(url.clone()));

    match open(&url) {
        Ok(()) => {
            assert!(!url.scheme().has_directory());
            assert!(url.options().is_empty(), "no option is passed over");
        }
        Err(error) => {
            let kinds = [ErrorKind::Invalid, ErrorKind::Unsupported];
            refused(&error, &kinds, &["url"]);
            let is_absent = error.kind() == ErrorKind::Unsupported;
            assert_eq!(is_absent, !url.scheme().is_enabled());
        }
    }
}
