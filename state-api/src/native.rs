//! Native checkpoints: the engine's own files, shared between checkpoints.

use std::path::Path;

/// Where a native checkpoint lies: a directory that many checkpoints share, on a local disk, and a
/// name in it.
///
/// A name has 1 to 128 bytes of `a-z 0-9 . _ -` and does not start with `.`; a job of several
/// workers gives each a name of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NativePlace<'a> {
    /// The directory. Created when it is absent.
    pub directory: &'a Path,
    /// Name of the checkpoint.
    pub name: &'a str,
}

/// A file of a native checkpoint: see [`native_files`](crate::StateBackend::native_files).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NativeFile {
    /// Its path below the directory of the [place](NativePlace): segments of `a-z 0-9 . _ -` that do not
    /// start with a dot, joined by `/`.
    pub name: String,
    /// Its size in bytes.
    pub size: u64,
    /// xxh3-128 of its content: files of equal size and digest are equal.
    pub digest: u128,
}

/// What a native checkpoint took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NativeReport {
    /// Files of the checkpoint.
    pub files: u64,
    /// Bytes of all its files.
    pub bytes: u64,
    /// Files among them that the directory did not hold yet.
    pub new_files: u64,
    /// Bytes of these.
    pub new_bytes: u64,
}
