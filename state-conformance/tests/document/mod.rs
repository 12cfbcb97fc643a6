//! Parts of `docs/conformance.md` that are made from the code: compared with what the code says, or written
//! anew when `STATE_CONFORMANCE_WRITE_DOCS` is set.

use std::fs;
use std::path::{Path, PathBuf};

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/conformance.md")
}

/// Checks that the part called `name` is `content`.
///
/// # Panics
/// When it is not, or is not there.
#[track_caller]
pub(crate) fn assert_part(name: &str, content: &str) {
    let text = fs::read_to_string(path()).unwrap();
    let (begin, end) = (
        format!("<!-- begin {name} -->\n"),
        format!("<!-- end {name} -->"),
    );
    let found = text.split_once(&begin);
    let found = found.and_then(|(front, rest)| Some((front, rest.split_once(&end)?)));
    let (front, (part, behind)) = found.unwrap_or_else(|| panic!("there is no part {name}"));
    if std::env::var_os("STATE_CONFORMANCE_WRITE_DOCS").is_some() {
        fs::write(path(), format!("{front}{begin}{content}{end}{behind}")).unwrap();
    } else {
        assert!(
            part == content,
            "docs/conformance.md, {name}: run the test with STATE_CONFORMANCE_WRITE_DOCS=1; it should be\n{content}"
        );
    }
}
