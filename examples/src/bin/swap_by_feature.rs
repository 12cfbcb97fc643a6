//! Another backend by nothing but a feature flag: operator, `main` and output are the same, the type
//! alias `Backend` is another one.
//!
//! ```text
//! cargo run --bin swap_by_feature --no-default-features                     # heap
//! cargo run --bin swap_by_feature --no-default-features --features redb
//! cargo run --bin swap_by_feature --no-default-features --features rocksdb
//! cargo run --bin swap_by_feature --no-default-features --features sled
//! ```

#![expect(clippy::print_stdout, reason = "a program that shows something")]

use std::error::Error;
use std::path::Path;

use state_backends::{
    KeyGroups, List, ListDescriptor, Ref, Result, StateBackend, StateRead, Value, ValueDescriptor,
};

// Features add up: with several of them on, the first of this list is taken.
#[cfg(feature = "rocksdb")]
use state_backends::rocksdb::{RocksdbBackend as Backend, RocksdbConfig as Config, open};

#[cfg(all(feature = "redb", not(feature = "rocksdb")))]
use state_backends::redb::{RedbBackend as Backend, RedbConfig as Config, open};

#[cfg(all(feature = "sled", not(any(feature = "redb", feature = "rocksdb"))))]
use state_backends::sled::{SledBackend as Backend, SledConfig as Config, open};

#[cfg(not(any(feature = "redb", feature = "rocksdb", feature = "sled")))]
use in_memory::{Backend, Config, open};

/// The heap in the same shape: it has no directory and nothing to configure.
#[cfg(not(any(feature = "redb", feature = "rocksdb", feature = "sled")))]
mod in_memory {
    use std::path::Path;

    use state_backends::{KeyGroups, Result, StateKey};

    pub(super) use state_backends::heap::HeapBackend as Backend;

    #[derive(Default)]
    pub(super) struct Config {}

    #[expect(clippy::unnecessary_wraps, reason = "opening the others may fail")]
    pub(super) fn open<K: StateKey>(_: &Path, groups: KeyGroups, _: &Config) -> Result<Backend<K>> {
        Ok(Backend::new(groups))
    }
}

/// The operator: how often a page was visited, and by whom last. Runs on every backend.
#[derive(Clone, Copy)]
struct Visits {
    count: Value<u64>,
    visitors: List<String>,
}

impl Visits {
    fn register<B: StateBackend<Key = String>>(state: &mut B) -> Result<Self> {
        Ok(Self {
            count: state.register(ValueDescriptor::new("count"))?,
            visitors: state.register(ListDescriptor::new("visitors"))?,
        })
    }

    fn visit<B: StateBackend<Key = String>>(
        self,
        state: &mut B,
        page: &str,
        visitor: &str,
    ) -> Result<()> {
        let mut at = state.at_mut(page); // hashed or encoded once
        at.value(self.count).modify(0, |n| *n += 1)?;
        at.list(self.visitors).push(visitor.to_owned())
    }

    fn report<R: StateRead<Key = String>>(self, state: &R, page: &str) -> Result<String> {
        let at = state.at(page);
        let count = at.value(self.count).get()?.map_or(0, |n| *n);
        let visitors = at.list(self.visitors).iter()?;
        let visitors: Vec<_> = visitors
            .map(|name| name.map(Ref::into_owned))
            .collect::<Result<_>>()?;
        Ok(format!("{page}: {count}, by {}", visitors.join(", ")))
    }
}

fn run(dir: &Path) -> Result<()> {
    let groups = KeyGroups::all(KeyGroups::DEFAULT)?;
    let mut state: Backend<String> = open(dir, groups, &Config::default())?;
    eprintln!("on {}", state.name());

    let visits = Visits::register(&mut state)?;
    visits.visit(&mut state, "start", "Ada")?;
    visits.visit(&mut state, "about", "Grace")?;
    visits.visit(&mut state, "start", "Grace")?;

    let view = state.freeze()?;
    visits.visit(&mut state, "start", "Mallory")?; // too late for the view
    for page in ["about", "start"] {
        println!("{}", visits.report(&view, page)?);
    }
    drop(view);
    state.destroy()
}

fn main() -> Result<(), Box<dyn Error>> {
    let dir = tempfile::tempdir()?;
    Ok(run(&dir.path().join("state"))?)
}
