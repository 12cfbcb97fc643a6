//! While one file is made durable, the next is written.

use std::fmt;
use std::future::poll_fn;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;

use async_trait::async_trait;
use state_api::{ChangeSource, ErrorKind, Result, RowChange, RowRef};
use state_checkpoint::{
    CheckpointStorage, FileWriter, MemoryStorage, NewPart, Part, Ticket, WriteOptions, write_part,
};

use crate::support::{block_on, groups, states};

/// How often a file is asked whether it is durable yet, before it gives up on the next one.
const PATIENCE: usize = 100;

/// A storage that makes a file durable when the next one is begun.
#[derive(Debug)]
struct Lazy {
    inner: MemoryStorage,
    begun: Arc<AtomicUsize>,
    /// Files in all: the last waits for none.
    files: usize,
}

#[derive(Debug)]
struct LazyFile {
    inner: Box<dyn FileWriter>,
    begun: Arc<AtomicUsize>,
    until: usize,
}

#[async_trait]
impl FileWriter for LazyFile {
    async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.inner.write(bytes).await
    }

    async fn finish(self: Box<Self>) -> Result<()> {
        let mut asked = 0;
        poll_fn(|context| {
            asked += 1;
            if asked > PATIENCE || self.begun.load(Ordering::SeqCst) >= self.until {
                return Poll::Ready(());
            }
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
        assert!(asked <= PATIENCE, "file {} waits alone", self.until - 1);
        self.inner.finish().await
    }
}

#[async_trait]
impl CheckpointStorage for Lazy {
    async fn create(&self, path: &str) -> Result<Box<dyn FileWriter>> {
        let number = self.begun.fetch_add(1, Ordering::SeqCst) + 1;
        Ok(Box::new(LazyFile {
            inner: self.inner.create(path).await?,
            begun: Arc::clone(&self.begun),
            until: (number + 1).min(self.files),
        }))
    }

    async fn put_new(&self, path: &str, bytes: &[u8]) -> Result<()> {
        self.inner.put_new(path, bytes).await
    }

    async fn read(&self, path: &str, range: Range<u64>) -> Result<Vec<u8>> {
        self.inner.read(path, range).await
    }

    async fn size(&self, path: &str) -> Result<u64> {
        self.inner.size(path).await
    }

    async fn list(&self, dir: &str) -> Result<Vec<String>> {
        self.inner.list(dir).await
    }

    async fn delete(&self, path: &str) -> Result<()> {
        self.inner.delete(path).await
    }
}

impl fmt::Display for Lazy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("lazy:")
    }
}

/// So many runs, of one row each but for some that are empty; fails in the run `fails`.
struct Runs {
    count: usize,
    fails: usize,
    run: usize,
    given: bool,
}

impl ChangeSource for Runs {
    fn next_run(&mut self) -> Result<bool> {
        self.run += 1;
        self.given = self.run.is_multiple_of(3);
        Ok(self.run <= self.count)
    }

    fn next_change(&mut self) -> Result<Option<RowChange<'_>>> {
        if self.run == self.fails {
            return Err(state_api::Error::new(ErrorKind::Codec, "on purpose"));
        }
        if std::mem::replace(&mut self.given, true) {
            return Ok(None);
        }
        Ok(Some(RowChange::Put(RowRef {
            group: 3,
            state: 0,
            key: b"key",
            envelope: b"envelope",
        })))
    }
}

fn write(runs: usize, fails: usize) -> Result<Part> {
    let storage = Lazy {
        inner: MemoryStorage::new(),
        begun: Arc::default(),
        files: runs - runs / 3,
    };
    let part = NewPart {
        operator: "o",
        key_groups: groups(10, 0, 9),
        states: &states(),
        base: Vec::new(),
    };
    let mut changes = Runs {
        count: runs,
        fails,
        run: 0,
        given: false,
    };
    let ticket = Ticket::unpinned(1)?;
    let options = WriteOptions::default();
    block_on(write_part(&storage, &ticket, part, &mut changes, &options))
}

#[test]
fn each_with_the_next() {
    for runs in 1..12 {
        let part = write(runs, usize::MAX).unwrap();
        assert_eq!(part.runs.len(), runs - runs / 3);
        assert!(part.runs.iter().all(|run| run.rows == 1 && run.size > 0));
    }
}

#[test]
fn an_error_of_the_next_is_that_of_the_part() {
    let error = write(9, 5).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Codec);
}
