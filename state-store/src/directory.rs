//! What an engine's directory says of itself: table 0 holds the layout version, the key groups, the
//! key type, the states and the bound of the chunk numbers. Metadata is JSON, so that a person can
//! read it with the engine's own tools.

use serde::{Deserialize, Serialize};
use state_api::{Error, ErrorKind, KeyGroupRange, KeyGroups, Result, StateMeta};

use crate::layout;
use crate::store::{Entry, OrderedStore, Scan, TableId};

/// The table of the metadata.
const TABLE: TableId = TableId(0);
const HEADER: &[u8] = b"header";
const CHUNKS: &[u8] = b"chunks";
const COMMIT: &[u8] = b"commit";
const STATE: &[u8] = b"state/";

/// Number of the first table of a state.
pub(crate) const FIRST_STATE: u32 = 1;

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Header {
    layout: u32,
    backend: String,
    key_group_layout: u16,
    max_parallelism: u16,
    key_groups: KeyGroupRange,
    key_type: String,
}

/// A state as the directory lists it.
#[derive(Debug)]
pub(crate) struct Listed {
    pub(crate) table: TableId,
    pub(crate) meta: StateMeta,
}

/// What a directory holds.
#[derive(Debug, Default)]
pub(crate) struct Directory {
    /// The states, ascending by table.
    pub(crate) states: Vec<Listed>,
    /// All chunk numbers in use are below it.
    pub(crate) chunks: u64,
    /// Metadata of the last commit.
    pub(crate) committed: Option<Vec<u8>>,
}

/// Reads the directory of a store; writes the header into an empty one.
///
/// # Errors
/// [`ErrorKind::Mismatch`] when the directory was written for another backend, key type or key
/// groups, [`ErrorKind::Unsupported`] when its layout is not this version's,
/// [`ErrorKind::Corrupt`] when it does not parse.
pub(crate) fn open<S: OrderedStore>(
    store: &mut S,
    groups: KeyGroups,
    key_type: &str,
) -> Result<Directory> {
    let expected = Header {
        layout: layout::VERSION,
        backend: store.name().into(),
        key_group_layout: state_api::key_group::KEY_GROUP_LAYOUT,
        max_parallelism: groups.max_parallelism(),
        key_groups: groups.range(),
        key_type: key_type.into(),
    };
    store.create_table(TABLE)?;
    let found = match store.get(TABLE, HEADER)? {
        None => None,
        Some(bytes) => Some(parse_header(bytes.as_ref())?),
    };
    match found {
        None => {
            store.put(TABLE, HEADER, &json(&expected)?)?;
            Ok(Directory::default())
        }
        Some(found) => {
            compare(&found, &expected)?;
            read(store)
        }
    }
}

fn parse_header(bytes: &[u8]) -> Result<Header> {
    #[derive(Deserialize)]
    struct Version {
        layout: u32,
    }
    let version: Version = parse(bytes, "header")?;
    if version.layout != layout::VERSION {
        return Err(Error::new(
            ErrorKind::Unsupported,
            "the directory has another layout version",
        )
        .with("found", version.layout)
        .with("supported", layout::VERSION));
    }
    parse(bytes, "header")
}

fn compare(found: &Header, expected: &Header) -> Result<()> {
    if found == expected {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Mismatch,
        "the directory was written for another backend",
    )
    .with("found", describe(found))
    .with("expected", describe(expected)))
}

fn describe(header: &Header) -> String {
    format!(
        "{} keyed by {}, key groups {} of {} (mapping {})",
        header.backend,
        header.key_type,
        header.key_groups,
        header.max_parallelism,
        header.key_group_layout
    )
}

fn read<S: OrderedStore>(store: &S) -> Result<Directory> {
    let mut directory = Directory {
        committed: store
            .get(TABLE, COMMIT)?
            .map(|metadata| metadata.as_ref().to_vec()),
        ..Directory::default()
    };
    if let Some(bytes) = store.get(TABLE, CHUNKS)? {
        let bytes = <[u8; 8]>::try_from(bytes.as_ref())
            .map_err(|_| Error::new(ErrorKind::Corrupt, "the chunk bound is not eight bytes"))?;
        directory.chunks = u64::from_be_bytes(bytes);
        if directory.chunks > layout::CHUNK_LIMIT {
            return Err(
                Error::new(ErrorKind::Corrupt, "the chunk bound is impossible")
                    .with("bound", directory.chunks),
            );
        }
    }
    let mut scan = store.scan(
        TABLE,
        std::ops::Bound::Included(STATE),
        std::ops::Bound::Unbounded,
    )?;
    while let Some(Entry { key, value }) = scan.next_entry()? {
        let Some(table) = key.strip_prefix(STATE) else {
            break;
        };
        let table = <[u8; 4]>::try_from(table)
            .map_err(|_| Error::new(ErrorKind::Corrupt, "a state's number is not four bytes"))?;
        let table = TableId(u32::from_be_bytes(table));
        directory.states.push(Listed {
            table,
            meta: parse(value, "state")?,
        });
    }
    Ok(directory)
}

/// Lists a state.
pub(crate) fn add_state<S: OrderedStore>(
    store: &mut S,
    table: TableId,
    meta: &StateMeta,
) -> Result<()> {
    store.put(TABLE, &state_key(table), &json(meta)?)
}

/// Takes a state off the list.
pub(crate) fn remove_state<S: OrderedStore>(store: &mut S, table: TableId) -> Result<()> {
    store.delete(TABLE, &state_key(table))
}

/// Notes that all chunk numbers in use are below `bound`.
pub(crate) fn set_chunks<S: OrderedStore>(store: &mut S, bound: u64) -> Result<()> {
    store.put(TABLE, CHUNKS, &bound.to_be_bytes())
}

/// Notes the metadata of the commit that follows.
pub(crate) fn set_committed<S: OrderedStore>(store: &mut S, metadata: &[u8]) -> Result<()> {
    store.put(TABLE, COMMIT, metadata)
}

fn state_key(table: TableId) -> Vec<u8> {
    [STATE, &table.0.to_be_bytes()].concat()
}

fn json<T: Serialize>(value: &T) -> Result<Vec<u8>> {
    serde_json::to_vec(value)
        .map_err(|e| Error::new(ErrorKind::Codec, "metadata does not encode").with_source(e))
}

fn parse<'a, T: Deserialize<'a>>(bytes: &'a [u8], what: &'static str) -> Result<T> {
    serde_json::from_slice(bytes).map_err(|e| {
        Error::new(
            ErrorKind::Corrupt,
            "the directory's metadata does not parse",
        )
        .with("entry", what)
        .with_source(e)
    })
}
