//! What a table needs to know of its rows.

/// A row of a [`Table`](crate::Table): key, namespace and value in one struct of the caller's.
///
/// # Laws
/// - `hash` is the hash under which the row was inserted, and it never changes: neither by a
///   write through `&mut` nor by `clone`.
/// - `hash` does not panic. It runs when a segment grows, splits or shrinks; a panic there loses rows, so no row of the
///   table is found any more.
///
/// # Cost
/// The table stores no hash: a row of two `u64` stays 16 bytes. In exchange `hash` runs about
/// twice per insert, amortised, and never on a read or an update. A row with a long key may
/// carry its own hash as a field.
pub trait Row: Clone {
    /// The hash of the row's key, all of whose bits should be well spread: segments are told apart by the lower half, rows of a
    /// segment by the lowest bits and the topmost.
    fn hash(&self) -> u64;
}

#[cfg(test)]
pub(crate) mod tests {
    use super::Row;

    /// A row that is its hash.
    #[derive(Clone)]
    pub(crate) struct Number(pub(crate) u64);

    impl Row for Number {
        fn hash(&self) -> u64 {
            self.0
        }
    }
}
