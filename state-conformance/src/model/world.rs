//! A backend and the model, side by side.

use std::path::PathBuf;
use std::thread;

use state_api::{ErrorKind, Result as StateResult, StateBackend, StateView as _};

use super::compare::{compare, refuses_foreign_keys, touched};
use super::history::{Data, Registration, Step, Via};
use super::perform::apply;
use super::schema::{Handles, Model};
use crate::backup::Backup;
use crate::difference::Difference;
use crate::factory::BackendFactory;
use crate::runner::at_step;
use crate::site::{Site, all_groups, worker_groups};

/// Most views that are kept.
const MOST_VIEWS: usize = 4;

type Backend<F> = <F as BackendFactory>::Backend<String>;
type View<F> = <Backend<F> as StateBackend>::View;

/// A view, and what must be in it.
struct Kept<V> {
    view: V,
    handles: Handles,
    model: Model,
}

struct World<'s, 'f, F: BackendFactory> {
    site: &'s Site<'f, F>,
    dir: PathBuf,
    backend: Backend<F>,
    handles: Handles,
    model: Model,
    views: Vec<Kept<View<F>>>,
    epoch: u64,
}

/// Plays a history on a backend and on the model.
pub(crate) fn play<F: BackendFactory>(factory: &F, history: &[Step]) -> Result<(), Difference> {
    let site = Site::new(factory);
    let mut world = World::new(&site)?;
    for (number, step) in history.iter().enumerate() {
        at_step(|| format!("step {number}, {step:?}"));
        world = world.step(step)?;
    }
    at_step(|| "the end of the history".into());
    world.end()
}

impl<'s, 'f, F: BackendFactory> World<'s, 'f, F> {
    fn new(site: &'s Site<'f, F>) -> Result<Self, Difference> {
        let dir = site.dir();
        let mut backend: Backend<F> = site.reopen(&dir, all_groups())?;
        let handles = Handles::register(&mut backend)?;
        let (model, views) = (Model::default(), Vec::new());
        Ok(Self { site, dir, backend, handles, model, views, epoch: 0 })
    }

    fn step(mut self, step: &Step) -> Result<Self, Difference> {
        match step {
            Step::Do(via, data) => self.perform(*via, data)?,
            Step::Freeze => self.freeze()?,
            Step::ReadView(index) => {
                if !self.views.is_empty() {
                    let index = index % self.views.len();
                    self.views.get(index).map_or(Ok(()), read_elsewhere)?;
                }
            }
            Step::DropView(index) => {
                if !self.views.is_empty() {
                    self.views.remove(index % self.views.len());
                }
            }
            Step::Restore(registration) => return self.restore(*registration),
            Step::Rescale(parallelism) => return self.rescale(*parallelism),
            Step::Reopen => return self.reopen(),
        }
        Ok(self)
    }

    fn perform(&mut self, via: Via, data: &Data) -> Result<(), Difference> {
        apply(data, via, &mut self.backend, self.handles, &mut self.model)?;
        touched(&self.backend, self.handles, &self.model, data)
    }

    fn freeze(&mut self) -> Result<(), Difference> {
        let view = self.backend.freeze()?;
        if view.epoch() <= self.epoch {
            let (before, after) = (self.epoch, view.epoch());
            return Err(Difference::new(format!("epoch {after} comes after epoch {before}")));
        }
        self.epoch = view.epoch();
        if self.views.len() == MOST_VIEWS {
            self.views.remove(0);
        }
        self.views.push(Kept { view, handles: self.handles, model: self.model.clone() });
        Ok(())
    }

    fn backup(&mut self) -> StateResult<Backup> {
        Backup::take(&mut self.backend)
    }

    /// Goes on with another backend; the views of the last one stay.
    fn go_on(
        mut self,
        dir: PathBuf,
        mut backend: Backend<F>,
    ) -> Result<Self, Difference> {
        self.handles = Handles::register(&mut backend)?;
        self.backend = backend;
        self.dir = dir;
        self.epoch = 0;
        compare(&self.backend, self.handles, &self.model)?;
        Ok(self)
    }

    fn restore(mut self, registration: Registration) -> Result<Self, Difference> {
        let backup = self.backup()?;
        let (dir, backend) = restored(self.site, &backup, registration)?;
        let this = self.go_on(dir, backend)?;
        Ok(this)
    }

    fn rescale(mut self, parallelism: u16) -> Result<Self, Difference> {
        let backup = self.backup()?;
        let mut views = Vec::new();
        for index in 0..parallelism {
            let mut worker: Backend<F> = self.site.open_for(worker_groups(index, parallelism));
            let handles = Handles::register(&mut worker)?;
            backup.restore(&mut worker)?;
            let at = |difference: Difference| {
                difference.while_doing(format_args!("worker {index} of {parallelism}"))
            };
            compare(&worker, handles, &self.model).map_err(at)?;
            refuses_foreign_keys(&worker, handles).map_err(at)?;
            views.push(worker.freeze()?);
            worker.destroy()?;
        }
        let merged = Backup::of(views)?;
        let (dir, backend) = restored(self.site, &merged, Registration::Before)?;
        self.go_on(dir, backend)
    }

    fn reopen(mut self) -> Result<Self, Difference> {
        let dir = self.dir.clone();
        if self.backend.capability().survives_close {
            let Self { site, backend, handles, model, views, epoch, .. } = self;
            backend.close()?;
            let mut backend: Backend<F> = site.reopen(&dir, all_groups())?;
            Handles::register(&mut backend)?;
            return Self { site, dir: dir.clone(), backend: site.open(), handles, model, views, epoch }
                .go_on(dir, backend);
        }
        let backup = self.backup()?;
        let Self { site, backend, handles, model, views, epoch, .. } = self;
        backend.close()?;
        let mut backend: Backend<F> = site.reopen(&dir, all_groups())?;
        let fresh = Handles::register(&mut backend)?;
        compare(&backend, fresh, &Model::default()).map_err(|difference| {
            difference.while_doing("opened after a close that it does not promise to survive")
        })?;
        backup.restore(&mut backend)?;
        Self { site, dir: dir.clone(), backend: site.open(), handles, model, views, epoch }
            .go_on(dir, backend)
    }

    fn end(mut self) -> Result<(), Difference> {
        compare(&self.backend, self.handles, &self.model)?;
        self.freeze()?;
        self.backend.destroy()?;
        self.views.iter().try_for_each(read_elsewhere)
    }
}

/// A fresh backend with the state of a checkpoint.
fn restored<F: BackendFactory>(
    site: &Site<'_, F>,
    backup: &Backup,
    registration: Registration,
) -> Result<(PathBuf, Backend<F>), Difference> {
    let dir = site.dir();
    let mut backend: Backend<F> = site.reopen(&dir, all_groups())?;
    match registration {
        Registration::Before => drop(Handles::register(&mut backend)?),
        Registration::Between => Handles::register_some(&mut backend)?,
        Registration::After => {}
    }
    backup.restore(&mut backend)?;
    Ok((dir, backend))
}

/// Compares a view with its model on another thread.
fn read_elsewhere<V: state_api::StateView<Key = String>>(kept: &Kept<V>) -> Result<(), Difference> {
    let Kept { view, handles, model } = kept;
    let outcome = thread::scope(|scope| {
        thread::Builder::new()
            .name("view".into())
            .spawn_scoped(scope, || compare(view, *handles, model))
            .map(thread::ScopedJoinHandle::join)
    });
    let epoch = view.epoch();
    match outcome {
        Ok(Ok(compared)) => {
            compared.map_err(|d| d.while_doing(format_args!("the view of epoch {epoch}")))
        }
        Ok(Err(_)) => Err(Difference::new(format!("reading the view of epoch {epoch} panicked"))),
        Err(error) => Err(Difference::new(format!("no thread: {error}"))),
    }
}
