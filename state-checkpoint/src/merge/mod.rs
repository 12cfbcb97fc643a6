//! Many runs as one ascending stream of rows, newest wins: one pass, and memory for the runs that
//! are open, not for what they hold.
//!
//! Each run has a *cursor* over its rows, and a delta one over its range tombstones, which stand in
//! blocks of their own and ascend by where they begin. A heap orders the cursors by position. So when
//! a row is the lowest, all ranges that begin at or before it have gone by, and the [`Covers`] know
//! which runs delete it.
//!
//! A cursor is opened when the merge reaches the first key group of its clip, and closed at the end
//! of it: parts, and clips that lie behind one another, never cost memory at the same time.

mod covers;
mod source;

use std::cmp::Ordering;

use state_api::row::RowRef;
use state_api::{Error, ErrorKind, Result};

use self::covers::Covers;
use self::source::{Cursor, Head, key_of};
pub(crate) use self::source::{Source, most_open};
use crate::run::Reading;

/// Merges the runs of parts that are disjoint in key groups.
#[derive(Debug)]
pub(crate) struct Merge<'a> {
    /// Runs that are not open yet, the one with the lowest clip last.
    waiting: Vec<Source<'a>>,
    reading: Reading,
    /// Emptied when a cursor is at its end.
    cursors: Vec<Option<Cursor<'a>>>,
    /// A binary heap: the head before all others comes first.
    heap: Vec<Head>,
    covers: Covers,
    /// Whether the first head is a row that was given out.
    given: bool,
    failed: bool,
}

impl<'a> Merge<'a> {
    /// Opens nothing yet.
    pub(crate) fn new(mut sources: Vec<Source<'a>>, reading: Reading) -> Self {
        sources.sort_by_key(|source| std::cmp::Reverse(source.clip.first()));
        Self {
            waiting: sources,
            reading,
            cursors: Vec::new(),
            heap: Vec::new(),
            covers: Covers::default(),
            given: false,
            failed: false,
        }
    }

    /// Moves to the next row; `false` at the end. Blocks.
    ///
    /// # Errors
    /// Those of the runs; after one, every call is an error.
    pub(crate) fn advance(&mut self) -> Result<bool> {
        if self.failed {
            return Err(Error::new(
                ErrorKind::Poisoned,
                "an earlier read of these runs failed",
            ));
        }
        let result = self.try_advance();
        self.failed = result.is_err();
        result
    }

    /// The row that [`Merge::advance`] moved to; its state is an index into the merged states.
    pub(crate) fn row(&self) -> Option<RowRef<'_>> {
        let head = self.heap.first().filter(|_| self.given)?;
        let reader = &self.cursors.get(head.cursor)?.as_ref()?.reader;
        let (group, state) = head.position;
        Some(RowRef {
            group,
            state,
            key: reader.key(),
            envelope: reader.envelope()?,
        })
    }

    fn try_advance(&mut self) -> Result<bool> {
        if self.given {
            self.given = false;
            self.step(0)?;
        }
        loop {
            self.open_due()?;
            let Some(head) = self.heap.first() else {
                return Ok(false);
            };
            let Some(Some(cursor)) = self.cursors.get(head.cursor) else {
                return Ok(false);
            };
            let (position, reader) = (head.position, &cursor.reader);
            if cursor.ranges {
                let (key, end) = (reader.key(), reader.end());
                self.covers.add(position, key, end, cursor.age);
            } else {
                let left =
                    !self.covers.hide(position, reader.key(), cursor.age) && !reader.is_tombstone();
                self.skip_older()?;
                if left {
                    self.given = true;
                    return Ok(true);
                }
            }
            self.step(0)?;
        }
    }

    /// Moves the cursors that stand at the position of the first head: the newest run is before them.
    fn skip_older(&mut self) -> Result<()> {
        while let Some(second) = self.first_child(0)
            && self.compare(0, second) == Ordering::Equal
        {
            self.step(second)?;
        }
        Ok(())
    }

    /// Opens the runs that may hold something before the first head.
    fn open_due(&mut self) -> Result<()> {
        while let Some(next) = self.waiting.last() {
            let before = |head: &Head| head.position.0 < next.clip.first();
            if self.heap.first().is_some_and(before) {
                break;
            }
            let Some(source) = self.waiting.pop() else {
                break;
            };
            for mut cursor in source.open(&self.reading) {
                if cursor.reader.advance()? {
                    self.heap.push(cursor.head(self.cursors.len())?);
                    self.cursors.push(Some(cursor));
                    self.sift_up(self.heap.len() - 1);
                }
            }
        }
        Ok(())
    }

    /// Moves the cursor of the head at `at`, and closes it at its end. `at` must be the first head or
    /// a child of it.
    fn step(&mut self, at: usize) -> Result<()> {
        let Some(head) = self.heap.get_mut(at) else {
            return Ok(());
        };
        let Some(slot) = self.cursors.get_mut(head.cursor) else {
            return Ok(());
        };
        let moved = match slot {
            Some(cursor) => cursor.reader.advance()?,
            None => false,
        };
        match slot {
            Some(cursor) if moved => *head = cursor.head(head.cursor)?,
            _ => {
                *slot = None;
                // What takes the place is not before the first head, which is the only one above.
                self.heap.swap_remove(at);
            }
        }
        self.sift_down(at);
        Ok(())
    }

    fn sift_up(&mut self, mut at: usize) {
        while at > 0 {
            let parent = (at - 1) / 2;
            if !self.precedes(at, parent) {
                break;
            }
            self.heap.swap(at, parent);
            at = parent;
        }
    }

    fn sift_down(&mut self, mut at: usize) {
        while let Some(child) = self.first_child(at)
            && self.precedes(child, at)
        {
            self.heap.swap(at, child);
            at = child;
        }
    }

    /// The child of `at` that is before the other one.
    fn first_child(&self, at: usize) -> Option<usize> {
        let (left, right) = (2 * at + 1, 2 * at + 2);
        if right < self.heap.len() && self.precedes(right, left) {
            return Some(right);
        }
        (left < self.heap.len()).then_some(left)
    }

    fn precedes(&self, a: usize, b: usize) -> bool {
        let order = |at: usize| self.heap.get(at).map(|head| head.order);
        self.compare(a, b).then_with(|| order(a).cmp(&order(b))) == Ordering::Less
    }

    /// Compares the positions of two heads.
    fn compare(&self, a: usize, b: usize) -> Ordering {
        let (Some(a), Some(b)) = (self.heap.get(a), self.heap.get(b)) else {
            return Ordering::Equal;
        };
        (a.position, a.prefix)
            .cmp(&(b.position, b.prefix))
            .then_with(|| key_of(&self.cursors, a.cursor).cmp(key_of(&self.cursors, b.cursor)))
    }
}
