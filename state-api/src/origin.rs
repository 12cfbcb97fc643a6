//! Which backend something belongs to.

use std::sync::atomic::{AtomicU64, Ordering};

/// The life of one backend, from its opening on: no other backend of the process has it. Tells whether
/// an epoch, which counts within such a life, means anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Origin(u64);

impl Origin {
    /// One that nothing else has: a backend draws it when it is opened, and gives it to its views.
    pub fn unique() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_are_equal() {
        assert_ne!(Origin::unique(), Origin::unique());
    }
}
