//! Checkpoints in flight.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use state_api::{StateBackend, StateView};
use state_checkpoint::Manifest;

use crate::chain::{self, AMPLE, Chain, Flight, Worker};
use crate::difference::Difference;
use crate::factory::BackendFactory;
use crate::model::history::{Data, Options, Via, line};
use crate::model::perform::apply;
use crate::model::program::{Script, opened};
use crate::model::report::History;
use crate::model::schema::Model;
use crate::model::strategy::{data, options};
use crate::site::{Site, all_groups};

/// Most checkpoints in flight.
const MOST_FLIGHTS: usize = 3;

/// A step of a history of checkpoints. Numbers count what is there, so that each step is always
/// possible.
#[derive(Clone, Debug)]
pub enum Step {
    /// Performs an operation.
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
    Claim(usize, Options),
}

fn step() -> impl Strategy<Value = Step> {
    let via = select(&[Via::Cursor, Via::Bound][..]);
    prop_oneof![
        32 => (via, data()).prop_map(|(via, data)| Step::Do(via, data)),
        6 => Just(Step::Begin),
        4 => (0..MOST_FLIGHTS).prop_map(Step::Publish),
        1 => (0..MOST_FLIGHTS).prop_map(Step::Lose),
        1 => (0..MOST_FLIGHTS).prop_map(Step::Abort),
        1 => (any::<usize>(), options()).prop_map(|(which, options)| Step::Claim(which, options)),
    ]
}

/// A history of about 50 steps.
pub fn steps() -> impl Strategy<Value = Vec<Step>> {
    vec(step(), 1..100)
}

type Backend<F> = <F as BackendFactory>::Backend<String>;
type View<F> = <Backend<F> as StateBackend>::View;

/// A checkpoint in flight, and what is in it.
struct Begun<V: StateView> {
    /// Its number, by which programs call it.
    number: usize,
    flight: Flight<V>,
    model: Model,
    /// Whether it has something to build on.
    based: bool,
}

/// A checkpoint that was published, and what is in it.
struct Published {
    /// What programs call it.
    name: String,
    manifest: Manifest,
    model: Model,
}

struct World<'s, 'f, F: BackendFactory> {
    site: &'s Site<'f, F>,
    script: &'s Script,
    chain: Chain,
    worker: Worker<Backend<F>>,
    model: Model,
    /// Number of checkpoints that were begun.
    count: usize,
    begun: Vec<Begun<View<F>>>,
    published: Vec<Published>,
    /// Whether a checkpoint was confirmed or restored.
    based: bool,
}

impl<'s, 'f, F: BackendFactory> World<'s, 'f, F> {
    fn new(site: &'s Site<'f, F>, script: &'s Script) -> Result<Self, Difference> {
        script.say(|| {
            "let chain = Chain::new()?;\n\
             let mut backend = site.open_for::<String>(all_groups());\n\
             backend.track_changes(usize::MAX)?;\n\
             let mut states = register(&mut backend)?;\n\
             let mut lineage = lineage();"
                .to_owned()
        });
        Ok(Self {
            site,
            script,
            chain: Chain::new()?,
            worker: chain::worker(site, all_groups())?,
            model: Model::default(),
            count: 0,
            begun: Vec::new(),
            published: Vec::new(),
            based: false,
        })
    }

    fn step(&mut self, step: &Step) -> Result<(), Difference> {
        let begun = self.begun.len();
        match step {
            Step::Do(via, data) => {
                self.script
                    .does("backend", "states", data, *via, &self.model);
                let Worker {
                    backend, handles, ..
                } = &mut self.worker;
                apply(data, *via, backend, *handles, &mut self.model)?;
            }
            Step::Begin if begun == MOST_FLIGHTS => {}
            Step::Begin => self.begin()?,
            Step::Publish(_) | Step::Lose(_) | Step::Abort(_) if begun == 0 => {}
            Step::Publish(which) => {
                let epoch = self.publish(which % begun)?;
                if let Some(Published { name, manifest, .. }) = self.published.last() {
                    let script = self.script;
                    script
                        .say(|| format!("lineage.confirm(&mut backend, &{name}, written[0].1)?;"));
                    self.worker.confirm(manifest, epoch)?;
                }
                self.based = true;
            }
            Step::Lose(which) => drop(self.publish(which % begun)?),
            Step::Abort(which) => {
                let Begun { number, .. } = self.begun.remove(which % begun);
                self.script.say(|| format!("drop(flight_{number});"));
            }
            Step::Claim(which, options) => self.claim(*which, *options)?,
        }
        Ok(())
    }

    fn begin(&mut self) -> Result<(), Difference> {
        let number = self.count;
        self.script
            .say(|| format!("let flight_{number} = chain.begin([(&lineage, &mut backend)])?;"));
        let Worker {
            backend, lineage, ..
        } = &mut self.worker;
        self.begun.push(Begun {
            number,
            flight: self.chain.begin([(&*lineage, backend)])?,
            model: self.model.clone(),
            based: self.based,
        });
        self.count += 1;
        Ok(())
    }

    /// Publishes a checkpoint in flight; returns the epoch of its view.
    fn publish(&mut self, which: usize) -> Result<Option<u64>, Difference> {
        let Begun {
            number,
            flight,
            model,
            based,
        } = self.begun.remove(which);
        let name = format!("checkpoint_{number}");
        self.script.say(|| {
            let not = if based { "" } else { "!" };
            format!(
                "let ({name}, written) = chain.publish(flight_{number})?;\n\
                 assert!({not}written[0].0.incremental);"
            )
        });
        let (manifest, written) = self.chain.publish(flight)?;
        let (written, epoch) = &written[0];
        Difference::between("incremental", &based, &written.incremental)?;
        self.chain
            .check_by(self.site, (&name, &manifest), &model, self.script)?;
        self.published.push(Published {
            name,
            manifest,
            model,
        });
        Ok(*epoch)
    }

    fn claim(&mut self, which: usize, options: Options) -> Result<(), Difference> {
        if self.published.is_empty() {
            return Ok(());
        }
        let Published {
            name,
            manifest,
            model,
        } = &self.published[which % self.published.len()];
        self.script.say(|| {
            let open = opened(self.site, "", "&site.dir()", options);
            format!(
                "backend = {open};\n\
                 backend.track_changes(usize::MAX)?;\n\
                 chain.restore(&{name}, &mut backend)?;\n\
                 states = register(&mut backend)?;\n\
                 lineage = claimed(&{name}, &backend)?;"
            )
        });
        let dir = self.site.dir();
        let mut backend: Backend<F> = self.site.reopen_varied(&dir, all_groups(), options.0)?;
        backend.track_changes(AMPLE)?;
        self.worker = self.chain.settle(manifest, backend)?;
        self.model = model.clone();
        for Begun { number, .. } in self.begun.drain(..) {
            self.script.say(|| format!("drop(flight_{number});"));
        }
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

impl History for [Step] {
    fn play<F: BackendFactory>(&self, factory: &F, script: &Script) -> Result<(), Difference> {
        let site = Site::new(factory);
        script.say(|| "let site = Site::new(&factory);".to_owned());
        let mut world = World::new(&site, script)?;
        for (number, step) in self.iter().enumerate() {
            script.step(number, step);
            world.step(step)?;
        }
        script.end();
        world.end()
    }

    fn show<F: BackendFactory>(&self, factory: &F) -> String {
        let lines = self.iter().enumerate().map(|(number, step)| match step {
            Step::Do(via, data) => line(factory, number, &data.shown(*via), Options::default()),
            Step::Claim(_, options) => line(factory, number, &format!("{step:?}"), *options),
            step => line(factory, number, &format!("{step:?}"), Options::default()),
        });
        lines.collect()
    }
}
