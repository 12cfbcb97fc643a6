//! Objects in memory that behave like those of S3: conditional writes, multipart uploads, pages.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, SystemTime};

use futures_util::StreamExt;
use s3s::dto::*;
use s3s::{Body, S3, S3ErrorCode, S3Request, S3Response, S3Result, s3_error};
use tokio::sync::Barrier;

use super::BUCKET;

/// Objects of one bucket.
#[derive(Default)]
pub(crate) struct Objects {
    state: Mutex<State>,
    sending: AtomicUsize,
    /// Most parts that were received at the same time.
    pub(crate) most_sending: AtomicUsize,
    /// Requests of all kinds.
    pub(crate) requests: AtomicUsize,
    /// Where completions wait for each other.
    completions: Mutex<Option<Arc<Barrier>>>,
    /// Where parts do.
    parts: Mutex<Option<Arc<Barrier>>>,
    /// Which of the next requests are answered with this error.
    refuse: Mutex<Option<(Range<usize>, S3ErrorCode)>>,
}

#[derive(Default)]
struct State {
    objects: BTreeMap<String, Object_>,
    uploads: BTreeMap<String, Upload>,
    next: u64,
}

#[derive(Clone)]
struct Object_ {
    bytes: Vec<u8>,
    metadata: Option<Metadata>,
    e_tag: String,
}

struct Upload {
    key: String,
    metadata: Option<Metadata>,
    parts: BTreeMap<i32, Vec<u8>>,
}

impl Objects {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Uploads that were neither completed nor aborted.
    pub(crate) fn open_uploads(&self) -> usize {
        self.lock().uploads.len()
    }

    pub(crate) fn keys(&self) -> Vec<String> {
        self.lock().objects.keys().cloned().collect()
    }

    /// Puts an object there as somebody else would.
    pub(crate) fn plant(&self, key: &str) {
        let object = Object_ {
            bytes: Vec::new(),
            metadata: None,
            e_tag: "\"0\"".to_owned(),
        };
        self.lock().objects.insert(key.to_owned(), object);
    }

    /// Answers the next `count` requests with `code`.
    pub(crate) fn refuse(&self, count: usize, code: S3ErrorCode) {
        let next = self.requests.load(Ordering::SeqCst);
        *self.refuse.lock().unwrap() = Some((next..next + count, code));
    }

    /// Holds completions back until there are `count` of them.
    pub(crate) fn gather_completions(&self, count: usize) {
        *self.completions.lock().unwrap() = Some(Arc::new(Barrier::new(count)));
    }

    /// Holds parts back until there are `count` of them.
    pub(crate) fn gather_parts(&self, count: usize) {
        *self.parts.lock().unwrap() = Some(Arc::new(Barrier::new(count)));
    }

    /// Answers one request with `code`, behind `count` others.
    pub(crate) fn refuse_after(&self, count: usize, code: S3ErrorCode) {
        let at = self.requests.load(Ordering::SeqCst) + count;
        *self.refuse.lock().unwrap() = Some((at..at + 1, code));
    }

    fn begin(&self, bucket: &str) -> S3Result<()> {
        let number = self.requests.fetch_add(1, Ordering::SeqCst);
        if let Some((numbers, code)) = &*self.refuse.lock().unwrap()
            && numbers.contains(&number)
        {
            return Err(code.clone().into());
        }
        if bucket == BUCKET {
            Ok(())
        } else {
            Err(s3_error!(NoSuchBucket))
        }
    }
}

impl State {
    fn unique(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// Creates or replaces, as the condition allows.
    fn put(
        &mut self,
        key: String,
        bytes: Vec<u8>,
        metadata: Option<Metadata>,
        if_none_match: Option<&str>,
    ) -> S3Result<String> {
        match if_none_match {
            None => {}
            Some("*") if !self.objects.contains_key(&key) => {}
            Some("*") => return Err(s3_error!(PreconditionFailed)),
            Some(_) => return Err(s3_error!(NotImplemented)),
        }
        let e_tag = format!("\"{}\"", self.unique());
        let object = Object_ {
            bytes,
            metadata,
            e_tag: e_tag.clone(),
        };
        self.objects.insert(key, object);
        Ok(e_tag)
    }

    fn get(&self, key: &str) -> S3Result<Object_> {
        self.objects
            .get(key)
            .cloned()
            .ok_or_else(|| s3_error!(NoSuchKey))
    }
}

async fn read(body: Option<StreamingBlob>) -> S3Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(mut body) = body {
        while let Some(piece) = body.next().await {
            bytes.extend_from_slice(&piece.map_err(|_| s3_error!(IncompleteBody))?);
        }
    }
    Ok(bytes)
}

fn len(bytes: &[u8]) -> Option<i64> {
    i64::try_from(bytes.len()).ok()
}

async fn wait(gather: &Mutex<Option<Arc<Barrier>>>) {
    let gather = gather.lock().unwrap().clone();
    if let Some(gather) = gather {
        gather.wait().await;
    }
}

/// Every object is of the same time.
fn then() -> Timestamp {
    SystemTime::UNIX_EPOCH.into()
}

/// Objects as a service.
pub(crate) struct Serving(pub(crate) Arc<Objects>);

#[async_trait::async_trait]
impl S3 for Serving {
    async fn put_object(
        &self,
        request: S3Request<PutObjectInput>,
    ) -> S3Result<S3Response<PutObjectOutput>> {
        let input = request.input;
        self.0.begin(&input.bucket)?;
        let bytes = read(input.body).await?;
        let condition = input.if_none_match.as_deref();
        let e_tag = self
            .0
            .lock()
            .put(input.key, bytes, input.metadata, condition)?;
        Ok(S3Response::new(PutObjectOutput {
            e_tag: Some(e_tag),
            ..Default::default()
        }))
    }

    async fn get_object(
        &self,
        request: S3Request<GetObjectInput>,
    ) -> S3Result<S3Response<GetObjectOutput>> {
        let input = request.input;
        self.0.begin(&input.bucket)?;
        let object = self.0.lock().get(&input.key)?;
        let size = object.bytes.len();
        let mut output = GetObjectOutput {
            e_tag: Some(object.e_tag),
            last_modified: Some(then()),
            metadata: object.metadata,
            ..Default::default()
        };
        let bytes = match input.range {
            None => object.bytes,
            Some(range) => {
                let range = range
                    .check(size as u64)
                    .map_err(|_| s3_error!(InvalidRange))?;
                output.content_range = Some(format!(
                    "bytes {}-{}/{size}",
                    range.start,
                    range.end.saturating_sub(1)
                ));
                let start = usize::try_from(range.start).unwrap();
                object.bytes[start..usize::try_from(range.end).unwrap()].to_vec()
            }
        };
        output.content_length = len(&bytes);
        output.body = Some(StreamingBlob::from(Body::from(bytes)));
        Ok(S3Response::new(output))
    }

    async fn head_object(
        &self,
        request: S3Request<HeadObjectInput>,
    ) -> S3Result<S3Response<HeadObjectOutput>> {
        let input = request.input;
        self.0.begin(&input.bucket)?;
        let object = self.0.lock().get(&input.key)?;
        Ok(S3Response::new(HeadObjectOutput {
            content_length: len(&object.bytes),
            e_tag: Some(object.e_tag),
            last_modified: Some(then()),
            metadata: object.metadata,
            ..Default::default()
        }))
    }

    /// As S3: to remove nothing is a success.
    async fn delete_object(
        &self,
        request: S3Request<DeleteObjectInput>,
    ) -> S3Result<S3Response<DeleteObjectOutput>> {
        self.0.begin(&request.input.bucket)?;
        self.0.lock().objects.remove(&request.input.key);
        Ok(S3Response::new(DeleteObjectOutput::default()))
    }

    async fn delete_objects(
        &self,
        request: S3Request<DeleteObjectsInput>,
    ) -> S3Result<S3Response<DeleteObjectsOutput>> {
        self.0.begin(&request.input.bucket)?;
        let mut deleted = Vec::new();
        for object in request.input.delete.objects {
            self.0.lock().objects.remove(&object.key);
            deleted.push(DeletedObject {
                key: Some(object.key),
                ..Default::default()
            });
        }
        Ok(S3Response::new(DeleteObjectsOutput {
            deleted: Some(deleted),
            ..Default::default()
        }))
    }

    /// Pages of three, to be put together by the client.
    async fn list_objects_v2(
        &self,
        request: S3Request<ListObjectsV2Input>,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        let input = request.input;
        self.0.begin(&input.bucket)?;
        let prefix = input.prefix.clone().unwrap_or_default();
        let after = input.continuation_token.clone().unwrap_or_default();
        let (mut contents, mut common_prefixes) = (Vec::new(), Vec::new());
        let (mut last, mut more) = (String::new(), false);
        for (key, object) in &self.0.lock().objects {
            let Some(below) = key.strip_prefix(&prefix) else {
                continue;
            };
            let folder = input
                .delimiter
                .as_ref()
                .and_then(|delimiter| Some(below.split_once(delimiter.as_str())?.0));
            let name = folder.map_or(key.clone(), |folder| format!("{prefix}{folder}/"));
            if name <= after || name == last {
                continue;
            }
            if contents.len() + common_prefixes.len() == 3 {
                more = true;
                break;
            }
            last.clone_from(&name);
            if folder.is_some() {
                common_prefixes.push(CommonPrefix { prefix: Some(name) });
            } else {
                contents.push(Object {
                    key: Some(name),
                    size: len(&object.bytes),
                    e_tag: Some(object.e_tag.clone()),
                    last_modified: Some(then()),
                    ..Default::default()
                });
            }
        }
        Ok(S3Response::new(ListObjectsV2Output {
            contents: Some(contents),
            common_prefixes: Some(common_prefixes),
            is_truncated: Some(more),
            next_continuation_token: more.then_some(last),
            name: Some(input.bucket),
            prefix: input.prefix,
            delimiter: input.delimiter,
            ..Default::default()
        }))
    }

    async fn create_multipart_upload(
        &self,
        request: S3Request<CreateMultipartUploadInput>,
    ) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
        let input = request.input;
        self.0.begin(&input.bucket)?;
        let mut state = self.0.lock();
        let id = format!("upload-{}", state.unique());
        let upload = Upload {
            key: input.key.clone(),
            metadata: input.metadata,
            parts: BTreeMap::new(),
        };
        state.uploads.insert(id.clone(), upload);
        Ok(S3Response::new(CreateMultipartUploadOutput {
            bucket: Some(input.bucket),
            key: Some(input.key),
            upload_id: Some(id),
            ..Default::default()
        }))
    }

    async fn upload_part(
        &self,
        request: S3Request<UploadPartInput>,
    ) -> S3Result<S3Response<UploadPartOutput>> {
        let input = request.input;
        self.0.begin(&input.bucket)?;
        let sending = self.0.sending.fetch_add(1, Ordering::SeqCst) + 1;
        self.0.most_sending.fetch_max(sending, Ordering::SeqCst);
        let bytes = read(input.body).await;
        wait(&self.0.parts).await;
        // Long enough for one more to arrive, if it is on its way.
        tokio::time::sleep(Duration::from_millis(50)).await;
        self.0.sending.fetch_sub(1, Ordering::SeqCst);
        let mut state = self.0.lock();
        let upload = state
            .uploads
            .get_mut(&input.upload_id)
            .ok_or_else(|| s3_error!(NoSuchUpload))?;
        upload.parts.insert(input.part_number, bytes?);
        Ok(S3Response::new(UploadPartOutput {
            e_tag: Some(format!("\"{}\"", input.part_number)),
            ..Default::default()
        }))
    }

    async fn complete_multipart_upload(
        &self,
        request: S3Request<CompleteMultipartUploadInput>,
    ) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
        let input = request.input;
        self.0.begin(&input.bucket)?;
        wait(&self.0.completions).await;
        let mut state = self.0.lock();
        let Some(upload) = state.uploads.get(&input.upload_id) else {
            return Err(s3_error!(NoSuchUpload));
        };
        let listed = input
            .multipart_upload
            .and_then(|upload| upload.parts)
            .unwrap_or_default();
        let listed: Vec<i32> = listed.iter().filter_map(|part| part.part_number).collect();
        if !listed.iter().eq(upload.parts.keys()) {
            return Err(s3_error!(InvalidPart));
        }
        let sizes: Vec<usize> = upload.parts.values().map(Vec::len).collect();
        if sizes.iter().rev().skip(1).any(|size| *size < 5 << 20) {
            return Err(s3_error!(EntityTooSmall));
        }
        let bytes = upload.parts.values().flatten().copied().collect();
        let (key, metadata) = (upload.key.clone(), upload.metadata.clone());
        let e_tag = state.put(key.clone(), bytes, metadata, input.if_none_match.as_deref())?;
        state.uploads.remove(&input.upload_id);
        Ok(S3Response::new(CompleteMultipartUploadOutput {
            bucket: Some(input.bucket),
            key: Some(key),
            e_tag: Some(e_tag),
            ..Default::default()
        }))
    }

    async fn abort_multipart_upload(
        &self,
        request: S3Request<AbortMultipartUploadInput>,
    ) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
        self.0.begin(&request.input.bucket)?;
        match self.0.lock().uploads.remove(&request.input.upload_id) {
            Some(_) => Ok(S3Response::new(AbortMultipartUploadOutput::default())),
            None => Err(s3_error!(NoSuchUpload)),
        }
    }
}
