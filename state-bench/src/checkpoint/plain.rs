//! The plainest that does the same for a hash map: a loop that writes its entries through a buffer into one file
//! and syncs that, and one that reads them into a map of the right size.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read as _, Write as _};
use std::path::Path;

use crate::bare::heap::Table;
use crate::error::{Error, Result};

/// Bytes of the buffer of a file.
const BUFFER: usize = 1 << 20;

/// Entries of bytes.
pub(super) type Plain = Table<u64, Vec<u8>>;

/// Writes all of a map into a new file.
#[inline(never)]
pub(super) fn dump(map: &Plain, path: &Path) -> Result<()> {
    let dump = || -> io::Result<()> {
        let mut file = BufWriter::with_capacity(BUFFER, File::create_new(path)?);
        for (key, value) in map {
            file.write_all(&key.to_le_bytes())?;
            let len = u32::try_from(value.len()).map_err(io::Error::other)?;
            file.write_all(&len.to_le_bytes())?;
            file.write_all(value)?;
        }
        file.into_inner()?.sync_all()
    };
    dump().map_err(|error| Error::file(path, error))
}

/// Reads a map of so many entries from a file.
#[inline(never)]
pub(super) fn load(path: &Path, entries: u64) -> Result<Plain> {
    let load = || -> io::Result<Plain> {
        let mut file = BufReader::with_capacity(BUFFER, File::open(path)?);
        let room = usize::try_from(entries).map_err(io::Error::other)?;
        let mut map = Plain::with_capacity_and_hasher(room, foldhash::fast::RandomState::default());
        for _ in 0..entries {
            let (mut key, mut len) = ([0; 8], [0; 4]);
            file.read_exact(&mut key)?;
            file.read_exact(&mut len)?;
            let len = usize::try_from(u32::from_le_bytes(len)).map_err(io::Error::other)?;
            let mut value = vec![0; len];
            file.read_exact(&mut value)?;
            map.insert(u64::from_le_bytes(key), value);
        }
        Ok(map)
    };
    load().map_err(|error| Error::file(path, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_dumped_is_loaded() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("dump");
        let mut map = Plain::default();
        for key in 0..1_000_u64 {
            map.insert(key * 7, key.to_le_bytes().repeat(usize::from(key % 3 == 0)));
        }
        dump(&map, &path).unwrap();
        assert_eq!(load(&path, 1_000).unwrap(), map);
        // One that is cut off is not whole.
        assert!(load(&path, 1_001).is_err());
    }
}
