//! What a backend can do beyond the mandatory core.

/// What a backend promises beyond the laws that hold for all. The conformance suite tests each
/// promise, and that what is not promised is refused.
///
/// ```
/// let capability = state_api::Capability::default().with_borrowed_reads();
/// assert!(capability.borrowed_reads && !capability.survives_close);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[allow(
    clippy::struct_excessive_bools,
    reason = "independent promises, each asked for by name"
)]
pub struct Capability {
    /// Reads return [`Ref::Borrowed`](crate::Ref): no value is decoded or cloned by a read.
    pub borrowed_reads: bool,
    /// After [`close`](crate::StateBackend::close), opening the same place finds the data again.
    pub survives_close: bool,
    /// [`key_count`](crate::StateRead::key_count) costs the same for any number of keys.
    pub constant_time_count: bool,
    /// [`commit`](crate::StateBackend::commit) makes all writes so far durable, atomically: the
    /// backend was opened in durable mode.
    pub durable_commit: bool,
    /// [`native_checkpoint`](crate::StateBackend::native_checkpoint) shares the engine's own files.
    pub native_checkpoint: bool,
    /// The engine has no views of its own: they cost memory for what is written while they live, and
    /// the oldest is [revoked](crate::ErrorKind::Revoked) at a budget.
    pub revocable_views: bool,
    /// [`track_changes`](crate::StateBackend::track_changes) lets views tell what changed: checkpoints
    /// can be incremental.
    pub tracks_changes: bool,
}

impl Capability {
    /// With [`Capability::borrowed_reads`].
    #[must_use]
    pub fn with_borrowed_reads(mut self) -> Self {
        self.borrowed_reads = true;
        self
    }

    /// With [`Capability::survives_close`].
    #[must_use]
    pub fn with_survives_close(mut self) -> Self {
        self.survives_close = true;
        self
    }

    /// With [`Capability::constant_time_count`].
    #[must_use]
    pub fn with_constant_time_count(mut self) -> Self {
        self.constant_time_count = true;
        self
    }

    /// With [`Capability::durable_commit`].
    #[must_use]
    pub fn with_durable_commit(mut self) -> Self {
        self.durable_commit = true;
        self
    }

    /// With [`Capability::native_checkpoint`].
    #[must_use]
    pub fn with_native_checkpoint(mut self) -> Self {
        self.native_checkpoint = true;
        self
    }

    /// With [`Capability::revocable_views`].
    #[must_use]
    pub fn with_revocable_views(mut self) -> Self {
        self.revocable_views = true;
        self
    }

    /// With [`Capability::tracks_changes`].
    #[must_use]
    pub fn with_tracks_changes(mut self) -> Self {
        self.tracks_changes = true;
        self
    }
}
