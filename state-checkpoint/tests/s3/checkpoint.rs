//! A checkpoint is taken to S3 and restored from it, by way of its URL alone.

use std::collections::BTreeMap;
use std::sync::Arc;

use state_api::row::{AllRows, CodecId, RowRef, RowSource, StateKind, StateMeta};
use state_api::{KeyGroups, Result, SystemClock};
use state_checkpoint::blocking::block_on;
use state_checkpoint::{
    Job, JobOptions, NewPart, WriteOptions, latest, list, open_restore, verify, write_part,
};

use crate::support::server::Server;
use crate::support::{bytes, open};

/// Rows in each of ten key groups, of a kibibyte each that does not compress.
struct Rows {
    count: u64,
    next: u64,
    key: [u8; 8],
    envelope: Vec<u8>,
}

fn rows(count: u64) -> Rows {
    Rows {
        count,
        next: 0,
        key: [0; 8],
        envelope: Vec::new(),
    }
}

impl RowSource for Rows {
    fn next_row(&mut self) -> Result<Option<RowRef<'_>>> {
        if self.next == self.count {
            return Ok(None);
        }
        let group = u16::try_from(self.next * 10 / self.count).unwrap();
        self.key = self.next.to_be_bytes();
        self.envelope = [vec![0], bytes(1024, self.next * 2 + 1)].concat();
        self.next += 1;
        Ok(Some(RowRef {
            group,
            state: 0,
            key: &self.key,
            envelope: &self.envelope,
        }))
    }
}

#[test]
fn is_restored() {
    let server = Server::start();
    let storage = open(server.address, &[]);
    let states = [StateMeta {
        name: "counts".into(),
        kind: StateKind::Value,
        codec: CodecId {
            name: "bincode".into(),
            version: 1,
        },
        key_type: "u64".into(),
        namespace_type: "()".into(),
        map_key_type: None,
        value_type: "u64".into(),
    }];
    let all = KeyGroups::all(10).unwrap();
    let options = JobOptions::new(10);
    let job = block_on(Job::open(storage, Arc::new(SystemClock), options)).unwrap();
    // One run of a single request, one of an upload in parts.
    for count in [100, 20_000] {
        let pending = block_on(job.begin()).unwrap();
        let new = NewPart {
            operator: "operator",
            key_groups: all,
            states: &states,
            base: Vec::new(),
        };
        let part = block_on(write_part(
            &**job.storage(),
            pending.ticket(),
            new,
            &mut AllRows::new(rows(count)),
            &WriteOptions::default(),
        ))
        .unwrap();
        block_on(pending.publish(vec![part], BTreeMap::new())).unwrap();
    }

    let storage = open(server.address, &[]);
    assert_eq!(block_on(list(&*storage)).unwrap(), [1, 2]);
    let manifest = block_on(latest(&*storage)).unwrap().unwrap();
    assert_eq!(manifest.checkpoint_id, 2);
    block_on(verify(&*storage, &manifest)).unwrap();
    let mut restored = block_on(open_restore(&*storage, &manifest, "operator", all)).unwrap();
    let mut expected = rows(20_000);
    while let Some(row) = expected.next_row().unwrap() {
        assert_eq!(restored.next_row().unwrap(), Some(row));
    }
    assert_eq!(restored.next_row().unwrap(), None);
}
