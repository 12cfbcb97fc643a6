//! The parts of a storage's URL.

use std::path::Path;

use state_api::{Error, ErrorKind, Result};

/// `scheme:path` or `scheme://authority/path`. Errors do not repeat the URL: it may hold what should
/// not be there.
pub(super) struct Location<'a> {
    /// In lower case.
    pub(super) scheme: String,
    /// What stands between `//` and the next `/`.
    pub(super) authority: Option<&'a str>,
    /// With the `/` before it.
    pub(super) path: &'a str,
}

impl<'a> Location<'a> {
    pub(super) fn parse(url: &'a str) -> Result<Self> {
        let Some((scheme, rest)) = url.split_once(':') else {
            return Err(invalid(
                "not the URL of a storage: write `scheme://place/path`",
            ));
        };
        if let Some(mark) = rest.chars().find(|c| matches!(c, '?' | '#' | '%')) {
            return Err(invalid(match mark {
                '?' => "a URL of a storage has no query: give options apart from it",
                '#' => "a URL of a storage has no fragment",
                _ => "a URL of a storage has no `%` escapes: a path stands for itself",
            }));
        }
        let (authority, path) = match rest.strip_prefix("//") {
            None => (None, rest),
            Some(rest) => {
                let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
                (Some(authority), path)
            }
        };
        let user = authority.and_then(|a| a.rsplit_once('@'));
        if user.is_some_and(|(user, _)| user.contains(':')) {
            return Err(invalid(
                "a password does not belong in a URL: give it as an option",
            ));
        }
        Ok(Self {
            scheme: scheme.to_ascii_lowercase(),
            authority,
            path,
        })
    }

    /// The path of a local directory.
    pub(super) fn absolute(&self) -> Result<&'a Path> {
        match self.authority {
            Some("") if self.path.starts_with('/') => Ok(Path::new(self.path)),
            _ => Err(invalid("write `file:///absolute/path`")),
        }
    }

    /// The bucket, container or host, of letters, digits, `.`, `-`, `_` and `also`.
    #[cfg(any(feature = "s3", feature = "gcs", feature = "azure", feature = "hdfs"))]
    pub(super) fn place(&self, also: &[char]) -> Result<&'a str> {
        let legal = |c: char| {
            c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') || also.contains(&c)
        };
        match self.authority {
            Some(place) if !place.is_empty() && place.chars().all(legal) => Ok(place),
            _ => Err(invalid(
                "write `scheme://place/prefix`, with the name of a bucket, a container or a host",
            )
            .with("scheme", &self.scheme)),
        }
    }

    /// The path without the `/` around it.
    #[cfg(any(feature = "s3", feature = "gcs", feature = "azure", feature = "hdfs"))]
    pub(super) fn prefix(&self) -> &'a str {
        let path = self.path.strip_prefix('/').unwrap_or(self.path);
        path.strip_suffix('/').unwrap_or(path)
    }
}

#[cold]
fn invalid(message: &str) -> Error {
    Error::new(ErrorKind::Invalid, message)
}
