//! What an engine's directory says of itself: table 0 holds the layout version, the key groups, the
//! key type, the states and the bound of the chunk numbers. Metadata is JSON, so that a person can
//! read it with the engine's own tools.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use state_api::row::chunk;
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

/// Number of the last table of a state.
pub(crate) const LAST_STATE: u32 = TableId::LAST.0;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Header {
    layout: u32,
    backend: String,
    key_group_layout: u16,
    max_parallelism: u16,
    pub(crate) key_groups: KeyGroupRange,
    key_type: String,
}

impl Header {
    fn new(backend: &str, groups: KeyGroups, key_type: &str) -> Self {
        Self {
            layout: layout::VERSION,
            backend: backend.into(),
            key_group_layout: state_api::key_group::KEY_GROUP_LAYOUT,
            max_parallelism: groups.max_parallelism(),
            key_groups: groups.range(),
            key_type: key_type.into(),
        }
    }
}

/// What a native checkpoint says of itself: the directory of the store that it was taken from.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Description {
    pub(crate) header: Header,
    pub(crate) states: Vec<Listed>,
    /// All chunk numbers in use are below it.
    pub(crate) chunks: u64,
}

/// Describes a store for a native checkpoint.
pub(crate) fn describe_store<S: OrderedStore>(
    store: &S,
    groups: KeyGroups,
    key_type: &str,
) -> Result<String> {
    let Directory { states, chunks, .. } = read(store)?;
    let description = Description {
        header: Header::new(store.name(), groups, key_type),
        states,
        chunks,
    };
    serde_json::to_string(&description)
        .map_err(|e| Error::new(ErrorKind::Codec, "metadata does not encode").with_source(e))
}

/// Reads the description of a native checkpoint, and the key groups that it has.
///
/// # Errors
/// [`ErrorKind::Mismatch`] when it is of another backend or key type, and those of a directory.
pub(crate) fn parse_description(
    text: &str,
    backend: &str,
    key_type: &str,
) -> Result<(KeyGroups, Description)> {
    #[derive(Deserialize)]
    struct Outline {
        header: serde_json::Value,
    }
    let outline: Outline = parse(text.as_bytes(), "description")?;
    let found = parse_header(outline.header.to_string().as_bytes())?;
    let groups = KeyGroups::new(found.max_parallelism, found.key_groups).map_err(|e| {
        Error::new(ErrorKind::Corrupt, "impossible key groups")
            .with("key_groups", found.key_groups)
            .with_source(e)
    })?;
    compare(&found, &Header::new(backend, groups, key_type))?;
    let description: Description = parse(text.as_bytes(), "description")?;
    check(&description.states, description.chunks)?;
    Ok((groups, description))
}

/// Writes the header of a store whose content was exchanged.
pub(crate) fn set_header<S: OrderedStore>(
    store: &mut S,
    groups: KeyGroups,
    key_type: &str,
) -> Result<()> {
    let header = Header::new(store.name(), groups, key_type);
    store.put(TABLE, HEADER, &json(&header)?)
}

/// Opens the table of the metadata.
pub(crate) fn create<S: OrderedStore>(store: &mut S) -> Result<()> {
    store.create_table(TABLE)
}

/// A state as the directory lists it.
#[derive(Debug, Serialize, Deserialize)]
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
/// [`ErrorKind::Corrupt`] when it does not parse, lists what no backend writes, or has lost its header.
pub(crate) fn open<S: OrderedStore>(
    store: &mut S,
    groups: KeyGroups,
    key_type: &str,
) -> Result<Directory> {
    let expected = Header::new(store.name(), groups, key_type);
    store.create_table(TABLE)?;
    let found = match store.get(TABLE, HEADER)? {
        None => None,
        Some(bytes) => Some(parse_header(bytes.as_ref())?),
    };
    match found {
        None => {
            check_new(store)?;
            store.put(TABLE, HEADER, &json(&expected)?)?;
            Ok(Directory::default())
        }
        Some(found) => {
            compare(&found, &expected)?;
            read(store)
        }
    }
}

/// Refuses a directory that says nothing of whose it is, and is not new: the states in it would be hidden
/// until the next open.
fn check_new<S: OrderedStore>(store: &S) -> Result<()> {
    let mut entries = store.scan(
        TABLE,
        std::ops::Bound::Unbounded,
        std::ops::Bound::Unbounded,
    )?;
    match entries.next_entry()? {
        None => Ok(()),
        Some(entry) => Err(
            Error::new(ErrorKind::Corrupt, "the directory has lost its header")
                .with("entry", entry.key.escape_ascii()),
        ),
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
    check(&directory.states, directory.chunks)?;
    Ok(directory)
}

/// Refuses what no backend writes: table numbers that are no state's, numbers or names that come
/// twice, and a bound that cannot be counted on from.
fn check(states: &[Listed], chunks: u64) -> Result<()> {
    let corrupt = |message| Error::new(ErrorKind::Corrupt, message);
    if chunks > chunk::NUMBER_LIMIT {
        return Err(corrupt("the chunk bound is impossible").with("bound", chunks));
    }
    let mut tables = BTreeSet::new();
    let mut names = BTreeSet::new();
    for Listed { table, meta } in states {
        if !(FIRST_STATE..=LAST_STATE).contains(&table.0) {
            return Err(corrupt("a state has an impossible table number")
                .with("state", meta)
                .with("number", table.0));
        }
        if !tables.insert(table.0) || !names.insert(&meta.name) {
            return Err(corrupt("two states have one table number or one name")
                .with("state", meta)
                .with("number", table.0));
        }
    }
    Ok(())
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
