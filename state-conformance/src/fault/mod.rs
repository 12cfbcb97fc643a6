//! Faults on purpose: one thing goes wrong at a chosen call, of a checkpoint storage or of an engine.
//!
//! | to | see |
//! |---|---|
//! | choose what happens, and when | [`Faults`], [`Fault`] |
//! | let a storage of checkpoints fail | [`FaultyStorage`] |
//! | let an engine fail | [`FaultyStore`] |
//! | check that a backend over your engine survives it | [`check_store`] |
//!
//! A test counts the calls of a run without a fault, then runs once for each of them:
//!
//! ```
//! use state_checkpoint::{CheckpointStorage, MemoryStorage};
//! use state_conformance::fault::{Fault, Faults, FaultyStorage};
//!
//! # pollster::block_on(async {
//! for call in 0.. {
//!     let storage = FaultyStorage::new(MemoryStorage::new(), Faults::at(call, Fault::Lost));
//!     let put = storage.put_new("a", b"1").await;
//!     // The answer was lost, the work was not.
//!     assert_eq!(put.is_err(), call == 0);
//!     assert_eq!(storage.inner().size("a").await?, 1);
//!     if storage.faults().calls() <= call {
//!         break; // all calls were tried
//!     }
//! }
//! # Ok::<(), state_api::Error>(())
//! # }).unwrap();
//! ```

mod check;
mod storage;
mod store;

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use state_api::{Error, ErrorKind};

pub use check::check_store;
pub use storage::FaultyStorage;
pub use store::{FaultyGuard, FaultyScan, FaultyStore, FaultyView};

/// What happens at the chosen call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing is done, and the answer is an error.
    Fail,
    /// All is done, and the answer is lost: an error.
    Lost,
    /// A write of a file stops half-way, with an error; what is read is a byte short, without one. Any other call
    /// fails.
    Short,
    /// The disk is full: from then on each write does nothing and fails, until [`Faults::free`].
    Full,
    /// The process dies before the call: it and all later ones do nothing and fail.
    CrashBefore,
    /// The process dies behind the call: its answer never comes, and all later ones do nothing and fail.
    CrashAfter,
}

type Hook = Box<dyn FnOnce() + Send>;

struct State {
    calls: AtomicUsize,
    at: usize,
    /// None where a hook takes its place, or nothing ever happens.
    fault: Option<Fault>,
    crashed: AtomicBool,
    full: AtomicBool,
    hook: Mutex<Option<Hook>>,
}

/// When a fault happens, and a count of the calls. Clones are one.
#[derive(Clone)]
pub struct Faults(Arc<State>);

/// What a call is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    Work,
    Fail,
    WorkAndFail,
    Short,
}

impl Faults {
    /// No fault, only the count.
    pub fn none() -> Self {
        Self::new(usize::MAX, None, None)
    }

    /// `fault` happens at call number `call`, from 0.
    pub fn at(call: usize, fault: Fault) -> Self {
        Self::new(call, Some(fault), None)
    }

    /// `hook` runs before call number `call`: it waits, to be slow, or does what somebody else does meanwhile.
    pub fn hooked(call: usize, hook: impl FnOnce() + Send + 'static) -> Self {
        Self::new(call, None, Some(Box::new(hook)))
    }

    fn new(at: usize, fault: Option<Fault>, hook: Option<Hook>) -> Self {
        Self(Arc::new(State {
            calls: AtomicUsize::new(0),
            at,
            fault,
            crashed: AtomicBool::new(false),
            full: AtomicBool::new(false),
            hook: Mutex::new(hook),
        }))
    }

    /// Number of calls so far; those behind a crash do not count.
    pub fn calls(&self) -> usize {
        self.0.calls.load(Ordering::SeqCst)
    }

    /// Whether the chosen call has come.
    pub fn has_happened(&self) -> bool {
        self.calls() > self.0.at
    }

    /// Whether the process is dead.
    pub fn has_crashed(&self) -> bool {
        self.0.crashed.load(Ordering::SeqCst)
    }

    /// Frees space on the disk.
    pub fn free(&self) {
        self.0.full.store(false, Ordering::SeqCst);
    }

    /// Counts a call and says what it is to do.
    fn turn(&self, writes: bool) -> Turn {
        let state = &self.0;
        if self.has_crashed() {
            return Turn::Fail;
        }
        let is_now = state.calls.fetch_add(1, Ordering::SeqCst) == state.at;
        if is_now {
            let hook = state
                .hook
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take();
            if let Some(hook) = hook {
                hook();
            }
        }
        match state.fault.filter(|_| is_now) {
            Some(Fault::Fail) => Turn::Fail,
            Some(Fault::Lost) => Turn::WorkAndFail,
            Some(Fault::Short) => Turn::Short,
            Some(Fault::CrashBefore) => {
                state.crashed.store(true, Ordering::SeqCst);
                Turn::Fail
            }
            Some(Fault::CrashAfter) => {
                state.crashed.store(true, Ordering::SeqCst);
                Turn::WorkAndFail
            }
            Some(Fault::Full) => {
                state.full.store(true, Ordering::SeqCst);
                self.unless_full(writes)
            }
            None => self.unless_full(writes),
        }
    }

    fn unless_full(&self, writes: bool) -> Turn {
        if writes && self.0.full.load(Ordering::SeqCst) {
            Turn::Fail
        } else {
            Turn::Work
        }
    }

    /// The error of a fault.
    fn error(&self) -> Error {
        Error::new(ErrorKind::Io, "injected").with("call", self.0.at)
    }
}

impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Faults")
            .field("fault", &self.0.fault)
            .field("at", &self.0.at)
            .field("calls", &self.calls())
            .finish_non_exhaustive()
    }
}
