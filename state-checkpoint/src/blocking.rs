//! For programs without a runtime: waits on the calling thread.
//!
//! Everything in this crate that is async can be waited for by any executor, and so by none:
//!
//! ```
//! use state_checkpoint::blocking::block_on;
//! use state_checkpoint::{latest, list, storage};
//!
//! # fn main() -> state_api::Result<()> {
//! let storage = storage::open("memory:", [])?;
//! assert!(block_on(latest(&*storage))?.is_none());
//! assert!(block_on(list(&*storage))?.is_empty());
//! # Ok(())
//! # }
//! ```
//!
//! A storage over HTTP runs its requests on threads of its own, so the thread that waits need not
//! belong to a runtime. It may: then its runtime loses that thread for as long.

/// Drives `future` to its end on this thread, which sleeps in between.
pub fn block_on<F: Future>(future: F) -> F::Output {
    pollster::block_on(future)
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::sync::mpsc::sync_channel;
    use std::task::Poll;
    use std::thread;
    use std::time::Duration;

    use super::*;

    /// As happens where one file is made durable while a view encodes the rows of the next on a thread: both wake
    /// this one by the same means. It slept for ever.
    #[test]
    fn a_wake_that_comes_while_the_future_blocks_is_not_lost() {
        let mut polled = false;
        block_on(poll_fn(|context| {
            if polled {
                return Poll::Ready(());
            }
            polled = true;
            let waker = context.waker().clone();
            let (send, wait) = sync_channel(0);
            thread::spawn(move || {
                waker.wake();
                thread::sleep(Duration::from_millis(20));
                send.send(()).unwrap();
            });
            wait.recv().unwrap();
            Poll::Pending
        }));
    }
}
