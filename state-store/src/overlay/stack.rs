//! The layers above the base: one that is written to, above sealed ones that views hold.

use std::collections::VecDeque;
use std::sync::{Arc, Weak};

use state_api::Result;

use crate::overlay::apply::{Progress, Step};
use crate::overlay::compact::Compaction;
use crate::overlay::layer::Layer;
use crate::overlay::shared::SharedStore;
use crate::overlay::views::Views;

/// Rows that a write copies between layers, and frees.
const ROWS_IN_MEMORY: usize = 64;

/// A layer that is not written to any more.
#[derive(Debug)]
struct Sealed {
    /// Ascending, with gaps.
    number: u64,
    layer: Arc<Layer>,
}

/// A layer that has left the stack and lives on in views.
#[derive(Debug)]
struct Retired {
    layer: Weak<Layer>,
    bytes: usize,
}

/// The layers above a base.
#[derive(Debug, Default)]
pub(super) struct Stack {
    pub(super) open: Layer,
    /// Oldest first.
    sealed: VecDeque<Sealed>,
    /// How far the oldest is written down, while no view excludes it.
    progress: Progress,
    /// Oldest pair first. A newer pair is smaller and goes first: it would otherwise wait for long,
    /// under ever more layers.
    compactions: Vec<Compaction>,
    retired: Vec<Retired>,
    /// Layers that have left the stack and are held by nobody: to free one at once takes its time.
    emptying: Vec<Layer>,
    /// Number of the open layer.
    number: u64,
}

impl Stack {
    pub(super) fn new(open: Layer) -> Self {
        Self {
            open,
            ..Self::default()
        }
    }

    /// Whether the base has everything.
    #[inline]
    pub(super) fn is_written_down(&self) -> bool {
        self.open.is_empty() && self.sealed.is_empty()
    }

    /// Whether there is nothing to write down and nothing to free.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.is_written_down() && self.emptying.is_empty()
    }

    /// The layers, newest first.
    #[inline]
    pub(super) fn layers(&self) -> impl Iterator<Item = &Layer> {
        let sealed = self.sealed.iter().rev().map(|sealed| &*sealed.layer);
        std::iter::once(&self.open).chain(sealed)
    }

    /// Seals the open layer, if there is anything in it.
    fn seal(&mut self) {
        if !self.open.is_empty() {
            self.sealed.push_back(Sealed {
                number: self.number,
                layer: Arc::new(std::mem::take(&mut self.open)),
            });
            self.number += 1;
        }
    }

    /// Seals the open layer; the sealed layers, newest first, and the number of the first later one.
    pub(super) fn share(&mut self) -> (Box<[Arc<Layer>]>, u64) {
        self.seal();
        let layers = self.sealed.iter().rev();
        let layers = layers.map(|sealed| Arc::clone(&sealed.layer)).collect();
        (layers, self.number)
    }

    /// Writes about `rows` rows of the oldest layer down and frees some; returns their bytes, or
    /// `None` when there is nothing to do.
    pub(super) fn write_down<S: SharedStore>(
        &mut self,
        mut base: &S,
        views: &Views,
        rows: usize,
    ) -> Result<Option<usize>> {
        if views.is_empty() && self.sealed.is_empty() {
            self.seal();
        }
        let mut bytes = None;
        if let Some(oldest) = self.sealed.front()
            && !views.exclude(oldest.number)
        {
            let mut step = Step::of(rows);
            if self.progress.go_on(&mut base, &oldest.layer, &mut step)? {
                self.progress = Progress::default();
                if let Some(oldest) = self.sealed.pop_front() {
                    self.release(oldest.layer);
                }
            }
            bytes = Some(step.bytes);
        }
        Ok(match self.free() {
            0 => bytes,
            freed => Some(bytes.unwrap_or(0) + freed),
        })
    }

    /// Notes a layer that has left the stack.
    fn release(&mut self, layer: Arc<Layer>) {
        let (held, bytes) = (Arc::downgrade(&layer), layer.bytes());
        match Arc::into_inner(layer) {
            Some(layer) => self.emptying.push(layer),
            None => self.retired.push(Retired { layer: held, bytes }),
        }
        self.retired
            .retain(|retired| retired.layer.strong_count() > 0);
    }

    /// Frees some rows of layers that have left; returns their bytes.
    fn free(&mut self) -> usize {
        let Some(layer) = self.emptying.last_mut() else {
            return 0;
        };
        let before = layer.bytes();
        if layer.shed(ROWS_IN_MEMORY) {
            self.emptying.pop();
            return before;
        }
        before - layer.bytes()
    }

    /// Copies some rows of two layers into one, where no view keeps them apart: otherwise a view
    /// that lives long would have a layer above it for each short one.
    ///
    /// The lower one of a pair is less than twice as large, so that a row is not copied often; both
    /// have no more than `most` bytes, so that the copy is not large.
    pub(super) fn compact(&mut self, views: &Views, most: usize) -> Result<()> {
        let mut step = Step::of(ROWS_IN_MEMORY);
        while !step.is_done() {
            if let Some(pair) = self.pair_to_compact(views, most) {
                self.compactions.push(Compaction::new(pair));
            }
            let Some(mut compaction) = self.compactions.pop() else {
                break;
            };
            let Some(lower) = self.lower_of(&compaction, views) else {
                // It is being written down, or is already.
                self.emptying.push(compaction.into_layer());
                continue;
            };
            let mut pair = self.sealed.range(lower..).map(|sealed| &*sealed.layer);
            let (Some(below), Some(above)) = (pair.next(), pair.next()) else {
                break;
            };
            if !compaction.go_on(below, above, &mut step)? {
                self.compactions.push(compaction);
                break;
            }
            let merged = Sealed {
                number: compaction.pair.1,
                layer: Arc::new(compaction.into_layer()),
            };
            let upper = self.sealed.remove(lower + 1);
            let below = self.sealed.get_mut(lower);
            let below = below.map(|below| std::mem::replace(below, merged));
            for left in below.into_iter().chain(upper) {
                self.release(left.layer);
            }
        }
        Ok(())
    }

    /// Numbers of the newest two layers that should be one, above those that are becoming one.
    fn pair_to_compact(&self, views: &Views, most: usize) -> Option<(u64, u64)> {
        let oldest = self.first_to_compact(views);
        let taken = self.compactions.last().map(|compaction| compaction.pair.1);
        let pairs = (self.sealed.range(oldest..)).zip(self.sealed.range(oldest..).skip(1));
        let mut pairs = pairs
            .rev()
            .take_while(|(lower, _)| taken.is_none_or(|taken| lower.number > taken));
        let (lower, upper) = pairs.find(|(lower, upper)| {
            let (below, above) = (lower.layer.bytes(), upper.layer.bytes());
            below / 2 < above
                && below + above <= most
                && !views.keep_apart((lower.number, upper.number))
        })?;
        Some((lower.number, upper.number))
    }

    /// Index of the oldest layer that is not being written down.
    fn first_to_compact(&self, views: &Views) -> usize {
        let oldest = self.sealed.front();
        usize::from(oldest.is_some_and(|oldest| !views.exclude(oldest.number)))
    }

    /// Index of the lower layer of a compaction, unless it is being written down.
    fn lower_of(&self, compaction: &Compaction, views: &Views) -> Option<usize> {
        let lower = compaction.pair.0;
        let lower = self
            .sealed
            .binary_search_by_key(&lower, |sealed| sealed.number);
        lower
            .ok()
            .filter(|lower| *lower >= self.first_to_compact(views))
    }

    /// Bytes of memory held, by views that are not yet dropped as well.
    pub(super) fn bytes(&self) -> usize {
        self.retired_bytes(|retired| retired.strong_count() > 0) + self.own_bytes()
    }

    /// Bytes that count towards the budget: not those that only revoked views hold, for they are
    /// out of reach, and their holders are told.
    pub(super) fn budgeted_bytes(&self, views: &Views) -> usize {
        self.retired_bytes(|retired| views.hold(retired.as_ptr())) + self.own_bytes()
    }

    /// Those among [`Stack::budgeted_bytes`] that are not freed before a view ends.
    pub(super) fn pinned_bytes(&self, views: &Views) -> usize {
        if views.is_empty() {
            return 0;
        }
        let on_its_way = self.sealed.iter().filter(|sealed| {
            !views.exclude(sealed.number) && !views.hold(Arc::as_ptr(&sealed.layer))
        });
        let on_its_way = on_its_way.map(|sealed| sealed.layer.bytes());
        let freed = on_its_way.sum::<usize>() + self.emptying_bytes();
        self.budgeted_bytes(views) - freed
    }

    fn own_bytes(&self) -> usize {
        let sealed = self.sealed.iter().map(|sealed| sealed.layer.bytes());
        let copies = self.compactions.iter().map(Compaction::bytes);
        self.open.bytes() + sealed.chain(copies).sum::<usize>() + self.emptying_bytes()
    }

    fn emptying_bytes(&self) -> usize {
        self.emptying.iter().map(Layer::bytes).sum()
    }

    fn retired_bytes(&self, counts: impl Fn(&Weak<Layer>) -> bool) -> usize {
        let retired = self.retired.iter();
        let retired = retired.filter(|retired| counts(&retired.layer));
        retired.map(|retired| retired.bytes).sum()
    }
}
