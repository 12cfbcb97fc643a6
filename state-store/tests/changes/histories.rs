//! Generated histories: what changed since the view of any epoch that is still told of, applied to
//! its rows, gives the rows of the later view; and what is told of is what the calls say.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use state_api::{
    ErrorKind, KeyGroupRange, List, ListDescriptor, Map, MapDescriptor, StateBackend, StateRead,
    StateView, Value, ValueDescriptor,
};

use crate::rows::{Backend, Rows, View, all, check, open, rows};

#[derive(Clone, Debug)]
enum Write {
    Put(u64),
    Modify,
    Take,
    ClearValue,
    Push,
    Extend(u64),
    Replace(u64),
    ClearList,
    Insert(u8, u64),
    Remove(u8),
    Empty(u8),
    ClearMap,
    /// Into a state that comes and goes, and whose name is before the others.
    Late(u64),
}

#[derive(Clone, Debug)]
enum Step {
    Write(u8, u8, Write),
    Freeze,
    /// Of a view that may be gone.
    Confirm(usize),
    DropView(usize),
    DropLate,
}

/// Keys, namespaces and map keys: the last one has the prefix of no other key behind it.
fn byte() -> impl Strategy<Value = u8> {
    select(vec![0, 1, 2, 128, 254, 255])
}

fn write() -> impl Strategy<Value = Write> {
    prop_oneof![
        4 => any::<u64>().prop_map(Write::Put),
        2 => Just(Write::Modify),
        2 => Just(Write::Take),
        2 => Just(Write::ClearValue),
        4 => Just(Write::Push),
        2 => (0..300_u64).prop_map(Write::Extend),
        2 => (0..300_u64).prop_map(Write::Replace),
        2 => Just(Write::ClearList),
        6 => (byte(), any::<u64>()).prop_map(|(key, value)| Write::Insert(key, value)),
        2 => byte().prop_map(Write::Remove),
        1 => byte().prop_map(Write::Empty),
        2 => Just(Write::ClearMap),
        1 => any::<u64>().prop_map(Write::Late),
    ]
}

fn writes() -> impl Strategy<Value = (u8, u8, Write)> {
    (byte(), byte(), write())
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        40 => writes().prop_map(|(key, namespace, write)| Step::Write(key, namespace, write)),
        6 => Just(Step::Freeze),
        2 => any::<usize>().prop_map(Step::Confirm),
        3 => any::<usize>().prop_map(Step::DropView),
        1 => Just(Step::DropLate),
    ]
}

struct States {
    value: Value<u64, u8>,
    list: List<u64, u8>,
    map: Map<u8, u64, u8>,
}

fn register(state: &mut Backend<u8>) -> States {
    States {
        value: state
            .register(ValueDescriptor::new("value").namespaced())
            .unwrap(),
        list: state
            .register(ListDescriptor::new("list").namespaced())
            .unwrap(),
        map: state
            .register(MapDescriptor::new("map").namespaced())
            .unwrap(),
    }
}

fn perform(state: &mut Backend<u8>, states: &States, key: u8, namespace: u8, write: &Write) {
    if let Write::Late(value) = write {
        let late = state.register(ValueDescriptor::new("a-late")).unwrap();
        return state.at_mut(&key).value(late).put(*value).unwrap();
    }
    let mut at = state.at_mut(&key);
    let mut at = at.in_namespace(&namespace);
    let (value, list, map) = (states.value, states.list, states.map);
    match write {
        Write::Put(new) => at.value(value).put(*new).unwrap(),
        Write::Modify => at.value(value).modify(0, |n| *n ^= 1).unwrap(),
        Write::Take => drop(at.value(value).take().unwrap()),
        Write::ClearValue => at.value(value).clear().unwrap(),
        Write::Push => at.list(list).push(1).unwrap(),
        Write::Extend(len) => at.list(list).extend(0..*len).unwrap(),
        Write::Replace(len) => at.list(list).replace(0..*len).unwrap(),
        Write::ClearList => at.list(list).clear().unwrap(),
        Write::Insert(map_key, value) => at.map(map).insert(*map_key, *value).unwrap(),
        Write::Remove(map_key) => at.map(map).remove(map_key).unwrap(),
        Write::Empty(map_key) => at.map(map).update(map_key, |value| *value = None).unwrap(),
        Write::ClearMap => at.map(map).clear().unwrap(),
        Write::Late(_) => {}
    }
}

/// The backend, and what is to be known of it.
struct World {
    state: Backend<u8>,
    states: States,
    epoch: u64,
    /// What changed since this epoch is told by the next view.
    from: u64,
    /// Rows of all epochs.
    then: BTreeMap<u64, Rows>,
    /// Views, and from which epoch on each tells.
    views: Vec<(View<u8>, u64)>,
}

impl World {
    fn new(restored: &[(u8, u8, Write)], early: bool) -> Self {
        let mut source = open();
        let states = register(&mut source);
        for (key, namespace, write) in restored {
            perform(&mut source, &states, *key, *namespace, write);
        }
        let source = source.freeze().unwrap();
        let mut state = open();
        if early {
            state.track_changes(usize::MAX).unwrap();
        }
        let mut restored = source.clone().into_rows(all()).unwrap();
        state.restore(&source.states(), &mut restored).unwrap();
        let states = register(&mut state);
        if !early {
            state.track_changes(usize::MAX).unwrap();
        }
        Self {
            state,
            states,
            epoch: 0,
            from: u64::from(!early),
            then: BTreeMap::from([(0, rows(&source, all()))]),
            views: Vec::new(),
        }
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Write(key, namespace, write) => {
                perform(&mut self.state, &self.states, *key, *namespace, write);
            }
            Step::Freeze => self.freeze(),
            Step::Confirm(index) => {
                let epoch = *index as u64 % (self.epoch + 1);
                self.state.confirm(epoch).unwrap();
                self.from = self.from.max(epoch);
            }
            Step::DropView(index) => {
                if !self.views.is_empty() {
                    self.views.swap_remove(index % self.views.len());
                }
            }
            Step::DropLate => {
                let known = self.state.states().iter().any(|meta| meta.name == "a-late");
                if known {
                    self.state.drop_state("a-late").unwrap();
                    self.from = self.epoch + 1;
                }
            }
        }
    }

    fn freeze(&mut self) {
        let view = self.state.freeze().unwrap();
        self.epoch += 1;
        assert_eq!(view.epoch(), self.epoch);
        self.then.insert(self.epoch, rows(&view, all()));
        self.views.push((view, self.from));
    }

    /// Compares all that the views tell.
    fn check(&self, range: KeyGroupRange, buffer: usize) {
        for (view, from) in &self.views {
            for (since, then) in &self.then {
                let told = (*from..=view.epoch()).contains(since);
                assert_eq!(view.tracks_since(*since), told, "since {since}");
                if told {
                    check(view, (*since, then), range, buffer);
                } else {
                    let refused = view.clone().into_changes(Some(*since), range, buffer);
                    assert_eq!(refused.unwrap_err().kind(), ErrorKind::Invalid);
                }
            }
        }
    }
}

proptest! {
    #[test]
    fn changes_applied_to_the_rows_of_an_epoch_give_those_of_the_view(
        restored in vec(writes(), 0..40),
        early in any::<bool>(),
        steps in vec(step(), 0..120),
        (first, last) in (0..4_u16, 0..4_u16),
        buffer in select(vec![0, 100, 1000, 1 << 20]),
    ) {
        let mut world = World::new(&restored, early);
        for step in &steps {
            world.step(step);
        }
        world.freeze();
        let clip = KeyGroupRange::new(first.min(last), first.max(last)).unwrap();
        world.check(clip, buffer);
        world.check(all(), buffer);
    }
}
