//! The names that URLs know backends by.

use state_api::{Error, ErrorKind, Result};

/// A backend that a URL can name, compiled in or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scheme {
    name: &'static str,
    is_enabled: bool,
    has_directory: bool,
}

macro_rules! schemes {
    ({} $(($Variant:ident $feature:literal $module:ident $krate:ident $Backend:ident $place:ident
           $doc:tt))+) => {
        &[$(Scheme {
            name: $feature,
            is_enabled: cfg!(feature = $feature),
            has_directory: has_directory!($place),
        }),+]
    };
}

macro_rules! has_directory {
    (memory) => {
        false
    };
    ($Config:ident) => {
        true
    };
}

/// All schemes, in the order of the list.
pub const SCHEMES: &[Scheme] = all_backends!(schemes {});

impl Scheme {
    /// The scheme of this name.
    ///
    /// # Errors
    /// [`Invalid`](ErrorKind::Invalid) when there is none; those that there are are named.
    ///
    /// ```
    /// use state_backends::any::Scheme;
    ///
    /// # #[cfg(feature = "redb")] {
    /// let redb = Scheme::find("redb")?;
    /// assert!(redb.is_enabled() && redb.has_directory());
    /// # }
    /// # Ok::<(), state_backends::Error>(())
    /// ```
    pub fn find(name: &str) -> Result<Self> {
        let found = SCHEMES.iter().find(|scheme| scheme.name == name);
        found.copied().ok_or_else(|| {
            Error::new(ErrorKind::Invalid, "no backend has this name")
                .with("name", name)
                .with("known", known())
        })
    }

    /// The name, which is also that of the feature.
    pub fn name(self) -> &'static str {
        self.name
    }

    /// Whether the backend is compiled in: its feature is on.
    pub fn is_enabled(self) -> bool {
        self.is_enabled
    }

    /// Whether the backend keeps its state in a directory, which the URL gives; another takes none.
    pub fn has_directory(self) -> bool {
        self.has_directory
    }

    fn entry(self) -> String {
        let name = self.name;
        if self.is_enabled {
            name.to_owned()
        } else {
            format!("{name} (not compiled in: feature `{name}`)")
        }
    }

    /// The error for a backend whose feature is off.
    pub(super) fn absent(self) -> Error {
        Error::new(
            ErrorKind::Unsupported,
            "the backend is not compiled in: turn on its feature of `state-backends`",
        )
        .with("feature", self.name)
    }
}

/// All schemes, with what it takes to have those that are not compiled in.
pub(super) fn known() -> String {
    let entries = SCHEMES.iter().map(|scheme| scheme.entry());
    entries.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backend_that_is_not_compiled_in_names_its_feature() {
        let scheme = Scheme {
            name: "paper",
            is_enabled: false,
            has_directory: true,
        };
        let error = scheme.absent();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert_eq!(error.context("feature"), Some("paper"));
        assert_eq!(scheme.entry(), "paper (not compiled in: feature `paper`)");
    }
}
