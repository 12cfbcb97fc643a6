//! The manifest of a native checkpoint: its description, and its files by name, size and digest.

use std::path::Path;

use serde::{Deserialize, Serialize};
use state_api::{Error, ErrorKind, Result};
use xxhash_rust::xxh3::xxh3_128;

/// Version of the layout of a directory of native checkpoints.
const VERSION: u32 = 1;

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    version: u32,
    /// What the adapter said.
    pub(crate) description: String,
    /// Ascending by name.
    pub(crate) files: Vec<File>,
}

/// A file of the engine.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    /// Its name in the engine's folder.
    pub(crate) name: String,
    pub(crate) size: u64,
    /// xxh3-128 in hex.
    pub(crate) digest: String,
}

impl File {
    /// The name under which the directory shares it: files of equal content are one.
    pub(crate) fn shared_name(&self) -> String {
        format!("{}-{}", self.digest, self.size)
    }

    /// Whether it holds rows: the engine never changes such a file, and may share it.
    pub(crate) fn is_table(&self) -> bool {
        Path::new(&self.name)
            .extension()
            .is_some_and(|extension| extension == "sst")
    }

    /// Names become paths: nothing but a plain file name is one.
    fn is_legal(&self) -> bool {
        let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        let name = &self.name;
        let hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        (1..=255).contains(&name.len())
            && name.bytes().all(legal)
            && name != "."
            && name != ".."
            && self.digest.len() == 32
            && self.digest.bytes().all(hex)
    }
}

impl Manifest {
    pub(crate) fn new(description: &str, mut files: Vec<File>) -> Self {
        files.sort();
        Self {
            version: VERSION,
            description: description.into(),
            files,
        }
    }

    /// A line of JSON, and a line with its digest.
    pub(crate) fn to_text(&self) -> Result<String> {
        let json = serde_json::to_string(self).map_err(|e| {
            Error::new(ErrorKind::Codec, "the manifest does not encode").with_source(e)
        })?;
        let digest = xxh3_128(json.as_bytes());
        Ok(format!("{json}\n{digest:032x}\n"))
    }

    /// What [`Manifest::to_text`] wrote.
    ///
    /// # Errors
    /// [`ErrorKind::Corrupt`] when it is damaged, [`ErrorKind::Unsupported`] when another version wrote
    /// it.
    pub(crate) fn parse(text: &[u8]) -> Result<Self> {
        #[derive(Deserialize)]
        struct Version {
            version: u32,
        }
        let corrupt = || {
            Error::new(
                ErrorKind::Corrupt,
                "the manifest of a native checkpoint is damaged",
            )
        };
        let text = std::str::from_utf8(text).map_err(|e| corrupt().with_source(e))?;
        let (json, digest) = text.split_once('\n').ok_or_else(corrupt)?;
        if digest != format!("{:032x}\n", xxh3_128(json.as_bytes())) {
            return Err(corrupt());
        }
        let Version { version } =
            serde_json::from_str(json).map_err(|e| corrupt().with_source(e))?;
        if version != VERSION {
            return Err(Error::new(
                ErrorKind::Unsupported,
                "the native checkpoint has another layout version",
            )
            .with("found", version)
            .with("supported", VERSION));
        }
        let manifest: Self = serde_json::from_str(json).map_err(|e| corrupt().with_source(e))?;
        let ascends = manifest.files.is_sorted_by(|a, b| a.name < b.name);
        if ascends && manifest.files.iter().all(File::is_legal) {
            Ok(manifest)
        } else {
            Err(corrupt())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Manifest {
        let file = |name: &str| File {
            name: name.into(),
            size: 7,
            digest: "0123456789abcdef0123456789abcdef".into(),
        };
        Manifest::new("of whom", vec![file("b.sst"), file("CURRENT")])
    }

    fn sealed(json: &str) -> Vec<u8> {
        format!("{json}\n{:032x}\n", xxh3_128(json.as_bytes())).into_bytes()
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_refused() {
        let text = manifest().to_text().unwrap().into_bytes();
        assert_eq!(Manifest::parse(&text).unwrap(), manifest());
        for at in 0..text.len() {
            for bit in 0..8 {
                let mut damaged = text.clone();
                damaged[at] ^= 1 << bit;
                let kind = Manifest::parse(&damaged).unwrap_err().kind();
                assert_eq!(kind, ErrorKind::Corrupt, "bit {bit} of byte {at}");
            }
            let kind = Manifest::parse(&text[..at]).unwrap_err().kind();
            assert_eq!(kind, ErrorKind::Corrupt, "cut at {at}");
        }
    }

    #[test]
    fn a_newer_version_is_named() {
        let error = Manifest::parse(&sealed(r#"{"version":2,"shape":"another"}"#)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert_eq!(error.context("found"), Some("2"));
    }

    #[test]
    fn names_that_would_leave_the_folder_are_refused() {
        for name in ["../../x", "/etc/passwd", "..", ".", "", "a/b", "a\\b"] {
            let mut manifest = manifest();
            manifest.files[0].name = name.into();
            manifest.files.sort();
            let json = serde_json::to_string(&manifest).unwrap();
            let kind = Manifest::parse(&sealed(&json)).unwrap_err().kind();
            assert_eq!(kind, ErrorKind::Corrupt, "{name}");
        }
    }
}
