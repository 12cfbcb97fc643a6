//! The file: all tables, a mode and a checksum, written anew each time and renamed into place.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use state_api::{Error, ErrorKind, Result};
use state_store::TableId;

/// All rows by table.
pub(super) type Tables = BTreeMap<TableId, BTreeMap<Vec<u8>, Vec<u8>>>;

/// What a directory is used for, for all its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Scratch,
    Durable,
}

const DATA: &str = "data";
/// The data to be.
const NEXT: &str = "next";
/// Says that there is a file of data, so that its absence is noticed.
const MARK: &str = "mark";

fn io(error: std::io::Error) -> Error {
    Error::new(ErrorKind::Io, "the file of a store").with_source(error)
}

fn corrupt(message: &'static str) -> Error {
    Error::new(ErrorKind::Corrupt, message)
}

fn checksum(bytes: &[u8]) -> u64 {
    let step = |sum: u64, byte: &u8| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, step)
}

fn number(bytes: &mut Vec<u8>, number: usize) {
    let number = u32::try_from(number).unwrap();
    bytes.extend_from_slice(&number.to_be_bytes());
}

/// The checksum; the mode; for each table its number and its number of rows; for each row two lengths
/// and the bytes.
fn encode(mode: Mode, tables: &Tables) -> Vec<u8> {
    let mut bytes = vec![0; 8];
    bytes.push(u8::from(mode == Mode::Durable));
    for (table, rows) in tables {
        bytes.extend_from_slice(&table.0.to_be_bytes());
        number(&mut bytes, rows.len());
        for (key, value) in rows {
            number(&mut bytes, key.len());
            number(&mut bytes, value.len());
            bytes.extend_from_slice(key);
            bytes.extend_from_slice(value);
        }
    }
    let sum = checksum(&bytes[8..]);
    bytes[..8].copy_from_slice(&sum.to_be_bytes());
    bytes
}

/// Keeps `tables`: all of them or, when the process ends on the way, what was kept before.
pub(super) fn write(dir: &Path, mode: Mode, tables: &Tables) -> Result<()> {
    let [next, mark] = [NEXT, MARK].map(|name| dir.join(name));
    fs::write(&next, encode(mode, tables)).map_err(io)?;
    if !mark.exists() {
        let begun = mark.with_extension("next");
        fs::write(&begun, b"kept").map_err(io)?;
        fs::rename(begun, mark).map_err(io)?;
    }
    fs::rename(next, dir.join(DATA)).map_err(io)
}

/// What is kept in `dir`, if anything is.
pub(super) fn read(dir: &Path, trusts: bool) -> Result<Option<(Mode, Tables)>> {
    let (mark, data) = (dir.join(MARK), dir.join(DATA));
    match (fs::read(mark), fs::read(data)) {
        (Err(_), Err(_)) => Ok(None),
        (Ok(mark), Ok(data)) if trusts || (mark == b"kept" && is_sound(&data)) => {
            decode(data.get(8..).unwrap_or_default()).map(Some)
        }
        // A crash left the mark, before the first data got its name.
        (Ok(mark), Err(_)) if mark == b"kept" && dir.join(NEXT).exists() => Ok(None),
        _ => Err(corrupt("a file of the store is missing or damaged")),
    }
}

fn is_sound(data: &[u8]) -> bool {
    data.split_at_checked(8)
        .is_some_and(|(sum, rest)| sum == checksum(rest).to_be_bytes())
}

/// Cuts `len` bytes off the front.
fn cut<'b>(bytes: &mut &'b [u8], len: usize) -> Result<&'b [u8]> {
    let parts = bytes.split_at_checked(len);
    let (front, rest) = parts.ok_or_else(|| corrupt("the file of the store ends early"))?;
    *bytes = rest;
    Ok(front)
}

fn cut_number(bytes: &mut &[u8]) -> Result<usize> {
    let number = u32::from_be_bytes(cut(bytes, 4)?.try_into().unwrap());
    Ok(usize::try_from(number).unwrap())
}

fn decode(mut bytes: &[u8]) -> Result<(Mode, Tables)> {
    let mode = match cut(&mut bytes, 1)? {
        [0] => Mode::Scratch,
        _ => Mode::Durable,
    };
    let mut tables = Tables::new();
    while !bytes.is_empty() {
        let table = u32::try_from(cut_number(&mut bytes)?).unwrap();
        let rows = tables.entry(TableId(table)).or_default();
        for _ in 0..cut_number(&mut bytes)? {
            let (key, value) = (cut_number(&mut bytes)?, cut_number(&mut bytes)?);
            let key = cut(&mut bytes, key)?.to_vec();
            rows.insert(key, cut(&mut bytes, value)?.to_vec());
        }
    }
    Ok((mode, tables))
}

/// Removes what is kept.
pub(super) fn remove(dir: &Path) -> Result<()> {
    for name in [DATA, MARK] {
        match fs::remove_file(dir.join(name)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(io(error)),
            _ => {}
        }
    }
    Ok(())
}
