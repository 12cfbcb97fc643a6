//! Names of the files of a storage: what lies where, and whose it is.

use crate::digest::is_hex;

/// Directory of the manifests.
pub(crate) const MANIFESTS: &str = "manifests";
/// Directory of the runs.
pub(crate) const RUNS: &str = "runs";
/// Directory of the files of engines.
pub(crate) const NATIVE: &str = "native";
/// Directory of the pins.
pub(crate) const PINS: &str = "pins";
/// Directory of the catalog's records.
pub(crate) const CATALOG: &str = "catalog";

/// A number as a name: twenty digits sort like numbers.
fn digits(number: u64) -> String {
    format!("{number:020}")
}

fn number(digits: &str) -> Option<u64> {
    let legal = digits.len() == 20 && digits.bytes().all(|byte| byte.is_ascii_digit());
    legal.then_some(digits)?.parse().ok()
}

/// The path of the manifest of a checkpoint.
pub(crate) fn manifest(id: u64) -> String {
    format!("{MANIFESTS}/{}.json", digits(id))
}

/// The path of a record of the catalog.
pub(crate) fn record(seq: u64) -> String {
    format!("{CATALOG}/{}.json", digits(seq))
}

/// The number in the last segment of the path of a manifest or record.
pub(crate) fn number_of(name: &str) -> Option<u64> {
    number(name.strip_suffix(".json")?)
}

/// Whose a file is: the checkpoint that it was written for, by the attempt that wrote it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Owner {
    pub(crate) id: u64,
    pub(crate) commit_id: String,
}

impl Owner {
    /// What the names of all its files in a directory begin with.
    fn stem(&self) -> String {
        format!("{}-{}", digits(self.id), self.commit_id)
    }

    /// The path of its pin.
    pub(crate) fn pin(&self) -> String {
        format!("{PINS}/{}.json", self.stem())
    }

    /// The path of a run of its own; `unique` tells them apart.
    pub(crate) fn run(&self, unique: &str) -> String {
        format!("{RUNS}/{}-{unique}.run", self.stem())
    }

    /// The path of a file of an engine of its own.
    pub(crate) fn native(&self, unique: &str) -> String {
        format!("{NATIVE}/{}-{unique}.file", self.stem())
    }

    /// Whether the file at `path` was written for this attempt.
    pub(crate) fn owns(&self, path: &str) -> bool {
        Self::of_file(path).as_ref() == Some(self)
    }

    fn parse(stem: &str) -> Option<Self> {
        let (id, commit_id) = stem.split_once('-')?;
        Some(Self {
            id: number(id)?,
            commit_id: is_hex(commit_id, 32).then(|| commit_id.to_owned())?,
        })
    }

    /// The owner of a pin, from the last segment of its path.
    pub(crate) fn of_pin(name: &str) -> Option<Self> {
        Self::parse(name.strip_suffix(".json")?)
    }

    /// The owner of a run or of an engine's file, from its path.
    pub(crate) fn of_file(path: &str) -> Option<Self> {
        let name = match path.split_once('/')? {
            (RUNS, name) => name.strip_suffix(".run")?,
            (NATIVE, name) => name.strip_suffix(".file")?,
            _ => return None,
        };
        let (stem, unique) = name.rsplit_once('-')?;
        is_hex(unique, 32).then(|| Self::parse(stem))?
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::check_path;

    #[test]
    fn names_are_legal_and_tell_their_owner() {
        let hex = "0123456789abcdef0123456789abcdef";
        let owner = Owner {
            id: u64::MAX,
            commit_id: hex.into(),
        };
        let (pin, run) = (owner.pin(), owner.run(hex));
        for path in [&pin, &run, &manifest(0), &record(7)] {
            check_path(path).unwrap();
        }
        assert_eq!(Owner::of_pin(&pin["pins/".len()..]), Some(owner.clone()));
        for path in [&run, &owner.native(hex)] {
            assert_eq!(Owner::of_file(path), Some(owner.clone()));
        }
        assert!(owner.owns(&run) && !owner.owns(&pin));
        let other = Owner { id: 7, ..owner };
        assert!(!other.owns(&run));
        assert_eq!(number_of(&manifest(12)["manifests/".len()..]), Some(12));
        for name in ["", "x.json", "7.json", "runs", &format!("{hex}.run")] {
            assert_eq!(
                (number_of(name), Owner::of_file(&format!("runs/{name}"))),
                (None, None),
                "{name}"
            );
        }
    }
}
