//! Views in any number and order.

use std::sync::Arc;

use state_store::{OrderedRead, OrderedStore, Overlay, OverlayView, TableId};

use crate::shared::{Place, SharedMemory};

const TABLE: TableId = TableId(1);

fn overlay() -> (Arc<Place>, Overlay<SharedMemory>) {
    let place = Arc::new(Place::default());
    let mut overlay = Overlay::new(SharedMemory::open(&place).unwrap(), usize::MAX).unwrap();
    overlay.create_table(TABLE).unwrap();
    (place, overlay)
}

/// The value of all keys, which is one.
fn round<R: OrderedRead>(read: &R) -> u32 {
    let values = (0..50_u32).map(|key| {
        let value = read.get(TABLE, &key.to_be_bytes()).unwrap().unwrap();
        u32::from_be_bytes(value.as_ref().try_into().unwrap())
    });
    let mut values: Vec<_> = values.collect();
    values.dedup();
    assert_eq!(values.len(), 1, "a view of several rounds: {values:?}");
    values[0]
}

fn write(overlay: &mut Overlay<SharedMemory>, round: u32) {
    for key in 0..50_u32 {
        let value = round.to_be_bytes();
        overlay.put(TABLE, &key.to_be_bytes(), &value).unwrap();
    }
}

#[test]
fn four_views_end_in_any_order() {
    for order in 0..4 * 3 * 2_usize {
        let (place, mut overlay) = overlay();
        let mut views = Vec::new();
        for at in 0..4 {
            write(&mut overlay, at);
            views.push((at, overlay.freeze().unwrap()));
        }
        let mut order = order;
        for left in (1..=4).rev() {
            for (at, view) in &views {
                assert_eq!(round(view), *at);
            }
            drop(views.remove(order % left));
            order /= left;
            write(&mut overlay, 10 + u32::try_from(left).unwrap());
            assert_eq!(round(&overlay), 10 + u32::try_from(left).unwrap());
        }
        while overlay.bytes_held() > 0 {
            overlay.delete(TABLE, b"not there").unwrap();
        }
        assert_eq!(place.rows(TABLE), 50);
        assert_eq!(round(overlay.base()), 11);
    }
}

/// Layers are not copied into one where a view needs only the lower ones of them.
#[test]
fn a_layer_goes_down_as_soon_as_no_view_excludes_it() {
    let (place, mut overlay) = overlay();
    let first = overlay.freeze().unwrap();
    write(&mut overlay, 1);
    let second = overlay.freeze().unwrap();
    write(&mut overlay, 2);
    let third = overlay.freeze().unwrap();
    write(&mut overlay, 3);
    assert_eq!(place.rows(TABLE), 0);
    drop(first);
    write(&mut overlay, 4);
    assert_eq!(round(overlay.base()), 1);
    drop(third);
    write(&mut overlay, 5);
    assert_eq!(round(overlay.base()), 1);
    assert_eq!(round(&second), 1);
    drop(second);
    write(&mut overlay, 6);
    assert!(round(overlay.base()) > 1);
}

fn layers(view: &OverlayView<SharedMemory>) -> usize {
    let text = format!("{view:?}");
    let (_, number) = text.split_once("layers: ").unwrap();
    number.split(',').next().unwrap().parse().unwrap()
}

/// A view that lives long, such as a checkpoint's on a slow storage, and short ones meanwhile.
#[test]
fn short_views_above_a_long_one_leave_few_layers() {
    let (_, mut overlay) = overlay();
    write(&mut overlay, 0);
    let long = overlay.freeze().unwrap();
    let mut most = 0;
    let mut last = None;
    for at in 1..500 {
        write(&mut overlay, at);
        let short = overlay.freeze().unwrap();
        most = most.max(layers(&short));
        assert_eq!(round(&short), at);
        if let Some((last, at)) = last.replace((short, at)) {
            assert_eq!(round(&last), at);
        }
    }
    assert!(most <= 4, "{most} layers");
    assert_eq!(round(&long), 0);
    assert_eq!(layers(&long), 0);
}

/// A row each: what is compacted is not compacted again with every further row.
#[test]
fn tiny_layers_above_a_long_view_are_few() {
    let (_, mut overlay) = overlay();
    let long = overlay.freeze().unwrap();
    let mut last = overlay.freeze().unwrap();
    let mut most = 0;
    for at in 0..3_000_u32 {
        overlay.put(TABLE, &at.to_be_bytes(), b"v").unwrap();
        last = overlay.freeze().unwrap();
        most = most.max(layers(&last));
    }
    assert!(most <= 16, "{most} layers");
    for at in (0..3_000_u32).step_by(13) {
        assert!(last.get(TABLE, &at.to_be_bytes()).unwrap().is_some());
    }
    drop(long);
}
