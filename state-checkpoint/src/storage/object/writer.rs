//! A file being written: kept until it is larger than one part, then uploaded part by part.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use object_store::{
    Error as StoreError, MultipartUpload, PutMultipartOptions, PutPayload, PutResult,
};
use state_api::{Error, ErrorKind, Result};

use super::error::{cut_off, failed_io};
use super::options::MAX_PARTS;
use super::runtime::{Executor, Task};
use super::write_id::WriteId;
use super::{Inner, taken};
use crate::storage::FileWriter;

pub(super) struct ObjectWriter {
    inner: Arc<Inner>,
    path: String,
    /// At most one part.
    buffer: Vec<u8>,
    /// From the second part on.
    upload: Option<Upload>,
    /// After a failed part the file is given up.
    failed: bool,
}

/// A multipart upload under way.
struct Upload {
    /// Parts under way, oldest first. Before `open`: dropped first, so that nothing is sent into an
    /// upload that is being aborted.
    sending: VecDeque<Task<Result<(), StoreError>>>,
    open: Open,
    id: WriteId,
    /// Parts that were begun.
    parts: usize,
}

/// Aborts the upload when it is dropped unfinished: the parts sent so far would stay, and cost.
struct Open {
    upload: Option<Box<dyn MultipartUpload>>,
    executor: Executor,
}

impl Open {
    async fn complete(mut self) -> Result<PutResult, StoreError> {
        let Some(upload) = &mut self.upload else {
            return Err(StoreError::NotSupported {
                source: "an upload ends once".into(),
            });
        };
        let done = upload.complete().await?;
        self.upload = None;
        Ok(done)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if let Some(mut upload) = self.upload.take() {
            self.executor.detach(async move {
                // If this fails, the store's own rule has to remove what was sent.
                let _ = upload.abort().await;
            });
        }
    }
}

impl ObjectWriter {
    pub(super) fn new(inner: Arc<Inner>, path: &str) -> Self {
        Self {
            inner,
            path: path.to_owned(),
            buffer: Vec::new(),
            upload: None,
            failed: false,
        }
    }

    async fn append(&mut self, mut bytes: &[u8]) -> Result<()> {
        let part = self.inner.options.part_bytes;
        while !bytes.is_empty() {
            // A full buffer waits for a byte more: it may be all of the file.
            if self.buffer.len() >= part {
                self.send().await?;
            }
            let (head, tail) = bytes.split_at(bytes.len().min(part - self.buffer.len()));
            self.buffer.extend_from_slice(head);
            bytes = tail;
        }
        Ok(())
    }

    /// Sends the buffer as the next part, after waiting for the oldest one if too many are under way.
    async fn send(&mut self) -> Result<()> {
        if self.upload.is_none() {
            self.upload = Some(Upload::begin(&self.inner, &self.path).await?);
            self.buffer.shrink_to_fit();
        }
        let Some(upload) = &mut self.upload else {
            return Ok(());
        };
        while upload.sending.len() >= self.inner.options.concurrency {
            upload.wait_for_oldest(&self.path).await?;
        }
        let next = Vec::with_capacity(self.inner.options.part_bytes);
        let part = std::mem::replace(&mut self.buffer, next);
        upload.start_part(part.into(), &self.path)
    }

    async fn publish(mut self) -> Result<()> {
        self.check()?;
        if self.upload.is_none() {
            let bytes = std::mem::take(&mut self.buffer);
            return self.inner.put_new(&self.path, bytes.into()).await;
        }
        self.send().await?;
        let Self {
            inner,
            path,
            upload: Some(mut upload),
            ..
        } = self
        else {
            return Ok(());
        };
        while !upload.sending.is_empty() {
            upload.wait_for_oldest(&path).await?;
        }
        // Cheaper than the completion, and for stores without a conditional one all there is.
        match inner.head(&path).await? {
            Err(StoreError::NotFound { .. }) => {}
            Ok(_) => return Err(taken(&path)),
            Err(e) => return Err(failed_io("a name cannot be looked up", &path, e)),
        }
        let Upload { open, id, .. } = upload;
        let completed = inner.executor.spawn(open.complete()).await;
        match completed.map_err(|e| cut_off(&path, e))? {
            Ok(_) => Ok(()),
            Err(e) => inner.settle_completion(&path, &id, e).await,
        }
    }

    fn check(&self) -> Result<()> {
        if self.failed {
            return Err(
                Error::new(ErrorKind::Poisoned, "an earlier write of this file failed")
                    .with("file", &self.path),
            );
        }
        Ok(())
    }
}

impl Upload {
    async fn begin(inner: &Inner, path: &str) -> Result<Self> {
        let location = inner.locate(path);
        let id = WriteId::new(inner.options.write_ids)?;
        let options = PutMultipartOptions {
            attributes: id.attributes(),
            ..PutMultipartOptions::default()
        };
        let executor = inner.executor.clone();
        // Guarded inside of the task: it may end while nobody waits for it any more.
        let open = inner
            .run(path, |store| async move {
                let upload = store.put_multipart_opts(&location, options).await?;
                Ok(Open {
                    upload: Some(upload),
                    executor,
                })
            })
            .await?
            .map_err(|e| failed_io("an upload cannot be begun", path, e))?;
        Ok(Self {
            open,
            id,
            parts: 0,
            sending: VecDeque::new(),
        })
    }

    fn start_part(&mut self, part: PutPayload, path: &str) -> Result<()> {
        if self.parts == MAX_PARTS {
            return Err(Error::new(
                ErrorKind::Invalid,
                "a file has too many parts: raise part_bytes",
            )
            .with("file", path)
            .with("at_most", MAX_PARTS));
        }
        if let Some(upload) = &mut self.open.upload {
            let sent = upload.put_part(part);
            self.sending.push_back(self.open.executor.spawn(sent));
            self.parts += 1;
        }
        Ok(())
    }

    async fn wait_for_oldest(&mut self, path: &str) -> Result<()> {
        if let Some(task) = self.sending.pop_front() {
            task.await
                .map_err(|e| cut_off(path, e))?
                .map_err(|e| failed_io("a part of a file cannot be written", path, e))?;
        }
        Ok(())
    }
}

#[async_trait]
impl FileWriter for ObjectWriter {
    async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.check()?;
        // Set before, not after: the future may be dropped in between.
        self.failed = true;
        self.append(bytes).await?;
        self.failed = false;
        Ok(())
    }

    async fn finish(self: Box<Self>) -> Result<()> {
        self.publish().await
    }
}

impl fmt::Debug for ObjectWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObjectWriter")
            .field("storage", &self.inner.name)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}
