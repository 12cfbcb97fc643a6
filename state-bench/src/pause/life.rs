//! The life of a view: from the freeze until another thread has done with it. Writes go on all that time.

use std::hint::black_box;
use std::io;
use std::thread;
use std::time::{Duration, Instant};

use super::Plan;
use super::case::{Case, Until};
use super::shape::Writer;
use super::writes::{Order, Part, write};
use crate::error::{Error, Result};
use crate::probe::Probe;
use crate::rounds::{Timed, timed};

/// Writes without a pause between them, and their time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch {
    pub(super) writes: u64,
    pub(super) timed: Timed,
    pub(super) first: Part,
}

/// Seconds for which the owner does nothing else.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pauses {
    pub(super) freeze: f64,
    /// If changes are tracked.
    pub(super) confirm: Option<f64>,
}

/// What a view met and cost.
#[derive(Clone, Copy, Debug)]
pub(super) struct Life {
    pub(super) stretch: Stretch,
    pub(super) pauses: Pauses,
}

/// Who owns a state, and writes to it.
pub(super) struct Owner<'a, W> {
    state: W,
    order: Order<'a>,
    case: &'a Case,
    plan: &'a Plan,
}

/// Computes for so long, in registers only.
fn compute(time: Duration) {
    let start = Instant::now();
    let mut word = 0_u64;
    while start.elapsed() < time {
        for i in 0..10_000 {
            word = black_box(word.rotate_left(7) ^ i);
        }
    }
}

/// What another thread does with a view: for how long it lives. The entries that were encoded, if any.
fn live<W: Writer>(view: W::View, until: Until) -> Result<Option<u64>> {
    match until {
        Until::Encoded => W::encode(view).map(Some),
        Until::Held(time) => {
            thread::sleep(time);
            drop(view);
            Ok(None)
        }
        Until::Busy(time) => {
            drop(view);
            thread::scope(|scope| {
                scope.spawn(|| compute(time));
                compute(time);
            });
            Ok(None)
        }
    }
}

impl<'a, W: Writer> Owner<'a, W> {
    pub(super) fn new(state: W, entries: &'a [u64], case: &'a Case, plan: &'a Plan) -> Self {
        let order = Order::new(entries);
        Self {
            state,
            order,
            case,
            plan,
        }
    }

    /// So many writes, without a view.
    pub(super) fn alone<P: Probe>(&mut self, writes: u64, probe: &mut P) -> Result<Stretch> {
        let (window, order) = (self.plan.window, &mut self.order);
        let left = &mut |done| writes.checked_sub(done).filter(|left| *left > 0);
        let (timed, written) = timed(|| write(&mut self.state, order, window, probe, left));
        let written = written?;
        Ok(Stretch {
            writes: written.writes,
            timed,
            first: written.first,
        })
    }

    /// Takes a view, and writes until it is gone.
    pub(super) fn under_view<P: Probe>(&mut self, probe: &mut P) -> Result<Life> {
        let (until, window, order) = (self.case.until, self.plan.window, &mut self.order);
        let state = &mut self.state;
        let (freeze, view) = timed(|| state.freeze());
        let view = view?;
        let epoch = W::epoch(&view);
        let (timed, life) = timed(|| {
            thread::scope(|scope| {
                let other = thread::Builder::new().spawn_scoped(scope, || live::<W>(view, until));
                let other = other.map_err(Error::Thread)?;
                // One batch at least, however soon the view is gone.
                let left = &mut |done| (done == 0 || !other.is_finished()).then_some(u64::MAX);
                let written = write(state, order, window, probe, left)?;
                let panicked = |_| Error::Thread(io::Error::other("that of the view panicked"));
                Ok::<_, Error>((written, other.join().map_err(panicked)??))
            })
        });
        let (written, rows) = life?;
        if let Some(rows) = rows.filter(|rows| *rows != self.case.keys) {
            let wanted = self.case.keys;
            return Err(Error::Rows { rows, wanted });
        }
        let confirm = if self.plan.settings.tracked {
            let (took, confirmed) = crate::rounds::timed(|| state.confirm(epoch));
            confirmed?;
            Some(took.wall)
        } else {
            None
        };
        Ok(Life {
            stretch: Stretch {
                writes: written.writes,
                timed,
                first: written.first,
            },
            pauses: Pauses {
                freeze: freeze.wall,
                confirm,
            },
        })
    }

    pub(super) fn destroy(self) -> Result<()> {
        self.state.destroy()
    }
}
