//! A list of three million elements is read without being held. Alone in its file, since it looks at the
//! whole process.

mod factory;

/// sled frees what it evicts late: reading takes some 60 to 85 MB whatever the length of the list, here 300.
#[test]
fn three_million_elements_are_read_in_constant_memory() {
    state_conformance::properties::long_lists_are_read_lazily(
        &factory::Sled::default(),
        3_000_000,
        128 << 20,
    );
}
