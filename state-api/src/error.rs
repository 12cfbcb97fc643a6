//! One error shape for the whole family: a kind that tells the caller what to do, a message that
//! says what happened, context that says where, and the source.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

/// `Result` with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What the caller can do about an [`Error`].
///
/// Branch on the kind; read the message; downcast [`std::error::Error::source`] only for
/// diagnosis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The call breaks a documented precondition. Fix the calling code; a retry cannot help.
    Invalid,
    /// Two descriptions of one thing disagree: type, kind, codec, key-group count, backend.
    /// The message names both sides. Use the matching descriptor or backend.
    Mismatch,
    /// A key lies outside the key-group range that this backend owns. Route the record to the
    /// worker that owns the key group.
    OutOfRange,
    /// Stored bytes are damaged, truncated or not ours. Restore an older checkpoint; keep the
    /// damaged files for diagnosis.
    Corrupt,
    /// The format, layout or feature is not known to this version. Use the version that wrote it.
    Unsupported,
    /// The operating system, the engine or the network failed. The cause may pass: retry with
    /// fresh names, or elsewhere.
    Io,
    /// A state, checkpoint or file does not exist.
    NotFound,
    /// Somebody else was first: the name or checkpoint id is taken. Read it and decide.
    Conflict,
    /// An earlier failure left this instance untrustworthy. Drop it and restore a checkpoint.
    Poisoned,
    /// A view was given up, because to keep it would have cost more memory than allowed; the state
    /// itself is sound. Freeze a new view; allow more memory, or hold views for a shorter time.
    Revoked,
    /// A user's codec or `serde` implementation refused a value. Fix the type or the codec.
    Codec,
    /// The caller told the work to stop, and it did.
    Cancelled,
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Invalid => "invalid",
            Self::Mismatch => "mismatch",
            Self::OutOfRange => "out of range",
            Self::Corrupt => "corrupt",
            Self::Unsupported => "unsupported",
            Self::Io => "io",
            Self::NotFound => "not found",
            Self::Conflict => "conflict",
            Self::Poisoned => "poisoned",
            Self::Revoked => "revoked",
            Self::Codec => "codec",
            Self::Cancelled => "cancelled",
        })
    }
}

/// An error of the state backends: one word wide, cheap to clone, cheap to pass.
///
/// `Display` prints one line: `kind: message (key = value, ..)`, with control characters in any of them
/// escaped. `Debug` adds the chain of causes.
///
/// ```
/// use state_api::{Error, ErrorKind};
///
/// let error = Error::new(ErrorKind::Corrupt, "block checksum does not match")
///     .with("file", "runs/7f.run")
///     .with("offset", 4096);
/// assert_eq!(error.kind(), ErrorKind::Corrupt);
/// assert_eq!(error.context("offset"), Some("4096"));
/// assert_eq!(
///     error.to_string(),
///     "corrupt: block checksum does not match (file = runs/7f.run, offset = 4096)"
/// );
/// ```
#[derive(Clone)]
pub struct Error(
    // For the code around an access that cannot fail, not for the failure: the drop of an `Arc` is one call where that
    // of what is in it would be inlined into each access, and behind a `Box` the call takes no address of the error
    // itself, which would keep the cursor that holds it in memory and out of registers.
    #[expect(clippy::redundant_allocation, reason = "see above")] Box<Arc<Inner>>,
);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    message: String,
    context: Vec<(&'static str, String)>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl Error {
    /// An error of `kind`; `message` is lower-case and has no full stop.
    #[cold]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Arc::new(Inner {
            kind,
            message: message.into(),
            context: Vec::new(),
            source: None,
        })))
    }

    /// Adds a context pair, such as `("state", "counts")` or `("offset", 4096)`.
    #[must_use]
    pub fn with(mut self, key: &'static str, value: impl fmt::Display) -> Self {
        let pair = (key, value.to_string());
        Arc::make_mut(&mut self.0).context.push(pair);
        self
    }

    /// Sets the cause.
    #[must_use]
    pub fn with_source(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        Arc::make_mut(&mut self.0).source = Some(Arc::new(source));
        self
    }

    /// What the caller can do.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What happened, without kind and context.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The value of the context pair `key`, the innermost one if it was given twice.
    pub fn context(&self, key: &str) -> Option<&str> {
        self.0
            .context
            .iter()
            .find(|(name, _)| *name == key)
            .map(|(_, value)| value.as_str())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.0.kind)?;
        write_line(f, &self.0.message)?;
        for (i, (key, value)) in self.0.context.iter().enumerate() {
            let open = if i == 0 { " (" } else { ", " };
            write!(f, "{open}{key} = ")?;
            write_line(f, value)?;
        }
        if !self.0.context.is_empty() {
            f.write_str(")")?;
        }
        Ok(())
    }
}

/// Writes `text` on one line, whoever it comes from: control characters are escaped.
fn write_line(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    for piece in text.split_inclusive(char::is_control) {
        match piece.chars().next_back() {
            Some(last) if last.is_control() => {
                f.write_str(piece.strip_suffix(last).unwrap_or_default())?;
                write!(f, "{}", last.escape_debug())?;
            }
            _ => f.write_str(piece)?,
        }
    }
    Ok(())
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")?;
        let mut cause = self.source();
        while let Some(error) = cause {
            write!(f, "\n  caused by: {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.0.source {
            Some(source) => Some(source.as_ref()),
            None => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_one_word_wide_and_thread_safe() {
        fn assert_send_sync<T: Send + Sync + 'static>() {}
        assert_send_sync::<Error>();
        assert_eq!(size_of::<Result<(), Error>>(), size_of::<usize>());
    }

    /// Clones share what is in them until one of them is given more.
    #[test]
    fn what_is_added_to_a_clone_is_not_in_the_other() {
        let first = Error::new(ErrorKind::Io, "disk full").with("state", "counts");
        let second = first
            .clone()
            .with("offset", 4096)
            .with_source(Error::new(ErrorKind::Io, "cause"));
        assert_eq!(first.to_string(), "io: disk full (state = counts)");
        assert!(first.context("offset").is_none() && StdError::source(&first).is_none());
        assert_eq!(
            second.to_string(),
            "io: disk full (state = counts, offset = 4096)"
        );
        assert!(StdError::source(&second).is_some());
    }

    #[test]
    fn debug_prints_the_chain_of_causes() {
        let inner = Error::new(ErrorKind::Io, "disk full");
        let outer = Error::new(ErrorKind::Poisoned, "write failed").with_source(inner);
        assert_eq!(
            format!("{outer:?}"),
            "poisoned: write failed\n  caused by: io: disk full"
        );
    }

    /// A line feed in an option of a URL once went into the message, and from there into a log.
    #[test]
    fn display_is_one_line_whatever_is_in_it() {
        let error = Error::new(ErrorKind::Invalid, "unknown variant `wip\u{3}\0e\n`")
            .with("value", "\u{85}\rforged: line\u{1b}[2J")
            .with("empty", "")
            .with("text", "a \"b\" \\ é");
        assert_eq!(
            error.to_string(),
            "invalid: unknown variant `wip\\u{3}\\0e\\n` (value = \\u{85}\\rforged: line\\u{1b}[2J, \
             empty = , text = a \"b\" \\ é)"
        );
        assert_eq!(error.context("empty"), Some(""));
    }
}
