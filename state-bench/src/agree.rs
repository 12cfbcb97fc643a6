//! That both sides did the same.

use crate::error::{Error, Result};

/// Who has to agree, and on what.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Agree<'a> {
    /// The backend.
    pub(crate) backend: &'a str,
    /// The workload.
    pub(crate) workload: &'a str,
    /// What is beside ours.
    pub(crate) other: &'static str,
}

impl Agree<'_> {
    /// That a sum is the same on both sides.
    pub(crate) fn on(&self, sum: &'static str, ours: u64, other: u64) -> Result<()> {
        if ours == other {
            return Ok(());
        }
        Err(Error::Disagree {
            backend: self.backend.to_owned(),
            workload: self.workload.to_owned(),
            sum,
            ours,
            name: self.other,
            other,
        })
    }
}
