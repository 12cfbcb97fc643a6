//! What views that live side by side do to each other in a broken store.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, RwLock, Weak};

use state_store::MemoryStore;

use super::Defect;

pub(super) type Place = Arc<RwLock<MemoryStore>>;

/// Held by a view for as long as it lives.
#[derive(Debug)]
pub(super) struct Lease {
    /// The places of older views, that go with this one.
    takes_along: Vec<Weak<RwLock<MemoryStore>>>,
    dropped: Arc<AtomicUsize>,
}

impl Lease {
    /// How many views of the store were dropped.
    pub(super) fn dropped(&self) -> usize {
        self.dropped.load(Ordering::SeqCst)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.dropped.fetch_add(1, Ordering::SeqCst);
        for older in self.takes_along.iter().filter_map(Weak::upgrade) {
            *older.write().unwrap() = MemoryStore::new();
        }
    }
}

/// Where the rows of views lie.
#[derive(Debug, Default)]
pub(super) struct Places {
    leases: Vec<Weak<Lease>>,
    /// Places by number.
    numbered: Vec<Place>,
    /// Places of the views that live.
    lent: Vec<Weak<RwLock<MemoryStore>>>,
    dropped: Arc<AtomicUsize>,
}

impl Places {
    /// Gives a new view of `rows` its place.
    pub(super) fn lend(
        &mut self,
        defect: Option<Defect>,
        rows: MemoryStore,
    ) -> (Place, Arc<Lease>) {
        self.leases.retain(|lease| lease.strong_count() > 0);
        self.lent.retain(|place| place.strong_count() > 0);
        let mut lease = Lease {
            takes_along: Vec::new(),
            dropped: Arc::clone(&self.dropped),
        };
        let mut place = Place::default();
        match defect {
            Some(Defect::ViewsAreOne) => {
                for older in self.lent.iter().filter_map(Weak::upgrade) {
                    *older.write().unwrap() = rows.clone();
                }
            }
            Some(Defect::PlacesAreCounted) => {
                let number = self.leases.len();
                if number == self.numbered.len() {
                    self.numbered.push(Place::default());
                }
                place = Arc::clone(self.numbered.get(number).unwrap());
            }
            Some(Defect::ViewTakesOlderAlong) => lease.takes_along.clone_from(&self.lent),
            _ => {}
        }
        *place.write().unwrap() = rows;
        let lease = Arc::new(lease);
        self.lent.push(Arc::downgrade(&place));
        self.leases.push(Arc::downgrade(&lease));
        (place, lease)
    }
}
