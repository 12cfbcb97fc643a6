//! Limits of tables in parts, beside one table.

use super::{Rounds, Sides, over};
use crate::bare::heap::Table;
use crate::inputs::{Inputs, first_word};
use crate::parts::Parts;

fn one_table<V>(keys: u64, value: impl Fn(u64) -> V) -> Table<u64, V> {
    (0..keys).map(|key| (key, value(key))).collect()
}

pub(super) fn get(sides: &Sides<'_>) -> Rounds {
    let (parts, table) = (sides.words(), one_table(sides.plan.keys, |_| 1));
    sides.rounds(
        &mut || over(&sides.keys, |key| parts.get(key).copied()),
        &mut || over(&sides.keys, |key| table.get(&key).copied()),
    )
}

pub(super) fn get_100b(sides: &Sides<'_>) -> Rounds {
    let keys = sides.plan.keys;
    let inputs = Inputs::new(keys);
    let at = |key| usize::try_from(key).unwrap_or(usize::MAX);
    let payload = |key| inputs.payloads().at(at(key)).to_vec();
    let (parts, table) = (Parts::filled(keys, payload), one_table(keys, payload));
    let word = |bytes: &Vec<u8>| first_word(bytes).cast_signed();
    sides.rounds(
        &mut || over(&sides.keys, |key| parts.get(key).map(word)),
        &mut || over(&sides.keys, |key| table.get(&key).map(word)),
    )
}

pub(super) fn zipf(sides: &Sides<'_>) -> Rounds {
    let inputs = Inputs::new(sides.plan.keys);
    let (mut parts, mut table) = (sides.words(), one_table(sides.plan.keys, |_| 1));
    sides.rounds(
        &mut || {
            over(inputs.zipf(), |key| {
                let count = *parts.get(key)?;
                parts.put(key, count + 1)?;
                Some(count)
            })
        },
        &mut || {
            over(inputs.zipf(), |key| {
                let count = *table.get(&key)?;
                table.insert(key, count + 1);
                Some(count)
            })
        },
    )
}

pub(super) fn modify_or_add(sides: &Sides<'_>) -> Rounds {
    let (mut parts, mut table) = (sides.words(), one_table(sides.plan.keys, |_| 1));
    sides.rounds(
        &mut || over(&sides.keys, |key| parts.modify_or_add(key)),
        &mut || {
            over(&sides.keys, |key| {
                let value = table.entry(key).or_insert(0);
                *value += 1;
                Some(*value)
            })
        },
    )
}

pub(super) fn fill(sides: &Sides<'_>) -> Rounds {
    let inputs = Inputs::new(sides.plan.keys);
    sides.rounds(
        &mut || {
            let mut parts = Parts::new();
            over(inputs.zipf(), |key| {
                let count = parts.get(key).copied().unwrap_or(0);
                parts.put_or_add(key, count + 1)?;
                Some(count)
            })
        },
        &mut || {
            let mut table = Table::default();
            over(inputs.zipf(), |key| {
                let count = table.get(&key).copied().unwrap_or(0);
                table.insert(key, count + 1);
                Some(count)
            })
        },
    )
}

pub(super) fn modify(sides: &Sides<'_>) -> Rounds {
    let (mut parts, mut table) = (sides.words(), one_table(sides.plan.keys, |_| 1));
    sides.rounds(
        &mut || over(&sides.keys, |key| parts.modify(key)),
        &mut || {
            over(&sides.keys, |key| {
                let value = table.get_mut(&key)?;
                *value += 1;
                Some(*value)
            })
        },
    )
}
