//! What is no URL of a backend is refused with the remedy, before anything is touched.

#![cfg(feature = "heap")]
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use state_backends::any::SCHEMES;
use state_backends::{BackendUrl, Error, ErrorKind, KeyGroups, StateBackend, open};

fn refused(url: &str) -> Error {
    let error = open::<u64>(url, KeyGroups::all(128).unwrap()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid, "{url}: {error}");
    // As it was given, or as it was understood.
    let named = error.context("url").unwrap();
    assert!(
        named == url || named.parse::<BackendUrl>().unwrap() == url.parse().unwrap(),
        "{url}: {error}"
    );
    error
}

#[test]
fn an_unknown_scheme_is_answered_by_all_that_are_known() {
    for url in ["", "redb", "/var/state"] {
        assert!(
            refused(url)
                .to_string()
                .contains("scheme:path?option=value"),
            "{url}"
        );
    }
    for url in ["", "paper", "paper:x", "héap:"] {
        let known = refused(url).context("known").unwrap().to_owned();
        for scheme in SCHEMES {
            let hint = format!("{0} (not compiled in: feature `{0}`)", scheme.name());
            let entry = if scheme.is_enabled() {
                scheme.name()
            } else {
                &hint
            };
            assert!(known.split(", ").any(|one| one == entry), "{url}: {known}");
        }
    }
}

#[test]
fn a_backend_that_is_not_compiled_in_names_its_feature() {
    let dir = tempfile::tempdir().unwrap();
    for scheme in SCHEMES {
        let url = BackendUrl::new(*scheme);
        let url = if scheme.has_directory() {
            url.with_path(dir.path().join(scheme.name()))
        } else {
            url
        };
        match url.open::<u64>(KeyGroups::all(128).unwrap()) {
            Ok(state) => {
                assert!(scheme.is_enabled());
                assert_eq!(state.name(), scheme.name());
            }
            Err(error) => {
                assert!(!scheme.is_enabled(), "{error}");
                assert_eq!(error.kind(), ErrorKind::Unsupported);
                assert_eq!(error.context("feature"), Some(scheme.name()));
            }
        }
    }
}

#[test]
fn parts_without_a_meaning_are_refused() {
    for (url, remedy) in [
        ("heap://host/path", "scheme:///absolute/path"),
        ("heap:#", "%23"),
        ("heap:?a=1#b", "%23"),
        ("heap:%", "%25"),
        ("heap:%4", "%25"),
        ("heap:%0g", "%25"),
        ("heap:%é", "%25"),
        ("heap:?a=%g0", "%25"),
        ("heap:?a=%+1", "%25"),
        ("heap:?a=%ff", "UTF-8"),
        ("heap:?", "name=value"),
        ("heap:?a", "name=value"),
        ("heap:?a=1&&b=1", "name=value"),
    ] {
        let error = refused(url);
        assert!(error.message().contains(remedy), "{error}");
    }
}

#[test]
fn a_backend_in_memory_takes_no_path_and_no_options() {
    assert!(
        refused("heap:state")
            .message()
            .contains("leave the path out")
    );
    let error = refused("heap:?cache=1MiB");
    assert_eq!(error.context("option"), Some("cache"));
    assert_eq!(error.context("allowed"), Some("none"));
}

#[cfg(feature = "redb")]
#[test]
fn a_backend_on_disk_needs_a_path() {
    for url in ["redb:", "redb://", "redb:?cache=1MiB"] {
        assert!(
            refused(url).message().contains("scheme:relative/path"),
            "{url}"
        );
    }
}

#[cfg(feature = "redb")]
#[test]
fn an_option_that_does_not_fit_is_named_with_those_that_do() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("state");
    for (option, name, what) in [
        ("speed=11", "speed", "no such option"),
        ("Cache=1", "Cache", "no such option"),
        ("cache=1&cache=1", "cache", "twice"),
        ("cache=1&cache_bytes=1", "cache_bytes", "twice"),
        ("cache=lots", "cache", "`256MiB`"),
        ("cache=-1", "cache", "`256MiB`"),
        ("cache=99999999TiB", "cache", "`256MiB`"),
        ("on_dirty=clean", "on_dirty", "`refuse` or `wipe`"),
        ("on_dirty=", "on_dirty", "`refuse` or `wipe`"),
        ("verify_files=yes", "verify_files", "`true` or `false`"),
    ] {
        let error = refused(&format!("redb:{}?{option}", path.display()));
        assert_eq!(error.context("option"), Some(name), "{error}");
        assert_eq!(
            error.context("allowed"),
            Some("cache, mode, on_dirty, verify_files")
        );
        assert!(error.message().contains(what), "{error}");
        assert!(!path.exists(), "{option}");
    }
}
