//! Reads as expressions and as checks.

use std::fmt::Debug;

use state_api::{KeyGroups, KeyHash, Result};

use super::literal::{self, Literal};
use crate::difference::Difference;
use crate::model::cell::{Cell, Cells};
use crate::model::schema::Model;
use crate::model::spec::Walk;

/// Stands in a check for the backend or view that is read, and [`HANDLES`] for the handles of its
/// states: who plays the history knows what both are called.
pub(super) const STATE: &str = "$state";
/// As [`STATE`].
pub(super) const HANDLES: &str = "$handles";

/// A cursor: `at` a key, in a namespace unless the state has none, with `access` to the state.
pub(super) fn cursor(at: &str, key: &str, namespace: Option<&dyn Literal>, access: &str) -> String {
    let namespace = namespace.map_or_else(String::new, |namespace| {
        format!(".in_namespace(&{})", namespace.literal())
    });
    format!("{at}({}){namespace}.{access}", literal::key(key))
}

/// Where something is read.
#[derive(Clone, Copy)]
pub(in crate::model) struct Place<'p> {
    kind: &'static str,
    name: &'static str,
    key: &'p str,
    /// `None` for a state that has no namespaces.
    namespace: Option<&'p dyn Literal>,
}

impl<'p> Place<'p> {
    /// Of a state without namespaces.
    pub(in crate::model) fn new(kind: &'static str, name: &'static str, key: &'p str) -> Self {
        Self {
            kind,
            name,
            key,
            namespace: None,
        }
    }

    /// In a namespace.
    pub(in crate::model) fn within(self, namespace: &'p dyn Literal) -> Self {
        Self {
            namespace: Some(namespace),
            ..self
        }
    }

    /// A cursor of the state.
    fn cursor(self) -> String {
        let access = format!("{}({HANDLES}.{})", self.kind, self.name);
        cursor(&format!("{STATE}.at"), self.key, self.namespace, &access)
    }

    /// `Ok` if the read that `call` makes of a cursor found what is expected; otherwise the difference has
    /// the check that fails.
    pub(in crate::model) fn agrees<T: PartialEq + Debug + Literal>(
        self,
        what: impl std::fmt::Display,
        call: impl FnOnce(&str) -> String,
        expected: &T,
        found: Result<T>,
    ) -> std::result::Result<(), Difference> {
        let agrees = found
            .map_err(|error| Difference::from(error).while_doing(&what))
            .and_then(|found| Difference::between(&what, expected, &found));
        agrees.map_err(|difference| difference.seen_by(check(&call(&self.cursor()), expected)))
    }

    /// The check that a read is refused, as an error of `kind`.
    pub(in crate::model) fn is_refused(self, call: &str, kind: state_api::ErrorKind) -> String {
        let at = self.cursor();
        format!(
            "assert_eq!({at}.{call}.map(drop).map_err(|error| error.kind()), Err(ErrorKind::{kind:?}));"
        )
    }
}

/// The check that `call` gives what is expected.
pub(super) fn check(call: &str, expected: &impl Literal) -> String {
    match expected.literal().as_str() {
        "true" => format!("assert!({call});"),
        "false" => format!("assert!(!{call});"),
        expected => format!("assert_eq!({call}, {expected});"),
    }
}

/// The value at a cursor.
pub(in crate::model) fn value(at: &str) -> String {
    format!("{at}.get()?.map(Ref::into_owned)")
}

/// The elements at a cursor.
pub(in crate::model) fn elements(at: &str) -> String {
    format!("elements({at}.iter()?)?")
}

/// The entries at a cursor.
pub(in crate::model) fn entries(at: &str, walk: Walk) -> String {
    format!("entries(Walk::{walk:?}, {at}.iter()?)?")
}

/// The value of a map key at a cursor.
pub(in crate::model) fn entry(at: &str, map_key: &str) -> String {
    format!("{at}.get(&{map_key})?.map(Ref::into_owned)")
}

/// The first or last entry at a cursor.
pub(in crate::model) fn end(at: &str, end: &str) -> String {
    format!("{at}.{end}()?.map(|(map_key, value)| (map_key.into_owned(), value.into_owned()))")
}

/// The number of keys and namespaces of a state.
pub(in crate::model) fn key_count(name: &str, expected: u64) -> String {
    check(&format!("{STATE}.key_count({HANDLES}.{name})?"), &expected)
}

/// The keys and namespaces of a state, sorted.
pub(in crate::model) fn keys<N: Literal>(name: &str, expected: &Vec<(String, N)>) -> String {
    check(&format!("keys({STATE}.keys({HANDLES}.{name})?)?"), expected)
}

/// The checks of all that a state of the model has in `groups`.
struct Contents {
    groups: KeyGroups,
    checks: Vec<String>,
}

impl Contents {
    fn of<N: Ord + Clone + Literal, C: Cell>(
        &mut self,
        (kind, name, namespaced): (&'static str, &'static str, bool),
        cells: &Cells<N, C>,
        check: impl Fn(&str, &C) -> String,
    ) {
        let mut count = 0;
        for ((key, namespace), cell) in cells.iter() {
            if !KeyHash::of(key.as_str()).is_ok_and(|hash| self.groups.owns(hash)) {
                continue;
            }
            count += 1;
            let mut place = Place::new(kind, name, key);
            if namespaced {
                place = place.within(namespace);
            }
            self.checks.push(check(&place.cursor(), cell));
        }
        if count > 0 {
            self.checks.push(key_count(name, count));
        }
    }
}

/// The checks of all that the model has in `groups`.
pub(crate) fn contents(model: &Model, groups: KeyGroups) -> Vec<String> {
    let checks = Vec::new();
    let mut all = Contents { groups, checks };
    all.of(("value", "counts", false), &model.counts, |at, cell| {
        check(&value(at), cell)
    });
    all.of(("value", "notes", true), &model.notes, |at, cell| {
        check(&value(at), cell)
    });
    all.of(("list", "events", false), &model.events, |at, cell| {
        check(&elements(at), cell)
    });
    all.of(("list", "words", true), &model.words, |at, cell| {
        check(&elements(at), cell)
    });
    all.of(("map", "scores", false), &model.scores, |at, cell| {
        let cell: Vec<_> = cell.iter().map(|(k, v)| (*k, *v)).collect();
        check(&entries(at, Walk::Forward), &cell)
    });
    all.of(("map", "tags", true), &model.tags, |at, cell| {
        let cell: Vec<_> = cell.iter().map(|(k, v)| (k.clone(), v.clone())).collect();
        check(&entries(at, Walk::Forward), &cell)
    });
    all.checks
}
