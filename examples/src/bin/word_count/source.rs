//! One input: a file or standard input.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use state_backends::{Error, ErrorKind, Result};

/// Bytes read from a file at a time.
const BUFFER: usize = 64 << 10;

/// Where lines come from.
#[derive(Debug)]
pub(crate) enum Source {
    Stdin,
    File {
        path: PathBuf,
        /// Bytes; `None` for a pipe or device, which has no length and cannot seek.
        len: Option<u64>,
    },
}

impl Source {
    /// A file, by its absolute path, so that a checkpoint knows it from another directory too.
    pub(crate) fn file(path: &Path) -> Result<Self> {
        let found = std::path::absolute(path).and_then(|path| Ok((fs::metadata(&path)?, path)));
        let (metadata, path) = found.map_err(|e| failed("an input cannot be found", path, e))?;
        let len = metadata.is_file().then_some(metadata.len());
        Ok(Self::File { path, len })
    }

    pub(crate) fn name(&self) -> String {
        match self {
            Self::Stdin => "-".into(),
            Self::File { path, .. } => path.display().to_string(),
        }
    }

    pub(crate) fn len(&self) -> Option<u64> {
        match self {
            Self::Stdin => None,
            Self::File { len, .. } => *len,
        }
    }

    /// Opens the source behind its first `offset` bytes, which end with a line.
    pub(crate) fn open(&self, offset: u64) -> Result<Box<dyn BufRead>> {
        let open = || -> io::Result<Box<dyn BufRead>> {
            match self {
                Self::File { path, len: Some(_) } => {
                    let mut file = File::open(path)?;
                    // The last byte is read again: it tells whether the line has ended.
                    let seek = offset.saturating_sub(1);
                    file.seek(SeekFrom::Start(seek))?;
                    behind(
                        Box::new(BufReader::with_capacity(BUFFER, file)),
                        offset - seek,
                    )
                }
                Self::File { path, len: None } => {
                    self.announce(offset);
                    behind(
                        Box::new(BufReader::with_capacity(BUFFER, File::open(path)?)),
                        offset,
                    )
                }
                Self::Stdin => {
                    self.announce(offset);
                    behind(Box::new(io::stdin().lock()), offset)
                }
            }
        };
        open().map_err(|e| self.failed("an input cannot be opened", e))
    }

    fn announce(&self, offset: u64) {
        if offset > 0 {
            eprintln!("skipping {offset} bytes of {}, counted before", self.name());
        }
    }

    pub(crate) fn failed(&self, what: &str, error: io::Error) -> Error {
        failed(what, Path::new(&self.name()), error)
    }
}

fn failed(what: &str, path: &Path, error: io::Error) -> Error {
    Error::new(ErrorKind::Io, what)
        .with("path", path.display())
        .with_source(error)
}

/// Reads over `bytes` bytes, which end with a line.
fn behind(mut reader: Box<dyn BufRead>, bytes: u64) -> io::Result<Box<dyn BufRead>> {
    let (mut left, mut last) = (bytes, None);
    while left > 0 {
        let buffer = reader.fill_buf()?;
        let here = usize::try_from(left)
            .unwrap_or(usize::MAX)
            .min(buffer.len());
        if here == 0 {
            return Err(io::Error::other(
                "it is shorter than at the checkpoint: give the same input, or start anew with \
                 another --checkpoint-dir",
            ));
        }
        last = buffer.get(here - 1).copied();
        reader.consume(here);
        left -= here as u64;
    }
    if last.is_some_and(|byte| byte != b'\n') && !reader.fill_buf()?.is_empty() {
        return Err(io::Error::other(
            "its last line has grown since the checkpoint: start anew with another --checkpoint-dir",
        ));
    }
    Ok(reader)
}
