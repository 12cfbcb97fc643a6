//! Work in a process of its own.

use std::path::Path;
use std::process::Command;

use serde::de::DeserializeOwned;

use crate::error::{Error, Result};

/// Starts a program, and reads what it prints, a value as JSON.
///
/// # Errors
/// [`Error::Program`] when it cannot be started, fails, or prints something else.
pub(crate) fn ask<T: DeserializeOwned>(command: &mut Command) -> Result<T> {
    let output = command.output();
    let failed = |problem: String| Error::Program {
        program: Path::new(command.get_program()).to_owned(),
        problem,
    };
    let output = output.map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(failed(said.trim().to_owned()));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| failed(error.to_string()))
}
