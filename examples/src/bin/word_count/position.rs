//! How far the inputs have been read: what a checkpoint keeps beside the state.

use serde::{Deserialize, Serialize};
use state_backends::{Error, ErrorKind, Result};

use crate::source::Source;

/// A position between two records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Position {
    /// Records read so far, from all inputs.
    pub(crate) records: u64,
    /// Index of the input being read; those before it are at their ends.
    pub(crate) current: usize,
    /// All inputs, in order.
    pub(crate) inputs: Vec<Progress>,
}

/// How far one input has been read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Progress {
    pub(crate) name: String,
    pub(crate) bytes: u64,
}

impl Position {
    /// The start of `sources`.
    pub(crate) fn start(sources: &[Source]) -> Self {
        let inputs = sources.iter().map(|source| Progress {
            name: source.name(),
            bytes: 0,
        });
        Self {
            records: 0,
            current: 0,
            inputs: inputs.collect(),
        }
    }

    /// Checks that `sources` are what this is a position in.
    ///
    /// A file that is being read may have grown at its end; one that was read may not.
    pub(crate) fn check(&self, sources: &[Source]) -> Result<()> {
        let known = self.inputs.iter().map(|input| input.name.as_str());
        if !known.clone().eq(sources.iter().map(Source::name)) {
            let given: Vec<_> = sources.iter().map(Source::name).collect();
            return Err(changed("the checkpoint was taken of other inputs")
                .with("checkpoint", known.collect::<Vec<_>>().join(" "))
                .with("given", given.join(" ")));
        }
        for (index, (input, source)) in self.inputs.iter().zip(sources).enumerate() {
            let fits = source.len().is_none_or(|len| {
                if index < self.current {
                    len == input.bytes
                } else {
                    len >= input.bytes
                }
            });
            if !fits {
                return Err(changed("an input is not as it was at the checkpoint")
                    .with("path", &input.name)
                    .with("bytes_read", input.bytes)
                    .with("bytes_now", source.len().unwrap_or(0)));
            }
        }
        Ok(())
    }
}

fn changed(what: &str) -> Error {
    let advice = "give the same inputs, or start anew with another --checkpoint-dir";
    Error::new(ErrorKind::Mismatch, format!("{what}: {advice}"))
}
