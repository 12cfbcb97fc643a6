//! The word between a view, on any thread, and the owner of the base: the view needs the base as it
//! was, until it ends or the owner revokes it.

use std::sync::atomic::{AtomicBool, Ordering, fence};

use state_api::{Error, ErrorKind, Result};

/// A view's claim on the base.
#[derive(Debug, Default)]
pub(super) struct Lease {
    ended: AtomicBool,
    revoked: AtomicBool,
}

impl Lease {
    /// The view is gone, and with it its last read.
    pub(super) fn end(&self) {
        self.ended.store(true, Ordering::Release);
    }

    /// Whether the view is gone: all its reads then come before what the owner does next.
    #[inline]
    pub(super) fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }

    /// Takes the claim away: what the owner writes to the base from here on, the view must not see.
    pub(super) fn revoke(&self) {
        self.revoked.store(true, Ordering::Relaxed);
        fence(Ordering::SeqCst);
    }

    /// Refuses what the view has just read from the base, when the claim was taken away before.
    ///
    /// Sound, whatever the engine uses inside: if the read saw anything that the owner wrote after
    /// [`Lease::revoke`], then the fence there comes before the fence here in the single order of
    /// such fences (the read is behind the write in the order of what it read, the fences are around
    /// both), and the load behind this fence sees the store before that one. So the check has to
    /// come *after* the read; what it lets pass is from before the revocation.
    ///
    /// # Errors
    /// [`ErrorKind::Revoked`].
    #[inline]
    pub(super) fn check(&self) -> Result<()> {
        fence(Ordering::SeqCst);
        if self.revoked.load(Ordering::Relaxed) {
            return Err(revoked());
        }
        Ok(())
    }
}

#[cold]
fn revoked() -> Error {
    Error::new(
        ErrorKind::Revoked,
        "the view was given up: what was written since its freeze took more memory than the overlay \
         may hold; freeze anew, and let the overlay hold more or views live shorter",
    )
}
