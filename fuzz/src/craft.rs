//! Runs made of any blocks, as `docs/format.md` has them and without the writer's care.

use state_api::row::{CodecId, StateKind, StateMeta};
use state_api::{KeyGroupRange, StateKey};
use state_checkpoint::{Digest, RunKind, RunRef};
use xxhash_rust::xxh3::xxh3_64;

use crate::input::Input;

/// Key groups of every crafted run.
pub(crate) const GROUPS: u16 = 10;

/// A description of a state keyed by text.
pub(crate) fn state(name: &str, kind: StateKind, value_type: &str) -> StateMeta {
    StateMeta {
        name: name.to_owned(),
        kind,
        codec: CodecId {
            name: "bincode".into(),
            version: 1,
        },
        key_type: String::type_name().to_owned(),
        namespace_type: "()".to_owned(),
        map_key_type: (kind == StateKind::Map).then(|| "alloc::string::String".to_owned()),
        value_type: value_type.to_owned(),
    }
}

/// The states of every crafted run.
pub(crate) fn states() -> Vec<StateMeta> {
    ["alpha", "beta", "gamma"]
        .map(|name| state(name, StateKind::Value, "u64"))
        .to_vec()
}

/// All key groups of a crafted run.
pub(crate) fn all() -> KeyGroupRange {
    KeyGroupRange::new(0, GROUPS - 1).expect("ten groups are a range")
}

/// A run of blocks: for each its kind, its compression, first and last position, number of rows, the raw
/// length if it is compressed, and the payload behind its length.
pub(crate) fn run(input: &mut Input<'_>) -> Vec<u8> {
    let mut file = b"stateRUN".to_vec();
    file.extend(1_u16.to_be_bytes());
    file.extend(0_u16.to_be_bytes());
    let list = serde_json::to_vec(&states()).expect("descriptions are JSON");
    file.extend(len(&list).to_be_bytes());
    file.extend(1_u16.to_be_bytes());
    file.extend(GROUPS.to_be_bytes());
    file.extend(list);
    let header = xxh3_64(&file).to_be_bytes();
    file.extend(header);

    let mut index = Vec::new();
    let mut counts = [0_u64; 2];
    for _ in 0..input.u8() % 8 {
        if input.is_empty() {
            break;
        }
        let (kind, compression) = (input.u8(), input.u8());
        let positions = [input.u8(), input.u8(), input.u8(), input.u8()];
        let rows = u32::from(input.u8());
        let raw = (compression != 0).then(|| u32::from(input.u16()));
        let payload = input.long();
        let mut block = vec![kind, compression];
        block.extend(raw.unwrap_or(len(payload)).to_be_bytes());
        block.extend(len(payload).to_be_bytes());
        block.extend(payload);
        let checksum = xxh3_64(&block).to_be_bytes();
        block.extend(checksum);

        index.push(kind);
        for [group, state] in positions.as_chunks().0 {
            index.extend(u16::from(*group).to_be_bytes());
            index.extend(u32::from(*state).to_be_bytes());
        }
        index.extend((file.len() as u64).to_be_bytes());
        index.extend(len(&block).to_be_bytes());
        index.extend(rows.to_be_bytes());
        index.extend(checksum);
        let [of_rows, of_tombstones] = &mut counts;
        *(if kind == 2 { of_tombstones } else { of_rows }) += u64::from(rows);
        file.extend(block);
    }
    let checksum = xxh3_64(&index).to_be_bytes();
    index.extend(checksum);

    let [rows, tombstones] = counts;
    let mut footer = Vec::new();
    for field in [file.len() as u64, index.len() as u64, rows, tombstones] {
        footer.extend(field.to_be_bytes());
    }
    footer.extend(header);
    footer.extend(checksum);
    footer.extend(1_u16.to_be_bytes());
    footer.extend(xxh3_64(&footer).to_be_bytes());
    footer.extend(b"stateEND");
    file.extend(index);
    file.extend(footer);
    file
}

fn len(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).expect("an input is small")
}

/// A reference that fits the file, as a manifest would have it.
pub(crate) fn reference(path: &str, kind: RunKind, file: &[u8]) -> RunRef {
    let footer = file.last_chunk::<66>().map_or(file, |footer| footer);
    let rows = footer.get(16..).and_then(<[u8]>::first_chunk);
    RunRef {
        path: path.to_owned(),
        kind,
        size: file.len() as u64,
        digest: Digest::of(file),
        seal: Digest::of(footer),
        clip: all(),
        rows: rows.map_or(0, |rows| u64::from_be_bytes(*rows)),
    }
}
