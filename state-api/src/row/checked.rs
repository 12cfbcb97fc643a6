//! The rows of a restore, checked: written once, for every backend.

use std::collections::BTreeSet;
use std::fmt;
use std::marker::PhantomData;

use super::{RowRef, RowSource, StateKind, StateMeta, chunk, envelope};
use crate::error::{Error, ErrorKind, Result};
use crate::key::{StateKey, decode_prefix};
use crate::key_group::{KeyGroups, KeyHash};

/// The rows of a restore, each checked before the backend sees it: of a listed state, in an owned
/// key group and in that of its key, strictly ascending, in an envelope of this version, and in a
/// list with a chunk number and at least one element.
///
/// Cost for a row: one comparison with the key before and one copy; the key is decoded and hashed
/// only where another one begins.
pub struct CheckedRows<'a, K> {
    states: &'a [StateMeta],
    rows: &'a mut dyn RowSource,
    check: RowCheck<K>,
}

impl<'a, K: StateKey> CheckedRows<'a, K> {
    /// For a backend with the key groups `groups`.
    ///
    /// # Errors
    /// [`ErrorKind::Mismatch`] when a state has another key type, [`ErrorKind::Invalid`] when two
    /// have one name.
    pub fn new(
        groups: KeyGroups,
        states: &'a [StateMeta],
        rows: &'a mut dyn RowSource,
    ) -> Result<Self> {
        let mut names = BTreeSet::new();
        for state in states {
            if state.key_type != K::type_name() {
                return Err(
                    Error::new(ErrorKind::Mismatch, "the state has another key type")
                        .with("state", &state.name)
                        .with("found", &state.key_type)
                        .with("expected", K::type_name()),
                );
            }
            if !names.insert(&state.name) {
                return Err(Error::new(ErrorKind::Invalid, "two states have one name")
                    .with("state", &state.name));
            }
        }
        Ok(Self {
            states,
            rows,
            check: RowCheck::new(groups),
        })
    }
}

impl<K: StateKey> RowSource for CheckedRows<'_, K> {
    /// The next row.
    ///
    /// # Errors
    /// [`ErrorKind::OutOfRange`] when it lies outside the owned key groups, [`ErrorKind::Invalid`]
    /// when its state is not listed or it does not come behind the row before,
    /// [`ErrorKind::Corrupt`] when it lies in another key group than its key or is none of this
    /// format, [`ErrorKind::Unsupported`] for a newer format; what the source meets.
    fn next_row(&mut self) -> Result<Option<RowRef<'_>>> {
        let Some(row) = self.rows.next_row()? else {
            return Ok(None);
        };
        let state = usize::try_from(row.state).ok();
        let Some(state) = state.and_then(|index| self.states.get(index)) else {
            return Err(
                Error::new(ErrorKind::Invalid, "a row of a state that is not listed")
                    .with("state", row.state)
                    .with("listed", self.states.len()),
            );
        };
        match self.check.next(state.kind, row) {
            Ok(()) => Ok(Some(row)),
            Err(error) => Err(error.with("state", &state.name)),
        }
    }

    fn about_rows(&self) -> u64 {
        self.rows.about_rows()
    }
}

impl<K> fmt::Debug for CheckedRows<'_, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CheckedRows")
            .field("states", &self.states.len())
            .field("last", &self.check.last)
            .finish_non_exhaustive()
    }
}

/// What is known of the row before.
struct RowCheck<K> {
    groups: KeyGroups,
    /// Key group, which is that of the key, and state.
    last: Option<(u16, u32)>,
    row_key: Vec<u8>,
    /// How much of the row key is the key; the rest is namespace and tail.
    key_len: usize,
    key: PhantomData<fn() -> K>,
}

impl<K: StateKey> RowCheck<K> {
    fn new(groups: KeyGroups) -> Self {
        Self {
            groups,
            last: None,
            row_key: Vec::new(),
            key_len: 0,
            key: PhantomData,
        }
    }

    fn next(&mut self, kind: StateKind, row: RowRef<'_>) -> Result<()> {
        self.check_order(row)?;
        self.check_key(row)?;
        let payload = envelope::payload(row.envelope)?;
        if kind == StateKind::List {
            chunk::number(row.key.get(self.key_len..).unwrap_or_default())?;
            if payload.is_empty() {
                return Err(Error::new(
                    ErrorKind::Corrupt,
                    "a list chunk has no element: an empty list is an absent one",
                ));
            }
        }
        self.last = Some((row.group, row.state));
        self.row_key.clear();
        self.row_key.extend_from_slice(row.key);
        Ok(())
    }

    fn check_order(&self, row: RowRef<'_>) -> Result<()> {
        if !self.groups.range().contains(row.group) {
            return Err(Error::new(
                ErrorKind::OutOfRange,
                "a row lies outside the owned key groups",
            )
            .with("key_group", row.group)
            .with("owned", self.groups.range()));
        }
        let at = (row.group, row.state);
        let ascends = self
            .last
            .is_none_or(|last| last < at || (last == at && *self.row_key < *row.key));
        if ascends {
            Ok(())
        } else {
            Err(Error::new(
                ErrorKind::Invalid,
                "rows do not ascend: two keys have one encoding, or the source is out of order",
            )
            .with("key_group", row.group))
        }
    }

    /// Checks that the row lies in the key group of its key. No encoding of a key is a prefix of
    /// another, so a row key that begins with the bytes of the last key is of that key.
    fn check_key(&mut self, row: RowRef<'_>) -> Result<()> {
        let last_key = self.row_key.get(..self.key_len).unwrap_or_default();
        let group = match self.last {
            Some((group, _)) if row.key.starts_with(last_key) => group,
            _ => {
                let (key, rest) = decode_prefix::<K>(row.key)?;
                self.key_len = row.key.len() - rest.len();
                self.groups.group_of(KeyHash::of(&key)?)
            }
        };
        if group == row.group {
            Ok(())
        } else {
            Err(Error::new(
                ErrorKind::Corrupt,
                "a row lies in another key group than its key",
            )
            .with("group_of_row", row.group)
            .with("group_of_key", group))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::encode;
    use crate::row::CodecId;

    /// Group, state, row key and envelope.
    type Given = (u16, u32, Vec<u8>, Vec<u8>);

    struct Rows(std::vec::IntoIter<Given>, Given);

    impl RowSource for Rows {
        fn next_row(&mut self) -> Result<Option<RowRef<'_>>> {
            let Some(row) = self.0.next() else {
                return Ok(None);
            };
            self.1 = row;
            let (group, state, key, envelope) = &self.1;
            Ok(Some(RowRef {
                group: *group,
                state: *state,
                key,
                envelope,
            }))
        }
    }

    fn state(name: &str, kind: StateKind) -> StateMeta {
        StateMeta {
            name: name.into(),
            kind,
            codec: CodecId {
                name: "none".into(),
                version: 1,
            },
            key_type: <(String, u8)>::type_name().into(),
            namespace_type: "()".into(),
            map_key_type: None,
            value_type: "()".into(),
        }
    }

    fn groups() -> KeyGroups {
        KeyGroups::of_worker(4, 0, 2).unwrap()
    }

    /// A map row of a key, with a tail.
    fn row(key: &(String, u8), state: u32, tail: &[u8]) -> Given {
        let group = KeyGroups::all(4)
            .unwrap()
            .group_of(KeyHash::of(key).unwrap());
        let mut row_key = Vec::new();
        encode(key, &mut row_key).unwrap();
        row_key.extend_from_slice(tail);
        (group, state, row_key, vec![0, 1])
    }

    /// Keys of the key groups 0, 0, 1 and 2, the first two ascending.
    fn keys() -> [(String, u8); 4] {
        let of_group = |group| {
            let keys = (0..=u8::MAX).map(|n| ("k".to_owned(), n));
            keys.filter(move |key| row(key, 0, b"").0 == group)
        };
        let mut first = of_group(0);
        [
            first.next().unwrap(),
            first.next().unwrap(),
            of_group(1).next().unwrap(),
            of_group(2).next().unwrap(),
        ]
    }

    /// Number of rows that pass, or the first error.
    fn pass(rows: Vec<Given>) -> Result<usize> {
        let states = [
            state("map", StateKind::Map),
            state("list", StateKind::List),
            state("other", StateKind::Map),
        ];
        let mut rows = Rows(rows.into_iter(), Given::default());
        let mut rows = CheckedRows::<(String, u8)>::new(groups(), &states, &mut rows)?;
        let mut count = 0;
        while rows.next_row()?.is_some() {
            count += 1;
        }
        Ok(count)
    }

    #[track_caller]
    fn assert_refused(kind: ErrorKind, rows: Vec<Given>) -> Error {
        let error = pass(rows).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        error
    }

    #[test]
    fn ascending_rows_in_the_groups_of_their_keys_pass() {
        let [a, b, c, _] = keys();
        let number = 7_u64.to_be_bytes();
        let rows = vec![
            row(&a, 0, b""),
            row(&a, 0, b"a"),
            row(&a, 0, b"ab"),
            row(&b, 0, b"a"),
            row(&a, 1, &number),
            row(&b, 2, b""),
            row(&c, 0, b""),
            row(&c, 1, &number),
            row(&c, 2, b""),
        ];
        assert_eq!(pass(rows).unwrap(), 9);
    }

    #[test]
    fn rows_that_repeat_or_go_back_are_refused() {
        let [a, b, c, _] = keys();
        for next in [
            row(&b, 2, b"k"),
            row(&b, 2, b"j"),
            row(&a, 2, b"z"),
            row(&b, 0, b"z"),
        ] {
            assert_refused(ErrorKind::Invalid, vec![row(&b, 2, b"k"), next]);
        }
        assert_refused(ErrorKind::Invalid, vec![row(&c, 0, b""), row(&a, 2, b"")]);
    }

    #[test]
    fn a_row_of_a_foreign_group_is_refused() {
        let [.., foreign] = keys();
        let error = assert_refused(ErrorKind::OutOfRange, vec![row(&foreign, 0, b"")]);
        assert_eq!(error.context("key_group"), Some("2"));
    }

    #[test]
    fn a_row_beside_the_group_of_its_key_is_refused_also_behind_another_of_the_key() {
        let [a, _, c, foreign] = keys();
        let in_group_1 = |mut row: Given| {
            row.0 = 1;
            row
        };
        for (key, key_in) in [(&a, "0"), (&foreign, "2")] {
            let moved = in_group_1(row(key, 0, b"a"));
            let error = assert_refused(ErrorKind::Corrupt, vec![moved]);
            assert_eq!(error.context("state"), Some("map"));
            assert_eq!(error.context("group_of_row"), Some("1"));
            assert_eq!(error.context("group_of_key"), Some(key_in));
        }
        for before in [&a, &c] {
            let moved = in_group_1(row(&a, 2, b"b"));
            assert_refused(ErrorKind::Corrupt, vec![row(before, 0, b"a"), moved]);
        }
    }

    #[test]
    fn a_key_is_told_from_one_that_only_looks_alike() {
        // The encoded text begins alike; the key goes on behind it.
        let [a, b, ..] = keys();
        let rows = vec![row(&a, 0, &[b.1]), row(&b, 0, &[a.1])];
        assert_eq!(pass(rows).unwrap(), 2);
        let mut cut = row(&a, 0, b"");
        cut.2.pop();
        assert_refused(ErrorKind::Corrupt, vec![cut]);
    }

    #[test]
    fn rows_that_are_none_of_this_format_are_refused() {
        let [a, ..] = keys();
        let list = |tail: &[u8], envelope: &[u8]| {
            let mut row = row(&a, 1, tail);
            row.3 = envelope.to_vec();
            vec![row]
        };
        let number = 7_u64.to_be_bytes();
        assert_eq!(pass(list(&number, &[0, 1])).unwrap(), 1);
        assert_refused(ErrorKind::Corrupt, list(&number, &[0]));
        assert_refused(ErrorKind::Corrupt, list(&number, &[]));
        assert_refused(ErrorKind::Unsupported, list(&number, &[1, 1]));
        assert_refused(ErrorKind::Corrupt, list(&number[1..], &[0, 1]));
        assert_refused(ErrorKind::Corrupt, list(&[0xff; 8], &[0, 1]));
        assert_refused(ErrorKind::Invalid, vec![row(&a, 3, b"")]);
    }

    #[test]
    fn states_of_one_name_or_of_another_key_type_are_refused() {
        let new = |states: &[StateMeta]| {
            let mut rows = Rows(Vec::new().into_iter(), Given::default());
            CheckedRows::<(String, u8)>::new(groups(), states, &mut rows).map(drop)
        };
        let map = state("s", StateKind::Map);
        new(std::slice::from_ref(&map)).unwrap();
        let error = new(&[map.clone(), state("s", StateKind::List)]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        let other = StateMeta {
            key_type: "u64".into(),
            ..map
        };
        assert_eq!(new(&[other]).unwrap_err().kind(), ErrorKind::Mismatch);
    }
}
