//! From a URL to a backend.

use std::path::Path;

use state_api::{Error, ErrorKind, KeyGroups, Result, StateKey};

use super::backend::AnyBackend;
use super::options;
use super::url::BackendUrl;

/// Opens the backend that a [URL](BackendUrl) names, which owns `groups`.
///
/// ```
/// use state_backends::{KeyGroups, Result, StateBackend, StateRead, ValueDescriptor, open};
///
/// fn count(url: &str) -> Result<u64> {
///     let mut state = open::<String>(url, KeyGroups::all(128)?)?;
///     let count = state.register(ValueDescriptor::<u64>::new("count"))?;
///     state.at_mut("orders").value(count).modify(0, |n| *n += 1)?;
///     let counted = state.at("orders").value(count).get()?.map_or(0, |n| *n);
///     state.destroy()?;
///     Ok(counted)
/// }
///
/// # #[cfg(all(feature = "heap", feature = "redb"))] {
/// assert_eq!(count("heap:")?, 1);
/// # let dir = tempfile::tempdir().unwrap();
/// # let dir = dir.path().display();
/// assert_eq!(count(&format!("redb://{dir}/state?cache=16MiB&on_dirty=wipe"))?, 1);
/// # }
/// # Ok::<(), state_backends::Error>(())
/// ```
///
/// # Errors
/// As [`BackendUrl::open`]; [`Invalid`](ErrorKind::Invalid) for what is no URL of a backend.
pub fn open<K: StateKey>(url: &str, groups: KeyGroups) -> Result<AnyBackend<K>> {
    url.parse::<BackendUrl>()?.open(groups)
}

impl BackendUrl {
    /// The path, which has to be there where the backend needs one and only there.
    fn place(&self) -> Result<&Path> {
        let refuse = |what| Err(Error::new(ErrorKind::Invalid, what));
        match (self.path(), self.scheme().has_directory()) {
            (Some(path), true) => Ok(path),
            (None, false) => Ok(Path::new("")),
            (None, true) => refuse(
                "the backend needs a directory: write `scheme:///absolute/path` or \
                 `scheme:relative/path`",
            ),
            (Some(_), false) => refuse("the backend keeps its state in memory: leave the path out"),
        }
    }
}

macro_rules! opening {
    ({} $(($Variant:ident $feature:literal $module:ident $krate:ident $Backend:ident $place:ident
           $doc:tt))+) => {
        impl BackendUrl {
            /// Opens the backend, which owns `groups`.
            ///
            /// # Errors
            /// [`Unsupported`](ErrorKind::Unsupported) when the backend is not compiled in: the
            /// feature that brings it is named. [`Invalid`](ErrorKind::Invalid) without a path where
            /// one is needed or with one where none is taken, and for an option that is unknown, given
            /// twice or not of its type: the option and those that are allowed are named. Then what
            /// opening the backend meets.
            pub fn open<K: StateKey>(&self, groups: KeyGroups) -> Result<AnyBackend<K>> {
                let open = || match self.scheme().name() {
                    $($feature => Ok(AnyBackend::$Variant(
                        opened!($place self groups $krate $Backend),
                    )),)+
                    _ => Err(self.scheme().absent()),
                };
                open().map_err(|e: Error| e.with("url", self))
            }
        }
    };
}

macro_rules! opened {
    (memory $url:tt $groups:ident $krate:ident $Backend:ident) => {{
        /// There is nothing to configure.
        #[derive(serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct InMemory {}

        let InMemory {} = options::read($url.options())?;
        $url.place()?;
        $krate::$Backend::new($groups)
    }};
    ($Config:ident $url:tt $groups:ident $krate:ident $Backend:ident) => {{
        let config: $krate::$Config = options::read($url.options())?;
        $krate::open($url.place()?, $groups, &config)?
    }};
}

each_backend!(opening {});
