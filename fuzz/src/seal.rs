//! Checksums put right, so that what is behind them is reached: an accident does not get there, somebody
//! who means it does.

use state_checkpoint::Digest;
use xxhash_rust::xxh3::xxh3_64;

/// Bytes of a footer, of a header before its list of states, and of an index entry.
const FOOTER: usize = 66;
const PRELUDE: usize = 20;
const ENTRY: usize = 37;
const CHECKSUM: usize = 8;

/// A small JSON file around `inner`.
pub(crate) fn json(name: &str, inner: &[u8]) -> Vec<u8> {
    let checksum = format!(",\"checksum\":\"{}\"}}\n", Digest::of(inner));
    [
        format!("{{\"{name}\":").as_bytes(),
        inner,
        checksum.as_bytes(),
    ]
    .concat()
}

/// Puts the checksums of a run right, wherever the lengths in it lead into it.
pub(crate) fn run(bytes: &[u8]) -> Vec<u8> {
    let mut file = bytes.to_vec();
    // Where something is too short, the rest stays as it is.
    let _ = try_run(&mut file);
    file
}

fn try_run(file: &mut [u8]) -> Option<()> {
    let footer = file.len().checked_sub(FOOTER)?;
    let index = number(file, footer, 8)?;
    let index_len = number(file, footer + 8, 8)?;
    let index_end = index.checked_add(index_len)?;
    let states = number(file, 12, 4)?;
    if let Some(checksum) = seal(file, 0, PRELUDE.checked_add(states)?.checked_add(CHECKSUM)?) {
        put(file, footer + 32, &checksum)?;
    }
    let entries_end = index_end.checked_sub(CHECKSUM)?;
    let mut entry = index;
    while let Some(next) = entry.checked_add(ENTRY) {
        if next > entries_end.min(footer) {
            break;
        }
        let offset = number(file, entry + 13, 8)?;
        let len = number(file, entry + 21, 4)?;
        if offset.checked_add(len).is_some_and(|end| end <= index)
            && let Some(checksum) = seal(file, offset, offset + len)
        {
            put(file, entry + 29, &checksum)?;
        }
        entry = next;
    }
    if let Some(checksum) = seal(file, index, index_end) {
        put(file, footer + 40, &checksum)?;
    }
    let end = file.len() - CHECKSUM;
    seal(file, footer, end).map(drop)
}

/// Makes the last bytes of a range the checksum of those before them.
fn seal(file: &mut [u8], start: usize, end: usize) -> Option<[u8; CHECKSUM]> {
    let body = end.checked_sub(CHECKSUM)?;
    let checksum = xxh3_64(file.get(start..body)?).to_be_bytes();
    put(file, body, &checksum)?;
    Some(checksum)
}

fn put(file: &mut [u8], at: usize, bytes: &[u8]) -> Option<()> {
    let place = file.get_mut(at..at.checked_add(bytes.len())?)?;
    place.copy_from_slice(bytes);
    Some(())
}

fn number(file: &[u8], at: usize, len: usize) -> Option<usize> {
    let bytes = file.get(at..at.checked_add(len)?)?;
    let number = bytes
        .iter()
        .fold(0, |number: u64, byte| number << 8 | u64::from(*byte));
    usize::try_from(number).ok()
}
