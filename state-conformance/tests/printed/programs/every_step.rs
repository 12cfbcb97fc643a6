// A history that holds:
//
//    0  Counts("a", Get)
//    1  Counts("a", Put(7))
//    2  Counts("a", Get)
//    3  Counts("a", Modify { init: 7, then: 18446744073709551615 })
//    4  Counts("a", Update(None))
//    5  Counts("a", Update(Some(7)))
//    6  Counts("a", Take)
//    7  Counts("a", Put(18446744073709551615))
//    8  Counts("a", Clear)
//    9  Notes("\u{10ffff}", 4294967295, Get)
//   10  Notes("\u{10ffff}", 4294967295, Put("\0\"\u{10ffff}"))
//   11  Notes("\u{10ffff}", 4294967295, Get)
//   12  Notes("\u{10ffff}", 4294967295, Modify { init: "\0\"\u{10ffff}", then: "l" x 3000 })
//   13  Notes("\u{10ffff}", 4294967295, Update(None))
//   14  Notes("\u{10ffff}", 4294967295, Update(Some("\0\"\u{10ffff}")))
//   15  Notes("\u{10ffff}", 4294967295, Take)
//   16  Notes("\u{10ffff}", 4294967295, Put("l" x 3000))
//   17  Notes("\u{10ffff}", 4294967295, Clear)
//   18  Events("", Iter)
//   19  Events("", Push(1))
//   20  Events("", Extend([1, 2]))
//   21  Events("", Extend([]))
//   22  Events("", Iter)
//   23  Events("", Len)
//   24  Events("", IsEmpty)
//   25  Events("", Clear)
//   26  Events("", IsEmpty)
//   27  Events("", Replace([2, 1]))
//   28  Words("a\0", "n\0", Iter)
//   29  Words("a\0", "n\0", Push(""))
//   30  Words("a\0", "n\0", Extend(["", "t" x 300]))
//   31  Words("a\0", "n\0", Extend([]))
//   32  Words("a\0", "n\0", Iter)
//   33  Words("a\0", "n\0", Len)
//   34  Words("a\0", "n\0", IsEmpty)
//   35  Words("a\0", "n\0", Clear)
//   36  Words("a\0", "n\0", IsEmpty)
//   37  Words("a\0", "n\0", Replace(["t" x 300, ""]))
//   38  Scores("k" x 65536, First)
//   39  Scores("k" x 65536, Insert(-9223372036854775808, 3))
//   40  Scores("k" x 65536, Insert(255, 3))
//   41  Scores("k" x 65536, Get(-9223372036854775808))
//   42  Scores("k" x 65536, Contains(-9223372036854775808))
//   43  Scores("k" x 65536, Len)
//   44  Scores("k" x 65536, IsEmpty)
//   45  Scores("k" x 65536, First)
//   46  Scores("k" x 65536, Last)
//   47  Scores("k" x 65536, Range(Excluded(-9223372036854775808), Included(255), Forward))
//   48  Scores("k" x 65536, Modify { map_key: -9223372036854775808, init: 3, then: 3 })
//   49  Scores("k" x 65536, Update(-9223372036854775808, None))
//   50  Scores("k" x 65536, Update(-9223372036854775808, Some(3)))
//   51  Scores("k" x 65536, Take(-9223372036854775808))
//   52  Scores("k" x 65536, Remove(255))
//   53  Scores("k" x 65536, Insert(255, 3))
//   54  Scores("k" x 65536, Clear)
//   55  Scores("k" x 65536, Insert(-9223372036854775808, 3))
//   56  Scores("k" x 65536, Iter(Forward))
//   57  Scores("k" x 65536, Iter(Backward))
//   58  Scores("k" x 65536, Iter(Inward))
//   59  Scores("k" x 65536, Range(Included(-1), Excluded(9223372036854775807), Inward))
//   60  Scores("k" x 65536, Range(Unbounded, Unbounded, Backward))
//   61  Tags("\u{1}", 1, First)
//   62  Tags("\u{1}", 1, Insert("a", "x"))
//   63  Tags("\u{1}", 1, Insert("ab", "x"))
//   64  Tags("\u{1}", 1, Get("a"))
//   65  Tags("\u{1}", 1, Contains("a"))
//   66  Tags("\u{1}", 1, Len)
//   67  Tags("\u{1}", 1, IsEmpty)
//   68  Tags("\u{1}", 1, First)
//   69  Tags("\u{1}", 1, Last)
//   70  Tags("\u{1}", 1, Range(Excluded("a"), Included("ab"), Forward))
//   71  Tags("\u{1}", 1, Modify { map_key: "a", init: "x", then: "x" })
//   72  Tags("\u{1}", 1, Update("a", None))
//   73  Tags("\u{1}", 1, Update("a", Some("x")))
//   74  Tags("\u{1}", 1, Take("a"))
//   75  Tags("\u{1}", 1, Remove("ab"))
//   76  Tags("\u{1}", 1, Insert("ab", "x"))
//   77  Tags("\u{1}", 1, Clear)
//   78  Tags("\u{1}", 1, Insert("a", "x"))
//   79  Counts("a", Get), bound
//   80  Counts("a", Put(7)), bound
//   81  Counts("a", Get), bound
//   82  Counts("a", Modify { init: 7, then: 18446744073709551615 }), bound
//   83  Counts("a", Update(None)), bound
//   84  Counts("a", Update(Some(7))), bound
//   85  Counts("a", Take), bound
//   86  Counts("a", Put(18446744073709551615)), bound
//   87  Counts("a", Clear), bound
//   88  Notes("\u{10ffff}", 4294967295, Get), bound
//   89  Notes("\u{10ffff}", 4294967295, Put("\0\"\u{10ffff}")), bound
//   90  Notes("\u{10ffff}", 4294967295, Get), bound
//   91  Notes("\u{10ffff}", 4294967295, Modify { init: "\0\"\u{10ffff}", then: "l" x 3000 }), bound
//   92  Notes("\u{10ffff}", 4294967295, Update(None)), bound
//   93  Notes("\u{10ffff}", 4294967295, Update(Some("\0\"\u{10ffff}"))), bound
//   94  Notes("\u{10ffff}", 4294967295, Take), bound
//   95  Notes("\u{10ffff}", 4294967295, Put("l" x 3000)), bound
//   96  Notes("\u{10ffff}", 4294967295, Clear), bound
//   97  Events("", Iter), bound
//   98  Events("", Push(1)), bound
//   99  Events("", Extend([1, 2])), bound
//  100  Events("", Extend([])), bound
//  101  Events("", Iter), bound
//  102  Events("", Len), bound
//  103  Events("", IsEmpty), bound
//  104  Events("", Clear), bound
//  105  Events("", IsEmpty), bound
//  106  Events("", Replace([2, 1])), bound
//  107  Words("a\0", "n\0", Iter), bound
//  108  Words("a\0", "n\0", Push("")), bound
//  109  Words("a\0", "n\0", Extend(["", "t" x 300])), bound
//  110  Words("a\0", "n\0", Extend([])), bound
//  111  Words("a\0", "n\0", Iter), bound
//  112  Words("a\0", "n\0", Len), bound
//  113  Words("a\0", "n\0", IsEmpty), bound
//  114  Words("a\0", "n\0", Clear), bound
//  115  Words("a\0", "n\0", IsEmpty), bound
//  116  Words("a\0", "n\0", Replace(["t" x 300, ""])), bound
//  117  Scores("k" x 65536, First), bound
//  118  Scores("k" x 65536, Insert(-9223372036854775808, 3)), bound
//  119  Scores("k" x 65536, Insert(255, 3)), bound
//  120  Scores("k" x 65536, Get(-9223372036854775808)), bound
//  121  Scores("k" x 65536, Contains(-9223372036854775808)), bound
//  122  Scores("k" x 65536, Len), bound
//  123  Scores("k" x 65536, IsEmpty), bound
//  124  Scores("k" x 65536, First), bound
//  125  Scores("k" x 65536, Last), bound
//  126  Scores("k" x 65536, Range(Excluded(-9223372036854775808), Included(255), Forward)), bound
//  127  Scores("k" x 65536, Modify { map_key: -9223372036854775808, init: 3, then: 3 }), bound
//  128  Scores("k" x 65536, Update(-9223372036854775808, None)), bound
//  129  Scores("k" x 65536, Update(-9223372036854775808, Some(3))), bound
//  130  Scores("k" x 65536, Take(-9223372036854775808)), bound
//  131  Scores("k" x 65536, Remove(255)), bound
//  132  Scores("k" x 65536, Insert(255, 3)), bound
//  133  Scores("k" x 65536, Clear), bound
//  134  Scores("k" x 65536, Insert(-9223372036854775808, 3)), bound
//  135  Scores("k" x 65536, Iter(Forward)), bound
//  136  Scores("k" x 65536, Iter(Backward)), bound
//  137  Scores("k" x 65536, Iter(Inward)), bound
//  138  Scores("k" x 65536, Range(Included(-1), Excluded(9223372036854775807), Inward)), bound
//  139  Scores("k" x 65536, Range(Unbounded, Unbounded, Backward)), bound
//  140  Tags("\u{1}", 1, First), bound
//  141  Tags("\u{1}", 1, Insert("a", "x")), bound
//  142  Tags("\u{1}", 1, Insert("ab", "x")), bound
//  143  Tags("\u{1}", 1, Get("a")), bound
//  144  Tags("\u{1}", 1, Contains("a")), bound
//  145  Tags("\u{1}", 1, Len), bound
//  146  Tags("\u{1}", 1, IsEmpty), bound
//  147  Tags("\u{1}", 1, First), bound
//  148  Tags("\u{1}", 1, Last), bound
//  149  Tags("\u{1}", 1, Range(Excluded("a"), Included("ab"), Forward)), bound
//  150  Tags("\u{1}", 1, Modify { map_key: "a", init: "x", then: "x" }), bound
//  151  Tags("\u{1}", 1, Update("a", None)), bound
//  152  Tags("\u{1}", 1, Update("a", Some("x"))), bound
//  153  Tags("\u{1}", 1, Take("a")), bound
//  154  Tags("\u{1}", 1, Remove("ab")), bound
//  155  Tags("\u{1}", 1, Insert("ab", "x")), bound
//  156  Tags("\u{1}", 1, Clear), bound
//  157  Tags("\u{1}", 1, Insert("a", "x")), bound
//  158  Freeze
//  159  Counts("a", Put(1))
//  160  Freeze
//  161  ReadView(0)
//  162  DropView(0)
//  163  Restore(Before, Options(0))
//  164  Restore(Between, Options(1)): Store { options: 1 }
//  165  Restore(After, Options(2)): Store { options: 2 }
//  166  ReadView(0)
//  167  Rescale(3, Options(1)): Store { options: 1 }
//  168  Reopen(Options(1)): Store { options: 1 }
//  169  ReadView(0)
//  170  Checkpoint
//  171  Events("b", Push(9))
//  172  Crash(Options(0))
//  173  Events("b", Len)
//  174  DropState(2)
//  175  Events("", IsEmpty)
//  176  Crash(Options(1)): Store { options: 1 }
//  177  Freeze
//  178  Freeze
//  179  Freeze
//  180  Freeze
//  181  Freeze
//  182  Counts("a", Take)

use std::mem::{replace};
use std::ops::{Bound};
use state_api::{BoundStates as _, ListDescriptor, MapDescriptor, Ref, Result, StateBackend, StateRead as _, ValueDescriptor};
use state_conformance::replay::{Backup, Handles, Site, Text, Walk, all_groups, elements, entries, worker_groups};

fn register<B: StateBackend>(backend: &mut B) -> Result<Handles> {
    Ok(Handles {
        counts: backend.register(ValueDescriptor::new("counts"))?,
        notes: backend.register(ValueDescriptor::new("notes").namespaced())?,
        events: backend.register(ListDescriptor::new("events"))?,
        words: backend.register(ListDescriptor::new("words").namespaced())?,
        scores: backend.register(MapDescriptor::new("scores"))?,
        tags: backend.register(MapDescriptor::new("tags").namespaced())?,
    })
}

#[test]
#[allow(unused, reason = "each history has its own use")]
fn counterexample() -> Result<()> {
    let factory = STORE;
    let site = Site::new(&factory);
    let mut dir = site.dir();
    let mut backend = site.reopen::<String>(&dir, all_groups())?;
    let mut states = register(&mut backend)?;
    // step 0
    assert_eq!(backend.at_mut("a").value(states.counts).get()?.map(Ref::into_owned), None);
    // step 1
    backend.at_mut("a").value(states.counts).put(7)?;
    // step 2
    assert_eq!(backend.at_mut("a").value(states.counts).get()?.map(Ref::into_owned), Some(7));
    // step 3
    assert_eq!(backend.at_mut("a").value(states.counts).modify(7, |value| replace(value, u64::MAX))?, 7);
    // step 4
    assert_eq!(backend.at_mut("a").value(states.counts).update(|value| replace(value, None))?, Some(u64::MAX));
    // step 5
    assert_eq!(backend.at_mut("a").value(states.counts).update(|value| replace(value, Some(7)))?, None);
    // step 6
    assert_eq!(backend.at_mut("a").value(states.counts).take()?, Some(7));
    // step 7
    backend.at_mut("a").value(states.counts).put(u64::MAX)?;
    // step 8
    backend.at_mut("a").value(states.counts).clear()?;
    // step 9
    assert_eq!(backend.at_mut("\u{10ffff}").in_namespace(&u32::MAX).value(states.notes).get()?.map(Ref::into_owned), None);
    // step 10
    backend.at_mut("\u{10ffff}").in_namespace(&u32::MAX).value(states.notes).put(Text::from("\0\"\u{10ffff}"))?;
    // step 11
    assert_eq!(backend.at_mut("\u{10ffff}").in_namespace(&u32::MAX).value(states.notes).get()?.map(Ref::into_owned), Some(Text::from("\0\"\u{10ffff}")));
    // step 12
    assert_eq!(backend.at_mut("\u{10ffff}").in_namespace(&u32::MAX).value(states.notes).modify(Text::from("\0\"\u{10ffff}"), |value| replace(value, Text("l".repeat(3000))))?, Text::from("\0\"\u{10ffff}"));
    // step 13
    assert_eq!(backend.at_mut("\u{10ffff}").in_namespace(&u32::MAX).value(states.notes).update(|value| replace(value, None))?, Some(Text("l".repeat(3000))));
    // step 14
    assert_eq!(backend.at_mut("\u{10ffff}").in_namespace(&u32::MAX).value(states.notes).update(|value| replace(value, Some(Text::from("\0\"\u{10ffff}"))))?, None);
    // step 15
    assert_eq!(backend.at_mut("\u{10ffff}").in_namespace(&u32::MAX).value(states.notes).take()?, Some(Text::from("\0\"\u{10ffff}")));
    // step 16
    backend.at_mut("\u{10ffff}").in_namespace(&u32::MAX).value(states.notes).put(Text("l".repeat(3000)))?;
    // step 17
    backend.at_mut("\u{10ffff}").in_namespace(&u32::MAX).value(states.notes).clear()?;
    // step 18
    assert_eq!(elements(backend.at_mut("").list(states.events).iter()?)?, Vec::<u64>::new());
    // step 19
    backend.at_mut("").list(states.events).push(1)?;
    // step 20
    backend.at_mut("").list(states.events).extend([1, 2])?;
    // step 21
    backend.at_mut("").list(states.events).extend([])?;
    // step 22
    assert_eq!(elements(backend.at_mut("").list(states.events).iter()?)?, vec![1, 1, 2]);
    // step 23
    assert_eq!(backend.at_mut("").list(states.events).len()?, 3);
    // step 24
    assert!(!backend.at_mut("").list(states.events).is_empty()?);
    // step 25
    backend.at_mut("").list(states.events).clear()?;
    // step 26
    assert!(backend.at_mut("").list(states.events).is_empty()?);
    // step 27
    backend.at_mut("").list(states.events).replace([2, 1])?;
    // step 28
    assert_eq!(elements(backend.at_mut("a\0").in_namespace(&"n\0".to_owned()).list(states.words).iter()?)?, Vec::<Text>::new());
    // step 29
    backend.at_mut("a\0").in_namespace(&"n\0".to_owned()).list(states.words).push(Text::from(""))?;
    // step 30
    backend.at_mut("a\0").in_namespace(&"n\0".to_owned()).list(states.words).extend([Text::from(""), Text("t".repeat(300))])?;
    // step 31
    backend.at_mut("a\0").in_namespace(&"n\0".to_owned()).list(states.words).extend([])?;
    // step 32
    assert_eq!(elements(backend.at_mut("a\0").in_namespace(&"n\0".to_owned()).list(states.words).iter()?)?, vec![Text::from(""), Text::from(""), Text("t".repeat(300))]);
    // step 33
    assert_eq!(backend.at_mut("a\0").in_namespace(&"n\0".to_owned()).list(states.words).len()?, 3);
    // step 34
    assert!(!backend.at_mut("a\0").in_namespace(&"n\0".to_owned()).list(states.words).is_empty()?);
    // step 35
    backend.at_mut("a\0").in_namespace(&"n\0".to_owned()).list(states.words).clear()?;
    // step 36
    assert!(backend.at_mut("a\0").in_namespace(&"n\0".to_owned()).list(states.words).is_empty()?);
    // step 37
    backend.at_mut("a\0").in_namespace(&"n\0".to_owned()).list(states.words).replace([Text("t".repeat(300)), Text::from("")])?;
    // step 38
    assert_eq!(backend.at_mut("k".repeat(65536).as_str()).map(states.scores).first()?.map(|(map_key, value)| (map_key.into_owned(), value.into_owned())), None);
    // step 39
    backend.at_mut("k".repeat(65536).as_str()).map(states.scores).insert(i64::MIN, 3)?;
    // step 40
    backend.at_mut("k".repeat(65536).as_str()).map(states.scores).insert(255, 3)?;
    // step 41
    assert_eq!(backend.at_mut("k".repeat(65536).as_str()).map(states.scores).get(&i64::MIN)?.map(Ref::into_owned), Some(3));
    // step 42
    assert!(backend.at_mut("k".repeat(65536).as_str()).map(states.scores).contains(&i64::MIN)?);
    // step 43
    assert_eq!(backend.at_mut("k".repeat(65536).as_str()).map(states.scores).len()?, 2);
    // step 44
    assert!(!backend.at_mut("k".repeat(65536).as_str()).map(states.scores).is_empty()?);
    // step 45
    assert_eq!(backend.at_mut("k".repeat(65536).as_str()).map(states.scores).first()?.map(|(map_key, value)| (map_key.into_owned(), value.into_owned())), Some((i64::MIN, 3)));
    // step 46
    assert_eq!(backend.at_mut("k".repeat(65536).as_str()).map(states.scores).last()?.map(|(map_key, value)| (map_key.into_owned(), value.into_owned())), Some((255, 3)));
    // step 47
    assert_eq!(entries(Walk::Forward, backend.at_mut("k".repeat(65536).as_str()).map(states.scores).range::<i64>((Bound::Excluded(&i64::MIN), Bound::Included(&255)))?)?, vec![(255, 3)]);
    // step 48
    assert_eq!(backend.at_mut("k".repeat(65536).as_str()).map(states.scores).modify(&i64::MIN, 3, |value| replace(value, 3))?, 3);
    // step 49
    assert_eq!(backend.at_mut("k".repeat(65536).as_str()).map(states.scores).update(&i64::MIN, |value| replace(value, None))?, Some(3));
    // step 50
    assert_eq!(backend.at_mut("k".repeat(65536).as_str()).map(states.scores).update(&i64::MIN, |value| replace(value, Some(3)))?, None);
    // step 51
    assert_eq!(backend.at_mut("k".repeat(65536).as_str()).map(states.scores).take(&i64::MIN)?, Some(3));
    // step 52
    backend.at_mut("k".repeat(65536).as_str()).map(states.scores).remove(&255)?;
    // step 53
    backend.at_mut("k".repeat(65536).as_str()).map(states.scores).insert(255, 3)?;
    // step 54
    backend.at_mut("k".repeat(65536).as_str()).map(states.scores).clear()?;
    // step 55
    backend.at_mut("k".repeat(65536).as_str()).map(states.scores).insert(i64::MIN, 3)?;
    // step 56
    assert_eq!(entries(Walk::Forward, backend.at_mut("k".repeat(65536).as_str()).map(states.scores).iter()?)?, vec![(i64::MIN, 3)]);
    // step 57
    assert_eq!(entries(Walk::Backward, backend.at_mut("k".repeat(65536).as_str()).map(states.scores).iter()?)?, vec![(i64::MIN, 3)]);
    // step 58
    assert_eq!(entries(Walk::Inward, backend.at_mut("k".repeat(65536).as_str()).map(states.scores).iter()?)?, vec![(i64::MIN, 3)]);
    // step 59
    assert_eq!(entries(Walk::Inward, backend.at_mut("k".repeat(65536).as_str()).map(states.scores).range::<i64>((Bound::Included(&-1), Bound::Excluded(&i64::MAX)))?)?, Vec::<(i64, u64)>::new());
    // step 60
    assert_eq!(entries(Walk::Backward, backend.at_mut("k".repeat(65536).as_str()).map(states.scores).range::<i64>((Bound::<&i64>::Unbounded, Bound::<&i64>::Unbounded))?)?, vec![(i64::MIN, 3)]);
    // step 61
    assert_eq!(backend.at_mut("\u{1}").in_namespace(&1).map(states.tags).first()?.map(|(map_key, value)| (map_key.into_owned(), value.into_owned())), None);
    // step 62
    backend.at_mut("\u{1}").in_namespace(&1).map(states.tags).insert("a".to_owned(), Text::from("x"))?;
    // step 63
    backend.at_mut("\u{1}").in_namespace(&1).map(states.tags).insert("ab".to_owned(), Text::from("x"))?;
    // step 64
    assert_eq!(backend.at_mut("\u{1}").in_namespace(&1).map(states.tags).get(&"a".to_owned())?.map(Ref::into_owned), Some(Text::from("x")));
    // step 65
    assert!(backend.at_mut("\u{1}").in_namespace(&1).map(states.tags).contains(&"a".to_owned())?);
    // step 66
    assert_eq!(backend.at_mut("\u{1}").in_namespace(&1).map(states.tags).len()?, 2);
    // step 67
    assert!(!backend.at_mut("\u{1}").in_namespace(&1).map(states.tags).is_empty()?);
    // step 68
    assert_eq!(backend.at_mut("\u{1}").in_namespace(&1).map(states.tags).first()?.map(|(map_key, value)| (map_key.into_owned(), value.into_owned())), Some(("a".to_owned(), Text::from("x"))));
    // step 69
    assert_eq!(backend.at_mut("\u{1}").in_namespace(&1).map(states.tags).last()?.map(|(map_key, value)| (map_key.into_owned(), value.into_owned())), Some(("ab".to_owned(), Text::from("x"))));
    // step 70
    assert_eq!(entries(Walk::Forward, backend.at_mut("\u{1}").in_namespace(&1).map(states.tags).range::<String>((Bound::Excluded(&"a".to_owned()), Bound::Included(&"ab".to_owned())))?)?, vec![("ab".to_owned(), Text::from("x"))]);
    // step 71
    assert_eq!(backend.at_mut("\u{1}").in_namespace(&1).map(states.tags).modify(&"a".to_owned(), Text::from("x"), |value| replace(value, Text::from("x")))?, Text::from("x"));
    // step 72
    assert_eq!(backend.at_mut("\u{1}").in_namespace(&1).map(states.tags).update(&"a".to_owned(), |value| replace(value, None))?, Some(Text::from("x")));
    // step 73
    assert_eq!(backend.at_mut("\u{1}").in_namespace(&1).map(states.tags).update(&"a".to_owned(), |value| replace(value, Some(Text::from("x"))))?, None);
    // step 74
    assert_eq!(backend.at_mut("\u{1}").in_namespace(&1).map(states.tags).take(&"a".to_owned())?, Some(Text::from("x")));
    // step 75
    backend.at_mut("\u{1}").in_namespace(&1).map(states.tags).remove(&"ab".to_owned())?;
    // step 76
    backend.at_mut("\u{1}").in_namespace(&1).map(states.tags).insert("ab".to_owned(), Text::from("x"))?;
    // step 77
    backend.at_mut("\u{1}").in_namespace(&1).map(states.tags).clear()?;
    // step 78
    backend.at_mut("\u{1}").in_namespace(&1).map(states.tags).insert("a".to_owned(), Text::from("x"))?;
    // step 79
    {
        let (mut bound, (counts, _, _, _, _, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        assert_eq!(bound.at_mut("a").value(counts).get()?.map(Ref::into_owned), None);
    }
    // step 80
    {
        let (mut bound, (counts, _, _, _, _, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        bound.at_mut("a").value(counts).put(7)?;
    }
    // step 81
    {
        let (mut bound, (counts, _, _, _, _, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        assert_eq!(bound.at_mut("a").value(counts).get()?.map(Ref::into_owned), Some(7));
    }
    // step 82
    {
        let (mut bound, (counts, _, _, _, _, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        assert_eq!(bound.at_mut("a").value(counts).modify(7, |value| replace(value, u64::MAX))?, 7);
    }
    // step 83
    {
        let (mut bound, (counts, _, _, _, _, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        assert_eq!(bound.at_mut("a").value(counts).update(|value| replace(value, None))?, Some(u64::MAX));
    }
    // step 84
    {
        let (mut bound, (counts, _, _, _, _, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        assert_eq!(bound.at_mut("a").value(counts).update(|value| replace(value, Some(7)))?, None);
    }
    // step 85
    {
        let (mut bound, (counts, _, _, _, _, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        assert_eq!(bound.at_mut("a").value(counts).take()?, Some(7));
    }
    // step 86
    {
        let (mut bound, (counts, _, _, _, _, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        bound.at_mut("a").value(counts).put(u64::MAX)?;
    }
    // step 87
    {
        let (mut bound, (counts, _, _, _, _, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        bound.at_mut("a").value(counts).clear()?;
    }
    // step 88
    {
        let (mut bound, (_, notes, _, _, _, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        assert_eq!(bound.at_mut("\u{10ffff}").in_namespace(&u32::MAX).value(notes).get()?.map(Ref::into_owned), None);
    }
    // step 89
    {
        let (mut bound, (_, notes, _, _, _, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        bound.at_mut("\u{10ffff}").in_namespace(&u32::MAX).value(notes).put(Text::from("\0\"\u{10ffff}"))?;
    }
    // step 90
    {
        let (mut bound, (_, notes, _, _, _, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        assert_eq!(bound.at_mut("\u{10ffff}").in_namespace(&u32::MAX).value(notes).get()?.map(Ref::into_owned), Some(Text::from("\0\"\u{10ffff}")));
    }
    // step 91
    {
        let (mut bound, (_, notes, _, _, _, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        assert_eq!(bound.at_mut("\u{10ffff}").in_namespace(&u32::MAX).value(notes).modify(Text::from("\0\"\u{10ffff}"), |value| replace(value, Text("l".repeat(3000))))?, Text::from("\0\"\u{10ffff}"));
    }
    // step 92
    {
        let (mut bound, (_, notes, _, _, _, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        assert_eq!(bound.at_mut("\u{10ffff}").in_namespace(&u32::MAX).value(notes).update(|value| replace(value, None))?, Some(Text("l".repeat(3000))));
    }
    // step 93
    {
        let (mut bound, (_, notes, _, _, _, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        assert_eq!(bound.at_mut("\u{10ffff}").in_namespace(&u32::MAX).value(notes).update(|value| replace(value, Some(Text::from("\0\"\u{10ffff}"))))?, None);
    }
    // step 94
    {
        let (mut bound, (_, notes, _, _, _, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        assert_eq!(bound.at_mut("\u{10ffff}").in_namespace(&u32::MAX).value(notes).take()?, Some(Text::from("\0\"\u{10ffff}")));
    }
    // step 95
    {
        let (mut bound, (_, notes, _, _, _, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        bound.at_mut("\u{10ffff}").in_namespace(&u32::MAX).value(notes).put(Text("l".repeat(3000)))?;
    }
    // step 96
    {
        let (mut bound, (_, notes, _, _, _, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        bound.at_mut("\u{10ffff}").in_namespace(&u32::MAX).value(notes).clear()?;
    }
    // step 97
    {
        let (mut bound, (_, _, events, _, _, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        assert_eq!(elements(bound.at_mut("").list(events).iter()?)?, vec![2, 1]);
    }
    // step 98
    {
        let (mut bound, (_, _, events, _, _, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        bound.at_mut("").list(events).push(1)?;
    }
    // step 99
    {
        let (mut bound, (_, _, events, _, _, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        bound.at_mut("").list(events).extend([1, 2])?;
    }
    // step 100
    {
        let (mut bound, (_, _, events, _, _, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        bound.at_mut("").list(events).extend([])?;
    }
    // step 101
    {
        let (mut bound, (_, _, events, _, _, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        assert_eq!(elements(bound.at_mut("").list(events).iter()?)?, vec![2, 1, 1, 1, 2]);
    }
    // step 102
    {
        let (mut bound, (_, _, events, _, _, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        assert_eq!(bound.at_mut("").list(events).len()?, 5);
    }
    // step 103
    {
        let (mut bound, (_, _, events, _, _, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        assert!(!bound.at_mut("").list(events).is_empty()?);
    }
    // step 104
    {
        let (mut bound, (_, _, events, _, _, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        bound.at_mut("").list(events).clear()?;
    }
    // step 105
    {
        let (mut bound, (_, _, events, _, _, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        assert!(bound.at_mut("").list(events).is_empty()?);
    }
    // step 106
    {
        let (mut bound, (_, _, events, _, _, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        bound.at_mut("").list(events).replace([2, 1])?;
    }
    // step 107
    {
        let (mut bound, (_, _, _, words, _, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        assert_eq!(elements(bound.at_mut("a\0").in_namespace(&"n\0".to_owned()).list(words).iter()?)?, vec![Text("t".repeat(300)), Text::from("")]);
    }
    // step 108
    {
        let (mut bound, (_, _, _, words, _, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        bound.at_mut("a\0").in_namespace(&"n\0".to_owned()).list(words).push(Text::from(""))?;
    }
    // step 109
    {
        let (mut bound, (_, _, _, words, _, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        bound.at_mut("a\0").in_namespace(&"n\0".to_owned()).list(words).extend([Text::from(""), Text("t".repeat(300))])?;
    }
    // step 110
    {
        let (mut bound, (_, _, _, words, _, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        bound.at_mut("a\0").in_namespace(&"n\0".to_owned()).list(words).extend([])?;
    }
    // step 111
    {
        let (mut bound, (_, _, _, words, _, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        assert_eq!(elements(bound.at_mut("a\0").in_namespace(&"n\0".to_owned()).list(words).iter()?)?, vec![Text("t".repeat(300)), Text::from(""), Text::from(""), Text::from(""), Text("t".repeat(300))]);
    }
    // step 112
    {
        let (mut bound, (_, _, _, words, _, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        assert_eq!(bound.at_mut("a\0").in_namespace(&"n\0".to_owned()).list(words).len()?, 5);
    }
    // step 113
    {
        let (mut bound, (_, _, _, words, _, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        assert!(!bound.at_mut("a\0").in_namespace(&"n\0".to_owned()).list(words).is_empty()?);
    }
    // step 114
    {
        let (mut bound, (_, _, _, words, _, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        bound.at_mut("a\0").in_namespace(&"n\0".to_owned()).list(words).clear()?;
    }
    // step 115
    {
        let (mut bound, (_, _, _, words, _, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        assert!(bound.at_mut("a\0").in_namespace(&"n\0".to_owned()).list(words).is_empty()?);
    }
    // step 116
    {
        let (mut bound, (_, _, _, words, _, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        bound.at_mut("a\0").in_namespace(&"n\0".to_owned()).list(words).replace([Text("t".repeat(300)), Text::from("")])?;
    }
    // step 117
    {
        let (mut bound, (_, _, _, _, scores, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        assert_eq!(bound.at_mut("k".repeat(65536).as_str()).map(scores).first()?.map(|(map_key, value)| (map_key.into_owned(), value.into_owned())), Some((i64::MIN, 3)));
    }
    // step 118
    {
        let (mut bound, (_, _, _, _, scores, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        bound.at_mut("k".repeat(65536).as_str()).map(scores).insert(i64::MIN, 3)?;
    }
    // step 119
    {
        let (mut bound, (_, _, _, _, scores, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        bound.at_mut("k".repeat(65536).as_str()).map(scores).insert(255, 3)?;
    }
    // step 120
    {
        let (mut bound, (_, _, _, _, scores, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        assert_eq!(bound.at_mut("k".repeat(65536).as_str()).map(scores).get(&i64::MIN)?.map(Ref::into_owned), Some(3));
    }
    // step 121
    {
        let (mut bound, (_, _, _, _, scores, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        assert!(bound.at_mut("k".repeat(65536).as_str()).map(scores).contains(&i64::MIN)?);
    }
    // step 122
    {
        let (mut bound, (_, _, _, _, scores, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        assert_eq!(bound.at_mut("k".repeat(65536).as_str()).map(scores).len()?, 2);
    }
    // step 123
    {
        let (mut bound, (_, _, _, _, scores, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        assert!(!bound.at_mut("k".repeat(65536).as_str()).map(scores).is_empty()?);
    }
    // step 124
    {
        let (mut bound, (_, _, _, _, scores, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        assert_eq!(bound.at_mut("k".repeat(65536).as_str()).map(scores).first()?.map(|(map_key, value)| (map_key.into_owned(), value.into_owned())), Some((i64::MIN, 3)));
    }
    // step 125
    {
        let (mut bound, (_, _, _, _, scores, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        assert_eq!(bound.at_mut("k".repeat(65536).as_str()).map(scores).last()?.map(|(map_key, value)| (map_key.into_owned(), value.into_owned())), Some((255, 3)));
    }
    // step 126
    {
        let (mut bound, (_, _, _, _, scores, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        assert_eq!(entries(Walk::Forward, bound.at_mut("k".repeat(65536).as_str()).map(scores).range::<i64>((Bound::Excluded(&i64::MIN), Bound::Included(&255)))?)?, vec![(255, 3)]);
    }
    // step 127
    {
        let (mut bound, (_, _, _, _, scores, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        assert_eq!(bound.at_mut("k".repeat(65536).as_str()).map(scores).modify(&i64::MIN, 3, |value| replace(value, 3))?, 3);
    }
    // step 128
    {
        let (mut bound, (_, _, _, _, scores, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        assert_eq!(bound.at_mut("k".repeat(65536).as_str()).map(scores).update(&i64::MIN, |value| replace(value, None))?, Some(3));
    }
    // step 129
    {
        let (mut bound, (_, _, _, _, scores, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        assert_eq!(bound.at_mut("k".repeat(65536).as_str()).map(scores).update(&i64::MIN, |value| replace(value, Some(3)))?, None);
    }
    // step 130
    {
        let (mut bound, (_, _, _, _, scores, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        assert_eq!(bound.at_mut("k".repeat(65536).as_str()).map(scores).take(&i64::MIN)?, Some(3));
    }
    // step 131
    {
        let (mut bound, (_, _, _, _, scores, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        bound.at_mut("k".repeat(65536).as_str()).map(scores).remove(&255)?;
    }
    // step 132
    {
        let (mut bound, (_, _, _, _, scores, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        bound.at_mut("k".repeat(65536).as_str()).map(scores).insert(255, 3)?;
    }
    // step 133
    {
        let (mut bound, (_, _, _, _, scores, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        bound.at_mut("k".repeat(65536).as_str()).map(scores).clear()?;
    }
    // step 134
    {
        let (mut bound, (_, _, _, _, scores, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        bound.at_mut("k".repeat(65536).as_str()).map(scores).insert(i64::MIN, 3)?;
    }
    // step 135
    {
        let (mut bound, (_, _, _, _, scores, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        assert_eq!(entries(Walk::Forward, bound.at_mut("k".repeat(65536).as_str()).map(scores).iter()?)?, vec![(i64::MIN, 3)]);
    }
    // step 136
    {
        let (mut bound, (_, _, _, _, scores, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        assert_eq!(entries(Walk::Backward, bound.at_mut("k".repeat(65536).as_str()).map(scores).iter()?)?, vec![(i64::MIN, 3)]);
    }
    // step 137
    {
        let (mut bound, (_, _, _, _, scores, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        assert_eq!(entries(Walk::Inward, bound.at_mut("k".repeat(65536).as_str()).map(scores).iter()?)?, vec![(i64::MIN, 3)]);
    }
    // step 138
    {
        let (mut bound, (_, _, _, _, scores, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        assert_eq!(entries(Walk::Inward, bound.at_mut("k".repeat(65536).as_str()).map(scores).range::<i64>((Bound::Included(&-1), Bound::Excluded(&i64::MAX)))?)?, Vec::<(i64, u64)>::new());
    }
    // step 139
    {
        let (mut bound, (_, _, _, _, scores, _)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        assert_eq!(entries(Walk::Backward, bound.at_mut("k".repeat(65536).as_str()).map(scores).range::<i64>((Bound::<&i64>::Unbounded, Bound::<&i64>::Unbounded))?)?, vec![(i64::MIN, 3)]);
    }
    // step 140
    {
        let (mut bound, (_, _, _, _, _, tags)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        assert_eq!(bound.at_mut("\u{1}").in_namespace(&1).map(tags).first()?.map(|(map_key, value)| (map_key.into_owned(), value.into_owned())), Some(("a".to_owned(), Text::from("x"))));
    }
    // step 141
    {
        let (mut bound, (_, _, _, _, _, tags)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        bound.at_mut("\u{1}").in_namespace(&1).map(tags).insert("a".to_owned(), Text::from("x"))?;
    }
    // step 142
    {
        let (mut bound, (_, _, _, _, _, tags)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        bound.at_mut("\u{1}").in_namespace(&1).map(tags).insert("ab".to_owned(), Text::from("x"))?;
    }
    // step 143
    {
        let (mut bound, (_, _, _, _, _, tags)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        assert_eq!(bound.at_mut("\u{1}").in_namespace(&1).map(tags).get(&"a".to_owned())?.map(Ref::into_owned), Some(Text::from("x")));
    }
    // step 144
    {
        let (mut bound, (_, _, _, _, _, tags)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        assert!(bound.at_mut("\u{1}").in_namespace(&1).map(tags).contains(&"a".to_owned())?);
    }
    // step 145
    {
        let (mut bound, (_, _, _, _, _, tags)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        assert_eq!(bound.at_mut("\u{1}").in_namespace(&1).map(tags).len()?, 2);
    }
    // step 146
    {
        let (mut bound, (_, _, _, _, _, tags)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        assert!(!bound.at_mut("\u{1}").in_namespace(&1).map(tags).is_empty()?);
    }
    // step 147
    {
        let (mut bound, (_, _, _, _, _, tags)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        assert_eq!(bound.at_mut("\u{1}").in_namespace(&1).map(tags).first()?.map(|(map_key, value)| (map_key.into_owned(), value.into_owned())), Some(("a".to_owned(), Text::from("x"))));
    }
    // step 148
    {
        let (mut bound, (_, _, _, _, _, tags)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        assert_eq!(bound.at_mut("\u{1}").in_namespace(&1).map(tags).last()?.map(|(map_key, value)| (map_key.into_owned(), value.into_owned())), Some(("ab".to_owned(), Text::from("x"))));
    }
    // step 149
    {
        let (mut bound, (_, _, _, _, _, tags)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        assert_eq!(entries(Walk::Forward, bound.at_mut("\u{1}").in_namespace(&1).map(tags).range::<String>((Bound::Excluded(&"a".to_owned()), Bound::Included(&"ab".to_owned())))?)?, vec![("ab".to_owned(), Text::from("x"))]);
    }
    // step 150
    {
        let (mut bound, (_, _, _, _, _, tags)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        assert_eq!(bound.at_mut("\u{1}").in_namespace(&1).map(tags).modify(&"a".to_owned(), Text::from("x"), |value| replace(value, Text::from("x")))?, Text::from("x"));
    }
    // step 151
    {
        let (mut bound, (_, _, _, _, _, tags)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        assert_eq!(bound.at_mut("\u{1}").in_namespace(&1).map(tags).update(&"a".to_owned(), |value| replace(value, None))?, Some(Text::from("x")));
    }
    // step 152
    {
        let (mut bound, (_, _, _, _, _, tags)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        assert_eq!(bound.at_mut("\u{1}").in_namespace(&1).map(tags).update(&"a".to_owned(), |value| replace(value, Some(Text::from("x"))))?, None);
    }
    // step 153
    {
        let (mut bound, (_, _, _, _, _, tags)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        assert_eq!(bound.at_mut("\u{1}").in_namespace(&1).map(tags).take(&"a".to_owned())?, Some(Text::from("x")));
    }
    // step 154
    {
        let (mut bound, (_, _, _, _, _, tags)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        bound.at_mut("\u{1}").in_namespace(&1).map(tags).remove(&"ab".to_owned())?;
    }
    // step 155
    {
        let (mut bound, (_, _, _, _, _, tags)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        bound.at_mut("\u{1}").in_namespace(&1).map(tags).insert("ab".to_owned(), Text::from("x"))?;
    }
    // step 156
    {
        let (mut bound, (_, _, _, _, _, tags)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        bound.at_mut("\u{1}").in_namespace(&1).map(tags).clear()?;
    }
    // step 157
    {
        let (mut bound, (_, _, _, _, _, tags)) = backend.bind((states.counts, states.notes, states.events, states.words, states.scores, states.tags))?;
        bound.at_mut("\u{1}").in_namespace(&1).map(tags).insert("a".to_owned(), Text::from("x"))?;
    }
    // step 158
    let view_0 = (backend.freeze()?, states);
    // step 159
    backend.at_mut("a").value(states.counts).put(1)?;
    // step 160
    let view_1 = (backend.freeze()?, states);
    // step 161
    std::thread::scope(|scope| {
        let reads = scope.spawn(|| -> Result<()> {
            assert_eq!(elements(view_0.0.at("").list(view_0.1.events).iter()?)?, vec![2, 1]);
            assert_eq!(view_0.0.key_count(view_0.1.events)?, 1);
            assert_eq!(elements(view_0.0.at("a\0").in_namespace(&"n\0".to_owned()).list(view_0.1.words).iter()?)?, vec![Text("t".repeat(300)), Text::from("")]);
            assert_eq!(view_0.0.key_count(view_0.1.words)?, 1);
            assert_eq!(entries(Walk::Forward, view_0.0.at("k".repeat(65536).as_str()).map(view_0.1.scores).iter()?)?, vec![(i64::MIN, 3)]);
            assert_eq!(view_0.0.key_count(view_0.1.scores)?, 1);
            assert_eq!(entries(Walk::Forward, view_0.0.at("\u{1}").in_namespace(&1).map(view_0.1.tags).iter()?)?, vec![("a".to_owned(), Text::from("x"))]);
            assert_eq!(view_0.0.key_count(view_0.1.tags)?, 1);
            Ok(())
        });
        reads.join().unwrap()
    })?;
    // step 162
    drop(view_0);
    // step 163
    let backup = Backup::take(&mut backend)?;
    backend.destroy()?;
    dir = site.dir();
    backend = site.reopen(&dir, all_groups())?;
    register(&mut backend)?;
    backup.restore(&mut backend)?;
    states = register(&mut backend)?;
    assert_eq!(backend.at("a").value(states.counts).get()?.map(Ref::into_owned), Some(1));
    assert_eq!(backend.key_count(states.counts)?, 1);
    assert_eq!(elements(backend.at("").list(states.events).iter()?)?, vec![2, 1]);
    assert_eq!(backend.key_count(states.events)?, 1);
    assert_eq!(elements(backend.at("a\0").in_namespace(&"n\0".to_owned()).list(states.words).iter()?)?, vec![Text("t".repeat(300)), Text::from("")]);
    assert_eq!(backend.key_count(states.words)?, 1);
    assert_eq!(entries(Walk::Forward, backend.at("k".repeat(65536).as_str()).map(states.scores).iter()?)?, vec![(i64::MIN, 3)]);
    assert_eq!(backend.key_count(states.scores)?, 1);
    assert_eq!(entries(Walk::Forward, backend.at("\u{1}").in_namespace(&1).map(states.tags).iter()?)?, vec![("a".to_owned(), Text::from("x"))]);
    assert_eq!(backend.key_count(states.tags)?, 1);
    assert_eq!(Backup::take(&mut backend)?.digest()?, backup.digest()?);
    // step 164
    let backup = Backup::take(&mut backend)?;
    backend.destroy()?;
    dir = site.dir();
    backend = site.reopen_varied(&dir, all_groups(), 1)?;
    backend.register(MapDescriptor::<String, Text>::new("tags").namespaced::<u32>())?;
    backend.register(ListDescriptor::<u64>::new("events"))?;
    backend.register(ValueDescriptor::<Text>::new("notes").namespaced::<u32>())?;
    backup.restore(&mut backend)?;
    states = register(&mut backend)?;
    assert_eq!(backend.at("a").value(states.counts).get()?.map(Ref::into_owned), Some(1));
    assert_eq!(backend.key_count(states.counts)?, 1);
    assert_eq!(elements(backend.at("").list(states.events).iter()?)?, vec![2, 1]);
    assert_eq!(backend.key_count(states.events)?, 1);
    assert_eq!(elements(backend.at("a\0").in_namespace(&"n\0".to_owned()).list(states.words).iter()?)?, vec![Text("t".repeat(300)), Text::from("")]);
    assert_eq!(backend.key_count(states.words)?, 1);
    assert_eq!(entries(Walk::Forward, backend.at("k".repeat(65536).as_str()).map(states.scores).iter()?)?, vec![(i64::MIN, 3)]);
    assert_eq!(backend.key_count(states.scores)?, 1);
    assert_eq!(entries(Walk::Forward, backend.at("\u{1}").in_namespace(&1).map(states.tags).iter()?)?, vec![("a".to_owned(), Text::from("x"))]);
    assert_eq!(backend.key_count(states.tags)?, 1);
    assert_eq!(Backup::take(&mut backend)?.digest()?, backup.digest()?);
    // step 165
    let backup = Backup::take(&mut backend)?;
    backend.destroy()?;
    dir = site.dir();
    backend = site.reopen_varied(&dir, all_groups(), 2)?;
    backup.restore(&mut backend)?;
    states = register(&mut backend)?;
    assert_eq!(backend.at("a").value(states.counts).get()?.map(Ref::into_owned), Some(1));
    assert_eq!(backend.key_count(states.counts)?, 1);
    assert_eq!(elements(backend.at("").list(states.events).iter()?)?, vec![2, 1]);
    assert_eq!(backend.key_count(states.events)?, 1);
    assert_eq!(elements(backend.at("a\0").in_namespace(&"n\0".to_owned()).list(states.words).iter()?)?, vec![Text("t".repeat(300)), Text::from("")]);
    assert_eq!(backend.key_count(states.words)?, 1);
    assert_eq!(entries(Walk::Forward, backend.at("k".repeat(65536).as_str()).map(states.scores).iter()?)?, vec![(i64::MIN, 3)]);
    assert_eq!(backend.key_count(states.scores)?, 1);
    assert_eq!(entries(Walk::Forward, backend.at("\u{1}").in_namespace(&1).map(states.tags).iter()?)?, vec![("a".to_owned(), Text::from("x"))]);
    assert_eq!(backend.key_count(states.tags)?, 1);
    assert_eq!(Backup::take(&mut backend)?.digest()?, backup.digest()?);
    // step 166
    std::thread::scope(|scope| {
        let reads = scope.spawn(|| -> Result<()> {
            assert_eq!(view_1.0.at("a").value(view_1.1.counts).get()?.map(Ref::into_owned), Some(1));
            assert_eq!(view_1.0.key_count(view_1.1.counts)?, 1);
            assert_eq!(elements(view_1.0.at("").list(view_1.1.events).iter()?)?, vec![2, 1]);
            assert_eq!(view_1.0.key_count(view_1.1.events)?, 1);
            assert_eq!(elements(view_1.0.at("a\0").in_namespace(&"n\0".to_owned()).list(view_1.1.words).iter()?)?, vec![Text("t".repeat(300)), Text::from("")]);
            assert_eq!(view_1.0.key_count(view_1.1.words)?, 1);
            assert_eq!(entries(Walk::Forward, view_1.0.at("k".repeat(65536).as_str()).map(view_1.1.scores).iter()?)?, vec![(i64::MIN, 3)]);
            assert_eq!(view_1.0.key_count(view_1.1.scores)?, 1);
            assert_eq!(entries(Walk::Forward, view_1.0.at("\u{1}").in_namespace(&1).map(view_1.1.tags).iter()?)?, vec![("a".to_owned(), Text::from("x"))]);
            assert_eq!(view_1.0.key_count(view_1.1.tags)?, 1);
            Ok(())
        });
        reads.join().unwrap()
    })?;
    // step 167
    let backup = Backup::take(&mut backend)?;
    drop(backend);
    let mut worker_0 = site.open_for::<String>(worker_groups(0, 3));
    let states_0 = register(&mut worker_0)?;
    backup.restore(&mut worker_0)?;
    assert_eq!(elements(worker_0.at("").list(states_0.events).iter()?)?, vec![2, 1]);
    assert_eq!(worker_0.key_count(states_0.events)?, 1);
    assert_eq!(elements(worker_0.at("a\0").in_namespace(&"n\0".to_owned()).list(states_0.words).iter()?)?, vec![Text("t".repeat(300)), Text::from("")]);
    assert_eq!(worker_0.key_count(states_0.words)?, 1);
    let part_0 = worker_0.freeze()?;
    worker_0.destroy()?;
    let mut worker_1 = site.open_for::<String>(worker_groups(1, 3));
    let states_1 = register(&mut worker_1)?;
    backup.restore(&mut worker_1)?;
    let part_1 = worker_1.freeze()?;
    worker_1.destroy()?;
    let mut worker_2 = site.open_for::<String>(worker_groups(2, 3));
    let states_2 = register(&mut worker_2)?;
    backup.restore(&mut worker_2)?;
    assert_eq!(worker_2.at("a").value(states_2.counts).get()?.map(Ref::into_owned), Some(1));
    assert_eq!(worker_2.key_count(states_2.counts)?, 1);
    assert_eq!(entries(Walk::Forward, worker_2.at("k".repeat(65536).as_str()).map(states_2.scores).iter()?)?, vec![(i64::MIN, 3)]);
    assert_eq!(worker_2.key_count(states_2.scores)?, 1);
    assert_eq!(entries(Walk::Forward, worker_2.at("\u{1}").in_namespace(&1).map(states_2.tags).iter()?)?, vec![("a".to_owned(), Text::from("x"))]);
    assert_eq!(worker_2.key_count(states_2.tags)?, 1);
    let part_2 = worker_2.freeze()?;
    worker_2.destroy()?;
    let merged = Backup::of([part_0, part_1, part_2])?;
    dir = site.dir();
    backend = site.reopen_varied(&dir, all_groups(), 1)?;
    register(&mut backend)?;
    merged.restore(&mut backend)?;
    states = register(&mut backend)?;
    assert_eq!(backend.at("a").value(states.counts).get()?.map(Ref::into_owned), Some(1));
    assert_eq!(backend.key_count(states.counts)?, 1);
    assert_eq!(elements(backend.at("").list(states.events).iter()?)?, vec![2, 1]);
    assert_eq!(backend.key_count(states.events)?, 1);
    assert_eq!(elements(backend.at("a\0").in_namespace(&"n\0".to_owned()).list(states.words).iter()?)?, vec![Text("t".repeat(300)), Text::from("")]);
    assert_eq!(backend.key_count(states.words)?, 1);
    assert_eq!(entries(Walk::Forward, backend.at("k".repeat(65536).as_str()).map(states.scores).iter()?)?, vec![(i64::MIN, 3)]);
    assert_eq!(backend.key_count(states.scores)?, 1);
    assert_eq!(entries(Walk::Forward, backend.at("\u{1}").in_namespace(&1).map(states.tags).iter()?)?, vec![("a".to_owned(), Text::from("x"))]);
    assert_eq!(backend.key_count(states.tags)?, 1);
    assert_eq!(Backup::take(&mut backend)?.digest()?, backup.digest()?);
    // step 168
    let backup = Backup::take(&mut backend)?;
    backend.close()?;
    drop(view_1);
    backend = site.reopen_varied(&dir, all_groups(), 1)?;
    states = register(&mut backend)?;
    backup.restore(&mut backend)?;
    assert_eq!(backend.at("a").value(states.counts).get()?.map(Ref::into_owned), Some(1));
    assert_eq!(backend.key_count(states.counts)?, 1);
    assert_eq!(elements(backend.at("").list(states.events).iter()?)?, vec![2, 1]);
    assert_eq!(backend.key_count(states.events)?, 1);
    assert_eq!(elements(backend.at("a\0").in_namespace(&"n\0".to_owned()).list(states.words).iter()?)?, vec![Text("t".repeat(300)), Text::from("")]);
    assert_eq!(backend.key_count(states.words)?, 1);
    assert_eq!(entries(Walk::Forward, backend.at("k".repeat(65536).as_str()).map(states.scores).iter()?)?, vec![(i64::MIN, 3)]);
    assert_eq!(backend.key_count(states.scores)?, 1);
    assert_eq!(entries(Walk::Forward, backend.at("\u{1}").in_namespace(&1).map(states.tags).iter()?)?, vec![("a".to_owned(), Text::from("x"))]);
    assert_eq!(backend.key_count(states.tags)?, 1);
    // step 169
    // step 170
    let checkpoint_0 = Backup::take(&mut backend)?;
    // step 171
    backend.at_mut("b").list(states.events).push(9)?;
    // step 172
    drop(backend);
    dir = site.dir();
    backend = site.reopen(&dir, all_groups())?;
    checkpoint_0.restore(&mut backend)?;
    states = register(&mut backend)?;
    assert_eq!(backend.at("a").value(states.counts).get()?.map(Ref::into_owned), Some(1));
    assert_eq!(backend.key_count(states.counts)?, 1);
    assert_eq!(elements(backend.at("").list(states.events).iter()?)?, vec![2, 1]);
    assert_eq!(backend.key_count(states.events)?, 1);
    assert_eq!(elements(backend.at("a\0").in_namespace(&"n\0".to_owned()).list(states.words).iter()?)?, vec![Text("t".repeat(300)), Text::from("")]);
    assert_eq!(backend.key_count(states.words)?, 1);
    assert_eq!(entries(Walk::Forward, backend.at("k".repeat(65536).as_str()).map(states.scores).iter()?)?, vec![(i64::MIN, 3)]);
    assert_eq!(backend.key_count(states.scores)?, 1);
    assert_eq!(entries(Walk::Forward, backend.at("\u{1}").in_namespace(&1).map(states.tags).iter()?)?, vec![("a".to_owned(), Text::from("x"))]);
    assert_eq!(backend.key_count(states.tags)?, 1);
    // step 173
    assert_eq!(backend.at_mut("b").list(states.events).len()?, 0);
    // step 174
    backend.drop_state("events")?;
    states = register(&mut backend)?;
    assert_eq!(backend.at("a").value(states.counts).get()?.map(Ref::into_owned), Some(1));
    assert_eq!(backend.key_count(states.counts)?, 1);
    assert_eq!(elements(backend.at("a\0").in_namespace(&"n\0".to_owned()).list(states.words).iter()?)?, vec![Text("t".repeat(300)), Text::from("")]);
    assert_eq!(backend.key_count(states.words)?, 1);
    assert_eq!(entries(Walk::Forward, backend.at("k".repeat(65536).as_str()).map(states.scores).iter()?)?, vec![(i64::MIN, 3)]);
    assert_eq!(backend.key_count(states.scores)?, 1);
    assert_eq!(entries(Walk::Forward, backend.at("\u{1}").in_namespace(&1).map(states.tags).iter()?)?, vec![("a".to_owned(), Text::from("x"))]);
    assert_eq!(backend.key_count(states.tags)?, 1);
    // step 175
    assert!(backend.at_mut("").list(states.events).is_empty()?);
    // step 176
    drop(backend);
    dir = site.dir();
    backend = site.reopen_varied(&dir, all_groups(), 1)?;
    checkpoint_0.restore(&mut backend)?;
    states = register(&mut backend)?;
    assert_eq!(backend.at("a").value(states.counts).get()?.map(Ref::into_owned), Some(1));
    assert_eq!(backend.key_count(states.counts)?, 1);
    assert_eq!(elements(backend.at("").list(states.events).iter()?)?, vec![2, 1]);
    assert_eq!(backend.key_count(states.events)?, 1);
    assert_eq!(elements(backend.at("a\0").in_namespace(&"n\0".to_owned()).list(states.words).iter()?)?, vec![Text("t".repeat(300)), Text::from("")]);
    assert_eq!(backend.key_count(states.words)?, 1);
    assert_eq!(entries(Walk::Forward, backend.at("k".repeat(65536).as_str()).map(states.scores).iter()?)?, vec![(i64::MIN, 3)]);
    assert_eq!(backend.key_count(states.scores)?, 1);
    assert_eq!(entries(Walk::Forward, backend.at("\u{1}").in_namespace(&1).map(states.tags).iter()?)?, vec![("a".to_owned(), Text::from("x"))]);
    assert_eq!(backend.key_count(states.tags)?, 1);
    // step 177
    let view_2 = (backend.freeze()?, states);
    // step 178
    let view_3 = (backend.freeze()?, states);
    // step 179
    let view_4 = (backend.freeze()?, states);
    // step 180
    let view_5 = (backend.freeze()?, states);
    // step 181
    drop(view_2);
    let view_6 = (backend.freeze()?, states);
    // step 182
    assert_eq!(backend.at_mut("a").value(states.counts).take()?, Some(1));
    // the end
    assert_eq!(elements(backend.at("").list(states.events).iter()?)?, vec![2, 1]);
    assert_eq!(backend.key_count(states.events)?, 1);
    assert_eq!(elements(backend.at("a\0").in_namespace(&"n\0".to_owned()).list(states.words).iter()?)?, vec![Text("t".repeat(300)), Text::from("")]);
    assert_eq!(backend.key_count(states.words)?, 1);
    assert_eq!(entries(Walk::Forward, backend.at("k".repeat(65536).as_str()).map(states.scores).iter()?)?, vec![(i64::MIN, 3)]);
    assert_eq!(backend.key_count(states.scores)?, 1);
    assert_eq!(entries(Walk::Forward, backend.at("\u{1}").in_namespace(&1).map(states.tags).iter()?)?, vec![("a".to_owned(), Text::from("x"))]);
    assert_eq!(backend.key_count(states.tags)?, 1);
    drop(view_3);
    let view_7 = (backend.freeze()?, states);
    backend.destroy()?;
    std::thread::scope(|scope| {
        let reads = scope.spawn(|| -> Result<()> {
            assert_eq!(view_4.0.at("a").value(view_4.1.counts).get()?.map(Ref::into_owned), Some(1));
            assert_eq!(view_4.0.key_count(view_4.1.counts)?, 1);
            assert_eq!(elements(view_4.0.at("").list(view_4.1.events).iter()?)?, vec![2, 1]);
            assert_eq!(view_4.0.key_count(view_4.1.events)?, 1);
            assert_eq!(elements(view_4.0.at("a\0").in_namespace(&"n\0".to_owned()).list(view_4.1.words).iter()?)?, vec![Text("t".repeat(300)), Text::from("")]);
            assert_eq!(view_4.0.key_count(view_4.1.words)?, 1);
            assert_eq!(entries(Walk::Forward, view_4.0.at("k".repeat(65536).as_str()).map(view_4.1.scores).iter()?)?, vec![(i64::MIN, 3)]);
            assert_eq!(view_4.0.key_count(view_4.1.scores)?, 1);
            assert_eq!(entries(Walk::Forward, view_4.0.at("\u{1}").in_namespace(&1).map(view_4.1.tags).iter()?)?, vec![("a".to_owned(), Text::from("x"))]);
            assert_eq!(view_4.0.key_count(view_4.1.tags)?, 1);
            Ok(())
        });
        reads.join().unwrap()
    })?;
    std::thread::scope(|scope| {
        let reads = scope.spawn(|| -> Result<()> {
            assert_eq!(view_5.0.at("a").value(view_5.1.counts).get()?.map(Ref::into_owned), Some(1));
            assert_eq!(view_5.0.key_count(view_5.1.counts)?, 1);
            assert_eq!(elements(view_5.0.at("").list(view_5.1.events).iter()?)?, vec![2, 1]);
            assert_eq!(view_5.0.key_count(view_5.1.events)?, 1);
            assert_eq!(elements(view_5.0.at("a\0").in_namespace(&"n\0".to_owned()).list(view_5.1.words).iter()?)?, vec![Text("t".repeat(300)), Text::from("")]);
            assert_eq!(view_5.0.key_count(view_5.1.words)?, 1);
            assert_eq!(entries(Walk::Forward, view_5.0.at("k".repeat(65536).as_str()).map(view_5.1.scores).iter()?)?, vec![(i64::MIN, 3)]);
            assert_eq!(view_5.0.key_count(view_5.1.scores)?, 1);
            assert_eq!(entries(Walk::Forward, view_5.0.at("\u{1}").in_namespace(&1).map(view_5.1.tags).iter()?)?, vec![("a".to_owned(), Text::from("x"))]);
            assert_eq!(view_5.0.key_count(view_5.1.tags)?, 1);
            Ok(())
        });
        reads.join().unwrap()
    })?;
    std::thread::scope(|scope| {
        let reads = scope.spawn(|| -> Result<()> {
            assert_eq!(view_6.0.at("a").value(view_6.1.counts).get()?.map(Ref::into_owned), Some(1));
            assert_eq!(view_6.0.key_count(view_6.1.counts)?, 1);
            assert_eq!(elements(view_6.0.at("").list(view_6.1.events).iter()?)?, vec![2, 1]);
            assert_eq!(view_6.0.key_count(view_6.1.events)?, 1);
            assert_eq!(elements(view_6.0.at("a\0").in_namespace(&"n\0".to_owned()).list(view_6.1.words).iter()?)?, vec![Text("t".repeat(300)), Text::from("")]);
            assert_eq!(view_6.0.key_count(view_6.1.words)?, 1);
            assert_eq!(entries(Walk::Forward, view_6.0.at("k".repeat(65536).as_str()).map(view_6.1.scores).iter()?)?, vec![(i64::MIN, 3)]);
            assert_eq!(view_6.0.key_count(view_6.1.scores)?, 1);
            assert_eq!(entries(Walk::Forward, view_6.0.at("\u{1}").in_namespace(&1).map(view_6.1.tags).iter()?)?, vec![("a".to_owned(), Text::from("x"))]);
            assert_eq!(view_6.0.key_count(view_6.1.tags)?, 1);
            Ok(())
        });
        reads.join().unwrap()
    })?;
    std::thread::scope(|scope| {
        let reads = scope.spawn(|| -> Result<()> {
            assert_eq!(elements(view_7.0.at("").list(view_7.1.events).iter()?)?, vec![2, 1]);
            assert_eq!(view_7.0.key_count(view_7.1.events)?, 1);
            assert_eq!(elements(view_7.0.at("a\0").in_namespace(&"n\0".to_owned()).list(view_7.1.words).iter()?)?, vec![Text("t".repeat(300)), Text::from("")]);
            assert_eq!(view_7.0.key_count(view_7.1.words)?, 1);
            assert_eq!(entries(Walk::Forward, view_7.0.at("k".repeat(65536).as_str()).map(view_7.1.scores).iter()?)?, vec![(i64::MIN, 3)]);
            assert_eq!(view_7.0.key_count(view_7.1.scores)?, 1);
            assert_eq!(entries(Walk::Forward, view_7.0.at("\u{1}").in_namespace(&1).map(view_7.1.tags).iter()?)?, vec![("a".to_owned(), Text::from("x"))]);
            assert_eq!(view_7.0.key_count(view_7.1.tags)?, 1);
            Ok(())
        });
        reads.join().unwrap()
    })?;
    Ok(())
}
