//! Files as objects of S3, Google Cloud Storage, Azure, or any other `object_store::ObjectStore`.

mod error;
mod options;
mod runtime;
#[cfg(feature = "s3")]
mod s3;
mod write_id;
mod writer;

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use object_store::path::Path;
use object_store::{
    Error as StoreError, GetOptions, GetResult, ObjectStore, ObjectStoreExt, PutMode, PutOptions,
    PutPayload,
};
use state_api::{Error, ErrorKind, Result};

use self::error::{cut_off, failed, failed_io, undecided};
use self::runtime::Executor;
use self::write_id::WriteId;
use self::writer::ObjectWriter;
use super::local::check_range;
use super::{CheckpointStorage, FileWriter, check_path, is_name};
use crate::damage::corrupt;

pub use self::options::{MIN_PART_BYTES, ObjectOptions};
#[cfg(feature = "s3")]
pub(super) use self::s3::CreateOnly;

/// A prefix of an object store. Clones share the client and its runtime.
///
/// - Needs no runtime of the caller's: requests run on threads of the storage (or of
///   [`ObjectOptions::with_runtime`]), and any executor can wait for them.
/// - [`put_new`](CheckpointStorage::put_new), and a file of up to one part, is one create-only request:
///   the store itself lets one of many writers win (`If-None-Match: *` on S3 and Azure, a generation
///   of 0 on Google Cloud Storage). A store that ignores the condition keeps nothing of this promise.
/// - A larger file is a multipart upload. Before it is completed the name is looked up, and a taken one
///   is `Conflict`. On S3 opened by [`open`](super::open) the completion is conditional as well, and so
///   atomic. **Elsewhere the look-up is all there is**: of two that complete one name at
///   the same moment, the later one replaces the file of the first. The runs of this crate have
///   names of 128 random bits, so no two writers ever share one.
/// - An upload that is dropped or fails is aborted, if the process lives long enough and the store
///   answers. Have the store remove what is left: a rule for incomplete multipart uploads.
/// - The client repeats requests by itself (`retries` of [`open`](super::open)). A create-only write
///   whose answer was lost then finds its own file; it is known again by an id in the metadata of the
///   object and is a success. Where metadata is not kept it is `Conflict`, as the contract allows.
/// - [`delete`](CheckpointStorage::delete) looks the file up and then removes it, since stores call
///   it a success to remove nothing. The two are not atomic: of two concurrent deletes both may be `Ok`.
/// - Durability is the store's: its answer to a write is taken for a promise.
#[derive(Clone)]
pub struct ObjectStorage(Arc<Inner>);

struct Inner {
    store: Arc<dyn ObjectStore>,
    prefix: Path,
    options: ObjectOptions,
    executor: Executor,
    name: String,
}

impl ObjectStorage {
    /// The storage below `prefix` of `store`; an empty prefix is all of it.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] when `prefix` is no path (empty segments, `.` and `..`);
    /// [`ErrorKind::Io`] when the runtime's threads cannot be started.
    pub fn new(store: Arc<dyn ObjectStore>, prefix: &str, options: ObjectOptions) -> Result<Self> {
        let executor = executor(&options)?;
        Self::on(executor, store, prefix, options)
    }

    /// As [`new`](Self::new), for a client that has to know the runtime.
    #[cfg(feature = "hdfs")]
    pub(super) fn on_runtime(
        prefix: &str,
        options: ObjectOptions,
        store: impl FnOnce(tokio::runtime::Handle) -> Result<Arc<dyn ObjectStore>>,
    ) -> Result<Self> {
        let executor = executor(&options)?;
        let store = store(executor.handle().clone())?;
        Self::on(executor, store, prefix, options)
    }

    fn on(
        executor: Executor,
        store: Arc<dyn ObjectStore>,
        prefix: &str,
        options: ObjectOptions,
    ) -> Result<Self> {
        let prefix = Path::parse(prefix).map_err(|e| {
            Error::new(
                ErrorKind::Invalid,
                "a prefix is a path of segments that are not empty, `.` or `..`",
            )
            .with("prefix", prefix.escape_debug())
            .with_source(e)
        })?;
        let name = match &options.name {
            Some(name) => name.clone(),
            None => format!("{store}/{prefix}"),
        };
        Ok(Self(Arc::new(Inner {
            store,
            prefix,
            options,
            executor,
            name,
        })))
    }
}

/// The runtime that `options` ask for.
fn executor(options: &ObjectOptions) -> Result<Executor> {
    match &options.runtime {
        Some(handle) => Ok(Executor::given(handle.clone())),
        None => Executor::own(),
    }
}

impl Inner {
    /// The object of a checked path.
    fn locate(&self, path: &str) -> Path {
        path.split('/').fold(self.prefix.clone(), Path::join)
    }

    /// Runs one request on the runtime.
    async fn run<T, F>(
        &self,
        path: &str,
        work: impl FnOnce(Arc<dyn ObjectStore>) -> F,
    ) -> Result<Result<T, StoreError>>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, StoreError>> + Send + 'static,
    {
        let work = work(Arc::clone(&self.store));
        self.executor
            .spawn(work)
            .await
            .map_err(|e| cut_off(path, e))
    }

    async fn head(&self, path: &str) -> Result<Result<GetResult, StoreError>> {
        let location = self.locate(path);
        let options = GetOptions::new().with_head(true);
        self.run(path, |store| async move {
            store.get_opts(&location, options).await
        })
        .await
    }

    async fn size(&self, path: &str) -> Result<u64> {
        match self.head(path).await? {
            Ok(found) => Ok(found.meta.size),
            Err(e) => Err(failed("a file has no size", path, e)),
        }
    }

    /// One create-only request.
    async fn put_new(&self, path: &str, payload: PutPayload) -> Result<()> {
        let location = self.locate(path);
        let id = WriteId::new(self.options.write_ids)?;
        let options = PutOptions {
            mode: PutMode::Create,
            attributes: id.attributes(),
            ..PutOptions::default()
        };
        let put = self
            .run(path, |store| async move {
                store.put_opts(&location, payload, options).await
            })
            .await?;
        match put {
            Ok(_) => Ok(()),
            Err(e) => self.settle(path, &id, e).await,
        }
    }

    /// Says what became of a create-only request that ended in `error`.
    ///
    /// A store says "taken" to somebody else's name, to the name that this same write took when the
    /// client repeated it, and when it cannot decide between writes under way. A look at the name tells
    /// these apart.
    async fn settle(&self, path: &str, id: &WriteId, error: StoreError) -> Result<()> {
        let message = "a file cannot be written";
        match error {
            StoreError::AlreadyExists { .. } | StoreError::Precondition { .. } => {}
            error => return Err(failed_io(message, path, error)),
        }
        match self.head(path).await? {
            Ok(found) if id.made(&found.attributes) => Ok(()),
            Ok(_) => Err(taken(path)),
            Err(StoreError::NotFound { .. }) => Err(undecided(message, path, error)),
            Err(e) => Err(failed_io(message, path, e)),
        }
    }

    /// Says what became of a completion that ended in `error`.
    ///
    /// Errors of a completion have many shapes: S3 may answer 200 and put the error into the text, and
    /// one that succeeded and is repeated finds its upload gone. So the name is looked at whatever
    /// the error.
    async fn settle_completion(&self, path: &str, id: &WriteId, error: StoreError) -> Result<()> {
        let message = "an upload cannot be completed";
        match self.head(path).await? {
            Ok(found) if id.made(&found.attributes) => Ok(()),
            Ok(_) => Err(taken(path)),
            Err(_) => Err(undecided(message, path, error)),
        }
    }
}

#[cold]
fn taken(path: &str) -> Error {
    Error::new(ErrorKind::Conflict, "the file exists").with("file", path)
}

#[async_trait]
impl CheckpointStorage for ObjectStorage {
    async fn create(&self, path: &str) -> Result<Box<dyn FileWriter>> {
        check_path(path)?;
        Ok(Box::new(ObjectWriter::new(Arc::clone(&self.0), path)))
    }

    async fn put_new(&self, path: &str, bytes: &[u8]) -> Result<()> {
        check_path(path)?;
        self.0.put_new(path, bytes.to_vec().into()).await
    }

    async fn read(&self, path: &str, range: Range<u64>) -> Result<Vec<u8>> {
        check_path(path)?;
        check_range(path, &range)?;
        let too_early = |size| corrupt(path, size, "the file ends too early");
        if range.is_empty() {
            // No request can ask for no bytes.
            let size = self.0.size(path).await?;
            return if range.end <= size {
                Ok(Vec::new())
            } else {
                Err(too_early(size))
            };
        }
        let location = self.0.locate(path);
        let options = GetOptions::new().with_range(Some(range.clone()));
        let asked = range.clone();
        let got = self
            .0
            .run(path, |store| async move {
                let found = store.get_opts(&location, options).await?;
                if found.range != asked {
                    return Ok(Err(found.meta.size));
                }
                found.bytes().await.map(Ok)
            })
            .await?;
        let failed = |e| failed("a file cannot be read", path, e).with("offset", range.start);
        match got {
            Ok(Ok(bytes)) if bytes.len() as u64 == range.end - range.start => Ok(bytes.into()),
            // A store that breaks off without saying so.
            Ok(Ok(bytes)) => Err(too_early(range.start.saturating_add(bytes.len() as u64))),
            Ok(Err(size)) => Err(too_early(size)),
            Err(e @ StoreError::Generic { .. }) => match self.0.size(path).await {
                // A range beyond the end is an error without a name of its own.
                Ok(size) if range.end > size => Err(too_early(size)),
                _ => Err(failed(e)),
            },
            Err(e) => Err(failed(e)),
        }
    }

    async fn size(&self, path: &str) -> Result<u64> {
        check_path(path)?;
        self.0.size(path).await
    }

    async fn list(&self, dir: &str) -> Result<Vec<String>> {
        check_path(dir)?;
        let location = self.0.locate(dir);
        let listed = self
            .0
            .run(dir, |store| async move {
                let found = store.list_with_delimiter(Some(&location)).await?;
                let names = found.objects.into_iter().filter_map(|object| {
                    let mut below = object.location.prefix_match(&location)?;
                    match (below.next(), below.next()) {
                        (Some(name), None) => Some(name.as_ref().to_owned()),
                        _ => None,
                    }
                });
                Ok(names.filter(|name| is_name(name)).collect::<Vec<_>>())
            })
            .await?;
        let mut names = listed.map_err(|e| failed_io("a directory cannot be listed", dir, e))?;
        names.sort_unstable();
        Ok(names)
    }

    async fn delete(&self, path: &str) -> Result<()> {
        check_path(path)?;
        let failed = |e| failed("a file cannot be deleted", path, e);
        self.0.head(path).await?.map_err(failed)?;
        let location = self.0.locate(path);
        self.0
            .run(path, |store| async move { store.delete(&location).await })
            .await?
            .map_err(failed)
    }
}

impl fmt::Debug for ObjectStorage {
    /// As `Display`: clients hold credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ObjectStorage").field(&self.0.name).finish()
    }
}

impl fmt::Display for ObjectStorage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.name)
    }
}
