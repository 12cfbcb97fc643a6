//! Many runs as one ascending stream of rows, newest wins: one pass, and memory for the runs that
//! are open, not for what they hold.
//!
//! Each run has a *cursor* over its rows, and a delta one over its range tombstones, which stand in
//! blocks of their own and ascend by where they begin. The cursor with the lowest position is the
//! *front*; the others wait in a heap. So when a row is in front, all ranges that begin at or before
//! it have gone by, and the [`Covers`] know which runs delete it.
//!
//! A cursor is opened when the merge reaches the first key group of its clip, and closed at the end
//! of it: parts, and clips that lie behind one another, never cost memory at the same time.

mod covers;
mod source;

use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;

use state_api::row::RowRef;
use state_api::{Error, ErrorKind, Result};

use self::covers::Covers;
use self::source::Cursor;
pub(crate) use self::source::{Source, most_open};
use crate::run::Reading;

/// Merges the runs of parts that are disjoint in key groups.
#[derive(Debug)]
pub(crate) struct Merge<'a> {
    /// Runs that are not open yet, the one with the lowest clip last.
    waiting: Vec<Source<'a>>,
    reading: Reading,
    /// The cursor that is before all others.
    front: Option<Cursor<'a>>,
    /// The greatest is the one that comes next.
    others: BinaryHeap<Cursor<'a>>,
    covers: Covers,
    /// Whether the front stands at a row that was given out.
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
            front: None,
            others: BinaryHeap::new(),
            covers: Covers::default(),
            given: false,
            failed: false,
        }
    }

    /// Moves to the next row; `false` at the end. Blocks.
    ///
    /// # Errors
    /// Those of the runs; after one, every call is an error.
    #[inline]
    pub(crate) fn advance(&mut self) -> Result<bool> {
        if self.given && self.others.is_empty() && self.advance_alone()? {
            return Ok(true);
        }
        self.advance_among_others()
    }

    /// The row that [`Merge::advance`] moved to; its state is an index into the merged states.
    #[inline]
    pub(crate) fn row(&self) -> Option<RowRef<'_>> {
        let front = self.front.as_ref().filter(|_| self.given)?;
        let (group, state) = front.position;
        Some(RowRef {
            group,
            state,
            key: front.reader.key(),
            envelope: front.reader.envelope()?,
        })
    }

    /// Moves the front on from the row that was given out, where no other cursor is open: most rows of
    /// most restores. `true` if what it has come to is the next row for sure.
    #[inline]
    fn advance_alone(&mut self) -> Result<bool> {
        let Some(front) = &mut self.front else {
            return Ok(false);
        };
        // Once this fails it fails for ever.
        if !front.reader.advance()? {
            self.front = None;
            self.given = false;
            return Ok(false);
        }
        let group = front.reader.position().0;
        let due = self.waiting.last();
        let alone = due.is_none_or(|next| group < next.clip.first());
        // The row before was not hidden: what covers it is older, and no other cursor brings more.
        self.given = alone && !front.reader.is_tombstone();
        if self.given {
            front.place()?;
        } else {
            front.settle()?;
        }
        Ok(self.given)
    }

    fn advance_among_others(&mut self) -> Result<bool> {
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

    fn try_advance(&mut self) -> Result<bool> {
        if self.given {
            self.given = false;
            self.step()?;
        }
        loop {
            self.open_due()?;
            let Some(front) = &self.front else {
                return Ok(false);
            };
            let (position, reader) = (front.position, &front.reader);
            if front.ranges {
                let (key, end) = (reader.key(), reader.end());
                self.covers.add(position, key, end, front.age);
            } else {
                let left =
                    !self.covers.hide(position, reader.key(), front.age) && !reader.is_tombstone();
                self.skip_older()?;
                if left {
                    self.given = true;
                    return Ok(true);
                }
            }
            self.step()?;
        }
    }

    /// Moves the front, and puts another cursor in front if that is before it now.
    fn step(&mut self) -> Result<()> {
        let Some(front) = &mut self.front else {
            return Ok(());
        };
        if !front.reader.advance()? {
            self.front = self.others.pop();
            return Ok(());
        }
        front.settle()?;
        if let Some(mut next) = self.others.peek_mut()
            && *next > *front
        {
            std::mem::swap(&mut *next, front);
        }
        Ok(())
    }

    /// Moves the cursors that stand where the front does: the newest run is in front.
    fn skip_older(&mut self) -> Result<()> {
        let Some(front) = &self.front else {
            return Ok(());
        };
        while let Some(mut next) = self.others.peek_mut()
            && next.is_at(front)
        {
            if next.reader.advance()? {
                next.settle()?;
            } else {
                PeekMut::pop(next);
            }
        }
        Ok(())
    }

    /// Opens the runs that may hold something before the front.
    fn open_due(&mut self) -> Result<()> {
        while let Some(next) = self.waiting.last() {
            let before = |front: &Cursor<'_>| front.position.0 < next.clip.first();
            if self.front.as_ref().is_some_and(before) {
                break;
            }
            let Some(source) = self.waiting.pop() else {
                break;
            };
            for mut cursor in source.open(&self.reading) {
                if cursor.reader.advance()? {
                    cursor.settle()?;
                    self.insert(cursor);
                }
            }
        }
        Ok(())
    }

    fn insert(&mut self, mut cursor: Cursor<'a>) {
        if let Some(front) = &mut self.front {
            if cursor > *front {
                std::mem::swap(&mut cursor, front);
            }
            self.others.push(cursor);
        } else {
            self.front = Some(cursor);
        }
    }
}
