//! The header of a run: what one must know to understand its rows.

use state_api::key_group::KEY_GROUP_LAYOUT;
use state_api::row::StateMeta;
use state_api::{Error, ErrorKind, KeyGroups, Result};
use xxhash_rust::xxh3::xxh3_64;

use super::RUN_FORMAT;
use super::codec::Decoder;
use crate::damage::corrupt;

pub(super) const MAGIC: [u8; 8] = *b"stateRUN";
/// Magic, version, flags, length of the state list, key-group layout, max parallelism.
pub(super) const PRELUDE: u64 = 8 + 2 + 2 + 4 + 2 + 2;
const PRELUDE_LEN: usize = 20;
const CHECKSUM: usize = 8;

#[derive(Clone, Debug)]
pub(super) struct Header {
    pub(super) key_group_layout: u16,
    pub(super) max_parallelism: u16,
    pub(super) states: Vec<StateMeta>,
    pub(super) checksum: u64,
}

/// The bytes of a header, and its checksum.
///
/// # Errors
/// [`ErrorKind::Invalid`] when the states are not ascending by name.
pub(super) fn encode(max_parallelism: u16, states: &[StateMeta]) -> Result<(Vec<u8>, u64)> {
    check_states(ErrorKind::Invalid, states)?;
    let list = serde_json::to_vec(states).map_err(|error| {
        Error::new(ErrorKind::Invalid, "the states cannot be written").with_source(error)
    })?;
    let len = u32::try_from(list.len())
        .map_err(|_| Error::new(ErrorKind::Invalid, "the list of states is too long"))?;
    let mut out = MAGIC.to_vec();
    out.extend_from_slice(&RUN_FORMAT.to_be_bytes());
    out.extend_from_slice(&[0, 0]);
    out.extend_from_slice(&len.to_be_bytes());
    out.extend_from_slice(&KEY_GROUP_LAYOUT.to_be_bytes());
    out.extend_from_slice(&max_parallelism.to_be_bytes());
    out.extend_from_slice(&list);
    let checksum = xxh3_64(&out);
    out.extend_from_slice(&checksum.to_be_bytes());
    Ok((out, checksum))
}

/// Checks that names are unique and ascending: so states of several runs merge without a change of
/// the order of rows.
pub(crate) fn check_states(kind: ErrorKind, states: &[StateMeta]) -> Result<()> {
    for pair in states.windows(2) {
        if let [a, b] = pair
            && a.name >= b.name
        {
            return Err(
                Error::new(kind, "states must be unique and ascending by name")
                    .with("state", &a.name)
                    .with("next", &b.name),
            );
        }
    }
    Ok(())
}

/// The magic and the format version, from the first bytes of the file: they stay where they are in
/// all versions.
pub(super) fn version(prelude: &[u8], file: &str) -> Result<u16> {
    let Some((&MAGIC, rest)) = prelude.split_first_chunk() else {
        return Err(corrupt(file, 0, "not a run file"));
    };
    Decoder::at(rest, 0)
        .u16()
        .ok_or_else(|| corrupt(file, 8, "the file ends too early"))
}

/// The length of the whole header, from its prelude.
pub(super) fn len(prelude: &[u8], file: &str) -> Result<u64> {
    let list = Decoder::at(prelude, 12).u32();
    let list = list.ok_or_else(|| corrupt(file, 12, "the file ends too early"))?;
    Ok(PRELUDE + u64::from(list) + CHECKSUM as u64)
}

/// The header from its bytes, all of them.
pub(super) fn decode(bytes: &[u8], file: &str) -> Result<Header> {
    let short = || corrupt(file, 0, "the header is too short");
    let (body, trailer) = bytes.split_last_chunk::<CHECKSUM>().ok_or_else(short)?;
    let checksum = u64::from_be_bytes(*trailer);
    if xxh3_64(body) != checksum {
        return Err(corrupt(
            file,
            0,
            "the checksum of the header does not match",
        ));
    }
    let (prelude, list) = body.split_at_checked(PRELUDE_LEN).ok_or_else(short)?;
    let mut decoder = Decoder::at(prelude, 10);
    let flags = decoder.u16().ok_or_else(short)?;
    if flags != 0 {
        return Err(
            Error::new(ErrorKind::Unsupported, "a run has flags of a newer version")
                .with("file", file)
                .with("offset", 10)
                .with("flags", format_args!("{flags:#018b}")),
        );
    }
    decoder.u32().ok_or_else(short)?;
    let key_group_layout = decoder.u16().ok_or_else(short)?;
    let max_parallelism = decoder.u16().ok_or_else(short)?;
    if KeyGroups::all(max_parallelism).is_err() {
        return Err(corrupt(file, 18, "the max parallelism is out of range")
            .with("max_parallelism", max_parallelism));
    }
    let states: Vec<StateMeta> = serde_json::from_slice(list)
        .map_err(|e| corrupt(file, PRELUDE, "the list of states is not legal").with_source(e))?;
    // One way to write a list: no unknown field is skipped, no field appears twice.
    if serde_json::to_vec(&states).ok().as_deref() != Some(list) {
        return Err(corrupt(
            file,
            PRELUDE,
            "the list of states is not in canonical form",
        ));
    }
    check_states(ErrorKind::Corrupt, &states)
        .map_err(|error| error.with("file", file).with("offset", PRELUDE))?;
    Ok(Header {
        key_group_layout,
        max_parallelism,
        states,
        checksum,
    })
}
