//! A full chunk stays where it is, with the same number, in the list and in its clones; and where
//! chunks begin depends on the number of elements alone.

use state_table::ChunkedList;

#[test]
fn full_chunks_keep_address_and_number() {
    let mut list = ChunkedList::new();
    let mut seen: Vec<(*const u32, usize)> = Vec::new();
    let mut before = 0;
    for element in 0..100_000_u32 {
        list.push(element);
        if element % 997 == 0 {
            let clone = list.clone();
            for list in [&list, &clone] {
                let now: Vec<_> = list.full_chunks().map(|c| (c.as_ptr(), c.len())).collect();
                assert_eq!(&now[..seen.len()], &seen[..]);
            }
            for chunk in list.full_chunks().skip(seen.len()) {
                assert_eq!(chunk.len(), (before / 64).clamp(32, 1024));
                before += chunk.len();
                seen.push((chunk.as_ptr(), chunk.len()));
            }
            assert_eq!(before + list.tail().len(), list.len());
        }
    }
    assert!(seen.len() > 200 && list.tail().len() < 1024);
}
