//! The order of rows, checked.

use super::RowRef;
use crate::error::{Error, ErrorKind, Result};
use crate::key_group::KeyGroups;

/// Checks that rows lie in the owned key groups and ascend strictly.
#[derive(Clone, Debug)]
pub struct RowOrder {
    groups: KeyGroups,
    last: Option<(u16, u32)>,
    key: Vec<u8>,
}

impl RowOrder {
    /// For rows of the key groups `groups`.
    pub fn new(groups: KeyGroups) -> Self {
        Self {
            groups,
            last: None,
            key: Vec::new(),
        }
    }

    /// Checks the next row. Cost: one comparison with the key before, one copy of the key.
    ///
    /// # Errors
    /// [`ErrorKind::OutOfRange`] when the row lies in another key group than the owned,
    /// [`ErrorKind::Invalid`] when it does not come behind the one before.
    pub fn check(&mut self, row: RowRef<'_>) -> Result<()> {
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
            .is_none_or(|last| last < at || (last == at && *self.key < *row.key));
        if !ascends {
            return Err(Error::new(
                ErrorKind::Invalid,
                "rows do not ascend: two keys have one encoding, or the source is out of order",
            )
            .with("key_group", row.group)
            .with("state", row.state));
        }
        self.last = Some(at);
        self.key.clear();
        self.key.extend_from_slice(row.key);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(group: u16, state: u32, key: &[u8]) -> RowRef<'_> {
        RowRef {
            group,
            state,
            key,
            envelope: &[0],
        }
    }

    #[test]
    fn strictly_ascending_rows_of_owned_groups_pass() {
        let mut order = RowOrder::new(KeyGroups::all(4).unwrap());
        for next in [
            row(0, 0, b"a"),
            row(0, 0, b"ab"),
            row(0, 1, b"a"),
            row(2, 0, b""),
        ] {
            order.check(next).unwrap();
        }
    }

    #[test]
    fn a_row_that_repeats_or_goes_back_is_refused() {
        for next in [
            row(1, 1, b"k"),
            row(1, 1, b"j"),
            row(1, 0, b"z"),
            row(0, 9, b"z"),
        ] {
            let mut order = RowOrder::new(KeyGroups::all(4).unwrap());
            order.check(row(1, 1, b"k")).unwrap();
            assert_eq!(
                order.check(next).unwrap_err().kind(),
                ErrorKind::Invalid,
                "{next:?}"
            );
        }
    }

    #[test]
    fn a_row_of_a_foreign_group_is_refused() {
        let mut order = RowOrder::new(KeyGroups::of_worker(4, 1, 2).unwrap());
        let error = order.check(row(0, 0, b"a")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::OutOfRange);
    }
}
