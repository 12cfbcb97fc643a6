//! The inventory of a working directory: which files a clean close left, with sizes and digests.
//!
//! Engines check what they read when they read it, or not at all. The inventory finds a file that is
//! missing, truncated or damaged before an engine opens the directory - and changes it.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use serde::{Deserialize, Serialize};
use state_api::{Error, ErrorKind, Result};
use xxhash_rust::xxh3::{Xxh3Default, xxh3_128};

/// Bytes read at once.
const BUFFER: usize = 1 << 20;

/// The files of a directory.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Inventory {
    /// Ascending by path.
    files: Vec<Listed>,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Listed {
    /// Relative to the directory, with `/`.
    path: String,
    size: u64,
    /// xxh3-128 in hex.
    digest: String,
}

impl Inventory {
    /// Reads the `names` in `dir`, files and folders with all that is in them; names that are absent
    /// are left out.
    ///
    /// Cost: every byte is read once.
    pub(crate) fn take(dir: &Path, names: &[&str]) -> Result<Self> {
        let mut files = Vec::new();
        for name in names {
            walk(dir, name, &mut |path, size| {
                let digest = file_digest(&dir.join(path))?;
                files.push(Listed {
                    path: path.into(),
                    size,
                    digest,
                });
                Ok(())
            })?;
        }
        files.sort();
        Ok(Self { files })
    }

    /// Compares the directory with the inventory; sizes first, since they cost nothing.
    ///
    /// # Errors
    /// [`ErrorKind::Corrupt`] with the first file that is missing, damaged, or not listed.
    pub(crate) fn verify(&self, dir: &Path, names: &[&str], digests: bool) -> Result<()> {
        let mut found = Vec::new();
        for name in names {
            walk(dir, name, &mut |path, size| {
                found.push((path.to_owned(), size));
                Ok(())
            })?;
        }
        found.sort();
        for file in &self.files {
            match found.binary_search_by(|(path, _)| path.as_str().cmp(&file.path)) {
                Err(_) => return Err(damaged(dir, &file.path, "listed, and missing")),
                Ok(at) if found.get(at).is_some_and(|(_, size)| *size != file.size) => {
                    let size = found.get(at).map_or(0, |(_, size)| *size);
                    return Err(damaged(dir, &file.path, "of another size")
                        .with("found", size)
                        .with("expected", file.size));
                }
                Ok(_) => {}
            }
        }
        for (path, _) in &found {
            if self
                .files
                .binary_search_by(|file| file.path.cmp(path))
                .is_err()
            {
                return Err(damaged(dir, path, "not listed"));
            }
        }
        for file in self.files.iter().filter(|_| digests) {
            let found = file_digest(&dir.join(&file.path))?;
            if found != file.digest {
                return Err(damaged(dir, &file.path, "of other content")
                    .with("found", found)
                    .with("expected", &file.digest));
            }
        }
        Ok(())
    }

    /// A line of JSON, and a line with its digest.
    pub(crate) fn to_text(&self) -> Result<String> {
        let json = serde_json::to_string(self).map_err(|e| {
            Error::new(ErrorKind::Codec, "the inventory does not encode").with_source(e)
        })?;
        let digest = xxh3_128(json.as_bytes());
        Ok(format!("{json}\n{digest:032x}\n"))
    }

    /// What [`Inventory::to_text`] wrote.
    pub(crate) fn parse(text: &[u8]) -> Result<Self> {
        let corrupt = || {
            Error::new(
                ErrorKind::Corrupt,
                "the inventory of the directory is damaged",
            )
        };
        let text = std::str::from_utf8(text).map_err(|e| corrupt().with_source(e))?;
        let (json, digest) = text.split_once('\n').ok_or_else(corrupt)?;
        if digest != format!("{:032x}\n", xxh3_128(json.as_bytes())) {
            return Err(corrupt());
        }
        let inventory: Self = serde_json::from_str(json).map_err(|e| corrupt().with_source(e))?;
        if inventory.files.is_sorted() {
            Ok(inventory)
        } else {
            Err(corrupt())
        }
    }
}

/// Calls `visit` with path and size of each file at and below `path`.
fn walk(dir: &Path, path: &str, visit: &mut dyn FnMut(&str, u64) -> Result<()>) -> Result<()> {
    let full = dir.join(path);
    let found = match fs::symlink_metadata(&full) {
        Ok(found) => found,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(failed("look at a file", &full, e)),
    };
    if !found.is_dir() {
        return visit(path, found.len());
    }
    let entries = fs::read_dir(&full).map_err(|e| failed("list a folder", &full, e))?;
    for entry in entries {
        let name = entry
            .map_err(|e| failed("list a folder", &full, e))?
            .file_name();
        let name = name.to_str().ok_or_else(|| {
            Error::new(
                ErrorKind::Mismatch,
                "a file whose name is not UTF-8 is not an engine's",
            )
            .with("path", full.display())
        })?;
        walk(dir, &format!("{path}/{name}"), visit)?;
    }
    Ok(())
}

/// The xxh3-128 of a file, in hex.
///
/// Cost: every byte is read once.
///
/// # Errors
/// [`ErrorKind::Io`] when the file cannot be read.
pub fn file_digest(path: &Path) -> Result<String> {
    let read = |path: &Path| -> io::Result<u128> {
        let mut file = File::open(path)?;
        let mut hasher = Xxh3Default::new();
        let mut buffer = vec![0; BUFFER];
        loop {
            match file.read(&mut buffer)? {
                0 => return Ok(hasher.digest128()),
                read => hasher.update(buffer.get(..read).unwrap_or_default()),
            }
        }
    };
    let digest = read(path).map_err(|e| failed("read a file", path, e))?;
    Ok(format!("{digest:032x}"))
}

fn damaged(dir: &Path, file: &str, how: &'static str) -> Error {
    Error::new(
        ErrorKind::Corrupt,
        "a file of the working directory is not as the last close left it: restore a checkpoint \
         into another directory",
    )
    .with("file", file)
    .with("is", how)
    .with("path", dir.display())
}

fn failed(step: &'static str, path: &Path, error: io::Error) -> Error {
    Error::new(ErrorKind::Io, "a file of an engine cannot be read")
        .with("step", step)
        .with("path", path.display())
        .with_source(error)
}
