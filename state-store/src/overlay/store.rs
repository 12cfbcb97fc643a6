//! The overlay: consistent views for an engine that has none.

use std::ops::Bound;
use std::sync::Arc;

use state_api::{Capability, Error, ErrorKind, Result};

use crate::overlay::layer::Layer;
use crate::overlay::merge::{self, MergedGuard, MergedScan};
use crate::overlay::shared::SharedStore;
use crate::overlay::stack::Stack;
use crate::overlay::view::OverlayView;
use crate::overlay::views::Views;
use crate::overlay::{JOURNAL, journal};
use crate::store::{OrderedRead, OrderedStore, TableId};

/// Rows that a write writes down: what it adds to the time of a write while layers are left.
const ROWS_A_WRITE: usize = 16;

/// Bytes that a write writes down for each that it brings: what comes in while a layer is written
/// down is then an eighth of it.
const BYTES_A_BYTE: usize = 8;

/// Makes an [`OrderedStore`] of an engine that has no point-in-time view.
///
/// While views live, writes stay in memory, in layers above the base; reads merge them. A layer is
/// written down to the base when no living view needs the base without it. Without views and layers
/// the overlay is the base: one call an operation.
///
/// # Cost
/// A freeze seals the open layer: it grows with the number of living views, not with the state. While
/// layers are left, each write writes down at least 16 rows, and eight times the bytes that it brings:
/// there is no pause when a view ends. A read asks each layer; there are about as many as living
/// views.
///
/// # Memory
/// Layers hold at most `budget` bytes, what views hold of them included. When living views keep seven
/// eighths of it from being freed, the oldest is revoked: it, and a checkpoint that is written from
/// it, answers [`Revoked`](ErrorKind::Revoked), and the writes go on. If the layers should reach the
/// budget all the same, a write writes down as much as it takes. Not counted, but
/// [reported](OrderedStore::bytes_held), is what a revoked view holds until it is dropped: layers that
/// were in the budget when it was revoked.
#[derive(Debug)]
pub struct Overlay<S> {
    base: Arc<S>,
    stack: Stack,
    views: Views,
    budget: usize,
}

impl<S: SharedStore> Overlay<S> {
    /// An overlay over `base`, whose layers hold at most `budget` bytes.
    ///
    /// # Errors
    /// What the engine meets; [`Corrupt`](ErrorKind::Corrupt) when what an earlier close left for
    /// this moment does not parse. The base is then closed.
    pub fn new(base: S, budget: usize) -> Result<Self> {
        let base = Arc::new(base);
        match journal::take(&*base) {
            Ok(left) => Ok(Self {
                base,
                stack: Stack::new(left),
                views: Views::default(),
                budget,
            }),
            Err(error) => {
                base.close()?;
                Err(error)
            }
        }
    }

    /// The engine below, for reading its own figures.
    pub fn base(&self) -> &S {
        &self.base
    }

    /// Whether the base is all there is, as far as known.
    #[inline]
    fn is_bare(&self) -> bool {
        self.views.is_empty() && self.stack.is_empty()
    }

    /// Performs a write that brings `bytes`: on the base, if that is all there is, or on the open
    /// layer.
    #[inline]
    fn write(
        &mut self,
        table: TableId,
        bytes: usize,
        down: impl FnOnce(&S) -> Result<()>,
        hold: impl FnOnce(&mut Layer),
    ) -> Result<()> {
        if self.is_bare() {
            return down(&self.base);
        }
        self.make_room(bytes)?;
        if self.views.is_empty() && self.stack.is_written_down() {
            return down(&self.base);
        }
        if !self.has_table(table)? {
            return Err(
                Error::new(ErrorKind::Invalid, "the table was not created").with("table", table.0)
            );
        }
        hold(&mut self.stack.open);
        Ok(())
    }

    /// Whether there is a table: the newest layer that knows decides.
    fn has_table(&self, table: TableId) -> Result<bool> {
        match self.stack.layers().find_map(|layer| layer.has_table(table)) {
            Some(known) => Ok(known),
            None => self.base.has_table(table),
        }
    }

    /// Writes down what a write that brings `bytes` has to, and keeps the layers within the budget.
    fn make_room(&mut self, bytes: usize) -> Result<()> {
        self.views.forget_oldest_ended();
        let needed = bytes + Layer::TABLE_BYTES;
        let most = self.budget - self.budget / 8;
        if self.stack.bytes() + needed > most {
            self.views.forget_ended();
            while self.stack.pinned_bytes(&self.views) + needed > most {
                if !self.views.revoke_oldest() {
                    break;
                }
            }
        }
        let mut written = 0;
        while let Some(step) = self.write_down()? {
            written += step;
            let is_within = self.stack.budgeted_bytes(&self.views) + needed <= self.budget;
            if is_within && written >= BYTES_A_BYTE * bytes {
                break;
            }
        }
        self.stack.compact(&self.views, self.budget / 8)
    }

    /// Writes some rows of the oldest layer down and frees some; returns their bytes, or `None` when
    /// there is nothing to do.
    fn write_down(&mut self) -> Result<Option<usize>> {
        self.stack
            .write_down(&*self.base, &self.views, ROWS_A_WRITE)
    }
}

impl<S: SharedStore> OrderedRead for Overlay<S> {
    type Guard<'a> = MergedGuard<'a, S>;
    type Scan<'a> = MergedScan<'a, S>;

    #[inline]
    fn get(&self, table: TableId, key: &[u8]) -> Result<Option<MergedGuard<'_, S>>> {
        merge::get(self.stack.layers(), &*self.base, table, key)
    }

    fn scan(
        &self,
        table: TableId,
        from: Bound<&[u8]>,
        to: Bound<&[u8]>,
    ) -> Result<MergedScan<'_, S>> {
        merge::scan(self.stack.layers(), &*self.base, table, from, to)
    }
}

impl<S: SharedStore> OrderedStore for Overlay<S> {
    type View = OverlayView<S>;

    const READS_TAILS: bool = S::READS_TAILS;

    fn name(&self) -> &'static str {
        self.base.name()
    }

    fn capability(&self) -> Capability {
        self.base.capability().with_revocable_views()
    }

    fn bytes_held(&self) -> usize {
        self.stack.bytes()
    }

    fn create_table(&mut self, table: TableId) -> Result<()> {
        if table == JOURNAL {
            return Err(
                Error::new(ErrorKind::Invalid, "the table is the overlay's own")
                    .with("table", table.0),
            );
        }
        if self.is_bare() {
            return self.base.create_table(table);
        }
        if !self.has_table(table)? {
            self.make_room(0)?;
            self.stack.open.create_table(table);
        }
        Ok(())
    }

    fn drop_table(&mut self, table: TableId) -> Result<()> {
        if self.is_bare() {
            return self.base.drop_table(table);
        }
        if self.has_table(table)? {
            self.make_room(0)?;
            self.stack.open.drop_table(table);
        }
        Ok(())
    }

    #[inline]
    fn put(&mut self, table: TableId, key: &[u8], value: &[u8]) -> Result<()> {
        self.write(
            table,
            Layer::row_bytes(key, value),
            |base| base.put(table, key, value),
            |layer| layer.put(table, key, value),
        )
    }

    #[inline]
    fn delete(&mut self, table: TableId, key: &[u8]) -> Result<()> {
        self.write(
            table,
            Layer::row_bytes(key, &[]),
            |base| base.delete(table, key),
            |layer| layer.delete(table, key),
        )
    }

    fn delete_range(&mut self, table: TableId, from: &[u8], to: Option<&[u8]>) -> Result<()> {
        self.write(
            table,
            Layer::row_bytes(from, to.unwrap_or_default()),
            |base| base.delete_range(table, from, to),
            |layer| layer.delete_range(table, from, to),
        )
    }

    fn freeze(&mut self) -> Result<OverlayView<S>> {
        self.views.forget_ended();
        let (layers, end) = self.stack.share();
        let lease = self.views.add(&layers, end);
        Ok(OverlayView::new(Arc::clone(&self.base), lease, layers))
    }

    fn close(mut self) -> Result<()> {
        self.views.forget_ended();
        while self.write_down()?.is_some() {}
        // What living views exclude has to wait for the next open.
        journal::leave(&*self.base, self.stack.layers())?;
        self.base.close()
    }

    fn destroy(self) -> Result<()> {
        self.base.destroy()
    }
}
