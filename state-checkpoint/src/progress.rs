//! Progress of work that takes long: how many bytes and rows have gone by.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes between two reports.
const STEP: u64 = 1 << 20;

/// How far an operation is. Reported when a phase begins and ends, and in between about once per
/// MiB, never per row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// What is being done.
    pub phase: Phase,
    /// Bytes of files gone by in this phase.
    pub bytes: u64,
    /// How many there will be, where that is known.
    pub bytes_total: Option<u64>,
    /// Rows and tombstones gone by in this phase.
    pub rows: u64,
}

/// What an operation is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Phase {
    /// Opening files: their headers, indexes and footers.
    Open,
    /// Reading rows from files.
    Read,
    /// Writing rows into files.
    Write,
    /// Copying files from one storage to another.
    Copy,
    /// Writing the manifest.
    Publish,
    /// Reading files to check them.
    Verify,
}

/// Whom to tell, if anybody. Called on the thread that works: it should return soon.
#[derive(Clone, Default)]
pub(crate) struct Observer(Option<Arc<dyn Fn(Progress) + Send + Sync>>);

impl Observer {
    pub(crate) fn new(observer: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(observer)))
    }

    /// Counts a phase that begins now.
    pub(crate) fn begin(&self, phase: Phase, bytes_total: Option<u64>) -> Meter {
        let meter = Meter {
            observer: self.clone(),
            counts: Arc::new(Counts {
                phase,
                bytes_total,
                bytes: AtomicU64::new(0),
                rows: AtomicU64::new(0),
                next: AtomicU64::new(STEP),
            }),
        };
        meter.report();
        meter
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Some(_) => "Observer",
            None => "None",
        })
    }
}

/// Counts one phase and reports every [`STEP`]. Clones count together, on any threads.
#[derive(Clone, Debug)]
pub(crate) struct Meter {
    observer: Observer,
    counts: Arc<Counts>,
}

#[derive(Debug)]
struct Counts {
    phase: Phase,
    bytes_total: Option<u64>,
    bytes: AtomicU64,
    rows: AtomicU64,
    /// Number of bytes at which the next report is due.
    next: AtomicU64,
}

impl Meter {
    /// Counts `bytes` and `rows` more. Call it per block or per write, not per row.
    pub(crate) fn add(&self, bytes: u64, rows: u64) {
        // Counters: nothing else is ordered by them.
        let order = Ordering::Relaxed;
        self.counts.rows.fetch_add(rows, order);
        let bytes = self.counts.bytes.fetch_add(bytes, order) + bytes;
        let next = self.counts.next.load(order);
        if bytes >= next {
            let later = bytes.saturating_add(STEP);
            // Of several threads one reports.
            let won = self.counts.next.compare_exchange(next, later, order, order);
            if won.is_ok() {
                self.report();
            }
        }
    }

    /// Reports the end of the phase.
    pub(crate) fn end(&self) {
        self.report();
    }

    fn report(&self) {
        if let Some(observer) = &self.observer.0 {
            observer(Progress {
                phase: self.counts.phase,
                bytes: self.counts.bytes.load(Ordering::Relaxed),
                bytes_total: self.counts.bytes_total,
                rows: self.counts.rows.load(Ordering::Relaxed),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[test]
    fn reports_come_by_the_mebibyte_and_at_both_ends() {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&seen);
        let observer = Observer::new(move |progress| sink.lock().unwrap().push(progress));
        let meter = observer.begin(Phase::Read, Some(3 * STEP));
        for _ in 0..3 * 1024 {
            meter.add(1024, 2);
        }
        meter.end();
        let seen = seen.lock().unwrap();
        let counted: Vec<_> = seen.iter().map(|p| (p.bytes / STEP, p.rows)).collect();
        assert_eq!(
            counted,
            [(0, 0), (1, 2048), (2, 4096), (3, 6144), (3, 6144)]
        );
        assert!(seen.iter().all(|p| p.bytes_total == Some(3 * STEP)));
    }
}
