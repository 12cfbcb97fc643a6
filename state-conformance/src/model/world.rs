//! A backend and the model, side by side.

use std::path::PathBuf;
use std::thread;

use state_api::{StateBackend, StateRead, StateView};

use super::compare::{compare, refuses_foreign_keys, touched};
use super::history::{Data, Options, Registration, Step, Via, show};
use super::perform::apply;
use super::program::{self, Script, contents};
use super::report::History;
use super::schema::{Handles, Model, STATES};
use crate::backup::Backup;
use crate::difference::Difference;
use crate::factory::BackendFactory;
use crate::rows::{Logical, logical};
use crate::runner::at_step;
use crate::site::{Site, all_groups, worker_groups};

/// Most views that are kept.
const MOST_VIEWS: usize = 4;

type Backend<F> = <F as BackendFactory>::Backend<String>;
type View<F> = <Backend<F> as StateBackend>::View;

/// A view, and what must be in it.
struct Kept<V> {
    /// What programs call it, with its handles.
    name: String,
    view: V,
    handles: Handles,
    model: Model,
}

/// What lasts when the backend is exchanged.
struct Past<V> {
    model: Model,
    views: Vec<Kept<V>>,
    /// Number of views that were kept.
    frozen: usize,
    /// The last checkpoint that was kept.
    checkpoint: Option<Saved>,
    /// Number of checkpoints that were kept.
    saved: usize,
}

/// A checkpoint, and what must be in it.
struct Saved {
    /// What programs call it.
    name: String,
    backup: Backup,
    model: Model,
}

/// Where a history is played.
struct Stage<'s, 'f, F> {
    site: &'s Site<'f, F>,
    script: &'s Script,
}

impl<F> Clone for Stage<'_, '_, F> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<F> Copy for Stage<'_, '_, F> {}

struct World<'s, 'f, F: BackendFactory> {
    stage: Stage<'s, 'f, F>,
    dir: PathBuf,
    backend: Backend<F>,
    handles: Handles,
    /// Epoch of the backend's last view.
    epoch: u64,
    past: Past<View<F>>,
}

impl History for [Step] {
    fn play<F: BackendFactory>(&self, factory: &F, script: &Script) -> Result<(), Difference> {
        let site = Site::new(factory);
        script.say(|| "let site = Site::new(&factory);".to_owned());
        let mut world = World::open(&site, script)?;
        for (number, step) in self.iter().enumerate() {
            script.step(number, step);
            world = world.step(step)?;
        }
        script.end();
        world.end()
    }

    fn show<F: BackendFactory>(&self, factory: &F) -> String {
        show(factory, self)
    }
}

/// Plays a history on two backends, each with options of its own, and compares with each other what each
/// backend has: see [`World::rows`].
pub(crate) fn play_both<A: BackendFactory, B: BackendFactory>(
    a: &A,
    b: &B,
    history: &[Step],
) -> Result<(), Difference> {
    let (site_a, site_b, script) = (Site::new(a), Site::new(b), Script::default());
    let (mut one, mut other) = (
        World::open(&site_a, &script)?,
        World::open(&site_b, &script)?,
    );
    for (number, step) in history.iter().enumerate() {
        at_step(|| format!("step {number}, {step:?}"));
        one = one
            .step(step)
            .map_err(|d| d.while_doing("the first backend"))?;
        other = other
            .step(step)
            .map_err(|d| d.while_doing("the second backend"))?;
        // A view for each operation would be a history of its own.
        if !matches!(step, Step::Do(..)) {
            Difference::between("rows of both", &one.rows()?, &other.rows()?)?;
        }
    }
    at_step(|| "the end of the history".into());
    Difference::between("rows of both", &one.rows()?, &other.rows()?)?;
    let digests = [
        one.take_backup("backup")?.digest()?,
        other.take_backup("backup")?.digest()?,
    ];
    Difference::between("logical digests of both", &digests[0], &digests[1])?;
    one.end().map_err(|d| d.while_doing("the first backend"))?;
    other.end().map_err(|d| d.while_doing("the second backend"))
}

impl<F: BackendFactory> Stage<'_, '_, F> {
    /// A backend in a directory of its own; `first` if there was none before.
    fn fresh(self, first: bool, options: Options) -> Result<(PathBuf, Backend<F>), Difference> {
        let (new_dir, new_backend) = if first {
            ("let mut dir", "let mut backend")
        } else {
            ("dir", "backend")
        };
        self.script.say(|| {
            let key_type = if first { "::<String>" } else { "" };
            let open = program::opened(self.site, key_type, "&dir", options);
            format!("{new_dir} = site.dir();\n{new_backend} = {open};")
        });
        let dir = self.site.dir();
        let backend = self.site.reopen_varied(&dir, all_groups(), options.0)?;
        Ok((dir, backend))
    }

    /// A fresh backend with the state of a checkpoint, which programs call `name`.
    fn restored(
        self,
        (name, backup): (&str, &Backup),
        registration: Registration,
        options: Options,
    ) -> Result<(PathBuf, Backend<F>), Difference> {
        let (dir, mut backend) = self.fresh(false, options)?;
        match registration {
            Registration::Before => {
                self.script.say(|| "register(&mut backend)?;".to_owned());
                Handles::register(&mut backend)?;
            }
            Registration::Between => {
                self.script.say(|| program::REGISTER_SOME.to_owned());
                Handles::register_some(&mut backend)?;
            }
            Registration::After => {}
        }
        self.script
            .say(|| format!("{name}.restore(&mut backend)?;\nstates = register(&mut backend)?;"));
        backup.restore(&mut backend)?;
        Ok((dir, backend))
    }

    /// Compares a view with its model on another thread.
    fn read_view<V: StateView<Key = String>>(self, kept: &Kept<V>) -> Result<(), Difference> {
        let Kept {
            name,
            view,
            handles,
            model,
        } = kept;
        let compared = thread::scope(|scope| scope.spawn(|| compare(view, *handles, model)).join());
        let compared = compared.unwrap_or_else(|_| Err(Difference::new("a panic")));
        let compared = self.script.fails_of_view(name, compared);
        compared.map_err(|difference| {
            difference.while_doing(format_args!("the view of epoch {}", view.epoch()))
        })?;
        self.script
            .checks_of_view(name, || contents(model, view.key_groups()));
        Ok(())
    }
}

impl<'s, 'f, F: BackendFactory> World<'s, 'f, F> {
    /// An empty backend and an empty model.
    fn open(site: &'s Site<'f, F>, script: &'s Script) -> Result<Self, Difference> {
        let stage = Stage { site, script };
        let (dir, backend) = stage.fresh(true, Options::default())?;
        let past = Past {
            model: Model::default(),
            views: Vec::new(),
            frozen: 0,
            checkpoint: None,
            saved: 0,
        };
        script.say(|| "let mut states = register(&mut backend)?;".to_owned());
        Self::go_on(stage, dir, backend, past)
    }

    /// All rows of the backend, as a checkpoint has them, but for the cutting of lists into chunks.
    fn rows(&mut self) -> Result<Logical, Difference> {
        logical(self.backend.freeze()?)
    }

    /// Goes on with a backend that has the state of the model.
    fn go_on(
        stage: Stage<'s, 'f, F>,
        dir: PathBuf,
        mut backend: Backend<F>,
        past: Past<View<F>>,
    ) -> Result<Self, Difference> {
        let handles = Handles::register(&mut backend)?;
        let world = Self {
            stage,
            dir,
            backend,
            handles,
            epoch: 0,
            past,
        };
        world.compare(&world.past.model)?;
        Ok(world)
    }

    /// Compares the backend with `model`.
    fn compare(&self, model: &Model) -> Result<(), Difference> {
        let script = self.stage.script;
        let compared = compare(&self.backend, self.handles, model);
        script.fails("backend", "states", compared)?;
        script.checks("backend", "states", || {
            contents(model, self.backend.key_groups())
        });
        Ok(())
    }

    fn step(mut self, step: &Step) -> Result<Self, Difference> {
        let kept = self.past.views.len();
        match step {
            Step::Do(via, data) => self.perform(*via, data)?,
            Step::Freeze => self.freeze()?,
            Step::ReadView(_) | Step::DropView(_) if kept == 0 => {}
            Step::ReadView(index) => {
                let view = self.past.views.get(index % kept);
                view.map_or(Ok(()), |view| self.stage.read_view(view))?;
            }
            Step::DropView(index) => self.drop_view(index % kept),
            Step::Restore(registration, options) => return self.restore(*registration, *options),
            Step::Rescale(parallelism, options) => return self.rescale(*parallelism, *options),
            Step::Reopen(options) => return self.reopen(*options),
            Step::Checkpoint => self.checkpoint()?,
            Step::Crash(options) => return self.crash(*options),
            Step::DropState(number) => self.drop_state(STATES[number % STATES.len()])?,
        }
        Ok(self)
    }

    fn perform(&mut self, via: Via, data: &Data) -> Result<(), Difference> {
        let Past { model, .. } = &mut self.past;
        let script = self.stage.script;
        script.does("backend", "states", data, via, model);
        apply(data, via, &mut self.backend, self.handles, model)?;
        let compared = touched(&self.backend, self.handles, model, data);
        script.fails("backend", "states", compared)
    }

    fn freeze(&mut self) -> Result<(), Difference> {
        if self.past.views.len() == MOST_VIEWS {
            self.drop_view(0);
        }
        let name = format!("view_{}", self.past.frozen);
        let script = self.stage.script;
        script.say(|| format!("let {name} = (backend.freeze()?, states);"));
        let view = self.backend.freeze()?;
        let (before, after) = (self.epoch, view.epoch());
        if after <= before {
            let check = format!("assert!({name}.0.epoch() > {before});");
            let message = format!("epoch {after} comes after epoch {before}");
            let found = Err(Difference::new(message).seen_by(check));
            return script.fails("", "", found);
        }
        self.epoch = after;
        self.past.frozen += 1;
        self.past.views.push(Kept {
            name,
            view,
            handles: self.handles,
            model: self.past.model.clone(),
        });
        Ok(())
    }

    fn drop_view(&mut self, index: usize) {
        let view = self.past.views.remove(index);
        self.stage.script.say(|| format!("drop({});", view.name));
    }

    fn take_backup(&mut self, name: &str) -> Result<Backup, Difference> {
        let script = self.stage.script;
        script.say(|| format!("let {name} = Backup::take(&mut backend)?;"));
        Ok(Backup::take(&mut self.backend)?)
    }

    fn checkpoint(&mut self) -> Result<(), Difference> {
        let name = format!("checkpoint_{}", self.past.saved);
        let backup = self.take_backup(&name)?;
        self.past.saved += 1;
        self.past.checkpoint = Some(Saved {
            name,
            backup,
            model: self.past.model.clone(),
        });
        Ok(())
    }

    fn crash(self, options: Options) -> Result<Self, Difference> {
        let (stage, script) = (self.stage, self.stage.script);
        script.say(|| "drop(backend);".to_owned());
        drop(self.backend);
        let mut past = self.past;
        let (dir, backend) = if let Some(saved) = &past.checkpoint {
            past.model.clone_from(&saved.model);
            let named = (saved.name.as_str(), &saved.backup);
            stage.restored(named, Registration::After, options)?
        } else {
            past.model = Model::default();
            let fresh = stage.fresh(false, options)?;
            script.say(|| "states = register(&mut backend)?;".to_owned());
            fresh
        };
        Self::go_on(stage, dir, backend, past)
    }

    fn drop_state(&mut self, name: &str) -> Result<(), Difference> {
        let script = self.stage.script;
        script.say(|| format!("backend.drop_state({name:?})?;\nstates = register(&mut backend)?;"));
        self.backend.drop_state(name)?;
        self.handles = Handles::register(&mut self.backend)?;
        self.past.model.drop_state(name);
        self.compare(&self.past.model)
    }

    /// Compares the logical digest of the backend with that of the checkpoint that it comes from.
    fn digest_is_that_of(&mut self, backup: &Backup) -> Result<(), Difference> {
        let check = "assert_eq!(Backup::take(&mut backend)?.digest()?, backup.digest()?);";
        self.stage.script.say(|| check.to_owned());
        let (before, now) = (backup.digest()?, Backup::take(&mut self.backend)?.digest()?);
        Difference::between("the logical digest, restored", &before, &now)
    }

    fn restore(mut self, registration: Registration, options: Options) -> Result<Self, Difference> {
        let backup = self.take_backup("backup")?;
        let script = self.stage.script;
        script.say(|| "backend.destroy()?;".to_owned());
        self.backend.destroy()?;
        let named = ("backup", &backup);
        let (dir, backend) = self.stage.restored(named, registration, options)?;
        let mut world = Self::go_on(self.stage, dir, backend, self.past)?;
        world.digest_is_that_of(&backup)?;
        Ok(world)
    }

    fn rescale(mut self, parallelism: u16, options: Options) -> Result<Self, Difference> {
        let backup = self.take_backup("backup")?;
        let script = self.stage.script;
        script.say(|| "drop(backend);".to_owned());
        drop(self.backend);
        let mut views = Vec::new();
        for index in 0..parallelism {
            let (name, states) = (format!("worker_{index}"), format!("states_{index}"));
            script.say(|| {
                format!(
                    "let mut {name} = site.open_for::<String>(worker_groups({index}, {parallelism}));\n\
                     let {states} = register(&mut {name})?;\n\
                     backup.restore(&mut {name})?;"
                )
            });
            let mut worker: Backend<F> =
                self.stage.site.open_for(worker_groups(index, parallelism));
            let handles = Handles::register(&mut worker)?;
            backup.restore(&mut worker)?;
            let compared = compare(&worker, handles, &self.past.model)
                .and_then(|()| refuses_foreign_keys(&worker, handles))
                .map_err(|d| d.while_doing(format_args!("worker {index} of {parallelism}")));
            script.fails(&name, &states, compared)?;
            script.checks(&name, &states, || {
                contents(&self.past.model, worker.key_groups())
            });
            script.say(|| format!("let part_{index} = {name}.freeze()?;\n{name}.destroy()?;"));
            views.push(worker.freeze()?);
            worker.destroy()?;
        }
        script.say(|| {
            let parts: Vec<_> = (0..parallelism).map(|n| format!("part_{n}")).collect();
            format!("let merged = Backup::of([{}])?;", parts.join(", "))
        });
        let merged = Backup::of(views)?;
        let merged = ("merged", &merged);
        let (dir, backend) = self.stage.restored(merged, Registration::Before, options)?;
        let mut world = Self::go_on(self.stage, dir, backend, self.past)?;
        world.digest_is_that_of(&backup)?;
        Ok(world)
    }

    fn reopen(mut self, options: Options) -> Result<Self, Difference> {
        let (stage, script) = (self.stage, self.stage.script);
        let survives = self.backend.capability().survives_close;
        let backup = if survives {
            None
        } else {
            Some(self.take_backup("backup")?)
        };
        script.say(|| "backend.close()?;".to_owned());
        self.backend.close()?;
        // Views may hold the place.
        for kept in self.past.views.drain(..) {
            script.say(|| format!("drop({});", kept.name));
        }
        script.say(|| {
            let open = program::opened(stage.site, "", "&dir", options);
            format!("backend = {open};\nstates = register(&mut backend)?;")
        });
        let mut backend: Backend<F> =
            stage
                .site
                .reopen_varied(&self.dir, all_groups(), options.0)?;
        if let Some(backup) = backup {
            let handles = Handles::register(&mut backend)?;
            let compared = compare(&backend, handles, &Model::default());
            script
                .fails("backend", "states", compared)
                .map_err(|difference| {
                    difference
                        .while_doing("opened after a close that it does not promise to survive")
                })?;
            script.say(|| "backup.restore(&mut backend)?;".to_owned());
            backup.restore(&mut backend)?;
        }
        Self::go_on(stage, self.dir, backend, self.past)
    }

    fn end(mut self) -> Result<(), Difference> {
        self.compare(&self.past.model)?;
        self.freeze()?;
        self.stage.script.say(|| "backend.destroy()?;".to_owned());
        self.backend.destroy()?;
        let mut views = self.past.views.iter();
        views.try_for_each(|view| self.stage.read_view(view))
    }
}
