//! A list is whole, however many pages it comes in, or an error.

use s3s::S3ErrorCode;
use state_api::ErrorKind;

use crate::support::server::Server;
use crate::support::{block_on, open};

#[test]
fn are_put_together() {
    let server = Server::start();
    let storage = open(server.address, &[("retries", "0")]);
    let names: Vec<String> = (10..20).map(|number| format!("f{number}")).collect();
    for name in names.iter().rev() {
        block_on(storage.put_new(&format!("d/{name}"), b"")).unwrap();
        block_on(storage.put_new(&format!("d/{name}-folder/x"), b"")).unwrap();
    }
    server.objects.plant("jobs/a/d/UPPER");
    server.objects.plant("jobs/a/d/.hidden");
    server.objects.plant("jobs/a/dd");
    assert_eq!(block_on(storage.list("d")).unwrap(), names);
    for page in 0..7 {
        server
            .objects
            .refuse_after(page, S3ErrorCode::InternalError);
        let error = block_on(storage.list("d")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Io, "page {page}: {error}");
        assert_eq!(error.context("file"), Some("d"));
    }
}
