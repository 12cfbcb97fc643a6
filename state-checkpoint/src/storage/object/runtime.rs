//! Where requests run: on a tokio runtime, whatever drives the caller's future.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use state_api::{Error, ErrorKind, Result};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::{JoinError, JoinHandle};

/// Threads of a runtime of our own. They wait for the network and compute digests for TLS.
const THREADS: usize = 2;

/// The runtime of a storage. Clones share it; it ends with the last one.
#[derive(Clone)]
pub(super) struct Executor {
    handle: Handle,
    /// Held, never read: `None` for a runtime of the caller's.
    _own: Option<Arc<Own>>,
}

/// Ended without waiting: to wait is a panic where the last storage is dropped by async code.
struct Own(Option<Runtime>);

impl Drop for Own {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

impl Executor {
    /// A runtime of our own.
    pub(super) fn own() -> Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(THREADS)
            .thread_name("state-object")
            .enable_all()
            .build()
            .map_err(|e| {
                Error::new(ErrorKind::Io, format!("threads cannot be started: {e}")).with_source(e)
            })?;
        Ok(Self {
            handle: runtime.handle().clone(),
            _own: Some(Arc::new(Own(Some(runtime)))),
        })
    }

    /// A runtime of the caller's.
    pub(super) fn given(handle: Handle) -> Self {
        Self { handle, _own: None }
    }

    #[cfg(feature = "hdfs")]
    pub(super) fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Starts `work`. It ends early when the [`Task`] is dropped.
    pub(super) fn spawn<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Task<T> {
        Task(self.handle.spawn(work))
    }

    /// Starts `work`, which runs to its end as long as the process lives and keeps the runtime.
    pub(super) fn detach(&self, work: impl Future<Output = ()> + Send + 'static) {
        let keep = self.clone();
        self.handle.spawn(async move {
            work.await;
            drop(keep);
        });
    }
}

impl fmt::Debug for Executor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Executor")
    }
}

/// Work that was started; any executor can wait for it.
#[derive(Debug)]
pub(super) struct Task<T>(JoinHandle<T>);

impl<T> Future for Task<T> {
    type Output = Result<T, JoinError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx)
    }
}

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
