//! Rows of a restore, taken in by both kinds of backend.

use state_api::key::decode_prefix;
use state_api::row::{RowRef, RowSource};
use state_api::{ErrorKind, KeyGroups, KeyHash, Result, StateBackend, StateView};
use state_checkpoint::digest_rows;
use state_heap::HeapBackend;
use state_store::{MemoryStore, StoreBackend};

use crate::input::Input;
use crate::refused::refused;
use crate::typed::{Handles, damaged, metas, read};

const GROUPS: u16 = 4;

type Row = (u16, u32, Vec<u8>, Vec<u8>);

struct Rows<'a>(std::slice::Iter<'a, Row>);

impl RowSource for Rows<'_> {
    fn next_row(&mut self) -> Result<Option<RowRef<'_>>> {
        Ok(self.0.next().map(|(group, state, key, envelope)| RowRef {
            group: *group,
            state: *state,
            key,
            envelope,
        }))
    }
}

fn drain(mut source: impl RowSource) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    while let Some(row) = source.next_row()? {
        rows.push((
            row.group,
            row.state,
            row.key.to_vec(),
            row.envelope.to_vec(),
        ));
    }
    Ok(rows)
}

/// The first byte says whether the rows are sorted. For each row a byte with the state and whether the
/// group is that of its key or the next byte; then the row key and the envelope behind their lengths.
fn parse(data: &[u8], groups: KeyGroups) -> Vec<Row> {
    let mut input = Input::new(data);
    let is_sorted = !input.u8().is_multiple_of(4);
    let mut rows = Vec::new();
    while !input.is_empty() {
        let flags = input.u8();
        let state = u32::from(flags % 4);
        let given = (flags >= 0x80).then(|| u16::from(input.u8()));
        let key = input.short().to_vec();
        let own = decode_prefix::<String>(&key)
            .and_then(|(key, _)| KeyHash::of(&key))
            .map_or(0, |hash| groups.group_of(hash));
        rows.push((given.unwrap_or(own), state, key, input.short().to_vec()));
    }
    if is_sorted {
        rows.sort();
        rows.dedup_by(|a, b| (a.0, a.1, &a.2) == (b.0, b.1, &b.2));
    }
    rows
}

/// Rows that a checkpoint may hold.
pub fn rows(data: &[u8]) {
    let groups = KeyGroups::all(GROUPS).expect("four groups");
    let rows = parse(data, groups);
    let metas = metas();

    let mut heap = HeapBackend::<String>::new(groups);
    let mut store =
        StoreBackend::<String, _>::new(MemoryStore::new(), groups).expect("an empty backend");
    let by_heap = heap.restore(&metas, &mut Rows(rows.iter()));
    let by_store = store.restore(&metas, &mut Rows(rows.iter()));
    match (&by_heap, &by_store) {
        (Ok(()), Ok(())) => {}
        (Err(a), Err(b)) => {
            assert_eq!(a.to_string(), b.to_string(), "one check for all backends");
            let kinds = [
                ErrorKind::Corrupt,
                ErrorKind::Invalid,
                ErrorKind::OutOfRange,
                ErrorKind::Unsupported,
            ];
            return refused(a, &kinds, &[]);
        }
        _ => panic!("heap: {by_heap:?}, store: {by_store:?}"),
    }
    let of_heap = heap
        .freeze()
        .and_then(|view| view.into_rows(groups.range()));
    let of_store = store
        .freeze()
        .and_then(|view| view.into_rows(groups.range()));
    assert_eq!(of_heap.and_then(drain).as_ref().ok(), Some(&rows), "heap");
    assert_eq!(of_store.and_then(drain).as_ref().ok(), Some(&rows), "store");

    let in_store = Handles::register(&mut store).expect("the descriptions are those of the rows");
    let of_store = read(&store, in_store);
    // The heap decodes what is there when it learns the types.
    let in_heap = match Handles::register(&mut heap) {
        Ok(handles) => handles,
        Err(error) => return damaged(&error),
    };
    let of_heap = read(&heap, in_heap).expect("what was decoded can be read");
    let of_store = of_store.expect("what one backend decodes the other does");
    assert_eq!(of_heap, of_store);

    // Typed values give the rows that they came from, whatever chunks a list is in.
    let typed = heap
        .freeze()
        .and_then(|view| view.into_rows(groups.range()));
    let typed = typed.and_then(|mut typed| digest_rows(&metas, &mut typed));
    let given = digest_rows(&metas, &mut Rows(rows.iter()));
    assert_eq!(typed.ok(), Some(given.expect("the rows are good")));
}
