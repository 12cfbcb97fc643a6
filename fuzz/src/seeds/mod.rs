//! The seeds: inputs that lead a fuzzer, and the replay, behind the first check of each decoder. Real
//! encodings, and crafted ones that were refused once. `cargo run --example seed` writes them.

mod checkpoint;
mod storage;
mod store;
mod text;
mod values;

/// An input with a name that says what it is.
#[derive(Clone, Debug)]
pub struct Seed {
    /// Name of the target.
    pub target: &'static str,
    /// Name of the file.
    pub name: String,
    /// Content of the file.
    pub bytes: Vec<u8>,
}

/// Collects seeds.
#[derive(Default)]
struct Seeds(Vec<Seed>);

impl Seeds {
    fn add(&mut self, target: &'static str, name: &str, bytes: impl Into<Vec<u8>>) {
        self.0.push(Seed {
            target,
            name: name.to_owned(),
            bytes: bytes.into(),
        });
    }
}

/// All seeds: the same bytes each time.
#[must_use]
pub fn seeds() -> Vec<Seed> {
    let mut seeds = Seeds::default();
    values::add(&mut seeds);
    store::add(&mut seeds);
    checkpoint::add(&mut seeds);
    storage::add(&mut seeds);
    text::add(&mut seeds);
    seeds.0
}

/// Bytes behind their length in one byte.
fn short(bytes: &[u8]) -> Vec<u8> {
    let len = u8::try_from(bytes.len()).expect("a seed is small");
    [&[len], bytes].concat()
}

/// Bytes behind their length in two bytes.
fn long(bytes: &[u8]) -> Vec<u8> {
    let len = u16::try_from(bytes.len()).expect("a seed is small");
    [&len.to_be_bytes(), bytes].concat()
}
