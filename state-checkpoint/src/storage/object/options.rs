//! How an object store is written to.

use state_api::{Error, ErrorKind, Result};
use tokio::runtime::Handle;

/// Smallest part of a multipart upload that S3 takes.
pub const MIN_PART_BYTES: usize = 5 << 20;

/// Most parts of one upload that S3 and Google Cloud Storage take.
pub(super) const MAX_PARTS: usize = 10_000;

/// How an [`ObjectStorage`](super::ObjectStorage) writes, and where its requests run.
///
/// A file being written takes up to `(concurrency + 1) * part_bytes` of memory.
#[derive(Clone, Debug)]
pub struct ObjectOptions {
    pub(super) part_bytes: usize,
    pub(super) concurrency: usize,
    pub(super) write_ids: bool,
    pub(super) runtime: Option<Handle>,
    pub(super) name: Option<String>,
}

impl Default for ObjectOptions {
    /// Parts of 8 MiB, 4 at a time, write ids, a runtime of the storage's own.
    fn default() -> Self {
        Self {
            part_bytes: 8 << 20,
            concurrency: 4,
            write_ids: true,
            runtime: None,
            name: None,
        }
    }
}

impl ObjectOptions {
    /// Bytes of a part, [`MIN_PART_BYTES`] or more. A file of up to one part is written by one
    /// request; a file has at most 10,000 parts, so this bounds its size too.
    ///
    /// # Errors
    /// [`Invalid`](ErrorKind::Invalid) for less.
    pub fn with_part_bytes(mut self, bytes: usize) -> Result<Self> {
        if bytes < MIN_PART_BYTES {
            return Err(
                Error::new(ErrorKind::Invalid, "a part of an upload is too small")
                    .with("part_bytes", bytes)
                    .with("at_least", MIN_PART_BYTES),
            );
        }
        self.part_bytes = bytes;
        Ok(self)
    }

    /// Parts of one file on their way at the same time, 1 or more.
    ///
    /// # Errors
    /// [`Invalid`](ErrorKind::Invalid) for 0.
    pub fn with_concurrency(mut self, parts: usize) -> Result<Self> {
        if parts == 0 {
            return Err(Error::new(
                ErrorKind::Invalid,
                "an upload needs a concurrency of 1 or more",
            ));
        }
        self.concurrency = parts;
        Ok(self)
    }

    /// Whether each file carries, as metadata of its object, an id of the write that made it. By it a
    /// write whose answer was lost and that the client repeated knows its own file again; without it
    /// such a write ends in [`Conflict`](ErrorKind::Conflict). Turn it off for a store that
    /// refuses metadata.
    #[must_use]
    pub fn with_write_ids(mut self, on: bool) -> Self {
        self.write_ids = on;
        self
    }

    /// Runs requests on this runtime, with I/O and time enabled, instead of one of the storage's own.
    ///
    /// It must have threads of its own that go on while the caller waits: reading rows blocks the
    /// calling thread, and if that is the only one of the runtime, it waits for ever.
    #[must_use]
    pub fn with_runtime(mut self, runtime: Handle) -> Self {
        self.runtime = Some(runtime);
        self
    }

    /// What `Display` shows of the storage, such as its URL without credentials.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }
}
