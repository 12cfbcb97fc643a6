//! Encodes the next run on another thread while one is read.

use std::mem::replace;
use std::panic::resume_unwind;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use state_api::{Error, ErrorKind, Result};

use crate::buffer::RowBuffer;
use crate::runs::Walks;

/// A thread that fills one buffer while another is read: the two change hands.
pub(crate) struct Ahead {
    /// Bytes of a buffer.
    budget: usize,
    /// Empty buffers, to the thread.
    spare: Option<SyncSender<RowBuffer>>,
    /// Sorted runs, from the thread. Ends with the last one, or with an error.
    filled: Receiver<Result<RowBuffer>>,
    thread: Option<JoinHandle<()>>,
}

impl Ahead {
    /// Begins with the next run, in a buffer of `budget` bytes.
    pub(crate) fn start(mut walks: Walks, budget: usize) -> Result<Self> {
        // Two buffers are in the world, so nobody ever waits to send one.
        let (spare, spares) = sync_channel(2);
        let (runs, filled) = sync_channel(2);
        let work = move || {
            let mut next = Ok(RowBuffer::new(budget));
            while let Ok(mut buffer) = next {
                let more = walks.next_run(&mut buffer);
                let is_last = !matches!(more, Ok(true));
                if runs.send(more.map(|_| buffer)).is_err() || is_last {
                    return;
                }
                next = spares.recv();
            }
        };
        let thread = thread::Builder::new().name("checkpoint-rows".to_owned());
        let thread = thread.spawn(work).map_err(|e| {
            Error::new(ErrorKind::Io, "no thread for the rows of a checkpoint").with_source(e)
        })?;
        Ok(Self {
            budget,
            spare: Some(spare),
            filled,
            thread: Some(thread),
        })
    }

    /// Exchanges a buffer that was read for the next run; `false`, and the buffer as it was, when there
    /// is none.
    ///
    /// # Panics
    /// As the thread did.
    pub(crate) fn exchange(&mut self, buffer: &mut RowBuffer) -> Result<bool> {
        let Ok(run) = self.filled.recv() else {
            if let Some(Err(panic)) = self.thread.take().map(JoinHandle::join) {
                resume_unwind(panic); // a user's codec did; it is no less of a panic here
            }
            return Ok(false);
        };
        let mut read = replace(buffer, run?);
        if read.budget() < self.budget {
            read = RowBuffer::new(self.budget);
        }
        read.clear();
        if let Some(spare) = &self.spare {
            // Refused when the run was the last one, which the next call finds.
            let _refused = spare.send(read);
        }
        Ok(true)
    }
}

impl Drop for Ahead {
    fn drop(&mut self) {
        self.spare = None;
        if let Some(thread) = self.thread.take() {
            // What it panicked with concerns nobody any more.
            let _panic = thread.join();
        }
    }
}
