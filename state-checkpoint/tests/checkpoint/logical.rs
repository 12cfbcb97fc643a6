//! The logical digest is that of the state: it knows nothing of chunks, blocks, runs, parts and of what
//! was deleted, and everything of what is left.

use std::collections::BTreeMap;

use proptest::prelude::*;
use state_api::ErrorKind;
use state_api::row::{StateKind, StateMeta, chunk, envelope};
use state_checkpoint::{
    Compression, Digest, MemoryStorage, Part, RunKind, RunRef, digest_rows, logical_digest,
};

use crate::support::ops::{Op, write_run_of};
use crate::support::{Row, Rows, block_on, checkpoint, options, publish_as, range, state, states};

const LIST: u32 = 2;

/// Two value states and a list.
fn with_list() -> Vec<StateMeta> {
    let mut states = states();
    states[LIST as usize].kind = StateKind::List;
    states
}

/// Elements of a state: of a value state one, of a list any number.
type State = BTreeMap<(u16, u32, Vec<u8>), Vec<Vec<u8>>>;

fn contents() -> impl Strategy<Value = State> {
    let key = (0_u16..6, 0_u32..3, proptest::collection::vec(0_u8..3, 0..3));
    let element = proptest::collection::vec(any::<u8>(), 0..5);
    proptest::collection::btree_map(key, proptest::collection::vec(element, 1..6), 0..20).prop_map(
        |mut state| {
            for ((_, state, _), elements) in &mut state {
                if *state != LIST {
                    elements.truncate(1);
                }
            }
            state
        },
    )
}

/// The rows of a state. `cuts` says after which elements of a list the next chunk begins, and by how much
/// its number is greater.
fn rows(state: &State, cuts: &[u8]) -> Vec<Row> {
    let mut cuts = cuts.iter().cycle();
    let mut rows = Vec::new();
    for ((group, state, key), elements) in state {
        if *state != LIST {
            let mut value = Vec::new();
            envelope::begin(&mut value);
            value.extend(&elements[0]);
            rows.push((*group, *state, key.clone(), value));
            continue;
        }
        let mut number = 0_u64;
        for element in elements {
            let cut = *cuts.next().unwrap();
            if number == 0 || cut > 0 {
                number += u64::from(cut) + 1;
                let mut chunk = Vec::new();
                envelope::begin(&mut chunk);
                let row_key = [key.as_slice(), &number.to_be_bytes()].concat();
                rows.push((*group, LIST, row_key, chunk));
            }
            chunk::push(&mut rows.last_mut().unwrap().3, element);
        }
    }
    rows.sort();
    rows
}

fn digest(state: &State) -> Digest {
    let rows = rows(state, &[0]);
    digest_rows(&with_list(), &mut Rows(rows.iter())).unwrap()
}

/// A checkpoint of `rows` in two parts of a base and two deltas. Each row lies, by its `fate`, in one run
/// alone, or after another value, or after a deleted one; and rows of nobody come and go.
fn cut(rows: &[Row], fates: &[u8], split: u16, block_bytes: u32) -> Digest {
    let mut runs: [BTreeMap<(u16, u32, Vec<u8>), Option<Vec<u8>>>; 3] = Default::default();
    for ((group, state, key, value), fate) in rows.iter().zip(fates.iter().cycle()) {
        let at = || (*group, *state, key.clone());
        let newest = usize::from(fate % 3);
        runs[newest].insert(at(), Some(value.clone()));
        if newest > 0 && fate & 4 > 0 {
            runs[newest - 1].insert(at(), (newest == 1 || fate & 8 > 0).then(|| vec![0, 99]));
        }
        let nobody = (*group, *state, [key.as_slice(), b"!"].concat());
        if fate & 16 > 0
            && !rows
                .iter()
                .any(|row| (row.0, row.1, &row.2) == (nobody.0, nobody.1, &nobody.2))
        {
            runs[1].insert(nobody.clone(), Some(vec![0, 98]));
            runs[2].insert(nobody, None);
        }
    }
    let storage = MemoryStorage::new();
    let written: Vec<RunRef> = (0..)
        .zip(runs)
        .map(|(number, run)| {
            let ops = run
                .into_iter()
                .map(|((group, state, key), value)| match value {
                    Some(value) => Op::Put(group, state, key, value),
                    None => Op::Delete(group, state, key),
                });
            let kind = if number == 0 {
                RunKind::Base
            } else {
                RunKind::Delta
            };
            let options = options(block_bytes, Compression::Lz4);
            let (path, ops) = (format!("runs/{number}.run"), ops.collect::<Vec<_>>());
            write_run_of(&storage, &path, kind, &with_list(), &ops, &options).unwrap()
        })
        .collect();
    let parts = [(0, split - 1), (split, 5)].map(|(first, last)| Part {
        operator: "operator".to_owned(),
        key_groups: range(first, last),
        states: with_list(),
        runs: written
            .iter()
            .map(|run| RunRef {
                clip: range(first, last),
                ..run.clone()
            })
            .collect(),
        native: None,
    });
    let manifest = publish_as(&storage, 1, checkpoint(6, parts.to_vec())).unwrap();
    block_on(logical_digest(&storage, &manifest, "operator")).unwrap()
}

proptest! {
    #[test]
    fn however_rows_are_cut_the_digest_is_the_same(
        state in contents(),
        cuts in proptest::collection::vec(0_u8..3, 1..9),
        fates in proptest::collection::vec(any::<u8>(), 1..20),
        split in 1_u16..6,
        block_bytes in 1_u32..200,
    ) {
        prop_assert_eq!(cut(&rows(&state, &cuts), &fates, split, block_bytes), digest(&state));
    }

    #[test]
    fn different_states_have_different_digests(
        state in contents(), other in contents(), which: prop::sample::Index, what in 0_u8..6,
    ) {
        prop_assert_eq!(state == other, digest(&state) == digest(&other));
        prop_assume!(!state.is_empty());
        let mut changed = state.clone();
        let at = state.keys().nth(which.index(state.len())).unwrap();
        let elements = changed.get_mut(at).unwrap();
        match what {
            0 => elements[0].push(0),
            1 => drop(changed.remove(at)),
            2 if elements.len() > 1 => drop(elements.pop()),
            3 if elements.len() > 1 => {
                // The border between two elements moves.
                let moved = elements.remove(1);
                elements[0].extend(moved);
            }
            _ => {
                let elements = changed.remove(at).unwrap();
                changed.insert((at.0, at.1, [&at.2[..], &[9]].concat()), elements);
            }
        }
        prop_assert_ne!(digest(&state), digest(&changed));
    }
}

#[test]
fn the_description_of_a_state_counts_if_it_has_rows() {
    let rows: Vec<Row> = vec![(1, 0, b"k".to_vec(), vec![0])];
    let of = |states: &[StateMeta]| digest_rows(states, &mut Rows(rows.iter())).unwrap();
    assert_eq!(of(&states()), of(&[state("alpha")]));
    assert_ne!(of(&states()), of(&[state("beta")]));
    let other = StateMeta {
        value_type: "u32".to_owned(),
        ..state("alpha")
    };
    assert_ne!(of(&states()), of(&[other]));
}

#[test]
fn the_digest_is_that_of_the_documented_bytes() {
    let state = State::from([
        ((1, 0, b"a".to_vec()), vec![b"one".to_vec()]),
        ((1, LIST, b"b".to_vec()), vec![b"x".to_vec(), Vec::new()]),
        ((2, LIST, b"b".to_vec()), vec![b"y".to_vec()]),
    ]);
    let sized = |bytes: &[u8]| [&(bytes.len() as u64).to_be_bytes()[..], bytes].concat();
    let description = |name: &str, kind: &str| {
        let text = format!(
            "{{\"name\":\"{name}\",\"kind\":\"{kind}\",\"codec\":{{\"name\":\"bincode\",\"version\":1}},\
             \"key_type\":\"u64\",\"namespace_type\":\"()\",\"value_type\":\"u64\"}}"
        );
        sized(text.as_bytes())
    };
    let bytes = [
        b"\x01\0\x01".to_vec(),
        description("alpha", "value"),
        b"\x02".to_vec(),
        sized(b"a"),
        sized(b"\0one"),
        b"\x01\0\x01".to_vec(),
        description("gamma", "list"),
        b"\x03".to_vec(),
        sized(b"b"),
        b"\x04".to_vec(),
        sized(b"x"),
        b"\x04".to_vec(),
        sized(b""),
        b"\x01\0\x02".to_vec(),
        description("gamma", "list"),
        b"\x03".to_vec(),
        sized(b"b"),
        b"\x04".to_vec(),
        sized(b"y"),
    ];
    assert_eq!(digest(&state), Digest::of(&bytes.concat()));
}

#[test]
fn rows_that_are_none_of_a_list_are_refused() {
    let number = 1_u64.to_be_bytes().to_vec();
    for (key, value) in [
        (b"short".to_vec(), vec![0, 1, 7]),
        (u64::MAX.to_be_bytes().to_vec(), vec![0, 1, 7]),
        (number.clone(), vec![0]),
        (number.clone(), vec![0, 2, 7]),
        (number, Vec::new()),
    ] {
        let rows: Vec<Row> = vec![(1, LIST, key, value)];
        let error = digest_rows(&with_list(), &mut Rows(rows.iter())).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt);
        assert_eq!(error.context("state"), Some("gamma"));
    }
    let rows: Vec<Row> = vec![(1, 3, Vec::new(), vec![0])];
    let error = digest_rows(&with_list(), &mut Rows(rows.iter())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
}
