//! URLs of storages, and their options.

use state_api::ErrorKind;
use state_checkpoint::storage;

use crate::bounded::bounded;
use crate::refused::refused;

/// A URL on the first line, then an option a line.
pub fn storage_url(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let mut lines = text.split('\n');
    let url = lines.next().unwrap_or_default();
    let scheme = url.split(':').next().unwrap_or_default();
    // It would make the directory.
    if scheme.eq_ignore_ascii_case("file") && url.contains("///") {
        return;
    }
    let options = lines.map(|line| line.split_once('=').unwrap_or((line, "secret")));
    let options = options.map(|(name, value)| (name.to_owned(), format!("{value}secret")));
    let options: Vec<_> = options.collect();
    match bounded(64 * data.len(), || storage::open(url, options.clone())) {
        Ok(_) => {
            assert!(scheme.eq_ignore_ascii_case("memory"), "{url}");
            assert!(options.is_empty(), "no option is passed over");
        }
        Err(error) => {
            refused(&error, &[ErrorKind::Invalid, ErrorKind::Unsupported], &[]);
            // A scheme is repeated, in lower case.
            let is_value = !text.to_ascii_lowercase().contains("secret");
            assert!(
                !is_value || !error.to_string().contains("secret"),
                "{error}"
            );
        }
    }
}
