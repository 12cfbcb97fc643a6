//! Changes of a view: gathered, held to the laws of their source, and applied.

use std::collections::BTreeMap;

use state_api::row::RangeTombstone;
use state_api::{ChangeSource, KeyGroupRange, RowChange, StateView};

use crate::difference::Difference;
use crate::rows::{Named, clipped, name_of};

/// A deleted range: key group, name of the state, its first row key, and the first one behind it.
type Range = (u16, String, Vec<u8>, Option<Vec<u8>>);

/// What a source of changes told, all runs together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    pub(crate) ranges: Vec<Range>,
    /// Rows that are put; `None` for those that are deleted.
    pub(crate) rows: BTreeMap<(u16, String, Vec<u8>), Option<Vec<u8>>>,
}

impl Changes {
    /// Number of changes.
    pub fn count(&self) -> usize {
        self.ranges.len() + self.rows.len()
    }

    /// Older rows in `range`, with the changes made.
    #[must_use]
    pub fn applied_to(&self, rows: &Named, range: KeyGroupRange) -> Named {
        let mut rows = clipped(rows, range);
        for (group, state, start, end) in &self.ranges {
            rows.retain(|(in_group, of_state, key), _| {
                let inside = (in_group, of_state) == (group, state)
                    && key >= start
                    && end.as_ref().is_none_or(|end| key < end);
                !inside
            });
        }
        for (place, row) in &self.rows {
            match row {
                Some(row) => drop(rows.insert(place.clone(), row.clone())),
                None => drop(rows.remove(place)),
            }
        }
        rows
    }
}

/// The changes of `view` since `since`, in `range`; an error names the law of
/// [`ChangeSource`] that they break.
pub(crate) fn changes<V: StateView>(
    view: V,
    since: Option<u64>,
    range: KeyGroupRange,
    buffer: usize,
) -> Result<Changes, Difference> {
    let states = view.states();
    let epoch = view.epoch();
    let mut source = view.into_changes(since, range, buffer)?;
    let told = Told {
        states: &states,
        range,
        found: Changes::default(),
        run: 0,
    };
    told.gather(&mut source).map_err(|difference| {
        difference.while_doing(format_args!(
            "the changes of the view of epoch {epoch} since {since:?} in {range}, with a buffer of {buffer}"
        ))
    })
}

struct Told<'s> {
    states: &'s [state_api::StateMeta],
    range: KeyGroupRange,
    found: Changes,
    run: usize,
}

impl Told<'_> {
    fn gather(mut self, source: &mut impl ChangeSource) -> Result<Changes, Difference> {
        while source.next_run()? {
            let mut last_range = None;
            let mut last_row = None;
            while let Some(change) = source.next_change()? {
                match change {
                    RowChange::DeleteRange(range) => {
                        if last_row.is_some() {
                            return Err(broken(
                                "range tombstones come before puts and deletes",
                                &change,
                            ));
                        }
                        self.range(range, &mut last_range)?;
                    }
                    RowChange::Put(row) => {
                        let (group, state, key) = row.position();
                        ascend(&mut last_row, (group, state, key.to_vec()), &change)?;
                        self.row((group, state, key), Some(row.envelope))?;
                    }
                    RowChange::Delete { group, state, key } => {
                        ascend(&mut last_row, (group, state, key.to_vec()), &change)?;
                        self.row((group, state, key), None)?;
                    }
                }
            }
            self.run += 1;
        }
        Ok(self.found)
    }

    fn range(
        &mut self,
        range: RangeTombstone<'_>,
        last: &mut Option<(u16, u32, Vec<u8>, bool, Vec<u8>)>,
    ) -> Result<(), Difference> {
        let change = RowChange::DeleteRange(range);
        if self.run > 0 {
            return Err(broken(
                "range tombstones are in the first run only",
                &change,
            ));
        }
        if range.end.is_some_and(|end| end <= range.start) {
            return Err(broken("a range tombstone deletes something", &change));
        }
        self.inside(range.group, &change)?;
        let end = range.end.map(<[u8]>::to_vec);
        let place = (
            range.group,
            range.state,
            range.start.to_vec(),
            end.is_none(),
            end.clone().unwrap_or_default(),
        );
        ascend(last, place, &change)?;
        let name = name_of(self.states, range.state)?;
        let start = range.start.to_vec();
        self.found.ranges.push((range.group, name, start, end));
        Ok(())
    }

    fn row(
        &mut self,
        (group, state, key): (u16, u32, &[u8]),
        row: Option<&[u8]>,
    ) -> Result<(), Difference> {
        let change = RowChange::Delete { group, state, key };
        self.inside(group, &change)?;
        let place = (group, name_of(self.states, state)?, key.to_vec());
        let twice = self.found.rows.insert(place, row.map(<[u8]>::to_vec));
        if twice.is_some() {
            return Err(broken(
                "a position has at most one put or delete in all runs together",
                &change,
            ));
        }
        Ok(())
    }

    fn inside(&self, group: u16, change: &RowChange<'_>) -> Result<(), Difference> {
        if self.range.contains(group) {
            return Ok(());
        }
        Err(broken(
            "changes are those of the range that was asked for",
            change,
        ))
    }
}

fn ascend<P: Ord>(
    last: &mut Option<P>,
    place: P,
    change: &RowChange<'_>,
) -> Result<(), Difference> {
    if last.as_ref().is_some_and(|last| *last >= place) {
        return Err(broken("the changes of a run strictly ascend", change));
    }
    *last = Some(place);
    Ok(())
}

fn broken(law: &str, change: &RowChange<'_>) -> Difference {
    Difference::new(format!("{law}: broken at {change:?}"))
}
