//! URLs of backends.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use state_api::{Error, ErrorKind, Result};

use super::scheme::{Scheme, known};

/// Which backend, where, and how: `scheme:path?option=value&option=value`.
///
/// | part | is |
/// |---|---|
/// | scheme | the name of the backend, see [`SCHEMES`](super::SCHEMES) |
/// | path | the directory, absolute (`redb:///var/state`) or relative (`redb:state`); none for a backend in memory (`heap:`) |
/// | options | fields of the backend's configuration, such as `RedbConfig`, by their names there |
///
/// A field whose name ends in `_bytes` takes a number of bytes or one with a unit (`KiB`, `MiB`, `GiB`,
/// `TiB`), and the ending may be left off: `redb:///var/state?cache=256MiB&on_dirty=wipe`. A list is
/// separated by commas. What is not given is as the configuration's default.
///
/// Bytes that mean something else there are written as `%` and two hexadecimal digits: `?`, `#` and `%`
/// in a path, `&`, `#` and `%` in an option. `Display` writes what [`str::parse`] reads.
///
/// ```
/// use state_backends::BackendUrl;
/// use state_backends::any::Scheme;
///
/// # #[cfg(feature = "redb")] {
/// let url: BackendUrl = "redb:///var/my%20state?cache=256MiB".parse()?;
/// assert_eq!(url.path(), Some("/var/my state".as_ref()));
///
/// let built = BackendUrl::new(Scheme::find("redb")?)
///     .with_path("/var/my state")
///     .with_option("cache", "256MiB");
/// assert_eq!(built, url);
/// assert_eq!(built.to_string(), "redb:///var/my%20state?cache=256MiB");
/// # }
/// # Ok::<(), state_backends::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackendUrl {
    scheme: Scheme,
    /// Empty for none.
    path: PathBuf,
    options: Vec<(String, String)>,
}

impl BackendUrl {
    /// A backend without path and options.
    pub fn new(scheme: Scheme) -> Self {
        Self {
            scheme,
            path: PathBuf::new(),
            options: Vec::new(),
        }
    }

    /// With a directory; an empty path is none.
    #[must_use]
    pub fn with_path(mut self, path: impl Into<PathBuf>) -> Self {
        self.path = path.into();
        self
    }

    /// With one option more. Names and values are checked when the backend is opened.
    #[must_use]
    pub fn with_option(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.options.push((name.into(), value.into()));
        self
    }

    /// The backend.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The directory.
    pub fn path(&self) -> Option<&Path> {
        (!self.path.as_os_str().is_empty()).then_some(&*self.path)
    }

    /// The options, in the order of the URL.
    pub fn options(&self) -> &[(String, String)] {
        &self.options
    }

    fn parse(text: &str) -> Result<Self> {
        let Some((scheme, rest)) = text.split_once(':') else {
            let what = "not the URL of a backend: write `scheme:path?option=value`";
            return Err(Error::new(ErrorKind::Invalid, what).with("known", known()));
        };
        let mut url = Self::new(Scheme::find(&scheme.to_ascii_lowercase())?);
        if rest.contains('#') {
            return Err(Error::new(
                ErrorKind::Invalid,
                "a fragment means nothing to a backend: write `%23` for `#`",
            ));
        }
        let (path, query) = match rest.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (rest, None),
        };
        url.path = path_of(&decode(without_authority(path)?)?)?;
        for option in query.into_iter().flat_map(|query| query.split('&')) {
            let Some((name, value)) = option.split_once('=') else {
                let what = "an option is not of the form `name=value`";
                return Err(Error::new(ErrorKind::Invalid, what).with("option", option));
            };
            url.options.push((text_of(name)?, text_of(value)?));
        }
        Ok(url)
    }
}

/// `//` may stand before an absolute path, as an empty authority.
fn without_authority(path: &str) -> Result<&str> {
    match path.strip_prefix("//") {
        None => Ok(path),
        Some(path) if path.is_empty() || path.starts_with('/') => Ok(path),
        Some(_) => Err(Error::new(
            ErrorKind::Invalid,
            "a host means nothing to a backend: write `scheme:///absolute/path` or \
             `scheme:relative/path`",
        )),
    }
}

fn text_of(encoded: &str) -> Result<String> {
    String::from_utf8(decode(encoded)?).map_err(|e| {
        Error::new(ErrorKind::Invalid, "an option is not text in UTF-8")
            .with("option", encoded)
            .with_source(e)
    })
}

#[cfg(unix)]
#[expect(
    clippy::unnecessary_wraps,
    reason = "elsewhere not all bytes are a path"
)]
fn path_of(bytes: &[u8]) -> Result<PathBuf> {
    use std::os::unix::ffi::OsStrExt;
    Ok(std::ffi::OsStr::from_bytes(bytes).into())
}

#[cfg(not(unix))]
fn path_of(bytes: &[u8]) -> Result<PathBuf> {
    str::from_utf8(bytes)
        .map(PathBuf::from)
        .map_err(|e| Error::new(ErrorKind::Invalid, "the path is not text in UTF-8").with_source(e))
}

/// Resolves `%` and two hexadecimal digits; everything else stands for itself.
fn decode(text: &str) -> Result<Vec<u8>> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            decoded.push(byte);
            continue;
        }
        let mut digit = || char::from(rest.next()?).to_digit(16);
        let value = digit().zip(digit()).map(|(high, low)| high * 16 + low);
        let Some(Ok(value)) = value.map(u8::try_from) else {
            let what = "`%` is not followed by two hexadecimal digits: write `%25` for `%`";
            return Err(Error::new(ErrorKind::Invalid, what).with("in", text));
        };
        decoded.push(value);
    }
    Ok(decoded)
}

/// Writes `bytes` so that they mean nothing in any part of a URL; `/` stands for itself.
fn encode(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    use fmt::Write;
    for &byte in bytes {
        if byte.is_ascii_alphanumeric() || b"/-._~:,".contains(&byte) {
            f.write_char(char::from(byte))?;
        } else {
            write!(f, "%{byte:02X}")?;
        }
    }
    Ok(())
}

impl FromStr for BackendUrl {
    type Err = Error;

    /// # Errors
    /// [`Invalid`](ErrorKind::Invalid), with the reason and the remedy.
    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text).map_err(|e| e.with("url", text))
    }
}

impl fmt::Display for BackendUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.as_os_str().as_encoded_bytes();
        f.write_str(self.scheme.name())?;
        f.write_str(if path.starts_with(b"/") { "://" } else { ":" })?;
        encode(path, f)?;
        for (index, (name, value)) in self.options.iter().enumerate() {
            f.write_str(if index == 0 { "?" } else { "&" })?;
            encode(name.as_bytes(), f)?;
            f.write_str("=")?;
            encode(value.as_bytes(), f)?;
        }
        Ok(())
    }
}
