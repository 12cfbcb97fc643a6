//! The backends over engines that the features choose, each with its default configuration.

use state_api::StateBackend;

/// What is done with a backend over any engine.
pub trait OnEngine {
    /// `open` opens an empty backend of its own at each call.
    fn run<B: StateBackend<Key = u64>>(&self, name: &str, open: &mut dyn FnMut() -> B);
}

/// Runs `work` on each engine that is named by an argument of the program, or on all.
///
/// # Panics
/// When a backend does not open.
#[allow(clippy::unwrap_used, reason = "a benchmark may panic")]
pub fn on_engines(work: &impl OnEngine) {
    let wanted: Vec<_> = std::env::args()
        .skip(1)
        .filter(|arg| !arg.starts_with('-'))
        .collect();
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|wanted| wanted == name);
    macro_rules! run {
        ($name:literal, $engine:ident, $Config:ident) => {
            #[cfg(feature = $name)]
            if is_wanted($name) {
                let dir = tempfile::tempdir().unwrap();
                let groups = state_api::KeyGroups::all(128).unwrap();
                let config = $engine::$Config::default();
                let mut count = 0;
                work.run($name, &mut || {
                    count += 1;
                    let path = dir.path().join(count.to_string());
                    $engine::open::<u64>(path, groups, &config).unwrap()
                });
            }
        };
    }
    run!("redb", state_redb, RedbConfig);
    run!("rocksdb", state_rocksdb, RocksdbConfig);
    run!("sled", state_sled, SledConfig);
}
