//! The rows of several runs, merged.

use std::collections::{BTreeMap, BTreeSet};

use state_api::{ErrorKind, KeyGroups, Result, RowSource};
use state_checkpoint::blocking::block_on;
use state_checkpoint::{
    Checkpoint, CheckpointStorage, Manifest, MemoryStorage, Part, Purpose, RunKind, Ticket,
    open_restore, publish, verify,
};

use crate::bounded::bounded;
use crate::craft::{self, GROUPS};
use crate::input::Input;
use crate::refused::damaged;
use crate::run::{Change, read};

type Rows = BTreeMap<(u16, u32, Vec<u8>), Vec<u8>>;

/// What the runs say, one after the other.
fn apply(rows: &mut Rows, changes: Vec<Change>) {
    for change in changes {
        match change {
            Change::Range(group, state, start, end) => rows.retain(|(g, s, key), _| {
                (*g, *s) != (group, state)
                    || *key < start
                    || end.as_ref().is_some_and(|end| *key >= *end)
            }),
            Change::Put(group, state, key, envelope) => {
                rows.insert((group, state, key), envelope);
            }
            Change::Delete(group, state, key) => {
                rows.remove(&(group, state, key));
            }
        }
    }
}

fn restored(storage: &MemoryStorage, manifest: &Manifest, groups: KeyGroups) -> Result<Rows> {
    let mut source = block_on(open_restore(storage, manifest, "operator", groups))?;
    let mut rows = Rows::new();
    let mut order = BTreeSet::new();
    while let Some(row) = source.next_row()? {
        let key = (row.group, row.state, row.key.to_vec());
        assert!(order.last().is_none_or(|last| *last < key), "rows ascend");
        order.clear();
        order.insert(key.clone());
        rows.insert(key, row.envelope.to_vec());
    }
    Ok(rows)
}

/// Up to four runs, one behind the other: a base, then deltas.
pub fn restore(data: &[u8]) {
    let storage = MemoryStorage::new();
    let mut input = Input::new(data);
    let mut runs = Vec::new();
    while runs.is_empty() || (runs.len() < 4 && !input.is_empty()) {
        let file = craft::run(&mut input);
        let kind = match runs.len() {
            0 => RunKind::Base,
            _ => RunKind::Delta,
        };
        let run = craft::reference(&format!("runs/{}.run", runs.len()), kind, &file);
        block_on(storage.put_new(&run.path, &file)).expect("memory takes a file");
        runs.push(run);
    }
    let part = Part {
        operator: "operator".to_owned(),
        key_groups: craft::all(),
        states: craft::states(),
        runs: runs.clone(),
        native: None,
    };
    let checkpoint = Checkpoint {
        max_parallelism: GROUPS,
        fence: 0,
        purpose: Purpose::Checkpoint,
        parts: vec![part],
        metadata: BTreeMap::new(),
        created_ms: 0,
    };
    let ticket = Ticket::unpinned(1).expect("an id is random");
    let manifest = block_on(publish(&storage, &ticket, checkpoint)).expect("nobody has the id");

    let one_by_one = runs.iter().try_fold(Rows::new(), |mut rows, run| {
        apply(&mut rows, read(&storage, run, craft::all())?);
        Ok::<_, state_api::Error>(rows)
    });
    let all = KeyGroups::all(GROUPS).expect("ten groups");
    let size: u64 = runs.iter().map(|run| run.size).sum();
    let size = usize::try_from(size).expect("an input is small");
    // LZ4 makes at most 255 bytes of one; a row that is kept has its nodes and its vectors.
    let merged = bounded(1000 * size, || restored(&storage, &manifest, all));
    match (one_by_one, merged) {
        (Ok(expected), Ok(found)) => {
            assert_eq!(found, expected, "newest wins");
            let groups = KeyGroups::new(GROUPS, all.range()).expect("as before");
            assert!(block_on(verify(&storage, &manifest)).is_ok());
            for worker in 0..2 {
                let groups = KeyGroups::of_worker(groups.max_parallelism(), worker, 2);
                let groups = groups.expect("two workers");
                let mut own = expected.clone();
                own.retain(|(group, ..), _| groups.range().contains(*group));
                assert_eq!(restored(&storage, &manifest, groups).ok(), Some(own));
            }
        }
        (Err(_), Err(error)) => {
            assert_ne!(error.kind(), ErrorKind::Poisoned);
            damaged(&error);
            assert!(block_on(verify(&storage, &manifest)).is_err());
        }
        (one_by_one, merged) => panic!("one by one {one_by_one:?}, merged {merged:?}"),
    }
}
