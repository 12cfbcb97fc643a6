//! What is read when no file is given: the documents of the repository.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use state_backends::{Error, ErrorKind, Result};

/// All Markdown files of the repository, sorted.
pub(crate) fn find() -> Result<Vec<PathBuf>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut found = Vec::new();
    let searched = root
        .canonicalize()
        .and_then(|root| collect(&root, &mut found));
    if let Err(error) = searched {
        return Err(Error::new(
            ErrorKind::Io,
            "cannot search for documents: name a file to read",
        )
        .with("path", root.display())
        .with_source(error));
    }
    if found.is_empty() {
        return Err(
            Error::new(ErrorKind::NotFound, "no documents: name a file to read")
                .with("path", root.display()),
        );
    }
    found.sort();
    Ok(found)
}

fn collect(dir: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let (path, kind) = (entry.path(), entry.file_type()?); // links are not followed
        if kind.is_dir() && !is_skipped(&path) {
            collect(&path, found)?;
        } else if kind.is_file() && path.extension().is_some_and(|extension| extension == "md") {
            found.push(path);
        }
    }
    Ok(())
}

/// Hidden folders, and what the build leaves.
fn is_skipped(dir: &Path) -> bool {
    let name = dir
        .file_name()
        .map(|name| name.to_string_lossy())
        .unwrap_or_default();
    name.starts_with('.') || name == "target"
}
