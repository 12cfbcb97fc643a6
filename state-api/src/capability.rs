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
pub struct Capability {
    /// Reads return [`Ref::Borrowed`](crate::Ref): no value is decoded or cloned by a read.
    pub borrowed_reads: bool,
    /// After [`close`](crate::StateBackend::close), opening the same place finds the data again.
    pub survives_close: bool,
    /// [`key_count`](crate::StateRead::key_count) costs the same for any number of keys.
    pub constant_time_count: bool,
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
}
