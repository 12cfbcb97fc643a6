//! What a view costs the owner of the state: the freeze, the longest write while it lives, and the rate of
//! writes over its whole life, beside as many writes without a view.

mod case;
mod life;
mod payload;
mod plain;
mod record;
mod shape;
mod writes;

use std::cell::{Cell, RefCell};

pub use case::{Case, Shape, Until};
pub use record::{Longest, Pause};

use crate::error::{Error, Result};
use crate::inputs::permutation;
use crate::probe::{Slowest, Unwatched};
use crate::rounds::in_turn;
use crate::subject::{Backend, OnSubject, Settings, Subject, open};
use life::Owner;
use record::Seen;
use shape::{OnShape, Writer};

/// How pauses are measured.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Rounds, after one to warm up; and as many views again whose writes are timed one by one.
    pub iterations: usize,
    /// Writes after the freeze that are looked at by themselves.
    pub window: u64,
    /// What every backend is opened with.
    pub settings: Settings,
}

/// Measures one case on a backend.
///
/// # Errors
/// What the backend meets, and [`Error::Rows`] when a view does not give what was there.
pub fn run(backend: Backend, case: &Case, plan: &Plan) -> Result<Pause> {
    let key_groups = plan.settings.key_groups.max_parallelism();
    backend.run(Run {
        backend: backend.name(),
        key_groups: Some(key_groups.into()),
        case,
        plan,
    })
}

/// What stands for a backend where there is none.
const PLAIN: &str = "plain";

/// Measures one case on plain hash tables in parts, which know of no state, key groups or changes: the simplest whose views share parts.
///
/// # Errors
/// [`Error::Engine`] for a shape that [they cannot be of](Shape::has_plain), or if changes are to be tracked; and as [`run`].
pub fn run_plain(case: &Case, plan: &Plan) -> Result<Pause> {
    if plan.settings.tracked {
        return Err(Error::engine("plain tables track no changes"));
    }
    let run = Run {
        backend: PLAIN,
        key_groups: None,
        case,
        plan,
    };
    case.shape.with_plain(case.keys, run)
}

struct Run<'a> {
    backend: &'static str,
    key_groups: Option<u32>,
    case: &'a Case,
    plan: &'a Plan,
}

impl OnSubject for Run<'_> {
    type Output = Result<Pause>;

    fn run<S: Subject>(self) -> Result<Pause> {
        let opened = open::<S, u64>(&self.plan.settings)?;
        self.case.shape.with(opened, self.case.keys, self)
    }
}

impl OnShape for Run<'_> {
    type Output = Pause;

    fn run<W: Writer>(self, mut state: W) -> Result<Pause> {
        let Self {
            backend,
            key_groups,
            case,
            plan,
        } = self;
        if plan.settings.tracked {
            // From now on there is something that changes are told from.
            state.begin()?;
        }
        let keys = permutation(1, case.keys);
        let owner = RefCell::new(Owner::new(state, &keys, case, plan));
        // Without a view as often as under the last one.
        let writes = Cell::new(1);
        let rounds = in_turn(
            plan.iterations,
            &mut || {
                let life = owner.borrow_mut().under_view(&mut Unwatched)?;
                writes.set(life.stretch.writes);
                Ok((life.stretch, Some(life.pauses)))
            },
            &mut || {
                let alone = owner.borrow_mut().alone(writes.get(), &mut Unwatched)?;
                Ok((alone, None))
            },
            &mut |_, _| Ok::<_, Error>(()),
        )?;
        let mut owner = owner.into_inner();
        let (mut under, mut alone) = (Slowest::default(), Slowest::default());
        let mut watched = Vec::new();
        for _ in 0..plan.iterations {
            let life = owner.under_view(&mut under)?;
            owner.alone(life.stretch.writes, &mut alone)?;
            watched.push(life.pauses);
        }
        owner.destroy()?;
        let pauses = rounds.iter().filter_map(|(under, _)| under.1);
        let seen = Seen {
            pauses: pauses.chain(watched).collect(),
            rounds: rounds
                .iter()
                .map(|(under, alone)| (under.0, alone.0))
                .collect(),
            under,
            alone,
        };
        Ok(Pause::of((backend, key_groups), case, plan, &seen))
    }
}
