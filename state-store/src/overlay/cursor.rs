//! Cursors over the range of one table, from both ends, that show the next entry before it is taken:
//! what a merge is made of.

use std::collections::btree_map;
use std::ops::Bound;

use state_api::Result;

use crate::layout::is_inverted;
use crate::overlay::layer::{LayerTable, Rows};
use crate::ranges::{DeletedRange, Ranges};
use crate::store::{Entry, OrderedRead, Scan, TableId};

/// An end of a scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Front,
    Back,
}

impl End {
    /// Whether a scan from this end comes to `a` before `b`.
    #[inline]
    pub(super) fn is_nearer(self, a: &[u8], b: &[u8]) -> bool {
        match self {
            Self::Front => a < b,
            Self::Back => a > b,
        }
    }
}

/// Hidden entries that a cursor steps over, one after the other, before it seeks behind the range
/// that hides them: a seek costs more than a step.
const STEPS_BEFORE_SEEK: u32 = 8;

/// A row of a layer: a value, or `None` for a deleted key.
pub(super) type LayerRow<'a> = (&'a [u8], Option<&'a [u8]>);

/// A cursor over the rows of a layer.
pub(super) struct LayerCursor<'a> {
    rows: &'a Rows,
    deleted: &'a Ranges,
    /// What neither end has read.
    rest: btree_map::Range<'a, Box<[u8]>, Option<Box<[u8]>>>,
    /// Read from the front, and not taken.
    front: Option<LayerRow<'a>>,
    /// Read from the back, and not taken.
    back: Option<LayerRow<'a>>,
    /// Hidden rows that were stepped over without a break.
    hidden: u32,
}

impl<'a> LayerCursor<'a> {
    /// The bounds must not cross.
    pub(super) fn new(table: &'a LayerTable, from: Bound<&[u8]>, to: Bound<&[u8]>) -> Self {
        Self {
            rows: table.row_tree(),
            deleted: table.deleted_set(),
            rest: table.row_tree().range::<[u8], _>((from, to)),
            front: None,
            back: None,
            hidden: 0,
        }
    }

    /// The ranges that the layer deleted.
    pub(super) fn deleted(&self) -> &'a Ranges {
        self.deleted
    }

    /// The next row at an end.
    #[inline]
    pub(super) fn peek(&mut self, end: End) -> Option<LayerRow<'a>> {
        let (own, other) = match end {
            End::Front => (&mut self.front, self.back),
            End::Back => (&mut self.back, self.front),
        };
        if own.is_none() {
            let next = match end {
                End::Front => self.rest.next(),
                End::Back => self.rest.next_back(),
            };
            *own = next.map(|(key, value)| (&**key, value.as_deref()));
        }
        own.or(other)
    }

    /// Takes the next row if it has this key.
    pub(super) fn take(&mut self, end: End, key: &[u8]) {
        if self.peek(end).is_some_and(|(next, _)| next == key) {
            self.drop_next(end);
            self.hidden = 0;
        }
    }

    /// Takes the next row, which lies in a range that hides it, and perhaps all others in it.
    pub(super) fn skip(&mut self, end: End, (start, behind): DeletedRange<'_>) {
        self.drop_next(end);
        self.hidden += 1;
        if self.hidden < STEPS_BEFORE_SEEK {
            return;
        }
        self.hidden = 0;
        let mut rest = self.rest.clone();
        let (Some((first, _)), Some((last, _))) = (rest.next(), self.rest.clone().next_back())
        else {
            return;
        };
        let (from, to): (Bound<&[u8]>, Bound<&[u8]>) = match (end, behind) {
            (End::Front, Some(behind)) => (Bound::Included(behind), Bound::Included(last)),
            (End::Front, None) => {
                self.rest = btree_map::Range::default();
                return;
            }
            (End::Back, _) => (Bound::Included(first), Bound::Excluded(start)),
        };
        self.rest = if is_inverted(from, to) {
            btree_map::Range::default()
        } else {
            self.rows.range::<[u8], _>((from, to))
        };
    }

    fn drop_next(&mut self, end: End) {
        let (own, other) = match end {
            End::Front => (&mut self.front, &mut self.back),
            End::Back => (&mut self.back, &mut self.front),
        };
        if own.take().is_none() {
            *other = None;
        }
    }
}

/// What an end of a base's scan gave last.
#[derive(Debug, Default)]
struct Given {
    key: Vec<u8>,
    value: Vec<u8>,
    /// Whether it is still to be taken.
    waits: bool,
    /// Whether the end gave anything since it was opened.
    any: bool,
}

impl Given {
    fn set(&mut self, entry: Entry<'_>) {
        self.key.clear();
        self.key.extend_from_slice(entry.key);
        self.value.clear();
        self.value.extend_from_slice(entry.value);
        self.waits = true;
        self.any = true;
    }
}

/// A cursor over the rows of the base. Copies each entry once, into a buffer that it keeps: a scan
/// lends its entries until its next step only.
pub(super) struct BaseCursor<'a, R: OrderedRead + 'a> {
    reader: &'a R,
    table: TableId,
    /// `None` when it has given everything.
    scan: Option<R::Scan<'a>>,
    from: Bound<Vec<u8>>,
    to: Bound<Vec<u8>>,
    front: Given,
    back: Given,
    /// Hidden entries that were stepped over without a break.
    hidden: u32,
}

impl<'a, R: OrderedRead> BaseCursor<'a, R> {
    pub(super) fn new(
        reader: &'a R,
        table: TableId,
        from: Bound<&[u8]>,
        to: Bound<&[u8]>,
    ) -> Result<Self> {
        Ok(Self {
            reader,
            table,
            scan: Some(reader.scan(table, from, to)?),
            from: from.map(<[u8]>::to_vec),
            to: to.map(<[u8]>::to_vec),
            front: Given::default(),
            back: Given::default(),
            hidden: 0,
        })
    }

    /// Reads the next entry at an end, so that [`BaseCursor::key`] knows it.
    #[inline]
    pub(super) fn fill(&mut self, end: End) -> Result<()> {
        let own = match end {
            End::Front => &mut self.front,
            End::Back => &mut self.back,
        };
        if own.waits {
            return Ok(());
        }
        let Some(scan) = &mut self.scan else {
            return Ok(());
        };
        let next = match end {
            End::Front => scan.next_entry()?,
            End::Back => scan.next_entry_back()?,
        };
        match next {
            Some(entry) => own.set(entry),
            None => self.scan = None,
        }
        Ok(())
    }

    /// The key of the next entry at an end, once it is filled.
    #[inline]
    pub(super) fn key(&self, end: End) -> Option<&[u8]> {
        let (own, other) = match end {
            End::Front => (&self.front, &self.back),
            End::Back => (&self.back, &self.front),
        };
        let next = if own.waits { own } else { other };
        next.waits.then_some(&next.key)
    }

    /// Takes the next entry at an end and lends it.
    pub(super) fn lend(&mut self, end: End) -> Option<Entry<'_>> {
        self.hidden = 0;
        let next = self.next(end);
        if !std::mem::take(&mut next.waits) {
            return None;
        }
        Some(Entry {
            key: &next.key,
            value: &next.value,
        })
    }

    /// Takes the next entry if it has this key.
    pub(super) fn take(&mut self, end: End, key: &[u8]) {
        if self.key(end) == Some(key) {
            self.next(end).waits = false;
            self.hidden = 0;
        }
    }

    /// Takes the next entry, which lies in a range that hides it, and perhaps all others in it.
    pub(super) fn skip(&mut self, end: End, (start, behind): DeletedRange<'_>) -> Result<()> {
        self.next(end).waits = false;
        self.hidden += 1;
        if self.hidden < STEPS_BEFORE_SEEK || self.scan.is_none() {
            return Ok(());
        }
        self.hidden = 0;
        // The ends go on from here: each from what it gave last, this one from behind the range.
        for (given, bound) in [
            (&mut self.front, &mut self.from),
            (&mut self.back, &mut self.to),
        ] {
            if std::mem::take(&mut given.any) {
                *bound = Bound::Excluded(given.key.clone());
            }
        }
        match (end, behind) {
            (End::Front, Some(behind)) => self.from = Bound::Included(behind.to_vec()),
            (End::Back, _) => self.to = Bound::Excluded(start.to_vec()),
            (End::Front, None) => {
                self.scan = None;
                return Ok(());
            }
        }
        let (from, to) = (
            self.from.as_ref().map(Vec::as_slice),
            self.to.as_ref().map(Vec::as_slice),
        );
        self.scan = if is_inverted(from, to) {
            None
        } else {
            Some(self.reader.scan(self.table, from, to)?)
        };
        Ok(())
    }

    fn next(&mut self, end: End) -> &mut Given {
        let (own, other) = match end {
            End::Front => (&mut self.front, &mut self.back),
            End::Back => (&mut self.back, &mut self.front),
        };
        if own.waits { own } else { other }
    }
}
