//! Views, and the changes that each tells.

use proptest::collection::vec;
use proptest::prelude::*;
use state_api::{ErrorKind, KeyGroupRange, StateBackend, StateView};

use crate::chain::tracked;
use crate::changes::changes;
use crate::difference::Difference;
use crate::factory::BackendFactory;
use crate::model::history::{Data, Options, Via, line};
use crate::model::perform::apply;
use crate::model::program::Script;
use crate::model::report::History;
use crate::model::schema::{Handles, Model};
use crate::model::strategy::data;
use crate::refusal::refused;
use crate::rows::{Named, clipped, hand_over, joined, rows};
use crate::site::{MAX_PARALLELISM, Site, all_groups};

/// A step of a history of views.
#[derive(Clone, Debug)]
pub enum Look {
    /// Performs an operation.
    Do(Data),
    /// Takes a view.
    Freeze,
    /// Confirms the view of an epoch, counted from the last one confirmed.
    Confirm(usize),
    /// Drops a view.
    Drop(usize),
}

/// A backend that restores what others wrote and takes views, all of which are then looked at.
#[derive(Clone, Debug)]
pub struct Looks {
    /// What the others wrote.
    pub before: Vec<Data>,
    /// What then happens.
    pub steps: Vec<Look>,
    /// The key groups that are looked at, beside all: the first and the last.
    pub groups: (u16, u16),
}

fn look() -> impl Strategy<Value = Look> {
    prop_oneof![
        24 => data().prop_map(Look::Do),
        4 => Just(Look::Freeze),
        1 => any::<usize>().prop_map(Look::Confirm),
        1 => any::<usize>().prop_map(Look::Drop),
    ]
}

/// A history of about 15 operations of others and 40 steps.
pub fn looks() -> impl Strategy<Value = Looks> {
    let groups = (0..MAX_PARALLELISM, 0..MAX_PARALLELISM);
    let history = (vec(data(), 0..30), vec(look(), 0..80), groups);
    history.prop_map(|(before, steps, (one, other))| Looks {
        before,
        steps,
        groups: (one.min(other), one.max(other)),
    })
}

/// Buffers that are too small for any row, for most, and for none.
const BUFFERS: [usize; 3] = [1, 64, 1 << 20];

type Backend<F> = <F as BackendFactory>::Backend<String>;

/// A view, and the epoch that was confirmed when it was taken.
struct Hung<V> {
    view: V,
    epoch: u64,
    confirmed: u64,
}

/// Views, and all rows of each epoch; programs call them by their epoch.
struct Gallery<'s, F: BackendFactory> {
    script: &'s Script,
    backend: Backend<F>,
    handles: Handles,
    model: Model,
    epoch: u64,
    confirmed: u64,
    rows: Vec<Named>,
    views: Vec<Hung<<Backend<F> as StateBackend>::View>>,
}

impl<'s, F: BackendFactory> Gallery<'s, F> {
    /// A backend that restored what others wrote: `before`, its lists in chunks of another cut.
    fn new(site: &Site<'_, F>, before: &[Data], script: &'s Script) -> Result<Self, Difference> {
        script.say(|| {
            "let mut writer = site.open_for::<String>(all_groups());\n\
             let states = register(&mut writer)?;"
                .to_owned()
        });
        let mut writer: Backend<F> = site.open();
        let (handles, mut model) = (Handles::register(&mut writer)?, Model::default());
        for data in before {
            script.does("writer", "states", data, Via::Cursor, &model);
            apply(data, Via::Cursor, &mut writer, handles, &mut model)?;
        }
        script.say(|| {
            "let mut backend = site.open_for::<String>(all_groups());\n\
             backend.track_changes(usize::MAX)?;\n\
             let rows_0 = hand_over(&mut writer, &mut backend)?;\n\
             let states = register(&mut backend)?;"
                .to_owned()
        });
        let mut backend: Backend<F> = tracked(site, all_groups())?;
        let first = hand_over(&mut writer, &mut backend)?;
        Ok(Self {
            script,
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
        let script = self.script;
        match step {
            Look::Do(data) => {
                let (backend, model) = (&mut self.backend, &mut self.model);
                script.does("backend", "states", data, Via::Cursor, model);
                apply(data, Via::Cursor, backend, self.handles, model)?;
            }
            Look::Freeze => self.freeze()?,
            Look::Confirm(which) => {
                let open = usize::try_from(self.epoch - self.confirmed).unwrap() + 1;
                self.confirmed += u64::try_from(which % open).unwrap();
                script.say(|| format!("backend.confirm({})?;", self.confirmed));
                self.backend.confirm(self.confirmed)?;
            }
            Look::Drop(_) if self.views.is_empty() => {}
            Look::Drop(which) => {
                let Hung { epoch, .. } = self.views.remove(which % self.views.len());
                script.say(|| format!("drop(view_{epoch});"));
            }
        }
        Ok(())
    }

    fn freeze(&mut self) -> Result<(), Difference> {
        self.epoch += 1;
        let epoch = self.epoch;
        self.script.say(|| {
            format!(
                "let view_{epoch} = backend.freeze()?;\n\
                 assert_eq!(view_{epoch}.epoch(), {epoch});\n\
                 let rows_{epoch} = rows(&view_{epoch})?;"
            )
        });
        let view = self.backend.freeze()?;
        Difference::between("the epoch of a view", &epoch, &view.epoch())?;
        self.rows.push(rows(&view)?);
        self.views.push(Hung {
            view,
            epoch,
            confirmed: self.confirmed,
        });
        Ok(())
    }

    /// Compares all that the views tell, in `range`.
    fn look(&self, range: KeyGroupRange) -> Result<(), Difference> {
        let (first, last) = (range.first(), range.last());
        self.script
            .say(|| format!("let range = KeyGroupRange::new({first}, {last})?;"));
        for hung in &self.views {
            let all = clipped(&self.rows[usize::try_from(hung.epoch).unwrap()], range);
            self.look_at_all(hung, &all, range)?;
            for (since, then) in (0..).zip(&self.rows) {
                self.look_since((since, then), hung, &all, range)?;
            }
        }
        Ok(())
    }

    /// All rows, as changes.
    fn look_at_all<V: StateView>(
        &self,
        Hung { view, epoch, .. }: &Hung<V>,
        all: &Named,
        range: KeyGroupRange,
    ) -> Result<(), Difference> {
        self.script.say(|| {
            format!(
                "for buffer in {BUFFERS:?} {{\n    \
                     let found = changes(&view_{epoch}, None, range, buffer);\n    \
                     assert_eq!(found.applied_to(&Default::default(), range), clipped(&rows_{epoch}, range));\n    \
                     assert_eq!(found.count(), {});\n\
                 }}",
                all.len()
            )
        });
        for buffer in BUFFERS {
            let found = changes(view.clone(), None, range, buffer)?;
            let rows = found.applied_to(&Named::new(), range);
            Difference::between("all rows as changes", all, &rows)?;
            Difference::between("changes beside the rows", &all.len(), &found.count())?;
        }
        Ok(())
    }

    /// What changed since the epoch `since`, whose rows were `then`.
    fn look_since<V: StateView>(
        &self,
        (since, then): (u64, &Named),
        hung: &Hung<V>,
        all: &Named,
        range: KeyGroupRange,
    ) -> Result<(), Difference> {
        let Hung { view, epoch, .. } = hung;
        let known = (hung.confirmed..=*epoch).contains(&since);
        let told = format!("of the view of epoch {epoch} since {since}");
        self.script.say(|| {
            let not = if known { "" } else { "!" };
            format!("assert!({not}view_{epoch}.tracks_since({since}));")
        });
        let tracks = view.tracks_since(since);
        Difference::between(format_args!("tracks_since {told}"), &known, &tracks)?;
        if !known {
            self.script.say(|| {
                format!(
                    "let refused = view_{epoch}.clone().into_changes(Some({since}), range, 0).map(drop);\n\
                     assert_eq!(refused.map_err(|error| error.kind()), Err(ErrorKind::Invalid));"
                )
            });
            let asked = view.clone().into_changes(Some(since), range, 0);
            return refused(&format!("changes {told}"), ErrorKind::Invalid, asked);
        }
        self.script.say(|| {
            format!(
                "for buffer in {BUFFERS:?} {{\n    \
                     let found = changes(&view_{epoch}, Some({since}), range, buffer).applied_to(&rows_{since}, range);\n    \
                     let states = view_{epoch}.states();\n    \
                     assert_eq!(joined(&found, &states)?, joined(&clipped(&rows_{epoch}, range), &states)?);\n\
                 }}"
            )
        });
        let states = view.states();
        let all = joined(all, &states)?;
        for buffer in BUFFERS {
            let found = changes(view.clone(), Some(since), range, buffer)?;
            let found = joined(&found.applied_to(then, range), &states)?;
            Difference::between(format_args!("changes {told}, applied"), &all, &found)?;
        }
        Ok(())
    }
}

impl History for Looks {
    fn play<F: BackendFactory>(&self, factory: &F, script: &Script) -> Result<(), Difference> {
        let (first, last) = self.groups;
        let part = KeyGroupRange::new(first, last)?;
        let site = Site::new(factory);
        script.say(|| "let site = Site::new(&factory);".to_owned());
        let mut gallery = Gallery::new(&site, &self.before, script)?;
        for (number, step) in self.steps.iter().enumerate() {
            script.step(number, step);
            gallery.step(step)?;
        }
        script.end();
        gallery.step(&Look::Freeze)?;
        gallery.look(all_groups().range())?;
        gallery.look(part)
    }

    fn show<F: BackendFactory>(&self, factory: &F) -> String {
        let (first, last) = self.groups;
        let mut lines = String::from("restored:\n");
        for (number, data) in self.before.iter().enumerate() {
            lines += &line(factory, number, &format!("{data:?}"), Options::default());
        }
        lines += "then:\n";
        for (number, step) in self.steps.iter().enumerate() {
            let text = match step {
                Look::Do(data) => format!("{data:?}"),
                step => format!("{step:?}"),
            };
            lines += &line(factory, number, &text, Options::default());
        }
        lines + &format!("looked at in all key groups, and from {first} to {last}\n")
    }
}
