//! Operations as statements.

use std::collections::BTreeMap;

use super::literal::{Literal, bound, list};
use super::read::{self, HANDLES, STATE};
use crate::model::history::{Data, Via};
use crate::model::schema::{Model, STATES};
use crate::model::spec::{ListOp, MapOp, Outcome, ValueOp};

/// What an operation of another kind than asked answers: nothing of it is read.
fn value<V: Clone, UK>(outcome: Outcome<V, UK>) -> Option<V> {
    match outcome {
        Outcome::Value(value) => value,
        _ => None,
    }
}

/// `call` is made, and gives the value that was there.
fn found<V: Literal + Clone, UK>(call: &str, outcome: Outcome<V, UK>) -> String {
    value(outcome).map_or_else(String::new, |value| read::check(call, &value))
}

impl<V: Literal + Clone> ValueOp<V> {
    /// The operation on `at`, a cursor of the state, whose cell is as in the model.
    fn statement(&self, at: &str, cell: &mut Option<V>) -> String {
        let outcome = self.expected(cell);
        let replace = |then: &str| format!("|value| replace(value, {then})");
        match self {
            Self::Get => read::check(&read::value(at), &value(outcome)),
            Self::Put(value) => format!("{at}.put({})?;", value.literal()),
            Self::Take => read::check(&format!("{at}.take()?"), &value(outcome)),
            Self::Clear => format!("{at}.clear()?;"),
            Self::Modify { init, then } => {
                let (init, then) = (init.literal(), replace(&then.literal()));
                found(&format!("{at}.modify({init}, {then})?"), outcome)
            }
            Self::Update(then) => {
                let then = replace(&then.literal());
                read::check(&format!("{at}.update({then})?"), &value(outcome))
            }
        }
    }
}

impl<T: Literal + Clone> ListOp<T> {
    fn statement(&self, at: &str, cell: &mut Vec<T>) -> String {
        match (self, self.expected(cell)) {
            (Self::Iter, _) => read::check(&read::elements(at), cell),
            (_, Outcome::Count(len)) => read::check(&format!("{at}.len()?"), &len),
            (_, Outcome::Is(empty)) => read::check(&format!("{at}.is_empty()?"), &empty),
            (Self::Push(element), _) => format!("{at}.push({})?;", element.literal()),
            (Self::Extend(elements), _) => format!("{at}.extend([{}])?;", list(elements)),
            (Self::Replace(elements), _) => format!("{at}.replace([{}])?;", list(elements)),
            _ => format!("{at}.clear()?;"),
        }
    }
}

impl<UK, UV> MapOp<UK, UV>
where
    UK: Literal + Clone + Ord,
    UV: Literal + Clone,
{
    fn statement(&self, at: &str, cell: &mut BTreeMap<UK, UV>) -> String {
        let outcome = self.expected(cell);
        let one = |map_key: &UK| format!("&{}", map_key.literal());
        let replace = |then: &str| format!("|value| replace(value, {then})");
        match (self, outcome) {
            (Self::Get(map_key), outcome) => {
                read::check(&read::entry(at, &map_key.literal()), &value(outcome))
            }
            (Self::Contains(map_key), Outcome::Is(is)) => {
                read::check(&format!("{at}.contains({})?", one(map_key)), &is)
            }
            (_, Outcome::Count(len)) => read::check(&format!("{at}.len()?"), &len),
            (_, Outcome::Is(empty)) => read::check(&format!("{at}.is_empty()?"), &empty),
            (Self::Iter(walk), Outcome::Entries(all)) => {
                read::check(&read::entries(at, *walk), &all)
            }
            (Self::Range(from, to, walk), Outcome::Entries(inside)) => {
                let range = format!("({}, {})", bound(from), bound(to));
                let range = format!("{at}.range::<{}>({range})?", UK::type_of());
                read::check(&format!("entries(Walk::{walk:?}, {range})?"), &inside)
            }
            (Self::Last, Outcome::Entries(mut end)) => {
                read::check(&read::end(at, "last"), &end.pop())
            }
            (_, Outcome::Entries(mut end)) => read::check(&read::end(at, "first"), &end.pop()),
            (Self::Insert(map_key, value), _) => {
                format!("{at}.insert({}, {})?;", map_key.literal(), value.literal())
            }
            (Self::Remove(map_key), _) => format!("{at}.remove({})?;", one(map_key)),
            (Self::Take(map_key), outcome) => {
                read::check(&format!("{at}.take({})?", one(map_key)), &value(outcome))
            }
            (
                Self::Modify {
                    map_key,
                    init,
                    then,
                },
                outcome,
            ) => {
                let (init, then) = (init.literal(), replace(&then.literal()));
                let modify = format!("{at}.modify({}, {init}, {then})?", one(map_key));
                found(&modify, outcome)
            }
            (Self::Update(map_key, then), outcome) => {
                let then = replace(&then.literal());
                let update = format!("{at}.update({}, {then})?", one(map_key));
                read::check(&update, &value(outcome))
            }
            _ => format!("{at}.clear()?;"),
        }
    }
}

/// The statements that perform an operation on [`STATE`], which is as `model`.
pub(super) fn statements(data: &Data, via: Via, model: &Model) -> String {
    let (states, of) = match via {
        Via::Cursor => (STATE, format!("{HANDLES}.")),
        Via::Bound => ("bound", String::new()),
    };
    let text = data.key().text();
    let at = |namespace: Option<&dyn Literal>, kind: &str, name: &str| {
        let access = format!("{kind}({of}{name})");
        read::cursor(&format!("{states}.at_mut"), &text, namespace, &access)
    };
    let (name, statement) = match data {
        Data::Counts(_, op) => {
            let mut cell = model.counts.get(&text, &());
            (
                "counts",
                op.statement(&at(None, "value", "counts"), &mut cell),
            )
        }
        Data::Notes(_, ns, op) => {
            let mut cell = model.notes.get(&text, ns);
            (
                "notes",
                op.statement(&at(Some(ns), "value", "notes"), &mut cell),
            )
        }
        Data::Events(_, op) => {
            let mut cell = model.events.get(&text, &());
            (
                "events",
                op.statement(&at(None, "list", "events"), &mut cell),
            )
        }
        Data::Words(_, ns, op) => {
            let mut cell = model.words.get(&text, ns);
            (
                "words",
                op.statement(&at(Some(ns), "list", "words"), &mut cell),
            )
        }
        Data::Scores(_, op) => {
            let mut cell = model.scores.get(&text, &());
            (
                "scores",
                op.statement(&at(None, "map", "scores"), &mut cell),
            )
        }
        Data::Tags(_, ns, op) => {
            let mut cell = model.tags.get(&text, ns);
            (
                "tags",
                op.statement(&at(Some(ns), "map", "tags"), &mut cell),
            )
        }
    };
    match via {
        Via::Cursor => statement,
        // In a block: what is bound may borrow the backend until it is dropped.
        Via::Bound => {
            let within = format!("{}\n{statement}", bind(name)).replace('\n', "\n    ");
            format!("{{\n    {within}\n}}")
        }
    }
}

/// Binds all states, as a history does, of which one is used.
fn bind(used: &str) -> String {
    let pattern = STATES.map(|name| if name == used { name } else { "_" });
    let handles = STATES.map(|name| format!("{HANDLES}.{name}"));
    format!(
        "let (mut bound, ({})) = {STATE}.bind(({}))?;",
        pattern.join(", "),
        handles.join(", ")
    )
}
