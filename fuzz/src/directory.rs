//! The directory of an engine, and rows of an engine that checks nothing.

use state_api::{ErrorKind, KeyGroups, RowSource, StateBackend, StateRead, StateView};
use state_store::{MemoryStore, OrderedStore, StoreBackend, TableId};

use crate::input::Input;
use crate::refused::refused;
use crate::typed::{Handles, damaged, read};

/// Entries of a store: a byte that says of which, and the content behind its length. Of a state the first
/// four bytes are the number; of a row a byte is the table, and the key is behind its length.
pub(crate) fn store(data: &[u8]) -> MemoryStore {
    let mut store = MemoryStore::new();
    let mut put = |table: u32, key: &[u8], value: &[u8]| {
        let table = TableId(table);
        let put = store
            .create_table(table)
            .and_then(|()| store.put(table, key, value));
        put.expect("memory takes all bytes");
    };
    let mut input = Input::new(data);
    while !input.is_empty() {
        let of = input.u8();
        let content = input.long();
        let mut entry = Input::new(content);
        match of % 6 {
            0 => put(0, b"header", content),
            1 => put(0, b"chunks", content),
            2 => put(0, b"commit", content),
            3 => {
                let key = [b"state/", entry.take(4)].concat();
                put(0, &key, entry.rest());
            }
            4 => {
                let (table, key) = (entry.u8(), entry.short());
                put(u32::from(table) + 1, key, entry.rest());
            }
            _ => {
                let key = entry.short();
                put(0, key, entry.rest());
            }
        }
    }
    store
}

/// A store that a backend is opened over.
pub fn directory(data: &[u8]) {
    let store = store(data);
    let groups = KeyGroups::all(4).expect("four groups");
    let mut backend = match StoreBackend::<String, _>::new(store.clone(), groups) {
        Ok(backend) => backend,
        Err(error) => {
            let kinds = [
                ErrorKind::Corrupt,
                ErrorKind::Mismatch,
                ErrorKind::Unsupported,
            ];
            return refused(&error, &kinds, &[]);
        }
    };
    let states = backend.states();
    let again = StoreBackend::<String, _>::new(backend.store().clone(), groups);
    let again = again.expect("what was opened opens again");
    assert_eq!(again.states(), states);
    assert_eq!(again.committed().ok(), backend.committed().ok());

    let rows = backend
        .freeze()
        .and_then(|view| view.into_rows(groups.range()));
    let mut rows = rows.expect("memory gives views");
    loop {
        match rows.next_row() {
            Ok(Some(row)) => {
                assert!(groups.range().contains(row.group));
                assert!((row.state as usize) < states.len());
            }
            Ok(None) => break,
            Err(error) => {
                damaged(&error);
                break;
            }
        }
    }

    let handles = match Handles::register(&mut backend) {
        Ok(handles) => handles,
        Err(error) => {
            let kinds = [ErrorKind::Mismatch, ErrorKind::Invalid];
            return refused(&error, &kinds, &[]);
        }
    };
    if let Err(error) = read(&backend, handles) {
        damaged(&error);
    }
    write(&mut backend, handles);
}

/// Writes to all states: that a row is damaged is found, or does not matter.
fn write(backend: &mut StoreBackend<String, MemoryStore>, handles: Handles) {
    if let Err(error) = handles.write(backend, "a") {
        let kinds = [
            ErrorKind::Corrupt,
            ErrorKind::Invalid,
            ErrorKind::Unsupported,
        ];
        refused(&error, &kinds, &[]);
    }
}
