//! What the entries hold: 100 bytes, kept in one way or another.

use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use state_api::StateValue;

/// 100 bytes.
pub(super) trait Payload: StateValue + Serialize + DeserializeOwned {
    /// So many times a byte.
    fn of(byte: u8) -> Self;

    /// The bytes.
    fn bytes(&self) -> &[u8];
}

/// Bytes.
const LEN: usize = 100;

/// Behind a pointer.
pub(super) type Boxed = Vec<u8>;

impl Payload for Boxed {
    fn of(byte: u8) -> Self {
        vec![byte; LEN]
    }

    fn bytes(&self) -> &[u8] {
        self
    }
}

/// Behind a reference count.
pub(super) type Counted = Arc<[u8]>;

impl Payload for Counted {
    fn of(byte: u8) -> Self {
        Self::from([byte; LEN])
    }

    fn bytes(&self) -> &[u8] {
        self
    }
}

/// In place. In rows of an array that serde knows.
pub(super) type InPlace = [[u8; 20]; 5];

impl Payload for InPlace {
    fn of(byte: u8) -> Self {
        [[byte; 20]; 5]
    }

    fn bytes(&self) -> &[u8] {
        self.as_flattened()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_a_hundred_bytes() {
        let all = [
            Boxed::of(7).bytes().to_vec(),
            Counted::of(7).bytes().to_vec(),
            InPlace::of(7).bytes().to_vec(),
        ];
        assert!(all.iter().all(|bytes| *bytes == [7; LEN]));
    }
}
