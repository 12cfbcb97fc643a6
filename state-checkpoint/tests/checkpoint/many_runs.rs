//! Hundreds of runs merge, whether they overlap or lie behind one another.

use state_checkpoint::{Compression, MemoryStorage, Part, RestoreOptions, RunKind, RunRef};

use crate::support::ops::{Op, write_run};
use crate::support::{
    Row, block_on, checkpoint, drain, groups, options, publish_as, range, states,
};

const RUNS: u16 = 300;

#[test]
fn each_key_comes_from_the_newest_run_that_has_it() {
    let storage = MemoryStorage::new();
    let has = |run: u16, key: u16| (key * 7 + run * 13) % 11 < 3;
    let runs: Vec<RunRef> = (0..RUNS)
        .map(|run| {
            let keys = (0..200_u16).filter(|key| has(run, *key));
            let put = |key: u16| {
                Op::Put(
                    key / 40,
                    0,
                    key.to_be_bytes().to_vec(),
                    run.to_be_bytes().to_vec(),
                )
            };
            let ops: Vec<Op> = keys.map(put).collect();
            let options = options(100, Compression::None);
            let path = format!("runs/{run}.run");
            let written = write_run(&storage, &path, RunKind::Delta, &ops, &options).unwrap();
            // Every third lies in a part of the groups only.
            let clip = if run % 3 == 1 {
                range(run % 6, run % 6)
            } else {
                range(0, 5)
            };
            RunRef { clip, ..written }
        })
        .collect();
    let newest = |key: u16| {
        let group = key / 40;
        let with = |run: &u16| has(*run, key) && runs[usize::from(*run)].clip.contains(group);
        (0..RUNS).rev().find(with)
    };
    let expected: Vec<Row> = (0..200_u16)
        .filter_map(|key| {
            let value = newest(key)?.to_be_bytes().to_vec();
            Some((key / 40, 0, key.to_be_bytes().to_vec(), value))
        })
        .collect();
    let part = Part {
        operator: "operator".to_owned(),
        key_groups: range(0, 5),
        states: states(),
        runs: runs.clone(),
        native: None,
    };
    let manifest = publish_as(&storage, 1, checkpoint(6, vec![part])).unwrap();
    for buffer in [0, RestoreOptions::BUFFER_BYTES] {
        let options = RestoreOptions::default().with_buffer_bytes(buffer);
        let source = options.open(&storage, &manifest, "operator", groups(6, 0, 5));
        assert_eq!(drain(&mut block_on(source).unwrap()).unwrap(), expected);
    }
}
