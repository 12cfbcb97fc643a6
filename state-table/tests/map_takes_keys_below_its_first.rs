//! Keys below all that a map had when it became large are found, however often its first chunk
//! splits. (It once kept a lower bound that was too high, and with it the chunks out of order.)

use std::collections::BTreeMap;

use state_table::ChunkedMap;

#[test]
fn ascending_keys_below_the_first_chunk_are_found() {
    let high = 20_000..20_400_u32;
    let mut map: ChunkedMap<u32, u32> = high.clone().map(|key| (key, key)).collect();
    let mut model: BTreeMap<u32, u32> = high.map(|key| (key, key)).collect();
    for key in 0..10_000 {
        assert_eq!(map.insert(key, key), model.insert(key, key));
    }
    assert!(map.iter().eq(&model));
    assert!(model.keys().all(|key| map.get(key) == Some(key)));
    for key in 0..20_400 {
        assert_eq!(map.remove(&key), model.remove(&key));
    }
    assert!(map.is_empty());
}
