//! Nothing that is printed holds a secret.

use state_api::ErrorKind;

use crate::support::server::{SECRET_KEY, Server};
use crate::support::{block_on, open};

#[test]
fn are_not_printed() {
    let server = Server::start();
    let storage = open(server.address, &[]);
    assert_eq!(storage.to_string(), "s3://checkpoints/jobs/a");
    let writer = block_on(storage.create("runs/a")).unwrap();
    assert!(!format!("{storage:?} {writer:?}").contains(SECRET_KEY));

    let wrong = open(server.address, &[("secret_access_key", "hunter2")]);
    let errors = block_on(async {
        [
            wrong.put_new("runs/a", b"1").await.unwrap_err(),
            wrong.list("runs").await.unwrap_err(),
        ]
    });
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::Io, "{error}");
        assert!(!error.to_string().contains('\n'), "{error}");
        assert!(
            !format!("{error} {error:?}").contains("hunter2"),
            "{error:?}"
        );
    }
}
