//! The views that are alive, as the owner knows them.

use std::collections::VecDeque;
use std::sync::{Arc, Weak};

use crate::overlay::layer::Layer;
use crate::overlay::lease::Lease;

/// A view that was alive when the owner last looked.
#[derive(Debug)]
struct Living {
    lease: Arc<Lease>,
    /// The layers that it holds.
    layers: Box<[Weak<Layer>]>,
    /// Number of the first layer that it excludes.
    end: u64,
}

/// Living views in the order of their freezes: the oldest excludes the most.
#[derive(Debug, Default)]
pub(super) struct Views(VecDeque<Living>);

impl Views {
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a view that holds `layers`, and excludes those from `end` on.
    pub(super) fn add(&mut self, layers: &[Arc<Layer>], end: u64) -> Arc<Lease> {
        let lease = Arc::new(Lease::default());
        self.0.push_back(Living {
            lease: Arc::clone(&lease),
            layers: layers.iter().map(Arc::downgrade).collect(),
            end,
        });
        lease
    }

    /// Forgets the oldest views, those before the oldest that is alive.
    #[inline]
    pub(super) fn forget_oldest_ended(&mut self) {
        while self.0.front().is_some_and(|view| view.lease.has_ended()) {
            self.0.pop_front();
        }
    }

    /// Forgets all views that are gone.
    pub(super) fn forget_ended(&mut self) {
        self.0.retain(|view| !view.lease.has_ended());
    }

    /// Revokes the oldest view; `false` when there is none.
    pub(super) fn revoke_oldest(&mut self) -> bool {
        match self.0.pop_front() {
            Some(view) => {
                view.lease.revoke();
                true
            }
            None => false,
        }
    }

    /// Whether a view needs the base without the layer of this number.
    #[inline]
    pub(super) fn exclude(&self, layer: u64) -> bool {
        self.0.front().is_some_and(|view| view.end <= layer)
    }

    /// Whether a view has the lower of two layers, by number, and not the upper one.
    pub(super) fn keep_apart(&self, (lower, upper): (u64, u64)) -> bool {
        self.0
            .iter()
            .any(|view| lower < view.end && view.end <= upper)
    }

    /// Whether a view holds this layer.
    pub(super) fn hold(&self, layer: *const Layer) -> bool {
        let mut held = self.0.iter().flat_map(|view| &view.layers);
        held.any(|held| held.as_ptr() == layer)
    }
}
