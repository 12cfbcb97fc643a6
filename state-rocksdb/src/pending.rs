//! What is written in durable mode and not committed yet: held in memory, so that the database never
//! has half of a commit. A commit is one batch, which the engine's log makes durable as a whole.

use std::collections::BTreeMap;
use std::sync::Arc;

use rocksdb::WriteBatch;
use state_api::Result;
use state_store::TableId;
use state_store::overlay::Layer;

use crate::engine::Engine;
use crate::error::failed;
use crate::options::write_options;

/// Writes since the last commit.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    /// Of views too: they stay as they are. Oldest first.
    sealed: Vec<Arc<Layer>>,
    /// Written to.
    pub(crate) open: Layer,
    /// Column families to drop when the commit is through.
    dropped: Vec<TableId>,
}

impl Pending {
    /// The layers, newest first.
    #[inline]
    pub(crate) fn layers(&self) -> impl Iterator<Item = &Layer> + Clone {
        std::iter::once(&self.open).chain(self.sealed.iter().rev().map(|layer| &**layer))
    }

    /// The layers for a view, newest first; writes go to a new one from here on.
    pub(crate) fn seal(&mut self) -> Box<[Arc<Layer>]> {
        if !self.open.is_empty() {
            let open = std::mem::take(&mut self.open);
            match self.sealed.pop().map(Arc::try_unwrap) {
                // No view holds it any more: there are never more layers than views, and one.
                Some(Ok(mut below)) => {
                    put_down(&open, &mut below);
                    self.sealed.push(Arc::new(below));
                }
                Some(Err(held)) => self.sealed.extend([held, Arc::new(open)]),
                None => self.sealed.push(Arc::new(open)),
            }
        }
        self.sealed.iter().rev().cloned().collect()
    }

    /// Bytes held, those of views included.
    pub(crate) fn bytes(&self) -> usize {
        self.layers().map(Layer::bytes).sum()
    }

    /// Drops a table at the commit, and all its rows.
    pub(crate) fn drop_table(&mut self, table: TableId) {
        self.open.delete_range(table, &[], None);
        self.dropped.push(table);
    }

    /// Writes all to the engine as one batch, and waits for the disk.
    pub(crate) fn commit(&mut self, engine: &mut Engine) -> Result<()> {
        let batch = self.batch(engine)?;
        engine
            .columns
            .database()
            .write_opt(batch, &write_options(true))
            .map_err(|e| failed("commit", e))?;
        self.sealed.clear();
        self.open = Layer::new();
        for table in self.dropped.drain(..) {
            // Empty since the commit; it may have been created again before.
            if engine.columns.get(table).is_none() {
                engine.columns.drop_column(table)?;
            }
        }
        Ok(())
    }

    /// The layers, oldest first: of each table its deleted ranges, then its rows, which lie above them.
    fn batch(&self, engine: &mut Engine) -> Result<WriteBatch> {
        let mut batch = WriteBatch::default();
        // A dropped table has no handle any more, and its rows go with this commit.
        let mut reopened = Vec::new();
        for &table in &self.dropped {
            if engine.columns.get(table).is_none() && engine.columns.reopen(table)? {
                reopened.push(table);
            }
        }
        let mut ends = BTreeMap::new();
        for layer in self.sealed.iter().map(|layer| &**layer).chain([&self.open]) {
            for (table, written) in layer.tables() {
                let Some(column) = engine.columns.get(table) else {
                    continue; // created and dropped since the last commit
                };
                for (from, to) in written.deleted() {
                    let end = match to {
                        Some(to) => to.to_vec(),
                        None => self.end_of(engine, table, &mut ends)?,
                    };
                    if *from < *end {
                        batch.delete_range_cf(column, from, &end);
                    }
                }
                for (key, value) in written.rows() {
                    match value {
                        Some(value) => batch.put_cf(column, key, value),
                        None => batch.delete_cf(column, key),
                    }
                }
            }
        }
        for table in reopened {
            engine.columns.forget(table);
        }
        Ok(batch)
    }

    /// A key above all of a table, in the engine and in the layers.
    fn end_of(
        &self,
        engine: &Engine,
        table: TableId,
        ends: &mut BTreeMap<TableId, Vec<u8>>,
    ) -> Result<Vec<u8>> {
        if let Some(end) = ends.get(&table) {
            return Ok(end.clone());
        }
        let mut end = engine.end_of(table, &[])?.unwrap_or_default();
        for layer in self.layers() {
            let last = layer
                .table(table)
                .and_then(|written| written.rows().next_back());
            if let Some((key, _)) = last
                && *key >= *end
            {
                end = [key, &[0]].concat();
            }
        }
        ends.insert(table, end.clone());
        Ok(end)
    }
}

/// Writes a layer into the one below it.
fn put_down(layer: &Layer, below: &mut Layer) {
    for (table, written) in layer.tables() {
        for (from, to) in written.deleted() {
            below.delete_range(table, from, to);
        }
        for (key, value) in written.rows() {
            match value {
                Some(value) => below.put(table, key, value),
                None => below.delete(table, key),
            }
        }
    }
}
