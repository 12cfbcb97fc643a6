//! Bytes that only views have.

use std::sync::atomic::{AtomicUsize, Ordering};

use triomphe::Arc;

/// Bytes that only views of one table hold. Views subtract from it on whatever thread drops them.
#[derive(Debug, Default)]
pub(crate) struct ViewBytes(AtomicUsize);

impl ViewBytes {
    pub(crate) fn get(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// What of a total one segment is: nothing as long as its table has it.
#[derive(Debug)]
pub(crate) struct Left {
    bytes: AtomicUsize,
    total: Arc<ViewBytes>,
}

impl Left {
    pub(crate) fn new(total: &Arc<ViewBytes>) -> Self {
        Self {
            bytes: AtomicUsize::new(0),
            total: Arc::clone(total),
        }
    }

    /// Of another segment of the same table.
    pub(crate) fn of_another(&self) -> Self {
        Self::new(&self.total)
    }

    /// Books bytes as held by views only; the table drops its reference next. When the last view has
    /// dropped its own meanwhile, that is the end of the segment and of the entry.
    pub(crate) fn book(&self, bytes: usize) {
        self.total.0.fetch_add(bytes, Ordering::Relaxed);
        // Seen by whoever drops the last reference, since the table drops its own after this.
        self.bytes.store(bytes, Ordering::Relaxed);
    }
}

impl Drop for Left {
    fn drop(&mut self) {
        self.total
            .0
            .fetch_sub(*self.bytes.get_mut(), Ordering::Relaxed);
    }
}
