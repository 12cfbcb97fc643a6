//! S3 keeps the contract of a storage.

use crate::support::contract::check_storage_contract;
use crate::support::server::Server;
use crate::support::{block_on, open};

#[test]
fn holds() {
    let server = Server::start();
    block_on(check_storage_contract(&*open(server.address, &[])));
    assert_eq!(server.objects.open_uploads(), 0);
    for key in server.objects.keys() {
        assert!(key.starts_with("jobs/a/"), "outside of the prefix: {key}");
    }
}

#[test]
fn a_missing_bucket_is_not_an_empty_one() {
    let server = Server::start();
    let address = server.address;
    let options = [
        ("endpoint", format!("http://{address}")),
        ("allow_http", "true".to_owned()),
        ("region", "eu-north-1".to_owned()),
        (
            "access_key_id",
            crate::support::server::ACCESS_KEY.to_owned(),
        ),
        (
            "secret_access_key",
            crate::support::server::SECRET_KEY.to_owned(),
        ),
    ];
    let options = options.map(|(name, value)| (name.to_owned(), value));
    let storage = state_checkpoint::storage::open("s3://elsewhere/a", options).unwrap();
    let error = block_on(storage.list("manifests")).unwrap_err();
    assert_eq!(error.kind(), state_api::ErrorKind::Io, "{error}");
    assert_eq!(error.context("file"), Some("manifests"));
    let error = block_on(storage.put_new("manifests/x", b"1")).unwrap_err();
    assert_eq!(error.kind(), state_api::ErrorKind::Io, "{error}");
}
