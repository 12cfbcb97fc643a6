//! A list of a million elements is read without being held. Alone in its file, since it looks at the
//! whole process.

mod factory;

#[test]
fn a_million_elements_are_read_in_constant_memory() {
    state_conformance::properties::long_lists_are_read_lazily(
        &factory::Rocksdb::default(),
        1_000_000,
        24 << 20,
    );
}
