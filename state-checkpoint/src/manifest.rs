//! The manifest: the one small file that makes a set of runs a checkpoint.
//!
//! It lies at `manifests/<id, 20 digits>.json` and has exactly this shape:
//!
//! ```text
//! {"manifest":{"format_version":1,...},"checksum":"<xxh3-128 of the inner object's bytes>"}\n
//! ```
//!
//! The outer shape and the place of `format_version` never change. There is one way to write a given
//! manifest (the values of `metadata` apart, which are kept as they are): what is not in that form
//! is damage, so no field is ever skipped or guessed.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use state_api::row::StateMeta;
use state_api::{Error, ErrorKind, KeyGroupRange, KeyGroups, Result};

use crate::damage::corrupt;
use crate::digest::{Digest, is_hex};
use crate::names;
use crate::run::check_states;
use crate::sealed;
use crate::storage::{check_path, is_name};

/// Version of the manifest format that this crate writes, and the newest that it reads.
pub const MANIFEST_FORMAT: u16 = 1;

/// Largest manifest file: 256 MiB, a million runs.
pub const MAX_MANIFEST_BYTES: u64 = 256 << 20;

/// Most bytes of user metadata in a manifest, as JSON: 4 MiB.
pub const MAX_METADATA_BYTES: usize = 4 << 20;

/// Name of the inner object.
const NAME: &str = "manifest";

/// A published checkpoint.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Manifest {
    /// Version of the manifest format.
    pub format_version: u16,
    /// Id of the checkpoint, unique in its storage; the highest is the latest.
    pub checkpoint_id: u64,
    /// 32 random hex digits: tells a writer whether the manifest under its id is its own.
    pub commit_id: String,
    /// Layout version of the key groups: see [`state_api::key_group::KEY_GROUP_LAYOUT`].
    pub key_group_layout: u16,
    /// Number of key groups of the job.
    pub max_parallelism: u16,
    /// When the checkpoint was made, in milliseconds since 1970, by the caller's clock.
    pub created_ms: u64,
    /// The fencing epoch of the job that published it.
    pub fence: u64,
    /// What it is for.
    pub purpose: Purpose,
    /// The parts, ascending by operator and key groups.
    pub parts: Vec<Part>,
    /// The user's own data, such as source positions.
    pub metadata: BTreeMap<String, Value>,
}

/// What a manifest is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Purpose {
    /// Recovery. Retention removes it when enough newer ones exist.
    Checkpoint,
    /// Kept by a person under a name, until that person lets it go.
    Savepoint(String),
    /// Nothing: the id is given up, so that nobody publishes under it any more. Has no parts.
    Void,
}

/// The state of one operator in one range of key groups: what one worker wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Id of the operator. Ranges of one operator are disjoint.
    pub operator: String,
    /// The key groups that the part is complete for.
    pub key_groups: KeyGroupRange,
    /// All states of the part, ascending by name.
    pub states: Vec<StateMeta>,
    /// The runs, oldest first: a row in a later run replaces one in an earlier run. None when the
    /// state is in native files.
    pub runs: Vec<RunRef>,
    /// The engine's own files instead of runs, which only backends of that name restore.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub native: Option<NativeState>,
}

/// A state as the files of an engine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NativeState {
    /// Name of the backend.
    pub backend: String,
    /// Name of the native checkpoint.
    pub name: String,
    /// Its files, ascending by name.
    pub files: Vec<NativeRef>,
}

/// A reference to a file of an engine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NativeRef {
    /// Its name below the directory of native checkpoints.
    pub name: String,
    /// Path of the file in the storage.
    pub path: String,
    /// Size of the file in bytes.
    pub size: u64,
    /// Digest of the whole file.
    pub digest: Digest,
}

/// What every file of a checkpoint has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileRef<'m> {
    pub(crate) path: &'m str,
    pub(crate) size: u64,
    pub(crate) digest: Digest,
}

impl Part {
    /// All files of the part.
    pub(crate) fn files(&self) -> impl Iterator<Item = FileRef<'_>> {
        let native = self.native.iter().flat_map(|native| &native.files);
        let native = native.map(NativeRef::file);
        self.runs.iter().map(RunRef::file).chain(native)
    }
}

impl NativeRef {
    pub(crate) fn file(&self) -> FileRef<'_> {
        FileRef {
            path: &self.path,
            size: self.size,
            digest: self.digest,
        }
    }
}

/// What a run may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunKind {
    /// Puts only.
    Base,
    /// Puts, tombstones and range tombstones, relative to the runs before it.
    Delta,
}

/// A reference to a run file: all that a reader needs to trust it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunRef {
    /// Path of the file in the storage.
    pub path: String,
    /// Whether it may hold tombstones.
    pub kind: RunKind,
    /// Size of the file in bytes.
    pub size: u64,
    /// Digest of the whole file.
    pub digest: Digest,
    /// Digest of the footer, which holds the checksums of header and index, which holds those of
    /// the blocks: proves a partial read.
    pub seal: Digest,
    /// The key groups of the file that belong to the part; rows outside are somebody else's.
    pub clip: KeyGroupRange,
    /// Number of rows and tombstones in the file, inside and outside the clip.
    pub rows: u64,
}

impl RunRef {
    pub(crate) fn file(&self) -> FileRef<'_> {
        FileRef {
            path: &self.path,
            size: self.size,
            digest: self.digest,
        }
    }

    /// Whether this reference is to the same file as `other`, and to all of it that `other` is to.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        let facts = |run: &Self| (run.kind, run.size, run.digest, run.seal, run.rows);
        self.path == other.path
            && facts(self) == facts(other)
            && self.clip.intersection(other.clip) == Some(other.clip)
    }
}

/// The inner object, in the order of its bytes.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Inner<'a> {
    format_version: u16,
    checkpoint_id: u64,
    commit_id: Cow<'a, str>,
    key_group_layout: u16,
    max_parallelism: u16,
    created_ms: u64,
    fence: u64,
    purpose: Cow<'a, Purpose>,
    parts: Cow<'a, [Part]>,
    /// Raw, so that their bytes depend on no setting of the JSON library.
    metadata: BTreeMap<String, Box<RawValue>>,
}

impl Manifest {
    /// The path of the manifest of checkpoint `id`.
    pub fn path(id: u64) -> String {
        names::manifest(id)
    }

    /// The parts of an operator, at least one.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when there is no such operator; those that there are are named.
    pub(crate) fn parts_of(&self, operator: &str) -> Result<Vec<&Part>> {
        let parts = self.parts.iter();
        let parts: Vec<&Part> = parts.filter(|part| part.operator == operator).collect();
        if parts.is_empty() {
            let there: BTreeSet<&str> = self.parts.iter().map(|p| p.operator.as_str()).collect();
            let there: Vec<_> = there.into_iter().collect();
            return Err(
                Error::new(ErrorKind::NotFound, "the checkpoint has no such operator")
                    .with("operator", operator)
                    .with("operators", there.join(", "))
                    .with("checkpoint", self.checkpoint_id),
            );
        }
        Ok(parts)
    }

    /// The bytes of the manifest file.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] when the manifest breaks a rule of the format: see
    /// [`Manifest::from_bytes`], which accepts exactly what this returns.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        self.check(ErrorKind::Invalid)?;
        let unwritable = |error| {
            Error::new(ErrorKind::Invalid, "the manifest cannot be written").with_source(error)
        };
        let metadata = self.metadata.iter().map(|(key, value)| {
            let raw = serde_json::to_string(value).and_then(RawValue::from_string);
            raw.map(|raw| (key.clone(), raw)).map_err(unwritable)
        });
        let inner = Inner {
            format_version: self.format_version,
            checkpoint_id: self.checkpoint_id,
            commit_id: Cow::Borrowed(&self.commit_id),
            key_group_layout: self.key_group_layout,
            max_parallelism: self.max_parallelism,
            created_ms: self.created_ms,
            fence: self.fence,
            purpose: Cow::Borrowed(&self.purpose),
            parts: Cow::Borrowed(&self.parts),
            metadata: metadata.collect::<Result<_>>()?,
        };
        let inner = serde_json::to_string(&inner).map_err(unwritable)?;
        let bytes = sealed::seal(NAME, &inner);
        // What could not be read back is not written: metadata nested too deep, for example.
        Self::from_bytes(&bytes, &Self::path(self.checkpoint_id)).map_err(|error| {
            Error::new(ErrorKind::Invalid, "the manifest could not be read back").with_source(error)
        })?;
        Ok(bytes)
    }

    /// The manifest in `bytes`, the whole of `file`.
    ///
    /// # Errors
    /// [`ErrorKind::Corrupt`] with `file` and `offset` when a byte is not as it was written: the
    /// checksum does not match, the form is not the canonical one, ranges of an operator overlap, a
    /// path or clip is illegal. [`ErrorKind::Unsupported`] when a newer version wrote it, whatever
    /// the rest looks like.
    pub fn from_bytes(bytes: &[u8], file: &str) -> Result<Self> {
        if bytes.len() as u64 > MAX_MANIFEST_BYTES {
            return Err(corrupt(
                file,
                MAX_MANIFEST_BYTES,
                "the manifest is too large",
            ));
        }
        let (raw, start) = sealed::unseal(NAME, bytes, MANIFEST_FORMAT, file)?;
        let not_inner = |error| sealed::not_legal(NAME, raw, start, file, error);
        let inner: Inner<'_> = serde_json::from_str(raw).map_err(not_inner)?;
        let again = serde_json::to_string(&inner).map_err(not_inner)?;
        sealed::check_canonical(NAME, raw, &again, start, file)?;
        let size = inner
            .metadata
            .values()
            .map(|raw| raw.get().len())
            .sum::<usize>();
        if size > MAX_METADATA_BYTES {
            return Err(corrupt(file, start, "the metadata is too large").with("bytes", size));
        }
        let metadata = inner
            .metadata
            .into_iter()
            .map(|(key, raw)| Ok((key, serde_json::from_str(raw.get()).map_err(not_inner)?)))
            .collect::<Result<_>>()?;
        let manifest = Self {
            format_version: inner.format_version,
            checkpoint_id: inner.checkpoint_id,
            commit_id: inner.commit_id.into_owned(),
            key_group_layout: inner.key_group_layout,
            max_parallelism: inner.max_parallelism,
            created_ms: inner.created_ms,
            fence: inner.fence,
            purpose: inner.purpose.into_owned(),
            parts: inner.parts.into_owned(),
            metadata,
        };
        manifest
            .check(ErrorKind::Corrupt)
            .map_err(|error| error.with("file", file).with("offset", start))?;
        Ok(manifest)
    }

    /// Checks all rules that the types do not express; an offence has `kind`.
    fn check(&self, kind: ErrorKind) -> Result<()> {
        let offence = |message: &str| Error::new(kind, message);
        if self.format_version != MANIFEST_FORMAT {
            return Err(offence("there is no such manifest format")
                .with("format_version", self.format_version));
        }
        if !is_hex(&self.commit_id, 32) {
            return Err(offence("a commit id is 32 lower-case hex digits")
                .with("commit_id", self.commit_id.escape_debug()));
        }
        if KeyGroups::all(self.max_parallelism).is_err() {
            return Err(offence("the max parallelism is out of range")
                .with("max_parallelism", self.max_parallelism));
        }
        match &self.purpose {
            Purpose::Savepoint(name) if !is_name(name) => {
                return Err(
                    offence("a savepoint's name is 1 to 128 bytes of a-z 0-9 . _ - and does not start with a dot")
                        .with("name", name.escape_debug()),
                );
            }
            Purpose::Void if !self.parts.is_empty() => {
                return Err(offence("an id that is given up has no parts"));
            }
            _ => {}
        }
        for part in &self.parts {
            part.check(kind, self.max_parallelism)?;
        }
        for pair in self.parts.windows(2) {
            let [a, b] = pair else { continue };
            let disjoint = a.operator < b.operator
                || a.operator == b.operator && a.key_groups.last() < b.key_groups.first();
            if !disjoint {
                return Err(offence(
                    "the parts must ascend by operator and key groups, without overlap",
                )
                .with("part", a.describe())
                .with("next", b.describe()));
            }
        }
        self.check_files(kind)
    }

    /// A file that is referred to twice must be the same both times.
    fn check_files(&self, kind: ErrorKind) -> Result<()> {
        let mut files = BTreeMap::new();
        for run in self.parts.iter().flat_map(|part| &part.runs) {
            let facts = (run.kind, run.size, run.digest, run.seal, run.rows);
            if *files.entry(&run.path).or_insert(facts) != facts {
                return Err(
                    Error::new(kind, "two references to one file differ").with("run", &run.path)
                );
            }
        }
        let mut natives = BTreeMap::new();
        for file in self.parts.iter().flat_map(Part::files) {
            if *natives.entry(file.path).or_insert(file) != file {
                return Err(
                    Error::new(kind, "two references to one file differ").with("file", file.path)
                );
            }
        }
        Ok(())
    }
}

impl Part {
    fn check(&self, kind: ErrorKind, max_parallelism: u16) -> Result<()> {
        let offence = |message: &str| Error::new(kind, message).with("part", self.describe());
        let legal =
            |range: KeyGroupRange| range.first() <= range.last() && range.last() < max_parallelism;
        if self.operator.is_empty() {
            return Err(offence("an operator has no name"));
        }
        if !legal(self.key_groups) {
            return Err(offence("the key groups of a part are out of range")
                .with("max_parallelism", max_parallelism));
        }
        check_states(kind, &self.states).map_err(|e| e.with("part", self.describe()))?;
        for run in &self.runs {
            if check_path(&run.path).is_err() {
                return Err(
                    offence("the path of a run is illegal").with("path", run.path.escape_debug())
                );
            }
            let inside = self.key_groups.first() <= run.clip.first()
                && run.clip.last() <= self.key_groups.last();
            if !legal(run.clip) || !inside {
                return Err(offence("the clip of a run lies outside its part")
                    .with("run", &run.path)
                    .with("clip", run.clip));
            }
        }
        if let Some(native) = &self.native {
            return self.check_native(kind, native);
        }
        // No group without a run: a lost reference must not look like a part without rows.
        match first_uncovered(self.key_groups, self.runs.iter().map(|run| run.clip)) {
            Some(group) => Err(offence("a key group of a part has no run").with("group", group)),
            None => Ok(()),
        }
    }

    fn check_native(&self, kind: ErrorKind, native: &NativeState) -> Result<()> {
        let offence = |message: &str| Error::new(kind, message).with("part", self.describe());
        if !self.runs.is_empty() {
            return Err(offence("a part has runs and native files"));
        }
        let names = [&native.backend, &native.name];
        if native.files.is_empty() || !names.into_iter().all(|name| is_name(name)) {
            return Err(offence("a native part has no files, or no legal name"));
        }
        let legal =
            |file: &NativeRef| check_path(&file.name).is_ok() && check_path(&file.path).is_ok();
        if let Some(file) = native.files.iter().find(|file| !legal(file)) {
            return Err(offence("the name or path of a native file is illegal")
                .with("name", file.name.escape_debug())
                .with("path", file.path.escape_debug()));
        }
        if native.files.is_sorted_by(|a, b| a.name < b.name) {
            Ok(())
        } else {
            Err(offence("native files do not ascend by name"))
        }
    }

    fn describe(&self) -> String {
        format!("{} of `{}`", self.key_groups, self.operator.escape_debug())
    }
}

/// The first group of `range` that no range of `cover` holds.
pub(crate) fn first_uncovered(
    range: KeyGroupRange,
    cover: impl Iterator<Item = KeyGroupRange>,
) -> Option<u32> {
    let mut cover: Vec<_> = cover
        .map(|r| (u32::from(r.first()), u32::from(r.last())))
        .collect();
    cover.sort_unstable();
    let mut next = u32::from(range.first());
    for (first, last) in cover {
        if first > next {
            break;
        }
        next = next.max(last + 1);
    }
    (next <= u32::from(range.last())).then_some(next)
}
