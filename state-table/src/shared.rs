//! Rows that a table has in common with views, and what they cost once the table goes on without
//! them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hashbrown::HashTable;

/// Bytes that only views of one table hold. Views subtract from it on whatever thread drops them.
#[derive(Debug, Default)]
pub(crate) struct ViewBytes(AtomicUsize);

impl ViewBytes {
    pub(crate) fn get(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// The rows of a frozen segment.
pub(crate) struct SharedRows<R> {
    pub(crate) rows: HashTable<R>,
    /// Bytes that a row holds outside of its bucket, on average.
    row_bytes: usize,
    /// Bytes of these rows in `total`: nothing as long as the table has them.
    left: AtomicUsize,
    total: Arc<ViewBytes>,
}

impl<R> SharedRows<R> {
    pub(crate) fn new(rows: HashTable<R>, row_bytes: usize, total: &Arc<ViewBytes>) -> Self {
        Self {
            rows,
            row_bytes,
            left: AtomicUsize::new(0),
            total: Arc::clone(total),
        }
    }

    /// Books the rows as held by views only; the table drops them next. When the last view has
    /// dropped its own meanwhile, that is the end of the rows and of the entry.
    pub(crate) fn leave(&self) {
        let outside = self.rows.len().saturating_mul(self.row_bytes);
        let bytes = self.rows.allocation_size().saturating_add(outside);
        self.total.0.fetch_add(bytes, Ordering::Relaxed);
        // Seen by whoever drops the last reference, since the table drops its own after this.
        self.left.store(bytes, Ordering::Relaxed);
    }
}

impl<R> Drop for SharedRows<R> {
    fn drop(&mut self) {
        self.total
            .0
            .fetch_sub(*self.left.get_mut(), Ordering::Relaxed);
    }
}
