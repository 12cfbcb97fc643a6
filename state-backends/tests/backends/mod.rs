//! Backends as URLs open them, for the conformance suite.

#![allow(dead_code, reason = "each test uses its part")]

use std::path::Path;

use state_backends::any::Scheme;
use state_backends::{AnyBackend, BackendUrl, Error, ErrorKind, KeyGroups, Result, StateKey};
use state_conformance::BackendFactory;

/// A backend, with options for many small instances, several of them open at once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Opened {
    scheme: &'static str,
    options: &'static str,
    /// Options beside them that no reader may notice.
    others: &'static [&'static str],
    has_durable_mode: bool,
}

pub(crate) const HEAP: Opened = Opened {
    scheme: "heap",
    options: "",
    others: &[],
    has_durable_mode: false,
};

pub(crate) const REDB: Opened = Opened {
    scheme: "redb",
    options: "?cache=8MiB",
    others: &["?cache=64KiB", "?cache=1MiB&verify_files=false"],
    has_durable_mode: true,
};

pub(crate) const ROCKSDB: Opened = Opened {
    scheme: "rocksdb",
    options: "?cache=8MiB",
    others: &[
        "?cache=4MiB&write_buffer=64KiB&bloom_bits=0",
        "?cache=8MiB&block=1KiB&verify_files=false",
    ],
    has_durable_mode: true,
};

pub(crate) const SLED: Opened = Opened {
    scheme: "sled",
    options: "?cache=8MiB",
    others: &["?cache=1MiB", "?cache=2MiB&verify_files=false"],
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

    fn vary(&self, seed: u64) -> Option<Self> {
        let others = u64::try_from(self.others.len()).ok()?;
        let chosen = usize::try_from(seed.checked_rem(others)?).ok()?;
        Some(Self {
            options: self.others.get(chosen)?,
            ..*self
        })
    }

    fn expression(&self) -> String {
        format!("{self:?}")
    }
}
