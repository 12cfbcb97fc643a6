//! Work that blocks for long, for a future that must not.

use std::thread;

use futures_channel::oneshot;
use state_api::{Error, ErrorKind, Result};

/// Does `work` on a thread of its own and waits for it. It begins with the first poll; dropped after that, it goes on by
/// itself.
///
/// # Errors
/// Those of `work`; [`ErrorKind::Io`] when the operating system gives no thread, or `work` panicked.
pub(crate) async fn offload<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let (send, result) = oneshot::channel();
    let thread = thread::Builder::new().name(name.to_owned());
    thread
        .spawn(move || {
            let _nobody_waits = send.send(work());
        })
        .map_err(|e| Error::new(ErrorKind::Io, "no thread for work that blocks").with_source(e))?;
    result
        .await
        .unwrap_or_else(|_| Err(Error::new(ErrorKind::Io, "work on a thread panicked")))
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::pin::pin;
    use std::sync::mpsc::channel;
    use std::task::Poll;

    use pollster::block_on;

    use super::*;

    #[test]
    fn the_caller_goes_on_meanwhile() {
        let (go, wait) = channel();
        let work = offload("work", move || Ok(wait.recv().unwrap()));
        let mut work = pin!(work);
        block_on(poll_fn(|context| {
            assert!(work.as_mut().poll(context).is_pending());
            Poll::Ready(())
        }));
        go.send(7).unwrap();
        assert_eq!(block_on(work).unwrap(), 7);
    }

    #[test]
    fn a_panic_is_an_error() {
        let work = offload::<()>("work", || panic!("on purpose"));
        assert_eq!(block_on(work).unwrap_err().kind(), ErrorKind::Io);
    }
}
