//! Names of files in a checkpoint storage.

use state_api::{Error, ErrorKind, Result};

/// Longest segment of a path, in bytes.
pub const MAX_SEGMENT: usize = 128;

/// Longest path, in bytes.
pub const MAX_PATH: usize = 1024;

/// Checks a path: relative, segments separated by single `/`, each of 1 to [`MAX_SEGMENT`] bytes of
/// `a-z 0-9 . _ -` and not starting with a `.`; [`MAX_PATH`] bytes in all.
///
/// So a path cannot leave its root, name a hidden or temporary file, or depend on the case of
/// letters.
///
/// # Errors
/// [`ErrorKind::Invalid`] naming the path.
pub fn check_path(path: &str) -> Result<()> {
    let legal = path.len() <= MAX_PATH && path.split('/').all(is_segment);
    if legal {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Invalid,
        "a path is relative, of segments of a-z 0-9 . _ - that do not start with a dot",
    )
    .with("path", path.escape_debug()))
}

fn is_segment(segment: &str) -> bool {
    segment.len() <= MAX_SEGMENT
        && !segment.is_empty()
        && !segment.starts_with('.')
        && segment
            .bytes()
            .all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-'))
}

/// Whether `name` is a legal last segment of a path.
pub(crate) fn is_name(name: &str) -> bool {
    is_segment(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_relative_names_are_legal() {
        for path in ["a", "runs/0f.run", "a/b/c-d_e.f", "a..b"] {
            check_path(path).unwrap();
        }
        let long = "a".repeat(MAX_SEGMENT + 1);
        let deep = "a/".repeat(MAX_PATH) + "a";
        for path in [
            "", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/../b", "a/./b", ".tmp-1", "A",
            "a b", "a\\b", "c:", "a\0b", "ä", "%2e%2e", &long, &deep,
        ] {
            assert_eq!(
                check_path(path).unwrap_err().kind(),
                ErrorKind::Invalid,
                "{path}"
            );
        }
    }
}
