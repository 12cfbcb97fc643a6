//! A restore that does not fit the checkpoint says what does not fit, naming both sides.

use state_api::row::{AllRows, StateKind, StateMeta};
use state_api::{Error, ErrorKind, KeyGroups};
use state_checkpoint::{
    Checkpoint, CheckpointStorage, Manifest, MemoryStorage, NewPart, Part, Ticket, WriteOptions,
    open_restore, write_part,
};

use crate::support::{
    Row, Rows, block_on, checkpoint, drain, groups, publish_as, range, small_checkpoint, state,
};

fn open(storage: &dyn CheckpointStorage, manifest: &Manifest, groups: KeyGroups) -> Error {
    block_on(open_restore(storage, manifest, "operator", groups)).unwrap_err()
}

fn part(storage: &dyn CheckpointStorage, groups: KeyGroups, states: &[StateMeta]) -> Part {
    let rows: Vec<Row> = (groups.range().iter())
        .flat_map(|group| {
            (0_u32..)
                .zip(states)
                .map(move |(s, meta)| (group, s, b"k".to_vec(), meta.name.as_bytes().to_vec()))
        })
        .collect();
    let mut rows = AllRows::new(Rows(rows.iter()));
    let (ticket, options) = (Ticket::unpinned(1).unwrap(), WriteOptions::default());
    let part = NewPart {
        operator: "operator",
        key_groups: groups,
        states,
        base: Vec::new(),
    };
    block_on(write_part(storage, &ticket, part, &mut rows, &options)).unwrap()
}

#[test]
fn another_max_parallelism() {
    let (storage, _) = small_checkpoint();
    let manifest = block_on(state_checkpoint::load(&storage, 1)).unwrap();
    let error = open(&storage, &manifest, KeyGroups::all(11).unwrap());
    assert_eq!(error.kind(), ErrorKind::Mismatch);
    assert_eq!(
        (error.context("checkpoint"), error.context("requested")),
        (Some("10"), Some("11"))
    );
}

#[test]
fn an_unknown_operator() {
    let (storage, _) = small_checkpoint();
    let manifest = block_on(state_checkpoint::load(&storage, 1)).unwrap();
    let all = KeyGroups::all(10).unwrap();
    let error = block_on(open_restore(&storage, &manifest, "nobody", all)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(error.context("operators"), Some("operator"));
}

#[test]
fn key_groups_that_are_not_there() {
    let storage = MemoryStorage::new();
    let states = [state("a")];
    let parts = [groups(10, 0, 2), groups(10, 5, 8)].map(|own| part(&storage, own, &states));
    let manifest = publish_as(&storage, 1, checkpoint(10, parts.to_vec())).unwrap();
    for (first, last, missing) in [(0, 9, "3"), (3, 3, "3"), (5, 9, "9"), (4, 6, "4")] {
        let error = open(&storage, &manifest, groups(10, first, last));
        assert_eq!(error.kind(), ErrorKind::Invalid, "{first}..={last}");
        assert_eq!(error.context("first_missing"), Some(missing));
    }
    block_on(open_restore(
        &storage,
        &manifest,
        "operator",
        groups(10, 5, 8),
    ))
    .unwrap();
}

#[test]
fn two_parts_that_describe_a_state_differently() {
    let storage = MemoryStorage::new();
    let other = StateMeta {
        kind: StateKind::List,
        ..state("a")
    };
    let parts = vec![
        part(&storage, groups(10, 0, 4), &[state("a")]),
        part(&storage, groups(10, 5, 9), std::slice::from_ref(&other)),
    ];
    let manifest = publish_as(&storage, 1, checkpoint(10, parts)).unwrap();
    let error = open(&storage, &manifest, KeyGroups::all(10).unwrap());
    assert_eq!(error.kind(), ErrorKind::Mismatch);
    assert_eq!(error.context("one"), Some(state("a").to_string().as_str()));
    assert_eq!(error.context("other"), Some(other.to_string().as_str()));
}

#[test]
fn parts_with_different_states_are_united() {
    let storage = MemoryStorage::new();
    let parts = vec![
        part(&storage, groups(10, 0, 4), &[state("b"), state("d")]),
        part(
            &storage,
            groups(10, 5, 9),
            &[state("a"), state("b"), state("c")],
        ),
    ];
    let manifest = publish_as(&storage, 1, checkpoint(10, parts)).unwrap();
    let all = KeyGroups::all(10).unwrap();
    let mut source = block_on(open_restore(&storage, &manifest, "operator", all)).unwrap();
    let states = source.states().to_vec();
    let names: Vec<&str> = states.iter().map(|state| state.name.as_str()).collect();
    assert_eq!(names, ["a", "b", "c", "d"]);
    let rows = drain(&mut source).unwrap();
    assert_eq!(rows.len(), 25);
    assert!(rows.is_sorted());
    for (_, state, _, envelope) in rows {
        assert_eq!(states[state as usize].name.as_bytes(), envelope);
    }
}

#[test]
fn a_checkpoint_whose_parts_do_not_fit_is_not_published() {
    let storage = MemoryStorage::new();
    let good = part(&storage, groups(10, 0, 4), &[state("a")]);
    let bend = |bend: fn(&mut Part)| {
        let mut part = good.clone();
        bend(&mut part);
        part
    };
    for parts in [
        vec![good.clone(), good.clone()],
        vec![
            good.clone(),
            part(&storage, groups(10, 4, 9), &[state("a")]),
        ],
        vec![bend(|part| part.operator.clear())],
        vec![bend(|part| part.runs.clear())],
        vec![bend(|part| part.runs[0].clip = range(0, 3))],
        vec![bend(|part| part.runs[0].clip = range(0, 5))],
        vec![bend(|part| part.key_groups = range(0, 10))],
        vec![bend(|part| part.runs[0].path = "../secret".to_owned())],
        vec![bend(|part| part.runs[0].path = "/etc/passwd".to_owned())],
        vec![bend(|part| part.states.push(state("a")))],
        vec![bend(|part| {
            let mut other = part.runs[0].clone();
            other.size += 1;
            part.runs.push(other);
        })],
    ] {
        let bad = Checkpoint {
            parts,
            ..checkpoint(10, Vec::new())
        };
        let error = publish_as(&storage, 1, bad).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
        assert!(
            block_on(state_checkpoint::list(&storage))
                .unwrap()
                .is_empty()
        );
    }
    for max_parallelism in [0, 4, 32_769] {
        let bad = checkpoint(max_parallelism, vec![good.clone()]);
        assert_eq!(
            publish_as(&storage, 1, bad).unwrap_err().kind(),
            ErrorKind::Invalid
        );
    }
}
