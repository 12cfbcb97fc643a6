//! sled: one tree, flushed by nobody. An append is a merge, which sled makes of the two byte strings by a
//! function that the tree was given.

use sled::{Db, Tree};
use state_sled::SledConfig;
use tempfile::TempDir;

use super::Bare;
use super::bytes::Engine;
use crate::error::{Error, Result};
use crate::subject::Settings;

/// One tree.
#[derive(Debug)]
pub struct Sled {
    tree: Tree,
    _database: Db,
    _directory: TempDir,
}

#[allow(
    clippy::unnecessary_wraps,
    reason = "a merge may also say that nothing is left"
)]
fn longer(_key: &[u8], old: Option<&[u8]>, more: &[u8]) -> Option<Vec<u8>> {
    Some([old.unwrap_or(&[]), more].concat())
}

impl Bare for Sled {
    fn open(settings: &Settings) -> Result<Self> {
        let directory = settings.directory()?;
        let database = sled::Config::new()
            .path(directory.path().join("bare"))
            .cache_capacity(SledConfig::default().cache_bytes)
            .flush_every_ms(None)
            .open()
            .map_err(Error::engine)?;
        let tree = database.open_tree("bare").map_err(Error::engine)?;
        tree.set_merge_operator(longer);
        Ok(Self {
            tree,
            _database: database,
            _directory: directory,
        })
    }
}

impl Engine for Sled {
    #[inline]
    fn get<R>(&self, key: &[u8], f: impl FnOnce(&[u8]) -> R) -> Result<Option<R>> {
        let found = self.tree.get(key).map_err(Error::engine)?;
        Ok(found.map(|value| f(&value)))
    }

    #[inline]
    fn put(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        self.tree.insert(key, value).map_err(Error::engine)?;
        Ok(())
    }

    #[inline]
    fn remove(&mut self, key: &[u8]) -> Result<()> {
        self.tree.remove(key).map_err(Error::engine)?;
        Ok(())
    }

    #[inline]
    fn append(&mut self, key: &[u8], more: &[u8]) -> Result<()> {
        self.tree.merge(key, more).map_err(Error::engine)?;
        Ok(())
    }

    #[inline]
    fn scan(
        &self,
        first: &[u8],
        last: &[u8],
        mut f: impl FnMut(&[u8], &[u8]) -> Result<bool>,
    ) -> Result<()> {
        for found in self.tree.range(first..=last) {
            let (key, value) = found.map_err(Error::engine)?;
            if !f(&key, &value)? {
                break;
            }
        }
        Ok(())
    }
}
