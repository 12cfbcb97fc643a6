//! A switch that tells work on another thread to stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use state_api::{Error, ErrorKind, Result};

/// Tells work to stop. Clones are one switch; it stays where it was put.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// A switch that lets work go on.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes the work stop at its next look, within some hundred rows or one block.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether the work was told to stop.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn check(&self) -> Result<()> {
        if self.is_cancelled() {
            return Err(Error::new(
                ErrorKind::Cancelled,
                "the work was cancelled: what it wrote is left to collection",
            ));
        }
        Ok(())
    }
}
