//! sled: one tree, on both sides.

use sled::Tree;
use state_api::KeyGroups;
use state_sled::SledConfig;

use crate::Bare;

impl Bare for Tree {
    #[inline]
    fn get(&self, key: u64) -> u64 {
        let found = Tree::get(self, key.to_be_bytes()).unwrap().unwrap();
        u64::from_le_bytes(found.as_ref().try_into().unwrap())
    }

    #[inline]
    fn put(&mut self, key: u64, value: u64) {
        self.insert(key.to_be_bytes(), &value.to_le_bytes())
            .unwrap();
    }
}

pub(crate) fn run() {
    let dir = tempfile::tempdir().unwrap();
    let config = SledConfig::default();
    let database = sled::Config::new()
        .path(dir.path().join("bare"))
        .cache_capacity(config.cache_bytes)
        .flush_every_ms(None)
        .open()
        .unwrap();
    let bare = database.open_tree("bare").unwrap();
    let groups = KeyGroups::all(128).unwrap();
    let state = state_sled::open::<u64>(dir.path().join("state"), groups, &config).unwrap();
    crate::run("sled", state, bare);
}
