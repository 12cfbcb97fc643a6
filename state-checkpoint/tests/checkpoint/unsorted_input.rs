//! A writer that is given rows it must not write says which, and leaves no file.

use state_api::row::AllRows;
use state_api::{ErrorKind, Result};
use state_checkpoint::{
    CheckpointStorage, Compression, MemoryStorage, NewPart, Part, Ticket, WriteOptions, write_part,
};

use crate::support::{Row, Rows, block_on, groups, options, part_of, state};

fn write(rows: &[(u16, u32, &str)], block_bytes: u32) -> Result<Part> {
    let storage = MemoryStorage::new();
    let rows: Vec<Row> = rows
        .iter()
        .map(|(g, s, key)| (*g, *s, key.as_bytes().to_vec(), vec![0; 20]))
        .collect();
    let result = part_of(
        &storage,
        groups(10, 2, 7),
        &rows,
        &options(block_bytes, Compression::None),
    );
    let files = block_on(storage.list("runs")).unwrap();
    assert_eq!(files.len(), usize::from(result.is_ok()));
    result
}

#[test]
fn rows_not_strictly_ascending_are_refused_with_both_positions() {
    for block_bytes in [1, 1000] {
        for rows in [
            [(3, 1, "kb"), (3, 1, "ka")],
            [(3, 1, "kb"), (3, 1, "kb")],
            [(3, 1, "kb"), (3, 1, "k")],
            [(3, 1, "kb"), (3, 0, "z")],
            [(3, 1, "kb"), (2, 2, "z")],
        ] {
            let error = write(&rows, block_bytes).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Invalid, "{rows:?}");
            assert_eq!(
                error.context("previous"),
                Some("group 3, state `beta`, key 6b62")
            );
            assert!(error.context("row").is_some(), "{error}");
        }
        write(
            &[(3, 1, "kb"), (3, 1, "kba"), (3, 2, ""), (4, 0, "")],
            block_bytes,
        )
        .unwrap();
    }
}

#[test]
fn rows_of_other_groups_or_states_are_refused() {
    for group in [0, 1, 8, 9, 10, u16::MAX] {
        assert_eq!(
            write(&[(group, 0, "k")], 100).unwrap_err().kind(),
            ErrorKind::OutOfRange
        );
    }
    for state in [3, u32::MAX] {
        assert_eq!(
            write(&[(2, state, "k")], 100).unwrap_err().kind(),
            ErrorKind::Invalid
        );
    }
}

#[test]
fn states_not_ascending_by_name_are_refused() {
    for names in [["b", "a"], ["a", "a"]] {
        let storage = MemoryStorage::new();
        let (states, options) = (names.map(state), options(100, Compression::None));
        let mut rows = AllRows::new(Rows([].iter()));
        let ticket = Ticket::unpinned(1).unwrap();
        let options = WriteOptions::default().with_run(options);
        let part = NewPart {
            operator: "o",
            key_groups: groups(10, 0, 9),
            states: &states,
            base: Vec::new(),
        };
        let part = write_part(&storage, &ticket, part, &mut rows, &options);
        assert_eq!(block_on(part).unwrap_err().kind(), ErrorKind::Invalid);
    }
}
