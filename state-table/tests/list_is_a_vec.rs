//! A list behaves as a vector that is only pushed to, and each clone as a copy of it.

use proptest::prelude::*;
use state_table::ChunkedList;

#[derive(Clone, Debug)]
enum Op {
    Push(usize),
    Clone,
    /// Goes on with a clone, the former list stays behind.
    Swap(usize),
    Drop(usize),
    Clear,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        6 => (0..200_usize).prop_map(Op::Push),
        1 => (0..6000_usize).prop_map(Op::Push),
        3 => Just(Op::Clone),
        2 => any::<usize>().prop_map(Op::Swap),
        1 => any::<usize>().prop_map(Op::Drop),
        1 => Just(Op::Clear),
    ]
}

fn check(list: &ChunkedList<u32>, model: &[u32]) {
    assert_eq!(
        (list.len(), list.is_empty()),
        (model.len(), model.is_empty())
    );
    assert!(list.iter().eq(model));
    assert_eq!(list.iter().len(), model.len());
    let mut iter = list.iter();
    iter.by_ref().take(model.len() / 2).for_each(drop);
    assert_eq!(iter.len(), model.len() - model.len() / 2);
    assert_eq!(
        iter.fold(0_usize, |count, _| count + 1),
        model.len() - model.len() / 2
    );
    let chunks: Vec<&[u32]> = list.chunks().collect();
    assert_eq!(chunks.concat(), model);
    assert_eq!(list.chunks().len(), chunks.len());
    assert!(
        chunks
            .iter()
            .all(|chunk| !chunk.is_empty() && chunk.len() <= 1024)
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn lists_equal_their_models(ops in prop::collection::vec(op(), 0..40)) {
        let mut counter = 0..;
        let mut lists = vec![(ChunkedList::new(), Vec::new())];
        for op in ops {
            let last = lists.len() - 1;
            match op {
                Op::Push(count) => {
                    for element in counter.by_ref().take(count) {
                        lists[last].0.push(element);
                        lists[last].1.push(element);
                    }
                }
                Op::Clone => lists.push(lists[last].clone()),
                Op::Swap(i) => lists.swap(i % (last + 1), last),
                Op::Drop(i) if last > 0 => drop(lists.swap_remove(i % last)),
                Op::Drop(_) => {}
                Op::Clear => {
                    lists[last].0.clear();
                    lists[last].1.clear();
                }
            }
        }
        for (list, model) in &lists {
            check(list, model);
            prop_assert_eq!(&model.iter().copied().collect::<ChunkedList<_>>(), list);
        }
    }
}
