//! Parts of `docs/conformance.md` that are made from the code: compared with what the code says, or written
//! anew when `STATE_CONFORMANCE_WRITE_DOCS` is set.

#![allow(dead_code, reason = "each test takes what it needs")]

use std::fs::{self, File};
use std::path::{Path, PathBuf};

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/conformance.md")
}

/// Whether parts are written, and not compared.
pub(crate) fn writes() -> bool {
    std::env::var_os("STATE_CONFORMANCE_WRITE_DOCS").is_some()
}

/// What is before, in and behind a part.
fn split<'t>(text: &'t str, name: &str) -> [&'t str; 3] {
    let begin = format!("<!-- begin {name} -->\n");
    let end = format!("<!-- end {name} -->");
    let found = text.split_once(&begin);
    let found = found.and_then(|(front, rest)| Some((front, rest.split_once(&end)?)));
    let (front, (part, behind)) = found.unwrap_or_else(|| panic!("there is no part {name}"));
    [front, part, behind]
}

/// The part called `name`.
pub(crate) fn part(name: &str) -> String {
    // Not while a test writes the file.
    let lock = File::open(path()).unwrap();
    lock.lock_shared().unwrap();
    let text = fs::read_to_string(path()).unwrap();
    let [_, part, _] = split(&text, name);
    part.to_owned()
}

/// Checks that the part called `name` is `content`.
///
/// # Panics
/// When it is not, or is not there.
#[track_caller]
pub(crate) fn assert_part(name: &str, content: &str) {
    if writes() {
        // One test at a time: each writes the whole file.
        let lock = File::open(path()).unwrap();
        lock.lock().unwrap();
        let text = fs::read_to_string(path()).unwrap();
        let [front, _, behind] = split(&text, name);
        let (begin, end) = (
            format!("<!-- begin {name} -->\n"),
            format!("<!-- end {name} -->"),
        );
        fs::write(path(), format!("{front}{begin}{content}{end}{behind}")).unwrap();
        return;
    }
    assert!(
        part(name) == content,
        "docs/conformance.md, {name}: run the test with STATE_CONFORMANCE_WRITE_DOCS=1; it should be\n{content}"
    );
}
