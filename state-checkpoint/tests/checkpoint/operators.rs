//! Parts of several operators stand in one manifest, in one order.

use state_api::ErrorKind;
use state_checkpoint::{Manifest, load};

use crate::support::{block_on, range, small_checkpoint};

#[test]
fn parts_ascend_by_operator_and_then_by_key_groups() {
    let (storage, _) = small_checkpoint();
    let mut manifest = block_on(load(&storage, 1)).unwrap();
    // The key groups of one operator are nothing to another.
    let of = |operator: &'static str| {
        manifest.parts.iter().map(move |part| {
            let mut part = part.clone();
            operator.clone_into(&mut part.operator);
            part
        })
    };
    let parts: Vec<_> = of("a").chain(of("b")).collect();
    manifest.parts.clone_from(&parts);
    let bytes = manifest.to_bytes().unwrap();
    assert_eq!(Manifest::from_bytes(&bytes, "f").unwrap(), manifest);

    let mut refused = |order: [usize; 4]| {
        manifest.parts = order.map(|part| parts[part].clone()).to_vec();
        let error = manifest.to_bytes().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{order:?}");
        [error.context("part"), error.context("next")].map(|part| part.unwrap().to_owned())
    };
    let described =
        |part: usize| format!("{} of `{}`", parts[part].key_groups, parts[part].operator);
    for (order, at) in [
        ([1, 0, 2, 3], 0),
        ([0, 1, 3, 2], 2),
        ([0, 0, 2, 3], 0),
        ([0, 2, 1, 3], 1),
        ([2, 3, 0, 1], 1),
    ] {
        let expected = [described(order[at]), described(order[at + 1])];
        assert_eq!(refused(order), expected, "{order:?}");
    }
    assert_eq!(parts[0].key_groups, range(0, 4));
}
