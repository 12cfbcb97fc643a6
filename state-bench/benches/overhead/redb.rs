//! redb: one long write transaction with its table kept open, on both sides.

use redb::{Builder, Durability, ReadableTable, Table, TableDefinition};
use state_api::KeyGroups;
use state_redb::RedbConfig;

use crate::Bare;

const TABLE: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("bare");

impl Bare for Table<'_, &'static [u8], &'static [u8]> {
    #[inline]
    fn get(&self, key: u64) -> u64 {
        let found = ReadableTable::get(self, &key.to_be_bytes()[..])
            .unwrap()
            .unwrap();
        u64::from_le_bytes(found.value().try_into().unwrap())
    }

    #[inline]
    fn put(&mut self, key: u64, value: u64) {
        self.insert(&key.to_be_bytes()[..], &value.to_le_bytes()[..])
            .unwrap();
    }
}

pub(crate) fn run() {
    let dir = tempfile::tempdir().unwrap();
    let config = RedbConfig::default();
    let database = Builder::new()
        .set_cache_size(config.cache_bytes)
        .create(dir.path().join("bare.redb"))
        .unwrap();
    let mut transaction = database.begin_write().unwrap();
    transaction.set_durability(Durability::None).unwrap();
    let bare = transaction.open_table(TABLE).unwrap();
    let groups = KeyGroups::all(128).unwrap();
    let state = state_redb::open::<u64>(dir.path().join("state"), groups, &config).unwrap();
    crate::run("redb", state, bare);
}
