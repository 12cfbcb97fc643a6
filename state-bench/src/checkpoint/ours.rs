//! A state of bytes, its checkpoints, and its restore.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use pollster::block_on;
use state_api::{BoundStates as _, StateBackend, SystemClock, Value, ValueDescriptor};
use state_checkpoint::{
    Job, JobOptions, Lineage, LocalStorage, Strategy, WriteOptions, Written, latest, restore,
};

use super::{content, sample};
use crate::error::{Error, Result};
use crate::inputs::{index, sum_of_words};
use crate::subject::Opened;

/// Name of the operator in the manifests.
const OPERATOR: &str = "operator";

/// A state of 100 bytes for each key.
pub(super) struct Ours<B> {
    pub(super) opened: Opened<B>,
    value: Value<Vec<u8>>,
    lineage: Lineage,
}

impl<B: StateBackend<Key = u64>> Ours<B> {
    pub(super) fn empty(mut opened: Opened<B>) -> Result<Self> {
        let value = opened.state.register(ValueDescriptor::new("value"))?;
        Ok(Self {
            opened,
            value,
            lineage: Lineage::new(OPERATOR),
        })
    }

    /// Puts the bytes of these keys as they are in a version of the state.
    pub(super) fn put(&mut self, keys: &[u64], version: u64) -> Result<()> {
        let (mut bound, (value,)) = self.opened.state.bind((self.value,))?;
        for key in keys {
            bound.at_mut(key).value(value).put(content(*key, version))?;
        }
        Ok(())
    }

    /// The job of a directory, which is made if it is not there.
    pub(super) fn job(&self, directory: &Path) -> Result<Job> {
        let storage = Arc::new(LocalStorage::open(directory)?);
        let options = JobOptions::new(self.opened.state.key_groups().max_parallelism());
        Ok(block_on(Job::open(
            storage,
            Arc::new(SystemClock),
            options,
        ))?)
    }

    /// Takes a checkpoint, from the freeze to the confirmed manifest.
    #[inline(never)]
    pub(super) fn take(
        &mut self,
        job: &Job,
        strategy: &Strategy,
        options: &WriteOptions,
    ) -> Result<Written> {
        let (state, lineage) = (&mut self.opened.state, &mut self.lineage);
        block_on(async {
            let pending = job.begin().await?;
            let task = lineage.take(pending.ticket(), state, strategy)?;
            let epoch = task.epoch();
            let written = task.write(&**job.storage(), options).await?;
            let parts = vec![written.part.clone()];
            let published = pending.publish(parts, BTreeMap::new()).await?;
            lineage.confirm(state, &published, epoch)?;
            Ok(written)
        })
    }

    /// Takes in the newest checkpoint of a directory.
    #[inline(never)]
    pub(super) fn restore(&mut self, directory: &Path) -> Result<()> {
        let state = &mut self.opened.state;
        block_on(async {
            let storage = LocalStorage::open(directory)?;
            let manifest = latest(&storage).await?;
            let manifest = manifest.ok_or_else(|| {
                let absent = std::io::Error::other("there is no checkpoint");
                Error::file(directory, absent)
            })?;
            Ok(restore(&storage, &manifest, OPERATOR, state).await?)
        })
    }

    /// The sum of some of the values.
    pub(super) fn check(&mut self, keys: u64) -> Result<u64> {
        sample(keys).try_fold(0, |sum: u64, key| {
            let found = self.opened.state.at(&key).value(self.value).get()?;
            let words = found.map_or(0, |bytes| sum_of_words(&bytes) ^ index(bytes.len()));
            Ok(sum.wrapping_add(words))
        })
    }
}
