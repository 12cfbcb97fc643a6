//! Later runs of a checkpoint are encoded on another thread: its errors, its panics and its end are the
//! reader's.

#![allow(clippy::unwrap_used, reason = "tests may panic, in their helpers too")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, ThreadId};

use state_api::row::CodecId;
use state_api::{
    ChangeSource, Codec, Error, ErrorKind, KeyGroups, Result, StateBackend, StateRead, StateView,
    ValueDescriptor,
};
use state_heap::{HeapBackend, HeapChanges};

const KEYS: u64 = 10_000;
const BUFFER: usize = 64 << 10;

type Encode = dyn Fn(usize) -> Result<()> + Send + Sync;

/// Asks before it encodes the nth value.
struct Asks {
    encoded: AtomicUsize,
    ask: Box<Encode>,
}

impl Codec<u64> for Asks {
    fn id(&self) -> CodecId {
        CodecId {
            name: "asks".into(),
            version: 1,
        }
    }

    fn encode(&self, value: &u64, out: &mut Vec<u8>) -> Result<()> {
        (self.ask)(self.encoded.fetch_add(1, Ordering::Relaxed))?;
        out.extend_from_slice(&value.to_be_bytes());
        Ok(())
    }

    fn decode(&self, _: &[u8]) -> Result<u64> {
        Err(Error::new(ErrorKind::Unsupported, "not needed here"))
    }
}

fn changes(
    buffer: usize,
    ask: impl Fn(usize) -> Result<()> + Send + Sync + 'static,
) -> HeapChanges {
    let mut state = HeapBackend::<u64>::new(KeyGroups::all(128).unwrap());
    let codec = Asks {
        encoded: AtomicUsize::new(0),
        ask: Box::new(ask),
    };
    let value = state.register(ValueDescriptor::with_codec("value", codec));
    let value = value.unwrap();
    for key in 0..KEYS {
        state.at_mut(&key).value(value).put(key).unwrap();
    }
    let view = state.freeze().unwrap();
    let range = view.key_groups().range();
    view.into_changes(None, range, buffer).unwrap()
}

/// Reads to the end; the number of rows of each run.
fn runs(changes: &mut HeapChanges) -> Result<Vec<usize>> {
    let mut runs = Vec::new();
    while changes.next_run()? {
        let mut rows = 0;
        while changes.next_change()?.is_some() {
            rows += 1;
        }
        runs.push(rows);
    }
    Ok(runs)
}

/// A first run that is small, so that work begins for two; then runs of one size.
#[test]
fn runs_hold_every_row_once() {
    let mut changes = changes(BUFFER, |_| Ok(()));
    let runs = runs(&mut changes).unwrap();
    assert_eq!(runs.iter().sum::<usize>(), usize::try_from(KEYS).unwrap());
    assert!(runs.len() > 4 && runs[0] * 3 < runs[1], "{runs:?}");
    assert!(!changes.next_run().unwrap(), "the end stays the end");
}

#[test]
fn what_fits_into_the_first_run_makes_no_thread() {
    let seen: Arc<Mutex<Vec<ThreadId>>> = Arc::default();
    let threads = |buffer| {
        let noted = Arc::clone(&seen);
        let mut changes = changes(buffer, move |_| {
            noted.lock().unwrap().push(thread::current().id());
            Ok(())
        });
        runs(&mut changes).unwrap();
        let mut threads = std::mem::take(&mut *seen.lock().unwrap());
        threads.dedup();
        threads
    };
    assert_eq!(threads(8 << 20), [thread::current().id()]);
    assert_eq!(threads(BUFFER).len(), 2);
}

#[test]
fn an_error_comes_in_its_turn_and_stays() {
    let mut changes = changes(BUFFER, |nth| match nth {
        9000 => Err(Error::new(ErrorKind::Codec, "not this one")),
        _ => Ok(()),
    });
    let mut rows = 0;
    let error = loop {
        match changes.next_run() {
            Ok(true) => {}
            Ok(false) => panic!("the end"),
            Err(error) => break error,
        }
        while changes.next_change().unwrap().is_some() {
            rows += 1;
        }
    };
    assert_eq!(error.kind(), ErrorKind::Codec);
    assert!((7000..=9000).contains(&rows), "{rows} rows before");
    assert_eq!(changes.next_run().unwrap_err().kind(), ErrorKind::Poisoned);
    assert!(changes.next_change().unwrap().is_none());
}

#[test]
fn a_panic_of_a_codec_reaches_the_reader() {
    let mut changes = changes(BUFFER, |nth| {
        assert_ne!(nth, 9000, "a codec panics");
        Ok(())
    });
    let panic = catch_unwind(AssertUnwindSafe(|| runs(&mut changes))).unwrap_err();
    assert!(
        panic
            .downcast_ref::<String>()
            .unwrap()
            .contains("a codec panics")
    );
    assert_eq!(changes.next_run().unwrap_err().kind(), ErrorKind::Poisoned);
}

/// Otherwise what only the view held would be held for a while yet.
#[test]
fn nothing_is_encoded_after_the_source_was_dropped() {
    let encoded = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&encoded);
    let mut changes = changes(BUFFER, move |_| {
        counted.fetch_add(1, Ordering::Relaxed);
        Ok(())
    });
    assert!(changes.next_run().unwrap() && changes.next_run().unwrap());
    drop(changes);
    assert_eq!(Arc::strong_count(&encoded), 1, "the thread holds the state");
    assert!(encoded.load(Ordering::Relaxed) < usize::try_from(KEYS).unwrap());
}
