//! Generated histories.

use std::fmt::Write;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use state_api::{KeyGroupRange, StateBackend, StateRead, StateView};
use state_checkpoint::Manifest;

use crate::chain::{self, Chain, Flight, Worker, tracked};
use crate::changes::changes;
use crate::difference::Difference;
use crate::factory::BackendFactory;
use crate::model::{self, Data, Handles, Model, Via};
use crate::refusal::refused;
use crate::rows::{Given, Named, gather, joined, named, rechunked};
use crate::runner::{at_step, cases, check_shown};
use crate::site::{MAX_PARALLELISM, Site, all_groups};

/// Most checkpoints in flight.
const MOST_FLIGHTS: usize = 3;

/// A step of a history of checkpoints. Numbers count what is there, so that each step is always
/// possible.
#[derive(Clone, Debug)]
enum Step {
    Do(Via, Data),
    /// Freezes for a checkpoint.
    Begin,
    /// Publishes a checkpoint in flight, and confirms it.
    Publish(usize),
    /// Publishes a checkpoint in flight, and the answer is lost.
    Lose(usize),
    /// Gives a checkpoint in flight up.
    Abort(usize),
    /// Restores a published checkpoint into an empty backend, and goes on there.
    Claim(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let via = select(&[Via::Cursor, Via::Bound][..]);
    prop_oneof![
        32 => (via, model::data()).prop_map(|(via, data)| Step::Do(via, data)),
        6 => Just(Step::Begin),
        4 => (0..MOST_FLIGHTS).prop_map(Step::Publish),
        1 => (0..MOST_FLIGHTS).prop_map(Step::Lose),
        1 => (0..MOST_FLIGHTS).prop_map(Step::Abort),
        1 => any::<usize>().prop_map(Step::Claim),
    ]
}

fn show<S: std::fmt::Debug>(steps: &[S]) -> String {
    let mut lines = String::new();
    for (number, step) in steps.iter().enumerate() {
        let _ = writeln!(lines, "{number:>4}  {step:?}");
    }
    lines
}

type Backend<F> = <F as BackendFactory>::Backend<String>;
type View<F> = <Backend<F> as StateBackend>::View;

/// A checkpoint in flight, and what is in it.
struct Begun<V> {
    flight: Flight<V>,
    model: Model,
    /// Whether it has something to build on.
    based: bool,
}

struct World<'s, 'f, F: BackendFactory> {
    site: &'s Site<'f, F>,
    chain: Chain,
    worker: Worker<Backend<F>>,
    model: Model,
    begun: Vec<Begun<View<F>>>,
    published: Vec<(Manifest, Model)>,
    /// Whether a checkpoint was confirmed or restored.
    based: bool,
}

impl<'s, 'f, F: BackendFactory> World<'s, 'f, F> {
    fn new(site: &'s Site<'f, F>) -> Result<Self, Difference> {
        Ok(Self {
            site,
            chain: Chain::new()?,
            worker: chain::worker(site, all_groups())?,
            model: Model::default(),
            begun: Vec::new(),
            published: Vec::new(),
            based: false,
        })
    }

    fn step(&mut self, step: &Step) -> Result<(), Difference> {
        let begun = self.begun.len();
        match step {
            Step::Do(via, data) => {
                let Worker {
                    backend, handles, ..
                } = &mut self.worker;
                model::apply(data, *via, backend, *handles, &mut self.model)?;
            }
            Step::Begin if begun == MOST_FLIGHTS => {}
            Step::Begin => {
                let Worker {
                    backend, lineage, ..
                } = &mut self.worker;
                self.begun.push(Begun {
                    flight: self.chain.begin([(&*lineage, backend)])?,
                    model: self.model.clone(),
                    based: self.based,
                });
            }
            Step::Publish(_) | Step::Lose(_) | Step::Abort(_) if begun == 0 => {}
            Step::Publish(which) => {
                let (manifest, epoch) = self.publish(which % begun)?;
                self.worker.confirm(&manifest, epoch)?;
                self.based = true;
            }
            Step::Lose(which) => drop(self.publish(which % begun)?),
            Step::Abort(which) => drop(self.begun.remove(which % begun)),
            Step::Claim(which) => self.claim(*which)?,
        }
        Ok(())
    }

    fn publish(&mut self, which: usize) -> Result<(Manifest, Option<u64>), Difference> {
        let Begun {
            flight,
            model,
            based,
        } = self.begun.remove(which);
        let (manifest, written) = self.chain.publish(flight)?;
        let (written, epoch) = &written[0];
        Difference::between("incremental", &based, &written.incremental)?;
        self.chain.check(self.site, &manifest, &model)?;
        self.published.push((manifest.clone(), model));
        Ok((manifest, *epoch))
    }

    fn claim(&mut self, which: usize) -> Result<(), Difference> {
        if self.published.is_empty() {
            return Ok(());
        }
        let (manifest, model) = &self.published[which % self.published.len()];
        self.model = model.clone();
        self.worker = self.chain.claim(self.site, manifest, all_groups())?;
        self.begun.clear();
        self.based = true;
        Ok(())
    }

    fn end(mut self) -> Result<(), Difference> {
        self.step(&Step::Begin)?;
        while !self.begun.is_empty() {
            self.step(&Step::Publish(self.begun.len() - 1))?;
        }
        Ok(())
    }
}

/// A checkpoint of a chain holds the state at its freeze: after any history of writes and
/// checkpoints, several in flight, published in any order, given up, or lost with their answer; and of
/// restores that the chain goes on from. It is incremental as soon as one was confirmed or restored.
pub fn every_checkpoint_of_a_chain_restores<F: BackendFactory>(factory: &F) {
    let play = |history: Vec<Step>| {
        let site = Site::new(factory);
        let mut world = World::new(&site)?;
        for (number, step) in history.iter().enumerate() {
            at_step(|| format!("step {number}, {step:?}"));
            world.step(step)?;
        }
        at_step(|| "the end of the history".into());
        world.end()
    };
    check_shown(
        cases().div_ceil(2),
        &vec(step(), 1..100),
        play,
        |history, _| show(history),
    );
}

/// A step of a history of views.
#[derive(Clone, Debug)]
enum Look {
    Do(Data),
    Freeze,
    /// Confirms the view of an epoch, counted from the last one confirmed.
    Confirm(usize),
    /// Drops a view.
    Drop(usize),
}

fn look() -> impl Strategy<Value = Look> {
    prop_oneof![
        24 => model::data().prop_map(Look::Do),
        4 => Just(Look::Freeze),
        1 => any::<usize>().prop_map(Look::Confirm),
        1 => any::<usize>().prop_map(Look::Drop),
    ]
}

/// Buffers that are too small for any row, for most, and for none.
const BUFFERS: [usize; 3] = [1, 64, 1 << 20];

/// Views, what each can tell, and all rows of each epoch.
struct Gallery<F: BackendFactory> {
    backend: Backend<F>,
    handles: Handles,
    model: Model,
    epoch: u64,
    confirmed: u64,
    rows: Vec<Named>,
    /// With the epoch that was confirmed when the view was taken.
    views: Vec<(View<F>, u64)>,
}

impl<F: BackendFactory> Gallery<F> {
    /// A backend that restored what others wrote: `before`, its lists in chunks of another cut.
    fn new(site: &Site<'_, F>, before: &[Data]) -> Result<Self, Difference> {
        let mut writer: Backend<F> = site.open();
        let (handles, mut model) = (Handles::register(&mut writer)?, Model::default());
        for data in before {
            model::apply(data, Via::Cursor, &mut writer, handles, &mut model)?;
        }
        let (view, range) = (writer.freeze()?, all_groups().range());
        let states = view.states();
        let rows = rechunked(gather(view, range)?, &states)?;
        let first = rows.iter().map(|row| {
            let name = crate::rows::name_of(&states, row.state)?;
            Ok(((row.group, name, row.key.clone()), row.envelope.clone()))
        });
        let first = first.collect::<Result<Named, Difference>>()?;
        let mut backend: Backend<F> = tracked(site, all_groups())?;
        backend.restore(&states, &mut Given::new(rows))?;
        Ok(Self {
            handles: Handles::register(&mut backend)?,
            backend,
            model,
            epoch: 0,
            confirmed: 0,
            rows: vec![first],
            views: Vec::new(),
        })
    }

    fn step(&mut self, step: &Look) -> Result<(), Difference> {
        match step {
            Look::Do(data) => model::apply(
                data,
                Via::Cursor,
                &mut self.backend,
                self.handles,
                &mut self.model,
            )?,
            Look::Freeze => {
                let view = self.backend.freeze()?;
                self.epoch += 1;
                Difference::between("the epoch of a view", &self.epoch, &view.epoch())?;
                self.rows.push(named(view.clone(), all_groups().range())?);
                self.views.push((view, self.confirmed));
            }
            Look::Confirm(which) => {
                let open = usize::try_from(self.epoch - self.confirmed).unwrap() + 1;
                self.confirmed += u64::try_from(which % open).unwrap();
                self.backend.confirm(self.confirmed)?;
            }
            Look::Drop(_) if self.views.is_empty() => {}
            Look::Drop(which) => drop(self.views.remove(which % self.views.len())),
        }
        Ok(())
    }

    /// Compares all that the views tell, in `range`.
    fn check(&self, range: KeyGroupRange) -> Result<(), Difference> {
        for (view, confirmed) in &self.views {
            let epoch = view.epoch();
            let inside = |rows: &Named| -> Named {
                let rows = rows.iter();
                let inside = rows.filter(|((group, ..), _)| range.contains(*group));
                inside
                    .map(|(place, row)| (place.clone(), row.clone()))
                    .collect()
            };
            let all = inside(&self.rows[usize::try_from(epoch).unwrap()]);
            for buffer in BUFFERS {
                let found = changes(view.clone(), None, range, buffer)?;
                let mut rows = Named::new();
                found.apply(&mut rows);
                Difference::between("all rows as changes", &all, &rows)?;
                Difference::between("changes beside the rows", &all.len(), &found.len())?;
            }
            for (since, then) in (0..).zip(&self.rows) {
                let known = (*confirmed..=epoch).contains(&since);
                let told = format!("of the view of epoch {epoch} since {since}");
                let tracks = view.tracks_since(since);
                Difference::between(format_args!("tracks_since {told}"), &known, &tracks)?;
                if !known {
                    let asked = view.clone().into_changes(Some(since), range, 0);
                    refused(
                        &format!("changes {told}"),
                        state_api::ErrorKind::Invalid,
                        asked,
                    )?;
                    continue;
                }
                for buffer in BUFFERS {
                    let mut rows = inside(then);
                    changes(view.clone(), Some(since), range, buffer)?.apply(&mut rows);
                    let states = view.states();
                    let (all, rows) = (joined(&all, &states)?, joined(&rows, &states)?);
                    Difference::between(format_args!("changes {told}, applied"), &all, &rows)?;
                }
            }
        }
        Ok(())
    }
}

/// The changes of a view since any epoch that it tracks, applied to the rows of that epoch, give the rows
/// of the view, in any range and within any buffer; and all rows as changes are the rows. They keep the laws
/// of [`ChangeSource`](state_api::ChangeSource): sorted runs, range tombstones in the first only, each
/// position once. Other epochs are refused.
pub fn changes_lead_from_view_to_view<F: BackendFactory>(factory: &F) {
    let play = |(before, history, (first, last)): (Vec<Data>, Vec<Look>, (u16, u16))| {
        let site = Site::new(factory);
        let mut gallery = Gallery::<F>::new(&site, &before)?;
        for (number, step) in history.iter().enumerate() {
            at_step(|| format!("step {number}, {step:?}"));
            gallery.step(step)?;
        }
        at_step(|| "the end of the history".into());
        gallery.step(&Look::Freeze)?;
        gallery.check(all_groups().range())?;
        gallery.check(KeyGroupRange::new(first.min(last), first.max(last))?)
    };
    let groups = (0..MAX_PARALLELISM, 0..MAX_PARALLELISM);
    let history = (vec(model::data(), 0..30), vec(look(), 0..80), groups);
    check_shown(
        cases().div_ceil(2),
        &history,
        play,
        |(before, steps, groups), _| {
            format!(
                "restored:\n{}then, looked at in {groups:?}:\n{}",
                show(before),
                show(steps)
            )
        },
    );
}
