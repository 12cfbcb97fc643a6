//! The workloads by name: what an operation is, ours and on the bare engine.

mod counted;
pub mod list;
pub mod map;
pub mod name;
mod ours;
pub mod pair;
pub mod payload;
mod tracked;
pub mod value;

use crate::bare::{Bare as _, Engines};
use crate::error::Result;
use crate::inputs::{Inputs, index};
use crate::side::{Course, Side, Stage, State};
use crate::subject::{Settings, Subject, open};

use list::Length;
use value::{Way, Words};

/// An operation on a state of some kind.
#[derive(Clone, Copy, Debug)]
enum Operation {
    Value(value::Operation),
    Name(name::Operation),
    Payload(payload::Operation),
    Pair(pair::Operation),
    List(list::Operation),
    Map(map::Operation),
}

/// A workload.
#[derive(Clone, Copy, Debug)]
pub struct Workload {
    name: &'static str,
    about: &'static str,
    operation: Operation,
}

/// What is done with both sides of a workload.
pub trait OnSides {
    /// What comes of it.
    type Output;

    /// Does it.
    ///
    /// # Errors
    /// What the sides meet.
    fn run(self, ours: &mut dyn Side, bare: &mut dyn Side) -> Result<Self::Output>;
}

impl Workload {
    /// Its name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// What an operation is, in a line.
    pub fn about(&self) -> &'static str {
        self.about
    }

    /// The workload of a name.
    pub fn of(name: &str) -> Option<&'static Self> {
        ALL.iter().find(|workload| workload.name == name)
    }

    /// The keys that its set-up inserts, of those asked for.
    pub(crate) fn keys(&self, keys: u64) -> u64 {
        match self.operation {
            Operation::List(operation) if operation.has_few_keys() => (keys / 10).max(1),
            _ => keys,
        }
    }

    /// Operations of an iteration.
    pub fn operations(&self, keys: u64) -> u64 {
        let times = match self.operation {
            Operation::List(operation) => index(operation.times()),
            Operation::Value(operation) => operation.times(),
            _ => 1,
        };
        times * self.keys(keys)
    }

    /// How it treats its state.
    pub fn course(&self) -> Course {
        match self.operation {
            Operation::Value(operation) => operation.course(),
            Operation::Name(operation) => operation.course(),
            Operation::Payload(operation) => operation.course(),
            Operation::Pair(operation) => operation.course(),
            Operation::List(operation) => operation.course(),
            Operation::Map(operation) => operation.course(),
        }
    }

    /// Does something with both sides, over as many keys as said.
    ///
    /// # Errors
    /// What the sides meet.
    pub fn on_sides<S: Subject, W: OnSides>(
        &self,
        settings: &Settings,
        keys: u64,
        work: W,
    ) -> Result<W::Output> {
        let inputs = Inputs::new(self.keys(keys));
        let course = self.course();
        macro_rules! sides {
            ($operation:ident, $ours:expr, $bare:expr) => {{
                let mut ours = Stage::new($ours, $operation, course, &inputs);
                let mut bare = Stage::new($bare, $operation, course, &inputs);
                run_and_end(work, &mut ours, &mut bare)
            }};
        }
        match self.operation {
            Operation::Value(operation) => sides!(
                operation,
                || value::Ours::new(open::<S, u64>(settings)?),
                || <S::Bare as Engines>::Longs::open(settings).map(value::Bare)
            ),
            Operation::Name(operation) => sides!(
                operation,
                || name::Ours::new(open::<S, String>(settings)?),
                || <S::Bare as Engines>::Names::open(settings).map(name::Bare)
            ),
            Operation::Payload(operation) => sides!(
                operation,
                || payload::Ours::new(open::<S, u64>(settings)?),
                || <S::Bare as Engines>::Payloads::open(settings).map(payload::Bare::new)
            ),
            Operation::Pair(operation) => sides!(
                operation,
                || pair::Ours::new(open::<S, u64>(settings)?),
                || <S::Bare as Engines>::Pairs::open(settings).map(pair::Bare)
            ),
            Operation::List(operation) => sides!(
                operation,
                || list::Ours::new(open::<S, u64>(settings)?),
                || <S::Bare as Engines>::Lists::open(settings).map(list::Bare)
            ),
            Operation::Map(operation) => sides!(
                operation,
                || map::Ours::new(open::<S, u64>(settings)?),
                || <S::Bare as Engines>::Maps::open(settings).map(map::Bare)
            ),
        }
    }
}

fn run_and_end<A, B, F, G, W>(
    work: W,
    ours: &mut Stage<'_, A, F>,
    bare: &mut Stage<'_, B, G>,
) -> Result<W::Output>
where
    A: State,
    B: State,
    F: FnMut() -> Result<A>,
    G: FnMut() -> Result<B>,
    W: OnSides,
{
    let output = work.run(ours, bare)?;
    ours.end()?;
    bare.end()?;
    Ok(output)
}

const fn workload(name: &'static str, about: &'static str, operation: Operation) -> Workload {
    Workload {
        name,
        about,
        operation,
    }
}

macro_rules! table {
    ($($kind:ident $operation:expr, $name:literal: $about:literal;)*) => {
        &[$(workload($name, $about, Operation::$kind($operation))),*]
    };
}

/// All workloads.
pub const ALL: &[Workload] = table! {
    Value value::Operation::Get(Way::Bound), "value_get": "get of a key that is there";
    Value value::Operation::Get(Way::Unbound), "value_get_unbound": "the same without binding the state first";
    Value value::Operation::Get(Way::View), "value_get_view": "the same on a view";
    Value value::Operation::GetMiss, "value_get_miss": "get of a key that is absent";
    Value value::Operation::Update(Way::Bound), "value_update": "put at a key that is there";
    Value value::Operation::Update(Way::Unbound), "value_update_unbound": "the same without binding the state first";
    Value value::Operation::Add, "value_add": "put at a new key";
    Value value::Operation::Remove, "value_remove": "removal of a key that is there";
    Value value::Operation::ComeAndGo, "value_come_and_go": "put at a new key, or its removal after 999 others";
    Value value::Operation::Wordcount(Words::Uniform), "wordcount_uniform": "get, then put of one more, every key once";
    Value value::Operation::Wordcount(Words::Zipf), "wordcount_zipf": "get, then put of one more, few keys often, from nothing";
    Value value::Operation::Modify(Words::Uniform, Way::Bound), "wordcount_uniform_modify": "one more in place, every key once";
    Value value::Operation::Modify(Words::Uniform, Way::Unbound), "wordcount_uniform_modify_unbound": "the same without binding the state first";
    Value value::Operation::Modify(Words::Zipf, Way::Bound), "wordcount_zipf_modify": "one more in place, few keys often, from nothing";
    Payload payload::Operation::Get, "value_get_100b": "get of 100 bytes of a key that is there";
    Payload payload::Operation::GetMiss, "value_get_miss_100b": "get of a key that is absent, among 100 bytes each";
    Payload payload::Operation::Update, "value_update_100b": "put of a copy of 100 bytes at a key that is there";
    Payload payload::Operation::Add, "value_add_100b": "put of a copy of 100 bytes at a new key";
    Payload payload::Operation::CopyOnWrite, "value_update_100b_cow": "put of a copy of 100 bytes while a new view lives";
    Name name::Operation::Get, "strkey_get": "get of a name that is there, made within the operation";
    Name name::Operation::Update, "strkey_update": "put at a name that is there, made within the operation";
    Name name::Operation::Add, "strkey_add": "put at a new name, made within the operation";
    List list::Operation::Get(Length::One), "list_get": "the list, of 1, and its first element";
    List list::Operation::Iterate(Length::One), "list_get_iterate": "the sum of the list, of 1";
    List list::Operation::Append, "list_append": "append of one element, four times to each list";
    List list::Operation::Add, "list_add": "a list of 1 at a new key";
    List list::Operation::Update, "list_update": "a list of 1 in place of another";
    List list::Operation::Get(Length::Hundred), "list_get_100": "the list, of 100, and its first element";
    List list::Operation::Iterate(Length::Hundred), "list_get_iterate_100": "the sum of the list, of 100";
    List list::Operation::AddAll, "list_add_all_100": "append of 100 elements, twice to each list";
    Map map::Operation::Get, "map_get": "get of an entry, of 10";
    Map map::Operation::Update, "map_update": "insert of an entry that is there, of 10";
    Map map::Operation::UpdateLarge, "map_update_large": "insert of an entry that is there, of one map of all keys";
    Map map::Operation::Contains, "map_contains": "whether an entry is there, which half are";
    Map map::Operation::IsEmpty, "map_is_empty": "whether there are entries; there are 10";
    Map map::Operation::Iterate, "map_iterate": "the sum over 10 entries";
    Map map::Operation::PutAll, "map_put_all": "insert of all 10 entries, which are there";
    Map map::Operation::Add, "map_add": "insert of the first entry of a new key";
    Value value::Operation::Reduce, "reducing_add": "a sum, added to in place";
    Pair pair::Operation::Add, "aggregating_add": "sum and count, added to in place";
};
