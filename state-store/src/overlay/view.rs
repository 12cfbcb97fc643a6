//! Views of an overlay.

use std::fmt;
use std::ops::Bound;
use std::sync::Arc;

use state_api::Result;

use crate::overlay::layer::Layer;
use crate::overlay::lease::Lease;
use crate::overlay::merge::{self, MergedGuard, MergedScan};
use crate::store::{Entry, OrderedRead, Scan, TableId};

/// A consistent view of an [`Overlay`](crate::Overlay): the base, and the layers that were sealed
/// before its freeze.
///
/// The layers hide what the owner writes down from them. What was written after the freeze is not
/// written down while the view lives, unless the view is revoked: its reads are then refused as
/// [`Revoked`](state_api::ErrorKind::Revoked).
pub struct OverlayView<S> {
    base: Leased<S>,
    /// Newest first.
    layers: Box<[Arc<Layer>]>,
}

impl<S> OverlayView<S> {
    pub(super) fn new(store: Arc<S>, lease: Arc<Lease>, layers: Box<[Arc<Layer>]>) -> Self {
        Self {
            base: Leased { store, lease },
            layers,
        }
    }

    fn layers(&self) -> impl Iterator<Item = &Layer> {
        self.layers.iter().map(|layer| &**layer)
    }
}

impl<S: OrderedRead> OrderedRead for OverlayView<S> {
    type Guard<'a>
        = MergedGuard<'a, Leased<S>>
    where
        Self: 'a;
    type Scan<'a>
        = MergedScan<'a, Leased<S>>
    where
        Self: 'a;

    fn get(&self, table: TableId, key: &[u8]) -> Result<Option<Self::Guard<'_>>> {
        let found = merge::get(self.layers(), &self.base, table, key)?;
        if !matches!(found, Some(MergedGuard::Base(_))) {
            // Also when the base was not asked: a view that was revoked answers nothing.
            self.base.lease.check()?;
        }
        Ok(found)
    }

    fn scan(&self, table: TableId, from: Bound<&[u8]>, to: Bound<&[u8]>) -> Result<Self::Scan<'_>> {
        let scan = merge::scan(self.layers(), &self.base, table, from, to)?;
        self.base.lease.check()?;
        Ok(scan)
    }
}

impl<S> fmt::Debug for OverlayView<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OverlayView")
            .field("lease", &self.base.lease)
            .field("layers", &self.layers.len())
            .finish_non_exhaustive()
    }
}

/// The base, read under a lease: each read is checked after it was made.
pub struct Leased<S> {
    store: Arc<S>,
    lease: Arc<Lease>,
}

impl<S: OrderedRead> OrderedRead for Leased<S> {
    type Guard<'a>
        = S::Guard<'a>
    where
        Self: 'a;
    type Scan<'a>
        = LeasedScan<'a, S>
    where
        Self: 'a;

    fn get(&self, table: TableId, key: &[u8]) -> Result<Option<S::Guard<'_>>> {
        let found = self.store.get(table, key)?;
        self.lease.check()?;
        Ok(found)
    }

    fn scan(
        &self,
        table: TableId,
        from: Bound<&[u8]>,
        to: Bound<&[u8]>,
    ) -> Result<LeasedScan<'_, S>> {
        let scan = self.store.scan(table, from, to)?;
        self.lease.check()?;
        Ok(LeasedScan {
            scan,
            lease: &self.lease,
        })
    }
}

impl<S> Drop for Leased<S> {
    fn drop(&mut self) {
        self.lease.end();
    }
}

impl<S> fmt::Debug for Leased<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Leased").field(&self.lease).finish()
    }
}

/// A scan of the base under a lease.
pub struct LeasedScan<'a, S: OrderedRead + 'a> {
    scan: S::Scan<'a>,
    lease: &'a Lease,
}

impl<S: OrderedRead> Scan for LeasedScan<'_, S> {
    fn next_entry(&mut self) -> Result<Option<Entry<'_>>> {
        let next = self.scan.next_entry()?;
        self.lease.check()?;
        Ok(next)
    }

    fn next_entry_back(&mut self) -> Result<Option<Entry<'_>>> {
        let next = self.scan.next_entry_back()?;
        self.lease.check()?;
        Ok(next)
    }
}

impl<S: OrderedRead> fmt::Debug for LeasedScan<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LeasedScan")
            .field("lease", &self.lease)
            .finish_non_exhaustive()
    }
}
