//! A restore gives what remains when all runs of each part are applied, oldest first.

use std::collections::BTreeMap;

use proptest::prelude::*;
use state_checkpoint::{
    Compression, Manifest, MemoryStorage, Part, RestoreOptions, RunKind, RunRef, verify,
};

use crate::support::ops::{Op, ops, write_run_of};
use crate::support::{
    Row, block_on, checkpoint, drain, groups, options, publish_as, range, states,
};

/// What a restore must give: one run after another, in each its range tombstones first.
#[derive(Default)]
struct Model(BTreeMap<(u16, u32, Vec<u8>), Vec<u8>>);

impl Model {
    fn apply(&mut self, ops: &[Op], first: u16, last: u16) {
        for op in ops.iter().filter(|op| (first..=last).contains(&op.group())) {
            match op.clone() {
                Op::DeleteRange(group, state, start, end) => self.0.retain(|(g, s, key), _| {
                    let inside = *key >= start && end.as_ref().is_none_or(|end| key < end);
                    !(*g == group && *s == state && inside)
                }),
                Op::Put(group, state, key, envelope) => {
                    self.0.insert((group, state, key), envelope);
                }
                Op::Delete(group, state, key) => drop(self.0.remove(&(group, state, key))),
            }
        }
    }

    fn rows(&self, first: u16, last: u16) -> Vec<Row> {
        let rows = self
            .0
            .iter()
            .map(|((g, s, k), v)| (*g, *s, k.clone(), v.clone()));
        rows.filter(|row| (first..=last).contains(&row.0)).collect()
    }
}

/// A file of some of the three states. A base is without tombstones.
#[derive(Clone, Debug)]
struct File {
    /// With indexes into all states.
    ops: Vec<Op>,
    /// Which states the file knows.
    known: [bool; 3],
    base: bool,
    block_bytes: u32,
}

impl File {
    fn write(&self, storage: &MemoryStorage, path: &str) -> RunRef {
        let kind = if self.base {
            RunKind::Base
        } else {
            RunKind::Delta
        };
        let known: Vec<u32> = (0..3).filter(|state| self.known[*state as usize]).collect();
        let states: Vec<_> = known
            .iter()
            .map(|state| states()[*state as usize].clone())
            .collect();
        let mut ops = self.ops.clone();
        for op in &mut ops {
            let state = op.state_mut();
            *state = (0..)
                .zip(&known)
                .find(|(_, other)| **other == *state)
                .unwrap()
                .0;
        }
        let options = options(self.block_bytes, Compression::Lz4);
        write_run_of(storage, path, kind, &states, &ops, &options).unwrap()
    }
}

/// A reference to one of the files, by number and clip.
type Ref = (usize, u16, u16);

fn files() -> impl Strategy<Value = Vec<File>> {
    let file = (ops(), any::<[bool; 3]>(), any::<bool>(), 1_u32..300).prop_map(
        |(mut ops, known, base, block_bytes)| {
            ops.retain_mut(|op| known[*op.state_mut() as usize]);
            if base {
                ops.retain(|op| matches!(op, Op::Put(..)));
            }
            File {
                ops,
                known,
                base,
                block_bytes,
            }
        },
    );
    proptest::collection::vec(file, 1..7)
}

/// Up to three parts, each of up to seven references to six files. The first one covers the part.
fn parts() -> impl Strategy<Value = Vec<(u16, u16, Vec<Ref>)>> {
    let refs = proptest::collection::vec((0_usize..7, 0_u16..6, 0_u16..6), 1..8);
    (
        proptest::collection::btree_set(1_u16..6, 0..3),
        proptest::collection::vec(refs, 3),
    )
        .prop_map(|(cuts, refs)| {
            let firsts = [0].into_iter().chain(cuts.iter().copied());
            let lasts = cuts.iter().map(|cut| cut - 1).chain([5]);
            firsts
                .zip(lasts)
                .zip(refs)
                .map(|((first, last), mut refs)| {
                    let inside = |group: u16| first + group % (last - first + 1);
                    for (_, a, b) in &mut refs {
                        (*a, *b) = (inside(*a).min(inside(*b)), inside(*a).max(inside(*b)));
                    }
                    (refs[0].1, refs[0].2) = (first, last);
                    (first, last, refs)
                })
                .collect()
        })
}

fn write(
    storage: &MemoryStorage,
    files: &[File],
    parts: &[(u16, u16, Vec<Ref>)],
) -> (Manifest, Model) {
    let files_and_names = files.iter().zip(0..);
    let runs: Vec<RunRef> = files_and_names
        .map(|(file, number)| file.write(storage, &format!("runs/{number}.run")))
        .collect();
    let mut model = Model::default();
    let parts = parts.iter().map(|(first, last, refs)| Part {
        operator: "operator".to_owned(),
        key_groups: range(*first, *last),
        states: states(),
        runs: refs
            .iter()
            .map(|(file, first, last)| {
                let file = file % files.len();
                model.apply(&files[file].ops, *first, *last);
                RunRef {
                    clip: range(*first, *last),
                    ..runs[file].clone()
                }
            })
            .collect(),
        native: None,
    });
    let parts = parts.collect();
    let manifest = publish_as(storage, 1, checkpoint(6, parts)).unwrap();
    (manifest, model)
}

proptest! {
    #[test]
    fn a_restore_is_all_runs_applied_in_order(
        files in files(), parts in parts(), a in 0_u16..6, b in 0_u16..6, buffer in 0_usize..4000,
    ) {
        let storage = MemoryStorage::new();
        let (manifest, model) = write(&storage, &files, &parts);
        let options = RestoreOptions::default().with_buffer_bytes(buffer);
        for (first, last) in [(0, 5), (a.min(b), a.max(b))] {
            let groups = groups(6, first, last);
            let source = options.open(&storage, &manifest, "operator", groups);
            let rows = drain(&mut block_on(source).unwrap()).unwrap();
            prop_assert_eq!(rows, model.rows(first, last));
        }
        block_on(verify(&storage, &manifest)).unwrap();
    }
}

/// What is left of runs of deltas, each applied to all of the state.
fn left(runs: &[&[Op]]) -> Vec<Row> {
    let file = |ops: &&[Op]| File {
        ops: ops.to_vec(),
        known: [true; 3],
        base: false,
        block_bytes: 20,
    };
    let files: Vec<File> = runs.iter().map(file).collect();
    let refs = (0..files.len()).map(|file| (file, 0, 5)).collect();
    let storage = MemoryStorage::new();
    let (manifest, _) = write(&storage, &files, &[(0, 5, refs)]);
    crate::support::restore(&storage, &manifest, groups(6, 0, 5)).unwrap()
}

fn put(group: u16, state: u32, key: &[u8], value: u8) -> Op {
    Op::Put(group, state, key.to_vec(), vec![value])
}

fn row(group: u16, state: u32, key: &[u8], value: u8) -> Row {
    (group, state, key.to_vec(), vec![value])
}

#[test]
fn a_put_beside_the_range_tombstone_that_covers_it_survives() {
    let clear = Op::DeleteRange(1, 1, Vec::new(), None);
    let older = [put(1, 1, b"a", 1), put(1, 1, b"b", 1)];
    assert_eq!(
        left(&[&older, &[clear, put(1, 1, b"b", 2)]]),
        [row(1, 1, b"b", 2)]
    );
}

#[test]
fn of_three_equal_keys_the_newest_is_left() {
    let runs = [1, 2, 3].map(|value| [put(1, 1, b"a", value)]);
    assert_eq!(left(&[&runs[0], &runs[1], &runs[2]]), [row(1, 1, b"a", 3)]);
    let delete = [Op::Delete(1, 1, b"a".to_vec())];
    assert_eq!(left(&[&runs[0], &runs[1], &delete]), []);
    assert_eq!(left(&[&runs[0], &delete, &runs[2]]), [row(1, 1, b"a", 3)]);
}

#[test]
fn an_open_range_ends_with_its_state_and_key_group() {
    let older = [
        put(1, 0, b"z", 1),
        put(1, 1, b"a", 1),
        put(1, 1, b"b", 1),
        put(1, 1, b"\xff\xff", 1),
        put(1, 2, b"", 1),
        put(2, 1, b"z", 1),
    ];
    let clear = [Op::DeleteRange(1, 1, b"b".to_vec(), None)];
    assert_eq!(
        left(&[&older, &clear]),
        [
            row(1, 0, b"z", 1),
            row(1, 1, b"a", 1),
            row(1, 2, b"", 1),
            row(2, 1, b"z", 1)
        ]
    );
}
