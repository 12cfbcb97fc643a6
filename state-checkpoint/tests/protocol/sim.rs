//! A storage where something happens at a chosen operation.

use std::fmt;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use state_api::{Error, ErrorKind, Result};
use state_checkpoint::{CheckpointStorage, FileWriter, MemoryStorage};

/// What happens at the chosen operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// The process dies before it.
    CrashBefore,
    /// The process dies after it, without its answer.
    CrashAfter,
    /// It is done, and the answer is lost.
    Lost,
    /// The disk is full: all writes fail from then on, until [`Sim::free`].
    Full,
    /// The hook runs before it.
    Hook,
}

type Hook = Box<dyn FnOnce() + Send>;

struct State {
    calls: AtomicUsize,
    at: usize,
    event: Event,
    crashed: AtomicBool,
    full: AtomicBool,
    hook: Mutex<Option<Hook>>,
}

/// A storage in memory with one event. Clones are one.
#[derive(Clone)]
pub(crate) struct Sim {
    pub(crate) inner: MemoryStorage,
    state: Arc<State>,
}

impl Sim {
    /// `event` happens at operation number `at`, from 0.
    pub(crate) fn new(inner: MemoryStorage, at: usize, event: Event) -> Self {
        Self {
            inner,
            state: Arc::new(State {
                calls: AtomicUsize::new(0),
                at,
                event,
                crashed: AtomicBool::new(false),
                full: AtomicBool::new(false),
                hook: Mutex::new(None),
            }),
        }
    }

    /// `hook` runs before operation number `at`.
    pub(crate) fn hooked(
        inner: MemoryStorage,
        at: usize,
        hook: impl FnOnce() + Send + 'static,
    ) -> Self {
        let sim = Self::new(inner, at, Event::Hook);
        *sim.state.hook.lock().unwrap() = Some(Box::new(hook));
        sim
    }

    pub(crate) fn calls(&self) -> usize {
        self.state.calls.load(Ordering::SeqCst)
    }

    pub(crate) fn has_crashed(&self) -> bool {
        self.state.crashed.load(Ordering::SeqCst)
    }

    /// Whether the event has come.
    pub(crate) fn has_happened(&self) -> bool {
        self.calls() > self.state.at
    }

    /// Frees space on the disk.
    pub(crate) fn free(&self) {
        self.state.full.store(false, Ordering::SeqCst);
    }

    async fn call<T>(&self, writes: bool, work: impl Future<Output = Result<T>>) -> Result<T> {
        let failed = || Error::new(ErrorKind::Io, "injected");
        if self.has_crashed() {
            return Err(failed());
        }
        let number = self.state.calls.fetch_add(1, Ordering::SeqCst);
        if self.state.event == Event::Full {
            if number == self.state.at {
                self.state.full.store(true, Ordering::SeqCst);
            }
            if writes && self.state.full.load(Ordering::SeqCst) {
                return Err(failed());
            }
            return work.await;
        }
        if number != self.state.at {
            return work.await;
        }
        match self.state.event {
            Event::CrashBefore => self.state.crashed.store(true, Ordering::SeqCst),
            Event::CrashAfter => {
                drop(work.await);
                self.state.crashed.store(true, Ordering::SeqCst);
            }
            Event::Lost => drop(work.await),
            Event::Full => {}
            Event::Hook => {
                let hook = self.state.hook.lock().unwrap().take();
                hook.unwrap()();
                return work.await;
            }
        }
        Err(failed())
    }
}

#[async_trait]
impl CheckpointStorage for Sim {
    async fn create(&self, path: &str) -> Result<Box<dyn FileWriter>> {
        let file = self.call(true, self.inner.create(path)).await?;
        Ok(Box::new(Writer {
            sim: self.clone(),
            file,
        }))
    }

    async fn put_new(&self, path: &str, bytes: &[u8]) -> Result<()> {
        self.call(true, self.inner.put_new(path, bytes)).await
    }

    async fn read(&self, path: &str, range: Range<u64>) -> Result<Vec<u8>> {
        self.call(false, self.inner.read(path, range)).await
    }

    async fn size(&self, path: &str) -> Result<u64> {
        self.call(false, self.inner.size(path)).await
    }

    async fn list(&self, dir: &str) -> Result<Vec<String>> {
        self.call(false, self.inner.list(dir)).await
    }

    async fn delete(&self, path: &str) -> Result<()> {
        self.call(false, self.inner.delete(path)).await
    }
}

impl fmt::Debug for Sim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sim")
    }
}

impl fmt::Display for Sim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sim:")
    }
}

#[derive(Debug)]
struct Writer {
    sim: Sim,
    file: Box<dyn FileWriter>,
}

#[async_trait]
impl FileWriter for Writer {
    async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.sim.call(true, self.file.write(bytes)).await
    }

    async fn finish(self: Box<Self>) -> Result<()> {
        self.sim.call(true, self.file.finish()).await
    }
}
