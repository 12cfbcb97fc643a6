//! The options beside a storage's URL. Errors name an option, never its value, which may be a secret.

use std::collections::BTreeMap;

use state_api::{Error, ErrorKind, Result};

/// Options not yet understood.
pub(super) struct Options(BTreeMap<String, String>);

impl Options {
    pub(super) fn new(given: impl IntoIterator<Item = (String, String)>) -> Result<Self> {
        let mut options = BTreeMap::new();
        for (name, value) in given {
            if options.contains_key(&name) {
                return Err(refused("an option is given twice", &name));
            }
            options.insert(name, value);
        }
        Ok(Self(options))
    }

    /// Refuses what is left.
    pub(super) fn all_known(&self) -> Result<()> {
        match self.0.keys().next() {
            Some(name) => Err(unknown(name)),
            None => Ok(()),
        }
    }
}

#[cfg(any(feature = "s3", feature = "gcs", feature = "azure", feature = "hdfs"))]
impl Options {
    /// Takes the option `name`.
    pub(super) fn take<T: std::str::FromStr>(&mut self, name: &str) -> Result<Option<T>> {
        let value = self.0.remove(name).map(|value| value.parse());
        value
            .transpose()
            .map_err(|_| refused("the value of an option is not understood", name))
    }

    /// Those left, in order of their names.
    pub(super) fn rest(self) -> impl Iterator<Item = (String, String)> {
        self.0.into_iter()
    }
}

#[cold]
pub(super) fn unknown(name: &str) -> Error {
    refused("the storage has no such option", name)
}

#[cold]
pub(super) fn refused(message: &str, name: &str) -> Error {
    Error::new(ErrorKind::Invalid, message).with("option", name.escape_debug())
}
