//! Changes that own their bytes.

use std::collections::VecDeque;

use state_api::row::RangeTombstone;
use state_api::{ChangeSource, Result, RowChange, RowRef};

#[derive(Clone, Debug)]
pub(super) enum Change {
    Range {
        group: u16,
        state: u32,
        start: Vec<u8>,
        end: Option<Vec<u8>>,
    },
    Put {
        group: u16,
        state: u32,
        key: Vec<u8>,
        envelope: Vec<u8>,
    },
    Delete {
        group: u16,
        state: u32,
        key: Vec<u8>,
    },
}

impl Change {
    fn of(change: RowChange<'_>) -> Self {
        match change {
            RowChange::DeleteRange(range) => Self::Range {
                group: range.group,
                state: range.state,
                start: range.start.to_vec(),
                end: range.end.map(<[u8]>::to_vec),
            },
            RowChange::Put(row) => Self::Put {
                group: row.group,
                state: row.state,
                key: row.key.to_vec(),
                envelope: row.envelope.to_vec(),
            },
            RowChange::Delete { group, state, key } => Self::Delete {
                group,
                state,
                key: key.to_vec(),
            },
        }
    }

    fn lend(&self) -> RowChange<'_> {
        match self {
            Self::Range {
                group,
                state,
                start,
                end,
            } => RowChange::DeleteRange(RangeTombstone {
                group: *group,
                state: *state,
                start,
                end: end.as_deref(),
            }),
            Self::Put {
                group,
                state,
                key,
                envelope,
            } => RowChange::Put(RowRef {
                group: *group,
                state: *state,
                key,
                envelope,
            }),
            Self::Delete { group, state, key } => RowChange::Delete {
                group: *group,
                state: *state,
                key,
            },
        }
    }

    pub(super) fn place(&self) -> (u16, u32, &[u8]) {
        match self {
            Self::Range {
                group,
                state,
                start: key,
                ..
            }
            | Self::Put {
                group, state, key, ..
            }
            | Self::Delete { group, state, key } => (*group, *state, key),
        }
    }

    pub(super) fn is_range(&self) -> bool {
        matches!(self, Self::Range { .. })
    }

    pub(super) fn is_put(&self) -> bool {
        matches!(self, Self::Put { .. })
    }

    /// Whether a range deletes older rows at the place of `other`.
    pub(super) fn covers(&self, other: &Self) -> bool {
        let Self::Range { end, .. } = self else {
            return false;
        };
        let (group, state, start) = self.place();
        let (in_group, of_state, key) = other.place();
        let behind = end.as_ref().is_some_and(|end| key >= &end[..]);
        (group, state) == (in_group, of_state) && key >= start && !behind
    }
}

/// Runs of changes.
#[derive(Debug, Default)]
pub(crate) struct BentChanges {
    runs: VecDeque<Vec<Change>>,
    run: std::vec::IntoIter<Change>,
    lent: Option<Change>,
}

impl BentChanges {
    pub(super) fn gather(mut source: impl ChangeSource) -> Result<Self> {
        let mut runs = VecDeque::new();
        while source.next_run()? {
            let mut run = Vec::new();
            while let Some(change) = source.next_change()? {
                run.push(Change::of(change));
            }
            runs.push_back(run);
        }
        Ok(Self {
            runs,
            ..Self::default()
        })
    }

    pub(super) fn first_run(&mut self) -> Option<&mut Vec<Change>> {
        self.runs.front_mut()
    }

    pub(super) fn last_run(&mut self) -> &mut Vec<Change> {
        self.runs.back_mut().unwrap()
    }

    pub(super) fn begin_with(&mut self, run: Vec<Change>) {
        self.runs.push_front(run);
    }

    pub(super) fn end_with(&mut self, run: Vec<Change>) {
        self.runs.push_back(run);
    }
}

impl ChangeSource for BentChanges {
    fn next_run(&mut self) -> Result<bool> {
        let run = self.runs.pop_front();
        let begun = run.is_some();
        self.run = run.unwrap_or_default().into_iter();
        Ok(begun)
    }

    fn next_change(&mut self) -> Result<Option<RowChange<'_>>> {
        self.lent = self.run.next();
        Ok(self.lent.as_ref().map(Change::lend))
    }
}
