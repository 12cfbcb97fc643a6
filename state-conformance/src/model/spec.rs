//! What each operation does, said by `Option`, `Vec` and `BTreeMap`.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::mem::replace;
use std::ops::{Bound, RangeBounds};

/// What an operation returns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome<V, UK = ()> {
    /// Nothing.
    Done,
    /// A value, or its absence.
    Value(Option<V>),
    /// A number.
    Count(u64),
    /// Yes or no.
    Is(bool),
    /// Elements of a list, in order.
    Elements(Vec<V>),
    /// Entries of a map, in order.
    Entries(Vec<(UK, V)>),
}

fn count(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}

/// An operation on a value.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "named after the methods that they call")]
pub enum ValueOp<V> {
    Get,
    Put(V),
    Take,
    Clear,
    /// Replaces the value, or `init` if there is none, by `then`; returns what it found.
    Modify {
        init: V,
        then: V,
    },
    /// Replaces the value or its absence; returns what it found.
    Update(Option<V>),
}

impl<V: Clone> ValueOp<V> {
    /// The specification.
    pub fn expected(&self, cell: &mut Option<V>) -> Outcome<V> {
        match self {
            Self::Get => Outcome::Value(cell.clone()),
            Self::Put(value) => {
                *cell = Some(value.clone());
                Outcome::Done
            }
            Self::Take => Outcome::Value(cell.take()),
            Self::Clear => {
                *cell = None;
                Outcome::Done
            }
            Self::Modify { init, then } => {
                let found = cell.replace(then.clone());
                Outcome::Value(Some(found.unwrap_or_else(|| init.clone())))
            }
            Self::Update(then) => Outcome::Value(replace(cell, then.clone())),
        }
    }
}

/// An operation on a list.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "named after the methods that they call")]
pub enum ListOp<T> {
    Iter,
    Len,
    IsEmpty,
    Push(T),
    Extend(Vec<T>),
    Replace(Vec<T>),
    Clear,
}

impl<T: Clone> ListOp<T> {
    /// The specification.
    pub fn expected(&self, cell: &mut Vec<T>) -> Outcome<T> {
        match self {
            Self::Iter => return Outcome::Elements(cell.clone()),
            Self::Len => return Outcome::Count(count(cell.len())),
            Self::IsEmpty => return Outcome::Is(cell.is_empty()),
            Self::Push(element) => cell.push(element.clone()),
            Self::Extend(elements) => cell.extend(elements.iter().cloned()),
            Self::Replace(elements) => cell.clone_from(elements),
            Self::Clear => cell.clear(),
        }
        Outcome::Done
    }
}

/// From which ends a range is read.
#[derive(Clone, Copy, Debug)]
pub enum Walk {
    /// From the front.
    Forward,
    /// From the back.
    Backward,
    /// From both ends in turn, to the middle.
    Inward,
}

impl Walk {
    /// The items in their order, however they are walked.
    ///
    /// # Errors
    /// The first one of the items.
    pub fn collect<T, E>(
        self,
        mut items: impl DoubleEndedIterator<Item = Result<T, E>>,
    ) -> Result<Vec<T>, E> {
        let (mut front, mut back) = (Vec::new(), Vec::new());
        let mut from_front = !matches!(self, Self::Backward);
        while let Some(item) = if from_front {
            items.next()
        } else {
            items.next_back()
        } {
            if from_front {
                front.push(item?);
            } else {
                back.push(item?);
            }
            from_front ^= matches!(self, Self::Inward);
        }
        front.extend(back.into_iter().rev());
        Ok(front)
    }
}

/// An operation on a map.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "named after the methods that they call")]
pub enum MapOp<UK, UV> {
    Get(UK),
    Contains(UK),
    Len,
    IsEmpty,
    Iter(Walk),
    Range(Bound<UK>, Bound<UK>, Walk),
    First,
    Last,
    Insert(UK, UV),
    Remove(UK),
    Take(UK),
    Clear,
    /// Replaces the value of a key, or `init` if there is none, by `then`; returns what it found.
    Modify {
        map_key: UK,
        init: UV,
        then: UV,
    },
    /// Replaces the value of a key or its absence; returns what it found.
    Update(UK, Option<UV>),
}

impl<UK: Clone + Ord, UV: Clone> MapOp<UK, UV> {
    /// The specification.
    pub fn expected(&self, cell: &mut BTreeMap<UK, UV>) -> Outcome<UV, UK> {
        let owned = |(map_key, value): (&UK, &UV)| (map_key.clone(), value.clone());
        match self {
            Self::Get(map_key) => Outcome::Value(cell.get(map_key).cloned()),
            Self::Contains(map_key) => Outcome::Is(cell.contains_key(map_key)),
            Self::Len => Outcome::Count(count(cell.len())),
            Self::IsEmpty => Outcome::Is(cell.is_empty()),
            Self::Iter(_) => Outcome::Entries(cell.iter().map(owned).collect()),
            // Not `BTreeMap::range`: it panics when bounds cross, where a backend gives nothing.
            Self::Range(from, to, _) => {
                let range = (from.as_ref(), to.as_ref());
                let inside = cell.iter().filter(|(map_key, _)| range.contains(*map_key));
                Outcome::Entries(inside.map(owned).collect())
            }
            Self::First => {
                Outcome::Entries(cell.first_key_value().map(owned).into_iter().collect())
            }
            Self::Last => Outcome::Entries(cell.last_key_value().map(owned).into_iter().collect()),
            Self::Insert(map_key, value) => {
                cell.insert(map_key.clone(), value.clone());
                Outcome::Done
            }
            Self::Remove(map_key) => {
                cell.remove(map_key);
                Outcome::Done
            }
            Self::Take(map_key) => Outcome::Value(cell.remove(map_key)),
            Self::Clear => {
                cell.clear();
                Outcome::Done
            }
            Self::Modify {
                map_key,
                init,
                then,
            } => {
                let found = cell.insert(map_key.clone(), then.clone());
                Outcome::Value(Some(found.unwrap_or_else(|| init.clone())))
            }
            Self::Update(map_key, then) => {
                let found = cell.remove(map_key);
                if let Some(then) = then {
                    cell.insert(map_key.clone(), then.clone());
                }
                Outcome::Value(found)
            }
        }
    }
}
