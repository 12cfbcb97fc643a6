//! Reader threads while the owner writes, freezes, writes layers down and gives views up.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use state_api::{ErrorKind, Result};
use state_store::{Entry, OrderedRead, OrderedStore, Overlay, OverlayView, Scan, TableId};

use crate::shared::{Place, SharedMemory};

const TABLE: TableId = TableId(1);

type Rows = BTreeMap<Vec<u8>, Vec<u8>>;

fn read(view: &OverlayView<SharedMemory>, back: bool, rows: &Rows) -> Result<()> {
    let mut scan = view.scan(TABLE, Bound::Unbounded, Bound::Unbounded)?;
    let mut expected = rows.iter();
    loop {
        let (next, expected) = if back {
            (scan.next_entry_back()?, expected.next_back())
        } else {
            (scan.next_entry()?, expected.next())
        };
        let next = next.map(|Entry { key, value }| (key, value));
        assert_eq!(next, expected.map(|(key, value)| (&key[..], &value[..])));
        if next.is_none() {
            break;
        }
    }
    for (key, value) in rows.iter().step_by(7) {
        assert_eq!(view.get(TABLE, key)?.unwrap().as_ref(), value);
        let between = [key, &b"-"[..]].concat();
        assert!(view.get(TABLE, &between)?.is_none());
    }
    Ok(())
}

#[test]
fn views_equal_their_freeze_or_are_given_up() {
    let place = Arc::new(Place::default());
    let mut overlay = Overlay::new(SharedMemory::open(&place).unwrap(), 60_000).unwrap();
    overlay.create_table(TABLE).unwrap();
    let mut rows = Rows::new();
    let newest = Mutex::new(Arc::new((overlay.freeze().unwrap(), rows.clone())));
    let (done, whole, revoked) = (AtomicBool::new(false), AtomicU64::new(0), AtomicU64::new(0));
    thread::scope(|scope| {
        for reader in 0..3 {
            let (newest, done, whole, revoked) = (&newest, &done, &whole, &revoked);
            scope.spawn(move || {
                let mut turn = reader;
                while !done.load(Ordering::Relaxed) {
                    turn += 1;
                    let view = Arc::clone(&newest.lock().unwrap());
                    // Some are held for long, so that they are given up.
                    for _ in 0..=turn % 5 * 4 {
                        match read(&view.0, turn % 2 == 0, &view.1) {
                            Ok(()) => whole.fetch_add(1, Ordering::Relaxed),
                            Err(error) => {
                                assert_eq!(error.kind(), ErrorKind::Revoked, "{error}");
                                revoked.fetch_add(1, Ordering::Relaxed);
                                break;
                            }
                        };
                    }
                }
            });
        }
        for write in 0..60_000_u32 {
            let key = (write.wrapping_mul(0x9E37_79B9) >> 22).to_be_bytes();
            let value = write.to_be_bytes();
            if write % 5 == 0 {
                overlay.delete(TABLE, &key).unwrap();
                rows.remove(&key[..]);
            } else if write % 501 == 0 {
                overlay.delete_range(TABLE, &key, None).unwrap();
                drop(rows.split_off(&key[..]));
            } else {
                overlay.put(TABLE, &key, &value).unwrap();
                rows.insert(key.into(), value.into());
            }
            if write % 250 == 0 {
                let view = Arc::new((overlay.freeze().unwrap(), rows.clone()));
                *newest.lock().unwrap() = view;
            }
        }
        done.store(true, Ordering::Relaxed);
    });
    let (whole, revoked) = (whole.into_inner(), revoked.into_inner());
    assert!(
        whole > 0 && revoked > 0,
        "{whole} whole, {revoked} given up"
    );
}
