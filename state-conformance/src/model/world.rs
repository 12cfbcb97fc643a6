//! A backend and the model, side by side.

use std::path::PathBuf;
use std::thread;

use state_api::{StateBackend, StateView};

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

/// What lasts when the backend is exchanged.
struct Past<V> {
    model: Model,
    views: Vec<Kept<V>>,
}

struct World<'s, 'f, F: BackendFactory> {
    site: &'s Site<'f, F>,
    dir: PathBuf,
    backend: Backend<F>,
    handles: Handles,
    /// Epoch of the backend's last view.
    epoch: u64,
    past: Past<View<F>>,
}

/// Plays a history on a backend and on the model.
pub(crate) fn play<F: BackendFactory>(factory: &F, history: &[Step]) -> Result<(), Difference> {
    let site = Site::new(factory);
    let dir = site.dir();
    let backend = site.reopen(&dir, all_groups())?;
    let past = Past {
        model: Model::default(),
        views: Vec::new(),
    };
    let mut world = World::go_on(&site, dir, backend, past)?;
    for (number, step) in history.iter().enumerate() {
        at_step(|| format!("step {number}, {step:?}"));
        world = world.step(step)?;
    }
    at_step(|| "the end of the history".into());
    world.end()
}

impl<'s, 'f, F: BackendFactory> World<'s, 'f, F> {
    /// Goes on with a backend that has the state of the model.
    fn go_on(
        site: &'s Site<'f, F>,
        dir: PathBuf,
        mut backend: Backend<F>,
        past: Past<View<F>>,
    ) -> Result<Self, Difference> {
        let handles = Handles::register(&mut backend)?;
        compare(&backend, handles, &past.model)?;
        Ok(Self {
            site,
            dir,
            backend,
            handles,
            epoch: 0,
            past,
        })
    }

    fn step(mut self, step: &Step) -> Result<Self, Difference> {
        let kept = self.past.views.len();
        match step {
            Step::Do(via, data) => self.perform(*via, data)?,
            Step::Freeze => self.freeze()?,
            Step::ReadView(_) | Step::DropView(_) if kept == 0 => {}
            Step::ReadView(index) => {
                self.past
                    .views
                    .get(index % kept)
                    .map_or(Ok(()), read_elsewhere)?;
            }
            Step::DropView(index) => drop(self.past.views.remove(index % kept)),
            Step::Restore(registration) => return self.restore(*registration),
            Step::Rescale(parallelism) => return self.rescale(*parallelism),
            Step::Reopen => return self.reopen(),
        }
        Ok(self)
    }

    fn perform(&mut self, via: Via, data: &Data) -> Result<(), Difference> {
        apply(
            data,
            via,
            &mut self.backend,
            self.handles,
            &mut self.past.model,
        )?;
        touched(&self.backend, self.handles, &self.past.model, data)
    }

    fn freeze(&mut self) -> Result<(), Difference> {
        let view = self.backend.freeze()?;
        let (before, after) = (self.epoch, view.epoch());
        if after <= before {
            return Err(Difference::new(format!(
                "epoch {after} comes after epoch {before}"
            )));
        }
        self.epoch = after;
        let Past { model, views } = &mut self.past;
        if views.len() == MOST_VIEWS {
            views.remove(0);
        }
        views.push(Kept {
            view,
            handles: self.handles,
            model: model.clone(),
        });
        Ok(())
    }

    fn restore(mut self, registration: Registration) -> Result<Self, Difference> {
        let backup = Backup::take(&mut self.backend)?;
        self.backend.destroy()?;
        let (dir, backend) = restored(self.site, &backup, registration)?;
        Self::go_on(self.site, dir, backend, self.past)
    }

    fn rescale(mut self, parallelism: u16) -> Result<Self, Difference> {
        let backup = Backup::take(&mut self.backend)?;
        drop(self.backend);
        let mut views = Vec::new();
        for index in 0..parallelism {
            let mut worker: Backend<F> = self.site.open_for(worker_groups(index, parallelism));
            let handles = Handles::register(&mut worker)?;
            backup.restore(&mut worker)?;
            compare(&worker, handles, &self.past.model)
                .and_then(|()| refuses_foreign_keys(&worker, handles))
                .map_err(|d| d.while_doing(format_args!("worker {index} of {parallelism}")))?;
            views.push(worker.freeze()?);
            worker.destroy()?;
        }
        let merged = Backup::of(views)?;
        let (dir, backend) = restored(self.site, &merged, Registration::Before)?;
        Self::go_on(self.site, dir, backend, self.past)
    }

    fn reopen(mut self) -> Result<Self, Difference> {
        let survives = self.backend.capability().survives_close;
        let backup = if survives {
            None
        } else {
            Some(Backup::take(&mut self.backend)?)
        };
        self.backend.close()?;
        // Views may hold the place.
        self.past.views.clear();
        let mut backend: Backend<F> = self.site.reopen(&self.dir, all_groups())?;
        if let Some(backup) = backup {
            let handles = Handles::register(&mut backend)?;
            compare(&backend, handles, &Model::default()).map_err(|difference| {
                difference.while_doing("opened after a close that it does not promise to survive")
            })?;
            backup.restore(&mut backend)?;
        }
        Self::go_on(self.site, self.dir, backend, self.past)
    }

    fn end(mut self) -> Result<(), Difference> {
        compare(&self.backend, self.handles, &self.past.model)?;
        self.freeze()?;
        self.backend.destroy()?;
        self.past.views.iter().try_for_each(read_elsewhere)
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
fn read_elsewhere<V: StateView<Key = String>>(kept: &Kept<V>) -> Result<(), Difference> {
    let Kept {
        view,
        handles,
        model,
    } = kept;
    let compared = thread::scope(|scope| scope.spawn(|| compare(view, *handles, model)).join());
    let epoch = view.epoch();
    let compared = compared.unwrap_or_else(|_| Err(Difference::new("a panic")));
    compared.map_err(|d| d.while_doing(format_args!("the view of epoch {epoch}")))
}
