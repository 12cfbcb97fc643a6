//! Writing a layer down, to the base or to another layer, step by step.

use std::ops::Bound;

use state_api::Result;

use crate::overlay::layer::{Layer, LayerTable, TableChange};
use crate::overlay::shared::SharedStore;
use crate::ranges::DeletedRange;
use crate::store::{Scan, TableId};

/// Bytes behind which a step ends, so that one of large rows is not long.
const MOST_BYTES: usize = 64 << 10;

/// What a layer is written down to.
pub(super) trait Target {
    /// Deletes rows of a range, as many as the step has left; returns where to go on, or `None` when
    /// there are no more.
    fn delete_some(
        &mut self,
        table: TableId,
        range: DeletedRange<'_>,
        step: &mut Step,
    ) -> Result<Option<Vec<u8>>>;

    /// Creates or drops a table, whose rows are deleted already.
    fn change(&mut self, table: TableId, change: TableChange) -> Result<()>;

    /// Sets the value of a key, or removes it.
    fn set(&mut self, table: TableId, key: &[u8], value: Option<&[u8]>) -> Result<()>;
}

/// One step: its limit, and what it has done.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    most: usize,
    /// Rows written, deleted or looked for.
    pub(super) rows: usize,
    /// Bytes that they take in a layer.
    pub(super) bytes: usize,
}

impl Step {
    /// A step of about `most` rows.
    pub(super) fn of(most: usize) -> Self {
        Self {
            most,
            rows: 0,
            bytes: 0,
        }
    }

    pub(super) fn is_done(&self) -> bool {
        self.rows >= self.most || self.bytes >= MOST_BYTES
    }

    fn count(&mut self, key: &[u8], value: &[u8]) {
        self.rows += 1;
        self.bytes += Layer::row_bytes(key, value);
    }
}

/// How far a layer is written down. The layer hides from its readers what is there already.
#[derive(Debug)]
pub(super) struct Progress {
    table: TableId,
    part: Part,
}

#[derive(Debug)]
enum Part {
    /// Deleted ranges, those before this key being done.
    Deleted(Vec<u8>),
    /// Rows, those up to this key being done; no key is empty.
    Rows(Vec<u8>),
}

impl Default for Progress {
    fn default() -> Self {
        Self::in_table(TableId(0))
    }
}

impl Progress {
    fn in_table(table: TableId) -> Self {
        Self {
            table,
            part: Part::Deleted(Vec::new()),
        }
    }

    /// Goes on to write `layer` down, the same at each call, until the step is done; returns whether
    /// all of it is.
    pub(super) fn go_on<T: Target>(
        &mut self,
        target: &mut T,
        layer: &Layer,
        step: &mut Step,
    ) -> Result<bool> {
        while !step.is_done() {
            let Some((id, table)) = layer.table_from(self.table) else {
                return Ok(true);
            };
            if id != self.table {
                *self = Self::in_table(id);
            }
            match &mut self.part {
                Part::Deleted(from) => {
                    if delete_some(target, id, table, from, step)? {
                        continue;
                    }
                    if let Some(change) = table.change() {
                        target.change(id, change)?;
                        step.rows += 1;
                    }
                    self.part = Part::Rows(Vec::new());
                }
                Part::Rows(after) => {
                    if write_some(target, id, table, after, step)? {
                        continue;
                    }
                    match id.0.checked_add(1) {
                        Some(next) => *self = Self::in_table(TableId(next)),
                        None => return Ok(true),
                    }
                }
            }
        }
        Ok(false)
    }
}

/// Deletes rows of the first range that reaches behind `from`; `false` when there is no such range.
fn delete_some<T: Target>(
    target: &mut T,
    id: TableId,
    table: &LayerTable,
    from: &mut Vec<u8>,
    step: &mut Step,
) -> Result<bool> {
    let Some((start, end)) = table.deleted_set().from(from) else {
        return Ok(false);
    };
    match (target.delete_some(id, (start, end), step)?, end) {
        (Some(next), _) => *from = next,
        (None, Some(end)) => *from = end.to_vec(),
        (None, None) => return Ok(false),
    }
    Ok(true)
}

/// Writes the rows behind `after`, as many as the step has left; `false` when all are written.
fn write_some<T: Target>(
    target: &mut T,
    id: TableId,
    table: &LayerTable,
    after: &mut Vec<u8>,
    step: &mut Step,
) -> Result<bool> {
    let behind = (Bound::Excluded(&after[..]), Bound::Unbounded);
    let mut last = None;
    for (key, value) in table.row_tree().range::<[u8], _>(behind) {
        if step.is_done() {
            break;
        }
        target.set(id, key, value.as_deref())?;
        step.count(key, value.as_deref().unwrap_or_default());
        last = Some(key);
    }
    match last {
        Some(key) => {
            after.clear();
            after.extend_from_slice(key);
            Ok(true)
        }
        None => Ok(false),
    }
}

impl<S: SharedStore> Target for &S {
    /// A scan for the rows, and one delete of their range.
    fn delete_some(
        &mut self,
        table: TableId,
        (start, end): DeletedRange<'_>,
        step: &mut Step,
    ) -> Result<Option<Vec<u8>>> {
        let mut found = false;
        let mut next = None;
        let to = end.map_or(Bound::Unbounded, Bound::Excluded);
        let mut scan = self.scan(table, Bound::Included(start), to)?;
        while let Some(entry) = scan.next_entry()? {
            if found && step.is_done() {
                next = Some(entry.key.to_vec());
                break;
            }
            found = true;
            step.count(entry.key, entry.value);
        }
        drop(scan);
        if found {
            self.delete_range(table, start, next.as_deref().or(end))?;
        } else {
            step.rows += 1;
        }
        Ok(next)
    }

    fn change(&mut self, table: TableId, change: TableChange) -> Result<()> {
        match change {
            TableChange::Created => self.create_table(table),
            TableChange::Dropped => self.drop_table(table),
        }
    }

    fn set(&mut self, table: TableId, key: &[u8], value: Option<&[u8]>) -> Result<()> {
        match value {
            Some(value) => self.put(table, key, value),
            None => self.delete(table, key),
        }
    }
}

impl Target for Layer {
    fn delete_some(
        &mut self,
        table: TableId,
        (start, end): DeletedRange<'_>,
        step: &mut Step,
    ) -> Result<Option<Vec<u8>>> {
        let most = step.most - step.rows;
        let removed = self.remove_rows(table, (start, end), most);
        step.rows += removed.max(1);
        if removed == most {
            return Ok(Some(start.to_vec()));
        }
        self.delete_range(table, start, end);
        Ok(None)
    }

    fn change(&mut self, table: TableId, change: TableChange) -> Result<()> {
        match change {
            TableChange::Created => self.create_table(table),
            TableChange::Dropped => self.drop_table(table),
        }
        Ok(())
    }

    fn set(&mut self, table: TableId, key: &[u8], value: Option<&[u8]>) -> Result<()> {
        match value {
            Some(value) => self.put(table, key, value),
            None => self.delete(table, key),
        }
        Ok(())
    }
}
