//! Names that no other process draws.

use state_api::{Error, ErrorKind, Result};

/// 128 random bits of the operating system, as 32 lower-case hex digits.
pub(crate) fn unique_id() -> Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| {
        Error::new(ErrorKind::Io, "the operating system gives no random bytes").with_source(error)
    })?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}
