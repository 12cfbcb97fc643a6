//! Layers and what lies below them, read as one: the newest layer that knows of a key decides.
//!
//! Layers are given newest first. Without one that knows the table, a read is that of the base
//! itself, and allocates nothing.

use std::fmt;
use std::ops::Bound;

use state_api::Result;

use crate::overlay::cursor::{BaseCursor, End, LayerCursor, LayerRow};
use crate::overlay::layer::{Layer, Lookup};
use crate::ranges::DeletedRange;
use crate::store::{Entry, OrderedRead, Scan, TableId};

/// The value of a key.
///
/// # Errors
/// What the base meets.
#[inline]
pub fn get<'a, R: OrderedRead>(
    layers: impl IntoIterator<Item = &'a Layer>,
    base: &'a R,
    table: TableId,
    key: &[u8],
) -> Result<Option<MergedGuard<'a, R>>> {
    for layer in layers {
        match layer.get(table, key) {
            Lookup::Found(value) => return Ok(Some(MergedGuard::Layer(value))),
            Lookup::Deleted => return Ok(None),
            Lookup::Below => {}
        }
    }
    Ok(base.get(table, key)?.map(MergedGuard::Base))
}

/// Calls `found` with the value of each of `keys`, in their order: one request of the base, for the keys
/// that no layer decides.
///
/// # Errors
/// What the base meets, and what `found` returns.
pub fn multi_get<'a, R: OrderedRead>(
    layers: &(impl Iterator<Item = &'a Layer> + Clone),
    base: &'a R,
    table: TableId,
    keys: &[&[u8]],
    found: &mut dyn FnMut(Option<&[u8]>) -> Result<()>,
) -> Result<()> {
    let mut below = Vec::new();
    let decided: Vec<_> = keys
        .iter()
        .map(|key| {
            let mut known = layers.clone().map(|layer| layer.get(table, key));
            let known = known.find(|known| *known != Lookup::Below);
            if known.is_none() {
                below.push(*key);
            }
            known
        })
        .collect();
    let mut decided = decided.into_iter();
    // Those in front of the next that the base is asked for.
    let mut hand_on = |found: &mut dyn FnMut(Option<&[u8]>) -> Result<()>| -> Result<()> {
        for known in decided.by_ref() {
            match known {
                None => break,
                Some(Lookup::Found(value)) => found(Some(value))?,
                Some(_) => found(None)?,
            }
        }
        Ok(())
    };
    base.multi_get(table, &below, &mut |value| {
        hand_on(found)?;
        found(value)
    })?;
    hand_on(found)
}

/// The entries between two bounds.
///
/// Cost: a step compares the next keys of all layers. The rows of the base and of the layers in a
/// deleted range are stepped over one by one up to some eight; then the range is left by a seek.
///
/// # Errors
/// What the base meets.
pub fn scan<'a, R: OrderedRead>(
    layers: impl IntoIterator<Item = &'a Layer>,
    base: &'a R,
    table: TableId,
    from: Bound<&[u8]>,
    to: Bound<&[u8]>,
) -> Result<MergedScan<'a, R>> {
    let tables = layers.into_iter().filter_map(|layer| layer.table(table));
    let cursors: Vec<_> = tables
        .map(|table| LayerCursor::new(table, from, to))
        .collect();
    if cursors.is_empty() {
        return Ok(MergedScan(Sources::Base(base.scan(table, from, to)?)));
    }
    Ok(MergedScan(Sources::Layered(Box::new(Layered {
        layers: cursors,
        base: BaseCursor::new(base, table, from, to)?,
    }))))
}

/// A value of a layer or of the base.
pub enum MergedGuard<'a, R: OrderedRead + 'a> {
    /// The base's.
    Base(R::Guard<'a>),
    /// A layer's.
    Layer(&'a [u8]),
}

impl<R: OrderedRead> AsRef<[u8]> for MergedGuard<'_, R> {
    #[inline]
    fn as_ref(&self) -> &[u8] {
        match self {
            Self::Base(guard) => guard.as_ref(),
            Self::Layer(value) => value,
        }
    }
}

impl<R: OrderedRead> fmt::Debug for MergedGuard<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("MergedGuard").field(&self.as_ref()).finish()
    }
}

/// A scan of layers and base.
pub struct MergedScan<'a, R: OrderedRead + 'a>(Sources<'a, R>);

enum Sources<'a, R: OrderedRead + 'a> {
    Base(R::Scan<'a>),
    Layered(Box<Layered<'a, R>>),
}

impl<R: OrderedRead> Scan for MergedScan<'_, R> {
    #[inline]
    fn next_entry(&mut self) -> Result<Option<Entry<'_>>> {
        match &mut self.0 {
            Sources::Base(scan) => scan.next_entry(),
            Sources::Layered(layered) => layered.next(End::Front),
        }
    }

    #[inline]
    fn next_entry_back(&mut self) -> Result<Option<Entry<'_>>> {
        match &mut self.0 {
            Sources::Base(scan) => scan.next_entry_back(),
            Sources::Layered(layered) => layered.next(End::Back),
        }
    }
}

impl<R: OrderedRead> fmt::Debug for MergedScan<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let layers = match &self.0 {
            Sources::Base(_) => 0,
            Sources::Layered(layered) => layered.layers.len(),
        };
        f.debug_struct("MergedScan")
            .field("layers", &layers)
            .finish_non_exhaustive()
    }
}

struct Layered<'a, R: OrderedRead + 'a> {
    /// Newest first.
    layers: Vec<LayerCursor<'a>>,
    base: BaseCursor<'a, R>,
}

impl<'a, R: OrderedRead> Layered<'a, R> {
    fn next(&mut self, end: End) -> Result<Option<Entry<'_>>> {
        loop {
            self.base.fill(end)?;
            let nearest = self.nearest_layer(end);
            let base_is_nearer = match (self.base.key(end), nearest) {
                (None, None) => return Ok(None),
                (None, Some(_)) => false,
                (Some(_), None) => true,
                (Some(base), Some((_, (key, _)))) => end.is_nearer(base, key),
            };
            match nearest {
                Some((number, (key, value))) if !base_is_nearer => {
                    if let Some(range) = covering(&self.layers, number, key) {
                        if let Some(layer) = self.layers.get_mut(number) {
                            layer.skip(end, range);
                        }
                        continue;
                    }
                    // What the row hides goes with it.
                    for layer in self.layers.iter_mut().skip(number) {
                        layer.take(end, key);
                    }
                    self.base.take(end, key);
                    if let Some(value) = value {
                        return Ok(Some(Entry { key, value }));
                    }
                }
                _ => {
                    let key = self.base.key(end).unwrap_or_default();
                    match covering(&self.layers, self.layers.len(), key) {
                        Some(range) => self.base.skip(end, range)?,
                        None => return Ok(self.base.lend(end)),
                    }
                }
            }
        }
    }

    /// The next row of all layers at an end, and the newest layer that has one of its key.
    #[inline]
    fn nearest_layer(&mut self, end: End) -> Option<(usize, LayerRow<'a>)> {
        let mut nearest: Option<(usize, LayerRow<'a>)> = None;
        for (number, layer) in self.layers.iter_mut().enumerate() {
            if let Some(row) = layer.peek(end)
                && nearest.is_none_or(|(_, (key, _))| end.is_nearer(row.0, key))
            {
                nearest = Some((number, row));
            }
        }
        nearest
    }
}

/// The range of the newest of the first `newer` layers that hides `key`.
#[inline]
fn covering<'a>(layers: &[LayerCursor<'a>], newer: usize, key: &[u8]) -> Option<DeletedRange<'a>> {
    let mut newer = layers.iter().take(newer);
    newer.find_map(|layer| layer.deleted().covering(key))
}
