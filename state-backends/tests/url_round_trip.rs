//! A URL is what its text says, and its text is read as what it is.

#![cfg(feature = "heap")]

use std::path::{Path, PathBuf};

use proptest::collection::vec;
use proptest::prelude::*;
use state_backends::BackendUrl;
use state_backends::any::SCHEMES;

/// Any bytes that are a path here.
#[cfg(unix)]
fn paths() -> impl Strategy<Value = PathBuf> {
    use std::os::unix::ffi::OsStringExt;
    let bytes = prop_oneof![
        vec(any::<u8>(), 0..20),
        "[/a?#%&= ]{0,8}".prop_map(String::into_bytes)
    ];
    bytes.prop_map(|bytes| std::ffi::OsString::from_vec(bytes).into())
}

#[cfg(not(unix))]
fn paths() -> impl Strategy<Value = PathBuf> {
    any::<String>().prop_map(PathBuf::from)
}

fn urls() -> impl Strategy<Value = BackendUrl> {
    let options = vec((any::<String>(), "[a=&?#%+ é]{0,5}"), 0..4);
    let schemes = proptest::sample::select(SCHEMES);
    (schemes, paths(), options).prop_map(|(scheme, path, options)| {
        let url = BackendUrl::new(scheme).with_path(path);
        let with = |url: BackendUrl, (name, value)| url.with_option(name, value);
        options.into_iter().fold(url, with)
    })
}

/// Paths as bytes: `Path` takes `a//b` for `a/b`.
fn bytes(url: &BackendUrl) -> Option<&[u8]> {
    url.path()
        .map(|path: &Path| path.as_os_str().as_encoded_bytes())
}

proptest! {
    #[test]
    fn a_url_is_read_as_it_was_written(url in urls()) {
        let text = url.to_string();
        let read: BackendUrl = text.parse().unwrap();
        prop_assert_eq!(bytes(&read), bytes(&url), "{}", text);
        prop_assert_eq!(read, url, "{}", text);
    }

    #[test]
    fn what_is_read_is_written_and_read_again(text in "(heap|redb|REDB):[/%0-9a-f?&=é ]{0,20}") {
        if let Ok(url) = text.parse::<BackendUrl>() {
            let again: BackendUrl = url.to_string().parse().unwrap();
            prop_assert_eq!(bytes(&again), bytes(&url));
            prop_assert_eq!(again, url);
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in prop_oneof![".*", "(heap|redb|x)?:?[/%#?&=a-f]*"]) {
        let _ = text.parse::<BackendUrl>();
    }
}

#[test]
fn parts_are_where_the_documentation_says() {
    for (text, path, options) in [
        ("heap:", None, &[][..]),
        ("heap://", None, &[]),
        ("HEAP:", None, &[]),
        ("redb:///var/state", Some("/var/state"), &[]),
        ("redb:/var/state", Some("/var/state"), &[]),
        ("redb:////var", Some("//var"), &[]),
        ("redb:state/1", Some("state/1"), &[]),
        ("redb:../a b:c", Some("../a b:c"), &[]),
        ("redb:a%3Fb%23c%25d", Some("a?b#c%d"), &[]),
        (
            "redb:a?x=1&y=a=b&=",
            Some("a"),
            &[("x", "1"), ("y", "a=b"), ("", "")],
        ),
        ("redb:?x=%26%3d+", None, &[("x", "&=+")]),
    ] {
        let url: BackendUrl = text.parse().unwrap();
        assert_eq!(bytes(&url), path.map(str::as_bytes), "{text}");
        let found = url
            .options()
            .iter()
            .map(|(name, value)| (&**name, &**value));
        assert!(found.eq(options.iter().copied()), "{text}: {url:?}");
    }
}
