//! Histories whose accesses are counted, and what each may cost.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use state_api::{Result as StateResult, StateBackend, StateRead};

use super::history::{Data, Options, Via, line};
use super::perform::apply;
use super::pool::Key;
use super::program::Script;
use super::report::History;
use super::schema::{Handles, Model};
use super::spec::{ListOp, MapOp, ValueOp};
use super::strategy::data;
use crate::backup::Backup;
use crate::chain::AMPLE;
use crate::counting::{Calls, Counts};
use crate::difference::Difference;
use crate::factory::BackendFactory;
use crate::site::Site;

/// What an access may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Law {
    /// A get is one read.
    Get,
    /// A blind write reads nothing.
    BlindWrite,
    /// An append reads nothing.
    Append,
    /// An update reads once.
    Update,
    /// A clear walks only its own rows.
    Clear,
}

/// A step of a history.
#[derive(Clone, Debug)]
pub enum Step {
    /// Performs an operation.
    Do(Via, Data),
    /// Takes a view and keeps it.
    Freeze,
    /// Drops all views.
    DropViews,
    /// Takes a checkpoint, restores it into a fresh backend and goes on there.
    Restore,
}

/// A history whose accesses are counted, one by one, where a law is of them.
#[derive(Clone, Debug)]
pub struct Bill {
    /// The law.
    pub law: Law,
    /// What happens.
    pub steps: Vec<Step>,
}

/// Histories of about 50 steps.
pub fn bills(law: Law) -> impl Strategy<Value = Bill> {
    let via = select(&[Via::Cursor, Via::Bound][..]);
    let step = prop_oneof![
        24 => (via, data()).prop_map(|(via, data)| Step::Do(via, data)),
        1 => Just(Step::Freeze),
        1 => Just(Step::DropViews),
        1 => Just(Step::Restore),
    ];
    vec(step, 1..100).prop_map(move |steps| Bill { law, steps })
}

fn of_value<V>(op: &ValueOp<V>) -> Law {
    match op {
        ValueOp::Get => Law::Get,
        ValueOp::Put(_) | ValueOp::Clear => Law::BlindWrite,
        ValueOp::Take | ValueOp::Modify { .. } | ValueOp::Update(_) => Law::Update,
    }
}

fn of_list<T>(op: &ListOp<T>) -> Option<Law> {
    match op {
        ListOp::Push(_) | ListOp::Extend(_) => Some(Law::Append),
        ListOp::Replace(_) | ListOp::Clear => Some(Law::Clear),
        ListOp::Iter | ListOp::Len | ListOp::IsEmpty => None,
    }
}

fn of_map<UK, UV>(op: &MapOp<UK, UV>) -> Option<Law> {
    match op {
        MapOp::Get(_) | MapOp::Contains(_) => Some(Law::Get),
        MapOp::Insert(..) | MapOp::Remove(_) => Some(Law::BlindWrite),
        MapOp::Take(_) | MapOp::Modify { .. } | MapOp::Update(..) => Some(Law::Update),
        MapOp::Clear => Some(Law::Clear),
        MapOp::Len
        | MapOp::IsEmpty
        | MapOp::Iter(_)
        | MapOp::Range(..)
        | MapOp::First
        | MapOp::Last => None,
    }
}

impl Law {
    /// The law of an operation, if there is one.
    fn of(data: &Data) -> Option<Self> {
        match data {
            Data::Counts(_, op) => Some(of_value(op)),
            Data::Notes(_, _, op) => Some(of_value(op)),
            Data::Events(_, op) => of_list(op),
            Data::Words(_, _, op) => of_list(op),
            Data::Scores(_, op) => of_map(op),
            Data::Tags(_, _, op) => of_map(op),
        }
    }

    /// It in words.
    fn words(self) -> &'static str {
        match self {
            Self::Get => "a get is one read",
            Self::BlindWrite => "a blind write reads nothing",
            Self::Append => "an append reads nothing",
            Self::Update => "an update reads once",
            Self::Clear => "a clear walks only its own rows",
        }
    }

    /// Whether the calls of an operation are within the law; its collection has at most `rows` rows.
    fn allows(self, made: &Counts, rows: u64) -> bool {
        match self {
            Self::Get | Self::Update => made.reads() <= 1,
            Self::BlindWrite | Self::Append => made.reads() == 0,
            // A scan that went to its end asked for one more.
            Self::Clear => made.gets == 0 && made.steps <= rows + made.scans,
        }
    }

    /// [`Law::allows`] as a statement.
    fn check(self, rows: u64) -> String {
        let within = match self {
            Self::Get | Self::Update => "made.reads() <= 1".to_owned(),
            Self::BlindWrite | Self::Append => "made.reads() == 0".to_owned(),
            Self::Clear => format!("made.gets == 0 && made.steps <= {rows} + made.scans"),
        };
        format!("let made = calls.take();\nassert!({within}, \"{{made:?}}\");")
    }
}

/// The most rows that the collection of an operation can have: the elements of a list, as each lies in a chunk
/// of its own in the worst case, or the entries of a map.
fn rows(data: &Data, model: &Model) -> u64 {
    let key = data.key().text();
    let rows = match data {
        Data::Counts(..) | Data::Notes(..) => 1,
        Data::Events(..) => model.events.get(&key, &()).len(),
        Data::Words(_, namespace, _) => model.words.get(&key, namespace).len(),
        Data::Scores(..) => model.scores.get(&key, &()).len(),
        Data::Tags(_, namespace, _) => model.tags.get(&key, namespace).len(),
    };
    u64::try_from(rows).unwrap_or(u64::MAX)
}

/// Makes a get once more, through a shared reference; says whether something is there.
fn get<R: StateRead<Key = String>>(state: &R, handles: Handles, data: &Data) -> StateResult<bool> {
    let text = data.key().text();
    let at = state.at(text.as_str());
    match data {
        Data::Counts(..) => Ok(at.value(handles.counts).get()?.is_some()),
        Data::Notes(_, namespace, _) => {
            let at = at.in_namespace(namespace);
            Ok(at.value(handles.notes).get()?.is_some())
        }
        Data::Scores(_, MapOp::Get(map_key)) => Ok(at.map(handles.scores).get(map_key)?.is_some()),
        Data::Scores(_, MapOp::Contains(map_key)) => at.map(handles.scores).contains(map_key),
        Data::Tags(_, namespace, MapOp::Get(map_key)) => {
            let at = at.in_namespace(namespace);
            Ok(at.map(handles.tags).get(map_key)?.is_some())
        }
        Data::Tags(_, namespace, MapOp::Contains(map_key)) => {
            let at = at.in_namespace(namespace);
            at.map(handles.tags).contains(map_key)
        }
        _ => Ok(false),
    }
}

struct Counted<'s, B: StateBackend> {
    script: &'s Script,
    law: Law,
    calls: &'s Calls,
    backend: B,
    handles: Handles,
    model: Model,
    views: Vec<B::View>,
    /// Number of views that were taken.
    frozen: usize,
}

impl<B: StateBackend<Key = String>> Counted<'_, B> {
    /// Compares the calls since the last look with the law.
    fn look(&self, data: &Data, rows: u64) -> Result<(), Difference> {
        self.script.say(|| self.law.check(rows));
        let made = self.calls.take();
        if self.law.allows(&made, rows) {
            return Ok(());
        }
        let words = self.law.words();
        Err(Difference::new(format!(
            "{words}, and {data:?} of at most {rows} rows made {made:?}"
        )))
    }

    fn perform(&mut self, via: Via, data: &Data) -> Result<(), Difference> {
        let counts = Law::of(data) == Some(self.law);
        if counts {
            self.script.say(|| "calls.take();".to_owned());
            self.calls.take();
        }
        let rows = rows(data, &self.model);
        let (script, model) = (self.script, &mut self.model);
        script.does("backend", "states", data, via, model);
        apply(data, via, &mut self.backend, self.handles, model)?;
        if !counts {
            return Ok(());
        }
        self.look(data, rows)?;
        if self.law == Law::Get {
            self.script.reads("backend", "states", data, &self.model);
            get(&self.backend, self.handles, data)?;
            self.look(data, rows)?;
        }
        Ok(())
    }

    /// That calls are counted at all: a value is written and read.
    fn begin(&mut self) -> Result<(), Difference> {
        self.script.say(|| "calls.take();".to_owned());
        self.calls.take();
        for op in [ValueOp::Put(0), ValueOp::Get, ValueOp::Clear] {
            let data = Data::Counts(Key::new(0), op);
            let (script, model) = (self.script, &mut self.model);
            script.does("backend", "states", &data, Via::Cursor, model);
            apply(&data, Via::Cursor, &mut self.backend, self.handles, model)?;
        }
        self.script
            .say(|| "assert_ne!(calls.take(), Default::default());".to_owned());
        if self.calls.take() == Counts::default() {
            return Err(Difference::new("no call of the engine is counted"));
        }
        Ok(())
    }

    fn freeze(&mut self) -> Result<(), Difference> {
        let number = self.frozen;
        self.script
            .say(|| format!("let view_{number} = backend.freeze()?;"));
        self.views.push(self.backend.freeze()?);
        self.frozen += 1;
        Ok(())
    }

    fn drop_views(&mut self) {
        let first = self.frozen - self.views.len();
        for (number, view) in (first..).zip(self.views.drain(..)) {
            self.script.say(|| format!("drop(view_{number});"));
            drop(view);
        }
    }

    /// Goes on in a fresh backend, which `open` opens.
    fn restore(mut self, open: impl Fn() -> StateResult<B>) -> Result<Self, Difference> {
        self.script.say(|| {
            format!(
                "let backup = Backup::take(&mut backend)?;\n\
                 backend.destroy()?;\n\
                 backend = {OPEN};\n\
                 backup.restore(&mut backend)?;"
            )
        });
        let backup = Backup::take(&mut self.backend)?;
        self.backend.destroy()?;
        let mut backend = open()?;
        backup.restore(&mut backend)?;
        self.script
            .say(|| "states = register(&mut backend)?;".to_owned());
        let handles = settle(&mut backend, self.script)?;
        Ok(Self {
            backend,
            handles,
            ..self
        })
    }
}

/// How a program opens a backend.
const OPEN: &str = "site.open_counted::<String>(&calls)?";

/// Registers states in a backend that was opened, and tracks changes where it can: that costs no call.
fn settle<B: StateBackend<Key = String>>(backend: &mut B, script: &Script) -> StateResult<Handles> {
    let handles = Handles::register(backend)?;
    if backend.capability().tracks_changes {
        script.say(|| "backend.track_changes(usize::MAX)?;".to_owned());
        backend.track_changes(AMPLE)?;
    }
    Ok(handles)
}

/// Plays a history on a backend that `open` opens, and whose calls `calls` counts.
fn play<B: StateBackend<Key = String>>(
    bill: &Bill,
    calls: &Calls,
    script: &Script,
    open: impl Fn() -> StateResult<B>,
) -> Result<(), Difference> {
    script.say(|| {
        format!(
            "let calls = Calls::default();\n\
             let mut backend = {OPEN};\n\
             let mut states = register(&mut backend)?;"
        )
    });
    let mut backend = open()?;
    let mut counted = Counted {
        script,
        law: bill.law,
        calls,
        handles: settle(&mut backend, script)?,
        backend,
        model: Model::default(),
        views: Vec::new(),
        frozen: 0,
    };
    counted.begin()?;
    for (number, step) in bill.steps.iter().enumerate() {
        script.step(number, step);
        match step {
            Step::Do(via, data) => counted.perform(*via, data)?,
            Step::Freeze => counted.freeze()?,
            Step::DropViews => counted.drop_views(),
            Step::Restore => counted = counted.restore(&open)?,
        }
    }
    script.end();
    script.say(|| "backend.destroy()?;".to_owned());
    Ok(counted.backend.destroy()?)
}

impl History for Bill {
    fn play<F: BackendFactory>(&self, factory: &F, script: &Script) -> Result<(), Difference> {
        let site = Site::new(factory);
        script.say(|| "let site = Site::new(&factory);".to_owned());
        let calls = Calls::default();
        play(self, &calls, script, || site.open_counted::<String>(&calls))
    }

    fn show<F: BackendFactory>(&self, factory: &F) -> String {
        let steps = self.steps.iter().enumerate();
        let lines = steps.map(|(number, step)| {
            let text = match step {
                Step::Do(via, data) => data.shown(*via),
                step => format!("{step:?}"),
            };
            line(factory, number, &text, Options::default())
        });
        lines.collect()
    }
}
