//! Reads the rows of a restore on another thread while the backend takes them in.
//!
//! Reading, checking, decompressing and merging take about as long as what a backend does with the rows.
//! So rows are copied in batches into buffers that go back and forth between the two threads: one copy for a row,
//! and it is there when it is asked for, also where the storage is far away.

use std::mem::take;
use std::panic::resume_unwind;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use state_api::row::{RowRef, RowSource};
use state_api::{Error, ErrorKind, Result};

/// Bytes of a batch, at most; a row that is larger has one of its own.
const BATCH_BYTES: usize = 256 << 10;

/// Batches in memory: one is filled, one is read, and two wait.
const BATCHES: usize = 4;

/// Bytes that all batches take together beside rows that are larger than a batch: at most 1 MiB, and at
/// most a quarter of `buffer`.
pub(crate) fn bytes(buffer: usize) -> usize {
    (buffer / 4).min(BATCHES * BATCH_BYTES)
}

/// Has `take_in` take the rows of `source`, which are read on a thread of their own if they are more than one
/// batch. `buffer` is what reading may take in all.
///
/// # Errors
/// Those of `take_in`, to which those of `source` are given; [`ErrorKind::Io`] when the operating system
/// gives no thread.
pub(crate) fn read_ahead<S: RowSource + Send>(
    mut source: S,
    buffer: usize,
    take_in: impl FnOnce(&mut dyn RowSource) -> Result<()>,
) -> Result<()> {
    let batch_bytes = bytes(buffer) / BATCHES;
    let about_rows = source.about_rows();
    let mut first = Batch::default();
    if !first.fill(&mut source, batch_bytes)? {
        return take_in(&mut Batches::new(first, about_rows, None));
    }
    // Sending never waits: there are not more batches than places, and one for the end.
    let (send, batches) = sync_channel(BATCHES + 1);
    let (back, spare) = sync_channel(BATCHES);
    for _ in 1..BATCHES {
        let _there_is_room = back.send(Batch::default());
    }
    thread::scope(|scope| {
        let reader = thread::Builder::new().name("checkpoint-reader".to_owned());
        let reader = reader
            .spawn_scoped(scope, move || read(source, batch_bytes, &spare, &send))
            .map_err(|e| {
                Error::new(ErrorKind::Io, "no thread to read the checkpoint").with_source(e)
            })?;
        let mut rows = Batches::new(first, about_rows, Some((batches, back)));
        let taken = take_in(&mut rows);
        drop(rows); // the reader ends where nobody waits for rows
        match reader.join() {
            Ok(()) => taken,
            Err(panic) => resume_unwind(panic),
        }
    })
}

/// Fills spare batches until the rows, or the batches, are at their end. The end of the rows is a batch without
/// any: a reader that died has sent none.
fn read<S: RowSource>(
    mut source: S,
    batch_bytes: usize,
    spare: &Receiver<Batch>,
    filled: &SyncSender<Result<Batch>>,
) {
    while let Ok(mut batch) = spare.recv() {
        let more = batch.fill(&mut source, batch_bytes);
        let (failed, is_last) = (more.is_err(), matches!(more, Ok(false)));
        if filled.send(more.map(|_| batch)).is_err() || failed {
            return;
        }
        if is_last {
            let _read_by_nobody = filled.send(Ok(Batch::default()));
            return;
        }
    }
}

/// Rows, one behind the other: group, state, length of key and of envelope, key, envelope.
#[derive(Debug, Default)]
struct Batch {
    bytes: Vec<u8>,
    rows: Vec<Place>,
}

/// Where a row lies.
#[derive(Clone, Copy, Debug)]
struct Place {
    group: u16,
    state: u32,
    key_end: usize,
    end: usize,
}

impl Batch {
    /// Takes rows until there are about `bytes`, at least one; `false` when there are no more.
    fn fill<S: RowSource + ?Sized>(&mut self, source: &mut S, bytes: usize) -> Result<bool> {
        self.rows.clear();
        self.bytes.clear();
        self.bytes.shrink_to(2 * bytes); // what a large row took is not kept
        while self.held() < bytes || self.rows.is_empty() {
            let Some(row) = source.next_row()? else {
                return Ok(false);
            };
            self.bytes.extend_from_slice(row.key);
            let key_end = self.bytes.len();
            self.bytes.extend_from_slice(row.envelope);
            self.rows.push(Place {
                group: row.group,
                state: row.state,
                key_end,
                end: self.bytes.len(),
            });
        }
        Ok(true)
    }

    fn held(&self) -> usize {
        self.bytes.len() + self.rows.len() * size_of::<Place>()
    }
}

/// Batches that were filled, and the way back for those that were read.
type Exchange = (Receiver<Result<Batch>>, SyncSender<Batch>);

/// The rows of batches that another thread fills.
struct Batches {
    batch: Batch,
    /// The next row of the batch, and where it begins.
    next: usize,
    start: usize,
    about_rows: u64,
    others: Option<Exchange>,
}

impl Batches {
    fn new(batch: Batch, about_rows: u64, others: Option<Exchange>) -> Self {
        Self {
            batch,
            about_rows,
            next: 0,
            start: 0,
            others,
        }
    }

    /// Goes on to the next batch; `false` at the end.
    #[cold]
    fn next_batch(&mut self) -> Result<bool> {
        let Some((filled, spare)) = &self.others else {
            return Ok(false);
        };
        let Ok(batch) = filled.recv() else {
            // It panicked, which goes on when the backend has given up.
            return Err(Error::new(
                ErrorKind::Io,
                "the reader of the checkpoint died",
            ));
        };
        // Refused once the reader is at the end.
        let _refused = spare.send(take(&mut self.batch));
        (self.next, self.start) = (0, 0);
        self.batch = batch?;
        let is_end = self.batch.rows.is_empty();
        if is_end {
            self.others = None;
        }
        Ok(!is_end)
    }
}

impl RowSource for Batches {
    #[inline]
    fn next_row(&mut self) -> Result<Option<RowRef<'_>>> {
        if self.next == self.batch.rows.len() && !self.next_batch()? {
            return Ok(None);
        }
        let Some(&place) = self.batch.rows.get(self.next) else {
            return Ok(None);
        };
        let key = self.batch.bytes.get(self.start..place.key_end);
        let envelope = self.batch.bytes.get(place.key_end..place.end);
        self.next += 1;
        self.start = place.end;
        Ok(key.zip(envelope).map(|(key, envelope)| RowRef {
            group: place.group,
            state: place.state,
            key,
            envelope,
        }))
    }

    fn about_rows(&self) -> u64 {
        self.about_rows
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;

    /// Rows of the sizes given, whose number is their key; `end` is what comes behind them.
    struct Rows {
        sizes: Vec<usize>,
        next: usize,
        row: (Vec<u8>, Vec<u8>),
        end: fn() -> Result<()>,
    }

    impl RowSource for Rows {
        fn next_row(&mut self) -> Result<Option<RowRef<'_>>> {
            let Some(&size) = self.sizes.get(self.next) else {
                return (self.end)().map(|()| None);
            };
            self.row = (self.next.to_be_bytes().to_vec(), vec![7; size]);
            self.next += 1;
            Ok(Some(RowRef {
                group: u16::try_from(self.next / 100).unwrap(),
                state: u32::try_from(self.next / 10).unwrap(),
                key: &self.row.0,
                envelope: &self.row.1,
            }))
        }
    }

    fn rows(sizes: &[usize], end: fn() -> Result<()>) -> Rows {
        Rows {
            sizes: sizes.to_vec(),
            next: 0,
            row: <(Vec<u8>, Vec<u8>)>::default(),
            end,
        }
    }

    /// Group, state, key and length of the envelope of each row.
    fn all(rows: &mut dyn RowSource) -> Result<Vec<(u16, u32, Vec<u8>, usize)>> {
        let mut all = Vec::new();
        while let Some(row) = rows.next_row()? {
            all.push((row.group, row.state, row.key.to_vec(), row.envelope.len()));
        }
        Ok(all)
    }

    #[test]
    fn all_rows_come_in_order_whatever_the_batch() {
        let sizes: Vec<usize> = (0..500).map(|i| [0, 1, 3000, 17][i % 4]).collect();
        let expected = all(&mut rows(&sizes, || Ok(()))).unwrap();
        for buffer in [0, 1, 1000, 60_000, 1 << 20] {
            let mut found = Vec::new();
            read_ahead(rows(&sizes, || Ok(())), buffer, |rows| {
                found = all(rows)?;
                Ok(())
            })
            .unwrap();
            assert_eq!(found, expected, "buffer of {buffer}");
        }
    }

    /// Notes the thread of each call.
    struct Here<'a>(Rows, &'a mut Vec<thread::ThreadId>);

    impl RowSource for Here<'_> {
        fn next_row(&mut self) -> Result<Option<RowRef<'_>>> {
            self.1.push(thread::current().id());
            self.0.next_row()
        }
    }

    #[test]
    fn few_rows_are_read_without_a_thread() {
        let here = thread::current().id();
        let mut took = Vec::new();
        let few = Here(rows(&[1, 2, 3], || Ok(())), &mut took);
        read_ahead(few, 1 << 20, |rows| all(rows).map(drop)).unwrap();
        assert_eq!(took, [here; 4]);
    }

    #[test]
    fn an_error_behind_many_rows_reaches_the_backend_after_them() {
        let broken = rows(&[1000; 300], || Err(Error::new(ErrorKind::Corrupt, "end")));
        let mut count = 0;
        let result = read_ahead(broken, 16 << 10, |rows| {
            while rows.next_row()?.is_some() {
                count += 1;
            }
            Ok(())
        });
        assert_eq!(result.unwrap_err().kind(), ErrorKind::Corrupt);
        assert!(count >= 280, "{count} rows");
    }

    #[test]
    fn a_backend_that_gives_up_ends_the_reader() {
        let endless = rows(&vec![1000; 5000], || panic!("all rows were read"));
        let result = read_ahead(endless, 16 << 10, |rows| {
            rows.next_row()?;
            Err(Error::new(ErrorKind::Poisoned, "enough"))
        });
        assert_eq!(result.unwrap_err().kind(), ErrorKind::Poisoned);
    }

    /// Or a backend would commit some of the rows as all.
    #[test]
    fn a_panic_of_the_reader_is_no_end_of_rows() {
        let mad = rows(&[1000; 300], || panic!("the storage is mad"));
        let mut ended = false;
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            read_ahead(mad, 16 << 10, |rows| {
                while rows.next_row()?.is_some() {}
                ended = true;
                Ok(())
            })
        }));
        assert!(outcome.is_err() && !ended);
    }

    #[test]
    fn a_large_row_leaves_no_large_batch() {
        let sizes: Vec<usize> = (0..40).map(|i| if i < 10 { 300_000 } else { 10 }).collect();
        let (mut source, mut batch) = (rows(&sizes, || Ok(())), Batch::default());
        while batch.fill(&mut source, 256).unwrap() {}
        assert!(batch.bytes.capacity() <= 512, "{}", batch.bytes.capacity());
    }

    #[test]
    #[should_panic(expected = "the storage is mad")]
    fn a_panic_of_the_reader_is_one_here() {
        let mad = rows(&[1000; 300], || panic!("the storage is mad"));
        let _ = read_ahead(mad, 16 << 10, |rows| all(rows).map(drop));
    }
}
