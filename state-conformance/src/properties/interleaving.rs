//! Views on several threads, step by step.
//!
//! A model checker of threads, such as `shuttle` or `loom`, has to replace the primitives of `std::sync` in all
//! code that it looks into. Engines use those of `std`, of `parking_lot` or of C++, so what is explored here
//! are real threads that take turns: a generated schedule says who makes the next step, and everybody else
//! waits. That is every interleaving of whole calls, with iterators left open between them, and none inside of
//! a call; the properties of [`views`](super::views) let threads run freely.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use state_api::{Ref, Result as StateResult, RowSource, StateBackend, StateView};

use crate::difference::Difference;
use crate::factory::BackendFactory;
use crate::model::{self, Data, Handles, Model, STATES, Via, compare};
use crate::rows::{Row, gather};
use crate::runner::{at_step, cases, check};
use crate::site::Site;

/// Most readers at a time.
const MOST_READERS: usize = 4;

/// How long a step may take before it counts as stuck.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the owner does in a turn of its own.
#[derive(Clone, Debug)]
enum Act {
    Do(Data),
    /// Drops a state, by number, and registers it again.
    DropState(usize),
    /// Takes a view, and starts a thread that reads it.
    Freeze,
}

/// How the owner ends, while views are still being read.
#[derive(Clone, Copy, Debug)]
enum End {
    Drop,
    Close,
    Destroy,
}

/// The turns of a reader: it makes a step in each.
struct Turns {
    go: Receiver<()>,
    done: Sender<()>,
}

impl Turns {
    /// Ends a turn and waits for the next one. Nobody waits once the history has failed.
    fn pass(&self) {
        if self.done.send(()).is_ok() {
            let _ = self.go.recv();
        }
    }
}

/// A thread that reads a view.
struct Reader {
    /// `None` at the end.
    go: Option<Sender<()>>,
    done: Receiver<()>,
    thread: Option<JoinHandle<Result<(), Difference>>>,
}

impl Reader {
    fn start<V: StateView<Key = String>>(view: V, handles: Handles, model: Model) -> Self {
        let ((go, on_go), (on_done, done)) = (channel(), channel());
        let turns = Turns {
            go: on_go,
            done: on_done,
        };
        let thread = thread::spawn(move || {
            let _ = turns.go.recv();
            let epoch = view.epoch();
            let read = read(&view, handles, &model, &turns);
            read.map_err(|d| d.while_doing(format_args!("a reader of the view of epoch {epoch}")))
        });
        Self {
            go: Some(go),
            done,
            thread: Some(thread),
        }
    }

    /// Lets the reader make a step. `false` if it was the last one.
    fn step(&mut self) -> Result<bool, Difference> {
        let going = self.go.as_ref().is_some_and(|go| go.send(()).is_ok());
        if going {
            match self.done.recv_timeout(PATIENCE) {
                Ok(()) => return Ok(true),
                Err(RecvTimeoutError::Disconnected) => {}
                Err(RecvTimeoutError::Timeout) => {
                    // It cannot be joined.
                    self.thread = None;
                    return Err(Difference::new("a reader is stuck while the owner waits"));
                }
            }
        }
        let joined = self.thread.take().map_or(Ok(Ok(())), JoinHandle::join);
        joined.unwrap_or_else(|_| Err(Difference::new("a reader panicked")))?;
        Ok(false)
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        // It runs on to its end: the directory outlives it.
        self.go = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Reads a view with iterators that stay open while others have their turns.
fn read<V: StateView<Key = String>>(
    view: &V,
    handles: Handles,
    model: &Model,
    turns: &Turns,
) -> Result<(), Difference> {
    for key in model.keys() {
        let at = view.at(key.as_str());
        let mut events = Vec::new();
        for event in at.list(handles.events).iter()? {
            turns.pass();
            events.push(event?.into_owned());
        }
        let what = || format!("events of {:?}", model::Text(key.clone()));
        Difference::between(what(), &model.events.get(&key, &()), &events)?;
        // From both ends in turn: an engine may hold a place at each.
        let walk = model::spec::Walk::Inward;
        let scores = walk.collect(Stepping {
            entries: at.map(handles.scores).iter()?,
            turns,
        })?;
        let expected = model.scores.get(&key, &());
        Difference::between("scores", &expected.into_iter().collect::<Vec<_>>(), &scores)?;
    }
    let mut keys = Vec::new();
    for pair in view.keys(handles.counts)? {
        turns.pass();
        keys.push(pair?.0.into_owned());
    }
    keys.sort();
    let expected: Vec<_> = model.counts.keys().cloned().collect();
    Difference::between("keys of counts", &expected, &keys)?;
    rows(view, turns)?;
    turns.pass();
    compare(view, handles, model)
}

/// Entries, one in each turn.
struct Stepping<'t, I> {
    entries: I,
    turns: &'t Turns,
}

impl<'r, I> Stepping<'_, I>
where
    I: Iterator<Item = StateResult<(Ref<'r, i64>, Ref<'r, u64>)>>,
{
    fn owned(&self, entry: Option<I::Item>) -> Option<StateResult<(i64, u64)>> {
        self.turns.pass();
        Some(entry?.map(|(map_key, value)| (map_key.into_owned(), value.into_owned())))
    }
}

impl<'r, I> Iterator for Stepping<'_, I>
where
    I: Iterator<Item = StateResult<(Ref<'r, i64>, Ref<'r, u64>)>>,
{
    type Item = StateResult<(i64, u64)>;

    fn next(&mut self) -> Option<Self::Item> {
        let entry = self.entries.next();
        self.owned(entry)
    }
}

impl<'r, I> DoubleEndedIterator for Stepping<'_, I>
where
    I: DoubleEndedIterator<Item = StateResult<(Ref<'r, i64>, Ref<'r, u64>)>>,
{
    fn next_back(&mut self) -> Option<Self::Item> {
        let entry = self.entries.next_back();
        self.owned(entry)
    }
}

/// The rows of a view, one in each turn, are those that it has in one go.
fn rows<V: StateView>(view: &V, turns: &Turns) -> Result<(), Difference> {
    let range = view.key_groups().range();
    let at_once = gather(view.clone(), range)?;
    turns.pass();
    let mut source = view.clone().into_rows(range)?;
    let mut stepwise = Vec::new();
    while let Some(row) = source.next_row()? {
        stepwise.push(Row {
            group: row.group,
            state: row.state,
            key: row.key.into(),
            envelope: row.envelope.into(),
        });
        turns.pass();
    }
    Difference::between("rows, one in each turn", &at_once, &stepwise)
}

/// The owner of a backend, and the readers of its views.
struct Cast<B> {
    backend: B,
    handles: Handles,
    model: Model,
    readers: Vec<Reader>,
}

impl<B: StateBackend<Key = String>> Cast<B> {
    fn act(&mut self, act: &Act) -> Result<(), Difference> {
        let Self {
            backend,
            handles,
            model,
            readers,
        } = self;
        match act {
            Act::Do(data) => model::apply(data, Via::Cursor, backend, *handles, model)?,
            Act::DropState(number) => {
                let name = STATES[number % STATES.len()];
                backend.drop_state(name)?;
                *handles = Handles::register(backend)?;
                model.drop_state(name);
            }
            Act::Freeze if readers.len() == MOST_READERS => {}
            Act::Freeze => {
                let view = backend.freeze()?;
                readers.push(Reader::start(view, *handles, model.clone()));
            }
        }
        Ok(())
    }
}

fn step(readers: &mut Vec<Reader>, which: usize) -> Result<(), Difference> {
    if readers[which].step()? {
        return Ok(());
    }
    // The place goes to the next view.
    drop(readers.remove(which));
    Ok(())
}

fn play<F: BackendFactory>(
    factory: &F,
    acts: &[Act],
    end: End,
    turns: &[usize],
) -> Result<(), Difference> {
    let site = Site::new(factory);
    let mut backend = site.open::<String>();
    let mut cast = Cast {
        handles: Handles::register(&mut backend)?,
        backend,
        model: Model::default(),
        readers: Vec::new(),
    };
    let mut acts = acts.iter().enumerate();
    for turn in turns {
        // The owner has two parts of the turns.
        if let Some(reader) = (turn % (cast.readers.len() + 2)).checked_sub(2) {
            step(&mut cast.readers, reader)?;
            continue;
        }
        let Some((number, act)) = acts.next() else {
            break;
        };
        at_step(|| format!("act {number}, {act:?}"));
        cast.act(act)?;
    }
    at_step(|| format!("the end, {end:?}"));
    let Cast {
        backend,
        handles,
        model,
        mut readers,
    } = cast;
    compare(&backend, handles, &model)?;
    match end {
        End::Drop => drop(backend),
        End::Close => backend.close()?,
        End::Destroy => backend.destroy()?,
    }
    while !readers.is_empty() {
        for which in (0..readers.len()).rev() {
            step(&mut readers, which)?;
        }
    }
    Ok(())
}

/// Several views are read on a thread each, with iterators that stay open, while the owner writes, clears,
/// drops states and takes further views, and at last is dropped, closed or destroyed: in any order of their
/// steps, each reader finds the state of its freeze, and nobody waits for another.
pub fn views_are_read_in_any_interleaving<F: BackendFactory>(factory: &F) {
    let act = prop_oneof![
        12 => model::data().prop_map(Act::Do),
        1 => (0..STATES.len()).prop_map(Act::DropState),
        3 => Just(Act::Freeze),
    ];
    let end = select(&[End::Drop, End::Close, End::Destroy][..]);
    let history = (vec(act, 1..60), end, vec(any::<usize>(), 0..250));
    check(cases(), &history, |(acts, end, turns)| {
        play(factory, &acts, end, &turns)
    });
}
