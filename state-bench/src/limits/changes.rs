//! Limits of who tells what changed, beside who does not.

use std::collections::{BTreeMap, HashSet};

use foldhash::fast::RandomState;

use super::{Rounds, Sides, over};

/// Rows that are there at once of those that come and go.
const SHORT_LIVED: usize = 1000;

pub(super) fn put(sides: &Sides<'_>) -> Rounds {
    let (mut marked, mut unmarked) = (sides.words(), sides.words());
    sides.rounds(
        &mut || over(&sides.keys, |key| marked.put_marked(key, 7)),
        &mut || over(&sides.keys, |key| unmarked.put(key, 7)),
    )
}

pub(super) fn modify(sides: &Sides<'_>) -> Rounds {
    let (mut marked, mut unmarked) = (sides.words(), sides.words());
    sides.rounds(
        &mut || over(&sides.keys, |key| marked.modify_marked(key)),
        &mut || over(&sides.keys, |key| unmarked.modify(key)),
    )
}

pub(super) fn remove(sides: &Sides<'_>) -> Rounds {
    let full = sides.words();
    sides.rounds(
        &mut || {
            let (mut parts, mut removed) = (full.clone(), Vec::new());
            over(&sides.keys, |key| parts.remove_noted(key, &mut removed))
        },
        &mut || {
            let mut parts = full.clone();
            over(&sides.keys, |key| parts.remove(key))
        },
    )
}

pub(super) fn come_and_go(sides: &Sides<'_>) -> Rounds {
    let keys = new_and_old(&sides.keys);
    let (mut marked, mut unmarked) = (sides.words(), sides.words());
    let (old, mut removed) = (sides.plan.keys, Vec::new());
    sides.rounds(
        &mut || {
            over(&keys, |key| match key.checked_sub(old) {
                Some(_) => marked.add_marked(key, 1),
                None => marked.remove_noted(old + key, &mut removed),
            })
        },
        &mut || {
            over(&keys, |key| match key.checked_sub(old) {
                Some(_) => unmarked.add(key, 1),
                None => unmarked.remove(old + key),
            })
        },
    )
}

/// A new key for each of `keys`, that many above it, and when `SHORT_LIVED` others came the old one, for the new one to go.
fn new_and_old(keys: &[u64]) -> Vec<u64> {
    let len = keys.len() as u64;
    let lived = vec![None; keys.len().min(SHORT_LIVED)];
    let new = keys.iter().map(|key| Some(len + key)).chain(lived.clone());
    let old = lived.iter().copied().chain(keys.iter().copied().map(Some));
    new.zip(old)
        .flat_map(|(new, old)| [new, old])
        .flatten()
        .collect()
}

pub(super) fn entry(sides: &Sides<'_>) -> Rounds {
    let map = || -> BTreeMap<u64, i64> { (0..sides.plan.keys).map(|key| (key, 1)).collect() };
    let (mut told, mut untold) = (map(), map());
    sides.rounds(
        &mut || {
            let mut changed = HashSet::<u64, RandomState>::default();
            over(&sides.keys, |key| {
                changed.insert(key);
                told.insert(key, 7)
            })
        },
        &mut || over(&sides.keys, |key| untold.insert(key, 7)),
    )
}
