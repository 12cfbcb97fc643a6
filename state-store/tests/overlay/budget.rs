//! Layers stay within their budget; what gives way is the oldest view.

use std::ops::Bound;
use std::sync::{Arc, Mutex};

use state_api::{
    ErrorKind, KeyGroups, MapDescriptor, Result, RowSource, StateBackend, StateRead, StateView,
};
use state_store::{OrderedRead, OrderedStore, Overlay, OverlayView, Scan, StoreBackend, TableId};

use crate::shared::{Place, SharedMemory};

const TABLE: TableId = TableId(1);

fn overlay(budget: usize) -> Overlay<SharedMemory> {
    let place = Arc::new(Place::default());
    let mut overlay = Overlay::new(SharedMemory::open(&place).unwrap(), budget).unwrap();
    overlay.create_table(TABLE).unwrap();
    overlay
}

fn is_revoked(view: &OverlayView<SharedMemory>) -> bool {
    match view.get(TABLE, b"key") {
        Ok(_) => false,
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Revoked, "{error}");
            true
        }
    }
}

#[test]
fn the_oldest_view_gives_way_and_the_budget_holds() {
    let budget = 1 << 20;
    let mut overlay = overlay(budget);
    let mut views: Vec<OverlayView<_>> = Vec::new();
    let (mut revoked, mut most) = (0, 0);
    for write in 0..100_000_u32 {
        if write % 1500 == 0 {
            views.push(overlay.freeze().unwrap());
        }
        // Rows of very different sizes.
        let value = vec![
            7;
            if write % 1000 == 0 {
                60_000
            } else {
                (write % 100) as usize
            }
        ];
        let key = write.wrapping_mul(0x9E37_79B9) % 20_000;
        overlay.put(TABLE, &key.to_be_bytes(), &value).unwrap();
        most = most.max(overlay.bytes_held());
        assert!(most <= budget, "{most} bytes at write {write}");
        let given_up = views.iter().take_while(|view| is_revoked(view)).count();
        assert!(
            views[given_up..].iter().all(|view| !is_revoked(view)),
            "not the oldest first"
        );
        revoked += views.drain(..given_up).len();
    }
    assert!(most > budget * 3 / 4, "{most} bytes at most");
    assert!(revoked > 10, "{revoked} views were revoked");
    assert!(views.len() > 1, "{} views are left", views.len());
}

#[test]
fn a_row_that_exceeds_the_budget_goes_to_the_base() {
    let mut overlay = overlay(1000);
    let view = overlay.freeze().unwrap();
    overlay.put(TABLE, b"key", &[1; 100]).unwrap();
    assert!(!is_revoked(&view));
    overlay.put(TABLE, b"key", &[2; 10_000]).unwrap();
    assert!(is_revoked(&view));
    assert_eq!(overlay.bytes_held(), 0);
    let found = overlay.get(TABLE, b"key").unwrap().unwrap();
    assert_eq!(found.as_ref(), [2; 10_000]);
}

#[test]
fn what_a_view_holds_of_layers_that_were_written_down_counts() {
    let mut overlay = overlay(100_000);
    let first = overlay.freeze().unwrap();
    for key in 0..400_u32 {
        overlay.put(TABLE, &key.to_be_bytes(), &[0; 50]).unwrap();
    }
    let second = overlay.freeze().unwrap();
    let held = overlay.bytes_held();
    drop(first);
    for key in 0..100_u32 {
        overlay.put(TABLE, &key.to_be_bytes(), &[1]).unwrap();
    }
    assert!(
        overlay.bytes_held() > held,
        "the second view still holds it"
    );
    assert!(!is_revoked(&second));
    // It is the one that has to give way, though what it excludes is small.
    for key in 100..600_u32 {
        overlay.put(TABLE, &key.to_be_bytes(), &[1]).unwrap();
    }
    assert!(is_revoked(&second));
    drop(second);
    for key in 0..100_u32 {
        overlay.put(TABLE, &key.to_be_bytes(), &[2]).unwrap();
    }
    assert_eq!(overlay.bytes_held(), 0);
}

#[test]
fn a_view_that_was_given_up_answers_nothing() {
    let mut overlay = overlay(10_000);
    let first = overlay.freeze().unwrap();
    overlay.put(TABLE, b"key", b"held in a layer").unwrap();
    overlay.delete(TABLE, b"gone").unwrap();
    let second = overlay.freeze().unwrap();
    overlay.put(TABLE, b"large", &[0; 10_000]).unwrap();
    for view in [&first, &second] {
        for key in [&b"key"[..], b"gone", b"large"] {
            let error = view.get(TABLE, key).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Revoked, "{error}");
        }
        let scan = view.scan(TABLE, Bound::Unbounded, Bound::Unbounded);
        assert_eq!(scan.unwrap_err().kind(), ErrorKind::Revoked);
    }
}

fn all(view: &OverlayView<SharedMemory>) -> Result<impl Scan> {
    view.scan(TABLE, Bound::Unbounded, Bound::Unbounded)
}

/// The owner gives a view up and writes between the start of its read and the end of it.
#[test]
fn a_view_that_is_given_up_in_the_midst_of_a_read_answers_nothing() {
    type Read = fn(&OverlayView<SharedMemory>) -> Result<()>;
    let reads: [Read; 4] = [
        |view| view.get(TABLE, b"key").map(drop),
        |view| view.get(TABLE, b"absent").map(drop),
        |view| all(view)?.next_entry().map(drop),
        |view| all(view)?.next_entry_back().map(drop),
    ];
    for read in reads {
        let place = Arc::new(Place::default());
        let mut overlay = Overlay::new(SharedMemory::open(&place).unwrap(), 1000).unwrap();
        overlay.create_table(TABLE).unwrap();
        overlay.put(TABLE, b"key", b"value").unwrap();
        let view = overlay.freeze().unwrap();
        read(&view).unwrap();
        let overlay = Arc::new(Mutex::new(overlay));
        let owner = Arc::clone(&overlay);
        place.before_read.set(move || {
            let mut owner = owner.lock().unwrap();
            owner.delete(TABLE, b"key").unwrap();
            owner.put(TABLE, b"absent", &[0; 1000]).unwrap();
        });
        let error = read(&view).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Revoked, "{error}");
        let found = overlay.lock().unwrap().base().get(TABLE, b"key").unwrap();
        assert_eq!(found, None);
    }
}

/// Its rows take far longer to delete than the budget takes to fill at the usual pace.
#[test]
fn the_budget_holds_while_a_long_range_is_deleted() {
    let budget = 100_000;
    let mut overlay = overlay(budget);
    for key in 0..50_000_u32 {
        overlay.put(TABLE, &key.to_be_bytes(), b"v").unwrap();
    }
    let view = overlay.freeze().unwrap();
    overlay.delete_range(TABLE, &[], None).unwrap();
    drop(view);
    for key in 0..5_000_u32 {
        overlay.put(TABLE, &key.to_be_bytes(), b"new").unwrap();
        let held = overlay.bytes_held();
        assert!(held <= budget, "{held} bytes after {key} writes");
    }
}

#[test]
fn a_checkpoint_in_flight_is_given_up_and_the_writes_go_on() {
    let place = Arc::new(Place::default());
    let store = Overlay::new(SharedMemory::open(&place).unwrap(), 1 << 20).unwrap();
    let mut state = StoreBackend::<u64, _>::new(store, KeyGroups::all(8).unwrap()).unwrap();
    let map = state
        .register(MapDescriptor::<u32, String>::new("map"))
        .unwrap();
    let write = |state: &mut StoreBackend<u64, _>, text: &str| {
        for entry in 0..20_000_u32 {
            state
                .at_mut(&u64::from(entry % 7))
                .map(map)
                .insert(entry, text.into())
                .unwrap();
        }
    };
    write(
        &mut state,
        "a text of some length, so that the rows are more than one batch",
    );
    let view = state.freeze().unwrap();
    let range = view.key_groups().range();
    let mut rows = view.into_rows(range).unwrap();
    rows.next_row().unwrap().unwrap();
    let before = state.memory_held().bytes;
    state
        .at_mut(&1)
        .map(map)
        .insert(0, "x".repeat(10_000))
        .unwrap();
    assert!(
        state.memory_held().bytes >= before + 10_000,
        "layers are reported"
    );
    write(&mut state, "another one");
    let error = loop {
        match rows.next_row() {
            Ok(row) => assert!(
                row.is_some(),
                "the rows of a view that was given up end well"
            ),
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), ErrorKind::Revoked, "{error}");
    assert_eq!(rows.next_row().unwrap_err().kind(), ErrorKind::Revoked);
    let view = state.freeze().unwrap();
    assert_eq!(
        view.at(&0).map(map).get(&7).unwrap().as_deref().unwrap(),
        "another one"
    );
}
