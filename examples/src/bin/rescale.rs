//! Rescaling, and changing the backend on the way: two workers on the heap take one checkpoint,
//! three workers on redb go on from it.
//!
//! A key belongs to a key group for life, a worker owns a range of key groups. Each new worker
//! takes the rows of its groups from whatever parts hold them; no row is hashed or sent again.

#![expect(clippy::print_stdout, reason = "a program that shows something")]

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;

use state_backends::StateBackend;
use state_backends::checkpoint::{
    self, Job, JobOptions, Lineage, MemoryStorage, Part, Strategy, Ticket, WriteOptions,
};
use state_backends::heap::HeapBackend;
use state_backends::redb::{self, RedbConfig};
use state_backends::{KeyGroups, KeyHash, Result, SystemClock, ValueDescriptor};

const USERS: u64 = 1_000;
const GROUPS: u16 = KeyGroups::DEFAULT;

/// Counts the `nth` click of each user that this worker owns; returns the number of users.
fn click<B: StateBackend<Key = u64>>(state: &mut B, nth: u64) -> Result<u64> {
    let clicks = state.register(ValueDescriptor::<u64>::new("clicks"))?;
    for user in 0..USERS {
        if state.key_groups().owns(KeyHash::of(&user)?) {
            state.at_mut(&user).value(clicks).modify(0, |n| *n += 1)?;
            assert_eq!(state.at(&user).value(clicks).get()?.as_deref(), Some(&nth));
        }
    }
    state.key_count(clicks)
}

/// Worker `index` of two counts, and writes its part of a checkpoint.
async fn before(job: &Job, ticket: &Ticket, index: u16) -> Result<Part> {
    let groups = KeyGroups::of_worker(GROUPS, index, 2)?;
    let mut state = HeapBackend::new(groups);
    click(&mut state, 1)?;
    let task = Lineage::new("clicks").take(ticket, &mut state, &Strategy::Full)?;
    let written = task
        .write(&**job.storage(), &WriteOptions::default())
        .await?;
    Ok(written.part)
}

/// Worker `index` of three goes on; returns the users that it owns.
async fn after(job: &Job, index: u16) -> Result<u64, Box<dyn Error>> {
    let groups = KeyGroups::of_worker(GROUPS, index, 3)?;
    let dir = tempfile::tempdir()?;
    let mut state = redb::open(dir.path(), groups, &RedbConfig::default())?;
    let manifest = job.latest().await?.ok_or("no checkpoint")?;
    checkpoint::restore(&**job.storage(), &manifest, "clicks", &mut state).await?;
    let users = click(&mut state, 2)?;
    state.destroy()?;
    Ok(users)
}

fn main() -> Result<(), Box<dyn Error>> {
    pollster::block_on(async {
        let (storage, clock) = (Arc::new(MemoryStorage::new()), Arc::new(SystemClock));
        let job = Job::open(storage, clock, JobOptions::new(GROUPS)).await?;
        let pending = job.begin().await?;
        let ticket = pending.ticket();
        let parts = vec![
            before(&job, ticket, 0).await?,
            before(&job, ticket, 1).await?,
        ];
        // The metadata is where a job keeps its position in the input.
        pending.publish(parts, BTreeMap::new()).await?;

        let mut users = Vec::new();
        for index in 0..3 {
            users.push(after(&job, index).await?);
        }
        assert_eq!(users.iter().sum::<u64>(), USERS);
        println!("three workers on redb own {users:?} of {USERS} users, two clicks each");
        Ok(())
    })
}
