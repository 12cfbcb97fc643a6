//! A URL opens the storage it says, and nothing else passes.

use std::sync::Arc;

use state_api::ErrorKind::{Invalid, Unsupported};
use state_api::{Error, Result};
use state_checkpoint::{CheckpointStorage, storage};

use crate::support::block_on;

fn open(url: &str, options: &[(&str, &str)]) -> Result<Arc<dyn CheckpointStorage>> {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    storage::open(url, options.iter().map(owned))
}

fn refused(url: &str, options: &[(&str, &str)]) -> Error {
    match open(url, options) {
        Err(error) => error,
        Ok(storage) => panic!("{url} with {options:?} opens {storage}"),
    }
}

#[test]
fn a_directory() {
    let dir = tempfile::tempdir().unwrap();
    let url = format!("file://{}/a b", dir.path().display());
    let storage = open(&url, &[]).unwrap();
    block_on(storage.put_new("d/file", b"1")).unwrap();
    assert_eq!(std::fs::read(dir.path().join("a b/d/file")).unwrap(), b"1");
}

#[test]
fn memory_is_shared_by_name_only() {
    let one = open("memory://open-url-one", &[]).unwrap();
    block_on(one.put_new("a", b"1")).unwrap();
    let again = open("MEMORY://open-url-one", &[]).unwrap();
    assert_eq!(block_on(again.size("a")).unwrap(), 1);
    for url in ["memory://open-url-two", "memory:", "memory:", "memory://"] {
        let other = open(url, &[]).unwrap();
        assert!(block_on(other.size("a")).is_err(), "{url}");
        block_on(other.put_new("a", b"2")).unwrap();
    }
}

#[test]
fn what_is_no_url_of_a_storage() {
    for url in [
        "",
        "/tmp/x",
        "ftp://host/path",
        "file:relative",
        "file://host/path",
        "file:///tmp/x?sync=no",
        "file:///tmp/x#there",
        "file:///tmp/%20x",
        "memory:name",
        "memory://name/path",
        "memory://Name",
    ] {
        assert_eq!(refused(url, &[]).kind(), Invalid, "{url}");
    }
}

#[test]
fn an_unknown_option_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let file = format!("file://{}", dir.path().display());
    for url in [file.as_str(), "memory:", "memory://open-url-three"] {
        let error = refused(url, &[("fsync", "no")]);
        assert_eq!(error.kind(), Invalid, "{url}");
        assert_eq!(error.context("option"), Some("fsync"), "{url}");
    }
}

/// Each cloud: a URL, options that open it without a request, and an option of another cloud.
const CLOUDS: [(&str, bool, &str, &[(&str, &str)], &str); 6] = [
    (
        "s3",
        cfg!(feature = "s3"),
        "s3://bucket/a/b",
        &[("region", "eu-north-1")],
        "account_name",
    ),
    ("s3", cfg!(feature = "s3"), "s3a://bucket", &[], "base_url"),
    (
        "gcs",
        cfg!(feature = "gcs"),
        "gs://bucket/a",
        &[("bearer_token", "x")],
        "region",
    ),
    (
        "azure",
        cfg!(feature = "azure"),
        "az://container/a",
        &[("account_name", "me")],
        "region",
    ),
    (
        "azure",
        cfg!(feature = "azure"),
        "abfss://container@me.dfs.core.windows.net/a",
        &[],
        "account",
    ),
    (
        "hdfs",
        cfg!(feature = "hdfs"),
        "hdfs://name.node:9000/a",
        &[("dfs.replication", "2")],
        "user",
    ),
];

#[test]
fn a_cloud_opens_with_its_feature_and_says_which_without() {
    for (feature, on, url, options, foreign) in CLOUDS {
        let with = |more: &[(&'static str, &'static str)]| [options, more].concat();
        if !on {
            let error = refused(url, options);
            assert_eq!(error.kind(), Unsupported, "{url}");
            assert_eq!(error.context("feature"), Some(feature), "{url}");
            continue;
        }
        let known = with(&[("part_bytes", "5242880"), ("concurrency", "2")]);
        assert_eq!(open(url, &known).unwrap().to_string(), url);
        for (name, value) in [
            (foreign, "x"),
            ("part_bytes", "5242879"),
            ("part_bytes", "8MiB"),
            ("concurrency", "0"),
            ("concurrency", "-1"),
        ] {
            let error = refused(url, &with(&[(name, value)]));
            assert_eq!(error.kind(), Invalid, "{url}, {name} = {value}");
            if let Some(option) = error.context("option") {
                assert_eq!(option, name, "{url}");
            }
        }
        let twice = refused(url, &with(&[("concurrency", "1"), ("concurrency", "2")]));
        assert_eq!(twice.kind(), Invalid, "{url}");
        let scheme = url.split(':').next().unwrap();
        for rest in [
            "",
            "bucket",
            "//",
            "///a",
            "//bucket/a?b=c",
            "//bucket/a//b",
            "//bucket/../b",
            "//bu cket/a",
            "//user:secret@bucket/a",
        ] {
            let error = refused(&format!("{scheme}:{rest}"), options);
            assert_eq!(error.kind(), Invalid, "{scheme}:{rest}");
            assert!(!format!("{error:?}").contains("secret"), "{error:?}");
        }
    }
}

#[test]
fn the_place_is_said_by_the_url_alone() {
    for (feature, on, url, name) in [
        ("s3", cfg!(feature = "s3"), "s3://bucket/a", "bucket"),
        (
            "s3",
            cfg!(feature = "s3"),
            "s3://bucket/a",
            "conditional_put",
        ),
        ("gcs", cfg!(feature = "gcs"), "gs://bucket/a", "bucket_name"),
        (
            "azure",
            cfg!(feature = "azure"),
            "az://container/a",
            "container_name",
        ),
    ] {
        if on {
            let error = refused(url, &[(name, "other")]);
            assert_eq!(error.kind(), Invalid, "{feature}, {name}");
            assert_eq!(error.context("option"), Some(name), "{feature}");
        }
    }
}

#[cfg(feature = "s3")]
#[test]
fn the_value_of_an_option_is_not_repeated() {
    for (name, value) in [
        ("allow_http", "hunter2"),
        ("retries", "hunter2"),
        ("hunter1", "hunter2"),
    ] {
        let error = refused("s3://bucket/a", &[(name, value)]);
        assert_eq!(error.kind(), Invalid, "{name}");
        assert!(
            !format!("{error:?} {error}").contains("hunter2"),
            "{error:?}"
        );
    }
}
