//! Progress of work that takes long: how many bytes and rows have gone by.

use std::fmt;
use std::sync::Arc;

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
    /// How many there will be, where that is known. An upper bound: what need not be read is left out
    /// as it is found.
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
            progress: Progress {
                phase,
                bytes: 0,
                bytes_total,
                rows: 0,
            },
            next: STEP,
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

/// Counts one phase and reports every [`STEP`].
#[derive(Debug)]
pub(crate) struct Meter {
    observer: Observer,
    progress: Progress,
    /// Number of bytes at which the next report is due.
    next: u64,
}

impl Meter {
    /// Counts `bytes` and `rows` more. Call it per block or per write, not per row.
    pub(crate) fn add(&mut self, bytes: u64, rows: u64) {
        self.progress.bytes = self.progress.bytes.saturating_add(bytes);
        self.progress.rows = self.progress.rows.saturating_add(rows);
        if self.progress.bytes >= self.next {
            self.next = self.progress.bytes.saturating_add(STEP);
            self.report();
        }
    }

    /// Reports the end of the phase.
    pub(crate) fn end(&self) {
        self.report();
    }

    fn report(&self) {
        if let Some(observer) = &self.observer.0 {
            observer(self.progress);
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
        let mut meter = observer.begin(Phase::Read, Some(3 * STEP));
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
