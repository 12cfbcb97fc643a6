//! RocksDB: one column family with the options that the backend has made, on both sides.

use std::cell::RefCell;

use rocksdb::{
    BoundColumnFamily, DBWithThreadMode, MultiThreaded, Options, ReadOptions, WriteOptions,
};
use state_api::KeyGroups;
use state_rocksdb::RocksdbConfig;
use std::sync::Arc;

use crate::Bare;

struct Engine<'db> {
    database: &'db DBWithThreadMode<MultiThreaded>,
    column: Arc<BoundColumnFamily<'db>>,
    read: ReadOptions,
    write: WriteOptions,
}

impl Bare for Engine<'_> {
    #[inline]
    fn get(&self, key: u64) -> u64 {
        let key = key.to_be_bytes();
        let found = self
            .database
            .get_pinned_cf_opt(&self.column, key, &self.read);
        u64::from_le_bytes(found.unwrap().unwrap().as_ref().try_into().unwrap())
    }

    #[inline]
    fn put(&mut self, key: u64, value: u64) {
        let (key, value) = (key.to_be_bytes(), value.to_le_bytes());
        self.database
            .put_cf_opt(&self.column, key, value, &self.write)
            .unwrap();
    }
}

pub(crate) fn run() {
    let dir = tempfile::tempdir().unwrap();
    let config = RocksdbConfig::default();
    let groups = KeyGroups::all(128).unwrap();
    let options = RefCell::new(None);
    let open = |name: &str| {
        let path = dir.path().join(name);
        state_rocksdb::open_with::<u64>(
            path,
            groups,
            &config,
            |database: &mut Options, column: &mut Options| {
                *options.borrow_mut() = Some((database.clone(), column.clone()));
            },
        )
        .unwrap()
    };
    // Each has the options of a backend of its own, so that no cache is shared.
    state_api::StateBackend::destroy(open("options")).unwrap();
    let (mut database, column) = options.take().unwrap();
    let path = dir.path().join("bare");
    database.set_db_log_dir(dir.path());
    let database = DBWithThreadMode::<MultiThreaded>::open(&database, path).unwrap();
    database.create_cf("bare", &column).unwrap();
    let mut write = WriteOptions::default();
    write.disable_wal(true);
    let bare = Engine {
        column: database.cf_handle("bare").unwrap(),
        database: &database,
        read: ReadOptions::default(),
        write,
    };
    crate::run("rocksdb", open("state"), bare);
}
