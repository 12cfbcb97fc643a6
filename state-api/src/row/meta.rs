//! What is known of a state without its Rust types: enough to carry it, not to decode it.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// The kind of a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum StateKind {
    /// One value per key and namespace.
    Value,
    /// A list of elements per key and namespace, in order of appending.
    List,
    /// An ordered map per key and namespace.
    Map,
}

impl fmt::Display for StateKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Value => "value",
            Self::List => "list",
            Self::Map => "map",
        })
    }
}

/// Identity of a codec: a stable name and the version of its byte format.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CodecId {
    /// The name, such as `bincode`.
    pub name: Cow<'static, str>,
    /// Version of the byte format, from 1.
    pub version: u32,
}

impl fmt::Display for CodecId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.name, self.version)
    }
}

/// Description of a state: stored beside its rows, in an engine's directory and in a manifest.
///
/// Two descriptions are of the same state only if they are equal; the type names are
/// [`std::any::type_name`] unless the key types or the descriptor give stable ones.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct StateMeta {
    /// Name of the state, unique within an operator.
    pub name: String,
    /// Kind of the state.
    pub kind: StateKind,
    /// Codec of values, list elements or map values.
    pub codec: CodecId,
    /// Name of the key type.
    pub key_type: String,
    /// Name of the namespace type.
    pub namespace_type: String,
    /// Name of the map-key type; only maps have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub map_key_type: Option<String>,
    /// Name of the type of values, list elements or map values.
    pub value_type: String,
}

impl fmt::Display for StateMeta {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} state `{}` of ", self.kind, self.name)?;
        if let Some(map_key) = &self.map_key_type {
            write!(f, "{map_key} -> ")?;
        }
        write!(
            f,
            "{} (key {}, namespace {}, codec {})",
            self.value_type, self.key_type, self.namespace_type, self.codec
        )
    }
}
