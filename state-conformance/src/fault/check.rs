//! The law of an engine that fails: a typed error, and then a backend that is consistent or poisoned, never wrong.

use std::collections::BTreeMap;
use std::path::Path;

use state_api::{
    Error, ErrorKind, KeyGroups, List, ListDescriptor, Map, MapDescriptor, Result, StateBackend,
    StateRead, Value, ValueDescriptor,
};
use state_store::{OrderedStore, StoreBackend};

use super::{Fault, Faults, FaultyStore};
use crate::difference::Difference;

type Backend<S> = StoreBackend<String, FaultyStore<S>>;

/// Plays a short history over the engine that `open` opens in an empty directory, once for each of its calls and each
/// kind of fault. Whatever call fails:
///
/// - the operation answers an error, of the kind of the failure, and does not panic;
/// - after that the backend is as before the operation and goes on, or it is poisoned: each read and write says so;
/// - views that were taken before are what they were;
/// - what a later close keeps is right.
///
/// Cost: some hundred short lives of the engine.
///
/// # Panics
/// When one of these is broken: with the fault, the call, the step, expected and found.
pub fn check_store<S: OrderedStore>(open: impl Fn(&Path) -> Result<S>) {
    let root = tempfile::tempdir().unwrap();
    for fault in [Fault::Fail, Fault::Lost, Fault::Short, Fault::Full] {
        let mut errors = 0;
        for call in 0.. {
            let dir = root.path().join(format!("{fault:?}-{call}"));
            std::fs::create_dir_all(&dir).unwrap();
            let faults = Faults::at(call, fault);
            match play(&open, &dir, fault, &faults) {
                Ok(failed) => errors += usize::from(failed),
                Err(found) => panic!("{fault:?} at call {call} of the engine: {found}"),
            }
            if faults.calls() <= call {
                assert!(errors > 10, "{fault:?}: {errors} errors in {call} calls");
                break;
            }
        }
    }
}

/// One call of the typed surface.
#[derive(Clone, Copy, Debug)]
enum Step {
    Put(&'static str, u64),
    Modify(&'static str),
    Take(&'static str),
    Push(&'static str, u64),
    /// As many elements as take several chunks.
    Extend(&'static str),
    Replace(&'static str, u64),
    ClearList(&'static str),
    Insert(&'static str, u32, u64),
    ModifyEntry(&'static str, u32),
    Remove(&'static str, u32),
    ClearMap(&'static str),
    Freeze,
    Read,
}

const HISTORY: &[Step] = {
    use Step::{
        ClearList, ClearMap, Extend, Freeze, Insert, Modify, ModifyEntry, Push, Put, Read, Remove,
        Replace, Take,
    };
    &[
        Put("a", 1),
        Modify("a"),
        Push("a", 1),
        Push("a", 2),
        Insert("a", 1, 10),
        Insert("a", 2, 20),
        Put("b", 7),
        Freeze,
        Extend("a"),
        ModifyEntry("a", 2),
        Remove("a", 1),
        Push("b", 9),
        Read,
        Replace("a", 5),
        Take("b"),
        ClearMap("a"),
        ClearList("b"),
        Insert("b", 3, 30),
    ]
};

/// Number of elements of an `Extend`.
const MANY: u64 = 200;

#[derive(Clone, Debug, Default, PartialEq)]
struct Key {
    value: Option<u64>,
    list: Vec<u64>,
    map: BTreeMap<u32, u64>,
}

type Model = BTreeMap<&'static str, Key>;

#[derive(Clone, Copy)]
struct Handles {
    value: Value<u64>,
    list: List<u64>,
    map: Map<u32, u64>,
}

fn register<S: OrderedStore>(state: &mut Backend<S>) -> Result<Handles> {
    Ok(Handles {
        value: state.register(ValueDescriptor::new("value"))?,
        list: state.register(ListDescriptor::new("list"))?,
        map: state.register(MapDescriptor::new("map"))?,
    })
}

fn read<R: StateRead<Key = String>>(state: &R, handles: Handles) -> Result<Model> {
    let mut model = Model::new();
    for key in ["a", "b"] {
        let at = state.at(key);
        let mut found = Key {
            value: at.value(handles.value).get()?.as_deref().copied(),
            ..Key::default()
        };
        for element in at.list(handles.list).iter()? {
            found.list.push(*element?);
        }
        for entry in at.map(handles.map).iter()? {
            let (key, value) = entry?;
            found.map.insert(*key, *value);
        }
        let lens = (at.list(handles.list).len()?, at.map(handles.map).len()?);
        let known = (found.list.len() as u64, found.map.len() as u64);
        Difference::between("lengths", &known, &lens).map_err(|d| wrong(&d))?;
        let none = at.map(handles.map).is_empty()?;
        Difference::between("is_empty", &found.map.is_empty(), &none).map_err(|d| wrong(&d))?;
        let last = at.map(handles.map).last()?.map(|(key, _)| *key);
        let known = found.map.keys().next_back().copied();
        Difference::between("last", &known, &last).map_err(|d| wrong(&d))?;
        model.insert(key, found);
    }
    Ok(model)
}

/// Does a step on a backend.
fn perform<S: OrderedStore>(state: &mut Backend<S>, handles: Handles, step: Step) -> Result<()> {
    let Handles { value, list, map } = handles;
    match step {
        Step::Put(key, v) => state.at_mut(key).value(value).put(v),
        Step::Modify(key) => state.at_mut(key).value(value).modify(0, |n| *n += 1),
        Step::Take(key) => state.at_mut(key).value(value).take().map(drop),
        Step::Push(key, v) => state.at_mut(key).list(list).push(v),
        Step::Extend(key) => state.at_mut(key).list(list).extend(0..MANY),
        Step::Replace(key, v) => state.at_mut(key).list(list).replace([v]),
        Step::ClearList(key) => state.at_mut(key).list(list).clear(),
        Step::Insert(key, k, v) => state.at_mut(key).map(map).insert(k, v),
        Step::ModifyEntry(key, k) => state.at_mut(key).map(map).modify(&k, 0, |n| *n += 1),
        Step::Remove(key, k) => state.at_mut(key).map(map).remove(&k),
        Step::ClearMap(key) => state.at_mut(key).map(map).clear(),
        Step::Freeze | Step::Read => Ok(()),
    }
}

/// Does a step on the model.
fn apply(model: &mut Model, step: Step) {
    let (Step::Put(key, _)
    | Step::Modify(key)
    | Step::Take(key)
    | Step::Push(key, _)
    | Step::Extend(key)
    | Step::Replace(key, _)
    | Step::ClearList(key)
    | Step::Insert(key, ..)
    | Step::ModifyEntry(key, _)
    | Step::Remove(key, _)
    | Step::ClearMap(key)) = step
    else {
        return;
    };
    let at = model.entry(key).or_default();
    match step {
        Step::Put(_, v) => at.value = Some(v),
        Step::Modify(_) => *at.value.get_or_insert(0) += 1,
        Step::Take(_) => at.value = None,
        Step::Push(_, v) => at.list.push(v),
        Step::Extend(_) => at.list.extend(0..MANY),
        Step::Replace(_, v) => at.list = vec![v],
        Step::ClearList(_) => at.list.clear(),
        Step::Insert(_, k, v) => drop(at.map.insert(k, v)),
        Step::ModifyEntry(_, k) => *at.map.entry(k).or_default() += 1,
        Step::Remove(_, k) => drop(at.map.remove(&k)),
        Step::ClearMap(_) => at.map.clear(),
        Step::Freeze | Step::Read => {}
    }
}

/// One life; whether an operation failed.
fn play<S: OrderedStore>(
    open: impl Fn(&Path) -> Result<S>,
    dir: &Path,
    fault: Fault,
    faults: &Faults,
) -> Result<bool, Difference> {
    let groups = KeyGroups::all(8)?;
    let opened = StoreBackend::new(FaultyStore::new(open(dir)?, faults.clone()), groups);
    let mut state: Backend<S> = match opened {
        Ok(state) => state,
        Err(error) => return typed(fault, &error).map(|()| true),
    };
    let handles = match register(&mut state) {
        Ok(handles) => handles,
        Err(error) => return typed(fault, &error).map(|()| true),
    };
    let mut model: Model = [("a", Key::default()), ("b", Key::default())].into();
    let mut view = None;
    let mut failed = false;
    let mut poisoned = false;
    for &step in HISTORY {
        let while_doing = |difference: Difference| difference.while_doing(format!("{step:?}"));
        let happened = faults.has_happened();
        // A backend that goes on does the step again, and then nothing is in its way.
        for again in [false, true] {
            let done = match step {
                Step::Freeze => state
                    .freeze()
                    .map(|frozen| view = Some((frozen, model.clone()))),
                Step::Read => read(&state, handles).and_then(|found| {
                    Difference::between("what is read", &model, &found).map_err(|d| wrong(&d))
                }),
                step => perform(&mut state, handles, step),
            };
            let Err(error) = done else {
                let hidden = !happened
                    && faults.has_happened()
                    && !again
                    && matches!(fault, Fault::Fail | Fault::Lost);
                Difference::between("an error is hidden", &false, &hidden).map_err(while_doing)?;
                apply(&mut model, step);
                break;
            };
            failed = true;
            typed(fault, &error).map_err(while_doing)?;
            poisoned = is_poisoned(&state, handles, &model).map_err(while_doing)?;
            if poisoned {
                break;
            }
            Difference::between("fails again", &false, &again).map_err(while_doing)?;
        }
        if poisoned {
            break;
        }
    }
    faults.free();
    if let Some((view, then)) = &view {
        // The fault may be the view's.
        let found = read(view, handles).or_else(|error| {
            typed(fault, &error).map_err(|d| wrong(&d))?;
            failed = true;
            read(view, handles)
        })?;
        Difference::between("a view", then, &found)?;
    }
    drop(view);
    let survives = state.capability().survives_close;
    if poisoned {
        let after = state.at_mut("a").value(handles.value).put(0);
        let kind = after.map_err(|error| error.kind());
        Difference::between(
            "a write behind a failed one",
            &Err(ErrorKind::Poisoned),
            &kind,
        )?;
        return Ok(true);
    }
    match state.close() {
        Err(error) => typed(fault, &error).map(|()| true),
        Ok(()) if survives => {
            let store = FaultyStore::new(open(dir)?, Faults::none());
            let mut state: Backend<S> = StoreBackend::new(store, groups)?;
            let handles = register(&mut state)?;
            Difference::between("what a close kept", &model, &read(&state, handles)?)?;
            Ok(failed)
        }
        Ok(()) => Ok(failed),
    }
}

/// A difference on its way through operations that answer errors.
fn wrong(difference: &Difference) -> Error {
    Error::new(ErrorKind::Invalid, difference.to_string())
}

/// Checks that an error is that of the fault.
fn typed(fault: Fault, error: &Error) -> Result<(), Difference> {
    let kinds: &[ErrorKind] = match fault {
        // Of values that are cut, or of calls that have none.
        Fault::Short => &[ErrorKind::Io, ErrorKind::Corrupt, ErrorKind::Codec],
        _ => &[ErrorKind::Io],
    };
    if kinds.contains(&error.kind()) {
        Ok(())
    } else {
        Difference::between(
            "an error of another kind",
            &format!("{kinds:?}"),
            &format!("{error:?}"),
        )
    }
}

/// Whether a backend is poisoned; one that is not is as `model` is.
fn is_poisoned<S: OrderedStore>(
    state: &Backend<S>,
    handles: Handles,
    model: &Model,
) -> Result<bool, Difference> {
    match read(state, handles) {
        Ok(found) => {
            Difference::between("what is read behind a failure", model, &found)?;
            Ok(false)
        }
        Err(error) => {
            let kind = error.kind();
            Difference::between("a read behind a failure", &ErrorKind::Poisoned, &kind)?;
            Ok(true)
        }
    }
}
