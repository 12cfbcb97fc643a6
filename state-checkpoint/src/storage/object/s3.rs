//! Makes the completion of a multipart upload create-only on S3.

use async_trait::async_trait;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpRequest, HttpResponse, HttpService, ReqwestConnector,
};
use object_store::{ClientOptions, HeaderValue};

/// Gives each completion of an upload the condition `If-None-Match: *`.
///
/// The interface of `object_store` has no completion with a condition, though its own copies use one.
/// The header need not be signed (only `host` and `x-amz-*` must be), so it can be added to the
/// finished request; a store that does not know it ignores it.
#[derive(Debug)]
pub(in crate::storage) struct CreateOnly;

impl HttpConnector for CreateOnly {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        let client = ReqwestConnector::default().connect(options)?;
        Ok(HttpClient::new(Completing(client)))
    }
}

#[derive(Debug)]
struct Completing(HttpClient);

#[async_trait]
impl HttpService for Completing {
    async fn call(&self, mut request: HttpRequest) -> Result<HttpResponse, HttpError> {
        // `POST ?uploadId=..` completes; `POST ?uploads` begins, `PUT ?partNumber=..` sends a part.
        let query = request.uri().query().unwrap_or_default();
        let completes = query.split('&').any(|pair| pair.starts_with("uploadId="));
        if completes && request.method().as_str() == "POST" {
            let any = HeaderValue::from_static("*");
            request.headers_mut().insert("if-none-match", any);
        }
        self.0.execute(request).await
    }
}
