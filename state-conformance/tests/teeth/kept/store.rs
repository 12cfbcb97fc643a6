//! The store: `BTreeMap`s that are kept at a close or a commit.

use std::collections::BTreeSet;
use std::ops::Bound;
use std::path::{Path, PathBuf};

use state_api::row::{StateKind, StateMeta};
use state_api::{Capability, Error, ErrorKind, Result};
use state_store::{
    Entry, MemoryScan, MemoryStore, OrderedRead, OrderedStore, Scan, TableId, TableRows,
};

use super::Loss;
use super::file::{self, Mode, Tables};

type Place = (TableId, Vec<u8>);

#[derive(Debug)]
pub(crate) struct KeptStore {
    live: MemoryStore,
    /// Tables that were created and not dropped.
    tables: BTreeSet<TableId>,
    dir: PathBuf,
    mode: Mode,
    loss: Option<Loss>,
    /// What was found at the open.
    found: Tables,
    /// What was kept last.
    kept: Tables,
    last_put: Option<Place>,
    restored: BTreeSet<Place>,
}

/// The adapter's own table.
const OWN: TableId = TableId(0);

impl KeptStore {
    pub(super) fn open(dir: &Path, mode: Mode, loss: Option<Loss>) -> Result<Self> {
        let trusts = loss == Some(Loss::TrustsTheFile);
        let (of, found) = file::read(dir, trusts)?.unwrap_or((mode, Tables::new()));
        if of != mode && loss != Some(Loss::OpensInAnyMode) {
            return Err(Error::new(
                ErrorKind::Mismatch,
                "the directory is of the other mode",
            ));
        }
        let mut live = MemoryStore::new();
        for (table, rows) in &found {
            live.create_table(*table)?;
            for (key, value) in rows {
                live.put(*table, key, value)?;
            }
        }
        Ok(Self {
            live,
            tables: found.keys().copied().collect(),
            dir: dir.to_owned(),
            mode,
            loss,
            kept: found.clone(),
            found,
            last_put: None,
            restored: BTreeSet::new(),
        })
    }

    fn has(&self, loss: Loss) -> bool {
        self.loss == Some(loss)
    }

    fn content(&self) -> Result<Tables> {
        let mut content = Tables::new();
        for table in &self.tables {
            let rows = content.entry(*table).or_default();
            let mut scan = self.live.scan(*table, Bound::Unbounded, Bound::Unbounded)?;
            while let Some(Entry { key, value }) = scan.next_entry()? {
                rows.insert(key.to_vec(), value.to_vec());
            }
        }
        Ok(content)
    }

    fn keep(&mut self, content: Tables) -> Result<()> {
        file::write(&self.dir, self.mode, &content)?;
        self.kept = content;
        Ok(())
    }

    /// Tables of lists.
    fn lists(content: &Tables) -> Vec<TableId> {
        let states = content.get(&OWN).into_iter().flatten();
        let lists = states.filter_map(|(key, value)| {
            let number = <[u8; 4]>::try_from(key.strip_prefix(b"state/")?).ok()?;
            let meta: StateMeta = serde_json::from_slice(value).ok()?;
            (meta.kind == StateKind::List).then_some(TableId(u32::from_be_bytes(number)))
        });
        lists.collect()
    }

    /// What a close loses.
    fn lose(&self, content: &mut Tables) {
        match self.loss {
            Some(Loss::CloseLosesTheTail) => {
                if let Some((table, key)) = &self.last_put {
                    content.entry(*table).or_default().remove(key);
                }
            }
            Some(Loss::CloseLosesAppends) if !self.found.is_empty() => {
                for table in Self::lists(content) {
                    let before = self.found.get(&table).cloned();
                    content.insert(table, before.unwrap_or_default());
                }
            }
            Some(Loss::CloseForgetsTheCounter) => {
                content.entry(OWN).or_default().remove(&b"chunks"[..]);
            }
            _ => {}
        }
    }
}

impl OrderedRead for KeptStore {
    type Guard<'a> = &'a [u8];
    type Scan<'a> = MemoryScan<'a>;

    fn get(&self, table: TableId, key: &[u8]) -> Result<Option<&[u8]>> {
        self.live.get(table, key)
    }

    fn scan(&self, table: TableId, from: Bound<&[u8]>, to: Bound<&[u8]>) -> Result<MemoryScan<'_>> {
        self.live.scan(table, from, to)
    }
}

impl OrderedStore for KeptStore {
    type View = MemoryStore;

    fn name(&self) -> &'static str {
        "kept"
    }

    fn capability(&self) -> Capability {
        let capability = Capability::default().with_survives_close();
        match self.mode {
            Mode::Scratch => capability,
            Mode::Durable => capability.with_durable_commit(),
        }
    }

    fn create_table(&mut self, table: TableId) -> Result<()> {
        self.tables.insert(table);
        self.live.create_table(table)
    }

    fn drop_table(&mut self, table: TableId) -> Result<()> {
        self.tables.remove(&table);
        self.live.drop_table(table)
    }

    fn put(&mut self, table: TableId, key: &[u8], value: &[u8]) -> Result<()> {
        if table != OWN {
            self.last_put = Some((table, key.to_vec()));
        }
        self.live.put(table, key, value)
    }

    fn delete(&mut self, table: TableId, key: &[u8]) -> Result<()> {
        self.live.delete(table, key)
    }

    fn delete_range(&mut self, table: TableId, from: &[u8], to: Option<&[u8]>) -> Result<()> {
        self.live.delete_range(table, from, to)
    }

    fn ingest(&mut self, rows: &mut dyn TableRows) -> Result<()> {
        while let Some((table, Entry { key, value })) = rows.next_row()? {
            self.restored.insert((table, key.to_vec()));
            self.put(table, key, value)?;
        }
        Ok(())
    }

    fn freeze(&mut self) -> Result<MemoryStore> {
        if self.has(Loss::FreezeCommits) && self.mode == Mode::Durable {
            self.keep(self.content()?)?;
        }
        Ok(self.live.clone())
    }

    fn commit(&mut self) -> Result<()> {
        if self.mode == Mode::Scratch {
            return Err(Error::new(
                ErrorKind::Unsupported,
                "a store in scratch mode",
            ));
        }
        let mut content = self.content()?;
        match self.loss {
            Some(Loss::CommitKeepsNothing) => return Ok(()),
            Some(Loss::CommitIsTorn) => {
                // The rows are those of the commit before.
                for (table, rows) in &mut content {
                    if *table != OWN {
                        *rows = self.kept.get(table).cloned().unwrap_or_default();
                    }
                }
                self.keep(content)?;
                self.kept = self.content()?;
                return Ok(());
            }
            Some(Loss::CommitSkipsRestored) => {
                for (table, key) in &self.restored {
                    content.entry(*table).or_default().remove(key);
                }
            }
            Some(Loss::CommitSkipsNewStates) => {
                let found = self.found.get(&OWN);
                let is_new = |key: &Vec<u8>| found.is_none_or(|own| !own.contains_key(key));
                let own = content.entry(OWN).or_default();
                own.retain(|key, _| !(key.starts_with(b"state/") && is_new(key)));
            }
            _ => {}
        }
        self.keep(content)
    }

    fn close(mut self) -> Result<()> {
        match self.mode {
            Mode::Scratch => {
                let mut content = self.content()?;
                self.lose(&mut content);
                self.keep(content)
            }
            // What is not committed goes.
            Mode::Durable => Ok(()),
        }
    }

    fn destroy(self) -> Result<()> {
        if self.has(Loss::DestroyLeavesTheFile) {
            return self.close();
        }
        file::remove(&self.dir)
    }
}
