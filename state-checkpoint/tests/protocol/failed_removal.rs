//! A file that cannot be removed is asked for a few times, and the collection then says so: it does not ask for ever.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use pollster::block_on;
use state_api::{Error, ErrorKind, Result};
use state_checkpoint::{CheckpointStorage, FileWriter, GcOptions, MemoryStorage, gc};

use crate::world::{GRACE, World};

/// A storage that removes nothing, with an error of `kind`.
#[derive(Debug)]
struct NothingGoes {
    inner: MemoryStorage,
    kind: ErrorKind,
    asked: AtomicUsize,
}

#[async_trait]
impl CheckpointStorage for NothingGoes {
    async fn create(&self, path: &str) -> Result<Box<dyn FileWriter>> {
        self.inner.create(path).await
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
        let asked = self.asked.fetch_add(1, Ordering::SeqCst);
        assert!(asked < 100, "{path} is asked for again and again");
        Err(Error::new(self.kind, "it stays"))
    }
}

impl fmt::Display for NothingGoes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nothing-goes:")
    }
}

#[test]
fn a_removal_that_fails_for_good_ends_the_collection() {
    let storage = MemoryStorage::new();
    let mut world = World::new(Arc::new(storage.clone()), 5);
    let job = world.open().unwrap();
    for _ in 0..2 {
        world.work();
        let (pending, parts) = world.take(&job, None, false).unwrap();
        world.publish(pending, parts).unwrap();
    }
    world.retain(&job, 1).unwrap();

    let options = GcOptions::default().with_grace(GRACE).with_delete();
    // The answer to a failed call may have been lost, not the work; any other error would come again.
    for (kind, times) in [(ErrorKind::Io, 3), (ErrorKind::Invalid, 1)] {
        let failing = NothingGoes {
            inner: storage.clone(),
            kind,
            asked: AtomicUsize::new(0),
        };
        let error = block_on(gc(&failing, &*world.clock, &options)).unwrap_err();
        assert_eq!((error.kind(), error.message()), (kind, "it stays"));
        assert_eq!(failing.asked.load(Ordering::SeqCst), times, "{kind:?}");
    }
    world.check(&storage, "not collected");
    world.check_clean(&storage, "collected at last");
}
