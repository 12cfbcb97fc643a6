//! What a checkpoint writes of a view: all rows, in sorted runs that fit into a buffer.

use std::fmt;
use std::mem::replace;

use state_api::{ChangeSource, Error, ErrorKind, Result, RowChange};

use crate::ahead::Ahead;
use crate::buffer::RowBuffer;
use crate::walk::WalkState;

/// The first run takes this part of the buffer: nothing is written before it is encoded.
const FIRST: usize = 8;

/// A state is planned to take so many runs, if they fit into a half.
const RUNS: usize = 16;

/// No run is planned to be smaller than this part of a half.
const SMALLEST: usize = 8;

/// What a checkpoint writes of a view in a range of key groups: see
/// [`StateView::into_changes`](state_api::StateView::into_changes).
///
/// The rows are encoded in the order in which they lie in memory, into half of the buffer; that is sorted
/// and given as a run whenever it is full. Segments of the tables are released as soon as they are
/// encoded, before their run is read.
///
/// While a run is read, a thread of its own encodes and sorts the next one in the other half. The first run
/// is encoded by the reader and takes an eighth of the buffer; what fits into it makes no thread. The others have a
/// sixteenth of the state, if that is less than half of the buffer, and the last ones half each of what is left, down to a
/// sixteenth of the buffer: a run that was encoded is still in the cache when it is read, and when all is encoded, there is
/// little left to be read.
/// To drop the source waits for the thread, which ends with the run that it is at.
///
/// Memory: the buffer, a row for each half, and one sixteenth of the buffer, at most 2 MiB. A half of any
/// size holds at least one row.
pub struct SortedRuns {
    /// The run that is being read.
    buffer: RowBuffer,
    /// Bytes of the buffers of later runs.
    half: usize,
    rest: Rest,
}

/// What is not encoded yet.
enum Rest {
    /// All of it.
    All(Walks),
    /// It is encoded ahead, on another thread.
    Ahead(Ahead),
    Nothing,
    /// An earlier run could not be encoded.
    Failed,
}

impl SortedRuns {
    pub(crate) fn new(states: Vec<Box<dyn WalkState>>, buffer: usize) -> Self {
        Self {
            buffer: RowBuffer::new(buffer / FIRST),
            half: buffer / 2,
            rest: Rest::All(Walks::new(states)),
        }
    }

    /// Puts the next run into the buffer.
    fn take(&mut self) -> Result<Rest> {
        self.buffer.clear();
        match replace(&mut self.rest, Rest::Failed) {
            Rest::All(mut walks) => {
                if !walks.next_run(&mut self.buffer)? {
                    return Ok(Rest::Nothing);
                }
                Ok(Rest::Ahead(Ahead::start(walks, self.half)?))
            }
            Rest::Ahead(mut ahead) => {
                if ahead.exchange(&mut self.buffer)? {
                    Ok(Rest::Ahead(ahead))
                } else {
                    Ok(Rest::Nothing)
                }
            }
            Rest::Nothing => Ok(Rest::Nothing),
            Rest::Failed => Err(Error::new(
                ErrorKind::Poisoned,
                "an earlier run of these changes could not be encoded",
            )),
        }
    }
}

impl ChangeSource for SortedRuns {
    fn next_run(&mut self) -> Result<bool> {
        self.rest = self.take()?;
        Ok(!self.buffer.is_empty())
    }

    #[inline]
    fn next_change(&mut self) -> Result<Option<RowChange<'_>>> {
        Ok(self.buffer.next_row().map(RowChange::Put))
    }
}

impl fmt::Debug for SortedRuns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SortedRuns")
            .field("half", &self.half)
            .finish_non_exhaustive()
    }
}

/// The states of a view, as far as they are not encoded.
pub(crate) struct Walks {
    /// By the index of the state; `None` when its rows are all encoded.
    states: Vec<Option<Box<dyn WalkState>>>,
    state: usize,
    /// Rows of the tables that are encoded, and the bytes of the buffers that they took.
    encoded: (usize, usize),
}

impl Walks {
    fn new(states: Vec<Box<dyn WalkState>>) -> Self {
        Self {
            states: states.into_iter().map(Some).collect(),
            state: 0,
            encoded: (0, 0),
        }
    }

    /// Rows of the tables that are not encoded yet.
    fn rows_left(&self) -> usize {
        let states = self.states.iter().flatten();
        states.map(|state| state.rows_left()).sum()
    }

    /// Bytes for the next run in a buffer of so many, by what the rows took so far.
    fn limit(&self, budget: usize) -> usize {
        let (rows, bytes) = self.encoded;
        let left = bytes.saturating_mul(self.rows_left()).checked_div(rows);
        let smallest = budget / SMALLEST;
        match left {
            // One run rather than two that are too small.
            Some(left) if left > smallest.saturating_mul(3) / 2 => {
                let even = bytes.saturating_add(left) / RUNS;
                even.min(left / 2).max(smallest)
            }
            _ => budget,
        }
    }

    /// Fills an empty buffer with the rows of the states from the current one on, and sorts them; `false`
    /// when there are no more.
    pub(crate) fn next_run(&mut self, buffer: &mut RowBuffer) -> Result<bool> {
        let before = self.rows_left();
        buffer.set_limit(self.limit(buffer.budget()));
        let more = self.fill(buffer)?;
        let (rows, bytes) = self.encoded;
        let new = before.saturating_sub(self.rows_left());
        self.encoded = (
            rows.saturating_add(new),
            bytes.saturating_add(buffer.held()),
        );
        buffer.sort();
        Ok(more)
    }

    fn fill(&mut self, buffer: &mut RowBuffer) -> Result<bool> {
        while let Some(state) = self.states.get_mut(self.state) {
            let index = u32::try_from(self.state)
                .map_err(|_| Error::new(ErrorKind::Invalid, "more states than rows can name"))?;
            if buffer.is_full() || !buffer.begin_state(index) {
                return Ok(true);
            }
            if let Some(state) = state
                && state.fill(buffer)?
            {
                return Ok(true);
            }
            *state = None;
            self.state += 1;
        }
        Ok(false)
    }
}
