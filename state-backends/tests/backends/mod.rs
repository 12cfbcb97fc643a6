//! Backends as URLs open them, for the conformance suite.

#![allow(dead_code, reason = "each test uses its part")]

use std::path::Path;

use state_backends::any::Scheme;
use state_backends::{AnyBackend, BackendUrl, Error, ErrorKind, KeyGroups, Result, StateKey};
use state_conformance::BackendFactory;

/// A backend, with options for many small instances, several of them open at once.
pub(crate) struct Opened {
    scheme: &'static str,
    options: &'static str,
    has_durable_mode: bool,
}

pub(crate) const HEAP: Opened = Opened {
    scheme: "heap",
    options: "",
    has_durable_mode: false,
};

pub(crate) const REDB: Opened = Opened {
    scheme: "redb",
    options: "?cache=8MiB",
    has_durable_mode: true,
};

pub(crate) const ROCKSDB: Opened = Opened {
    scheme: "rocksdb",
    options: "?cache=8MiB",
    has_durable_mode: true,
};

pub(crate) const SLED: Opened = Opened {
    scheme: "sled",
    options: "?cache=8MiB",
    has_durable_mode: false,
};

impl Opened {
    fn url(&self, dir: &Path) -> Result<BackendUrl> {
        let Self {
            scheme, options, ..
        } = self;
        let path = if Scheme::find(scheme)?.has_directory() {
            dir
        } else {
            Path::new("")
        };
        format!("{scheme}:{}{options}", path.display()).parse()
    }
}

impl BackendFactory for Opened {
    type Backend<K: StateKey> = AnyBackend<K>;

    fn open<K: StateKey>(&self, dir: &Path, groups: KeyGroups) -> Result<AnyBackend<K>> {
        self.url(dir)?.open(groups)
    }

    fn open_durable<K: StateKey>(&self, dir: &Path, groups: KeyGroups) -> Result<AnyBackend<K>> {
        if !self.has_durable_mode {
            return Err(Error::new(ErrorKind::Unsupported, "no durable mode"));
        }
        self.url(dir)?.with_option("mode", "durable").open(groups)
    }
}
