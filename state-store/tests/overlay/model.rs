//! Generated histories of an overlay: its live state, and every view, are those of a model, under any
//! budget; a view that is given up says so and nothing else.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use state_api::{Error, ErrorKind, Result};
use state_store::{Entry, OrderedRead, OrderedStore, Overlay, OverlayView, Scan, TableId};

use crate::shared::{Place, SharedMemory};

#[derive(Clone, Debug)]
enum Step {
    Put(u32, u8, u16),
    Delete(u32, u8),
    DeleteRange(u32, u8, Option<u8>),
    Create(u32),
    Drop(u32),
    Freeze,
    DropView(usize),
    /// Closes and opens again; views that live go on, and then the place is in use until they end.
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    let table = 0..3_u32;
    prop_oneof![
        20 => (table.clone(), any::<u8>(), 0..300_u16).prop_map(|(t, k, v)| Step::Put(t, k, v)),
        5 => (table.clone(), any::<u8>()).prop_map(|(t, k)| Step::Delete(t, k)),
        3 => (table.clone(), any::<u8>(), option::weighted(0.9, any::<u8>()))
            .prop_map(|(t, from, to)| Step::DeleteRange(t, from, to)),
        2 => table.clone().prop_map(Step::Create),
        1 => table.prop_map(Step::Drop),
        4 => Just(Step::Freeze),
        3 => any::<usize>().prop_map(Step::DropView),
        1 => Just(Step::Reopen),
    ]
}

type Model = BTreeMap<u32, BTreeMap<u8, Vec<u8>>>;

/// All entries of all tables, read forwards, or backwards.
fn entries<R: OrderedRead>(read: &R, back: bool) -> Result<Vec<(u32, u8, Vec<u8>)>> {
    let mut entries = Vec::new();
    for table in 0..3 {
        let mut scan = read.scan(TableId(table), Bound::Unbounded, Bound::Unbounded)?;
        let mut rows = Vec::new();
        while let Some(Entry { key, value }) = if back {
            scan.next_entry_back()?
        } else {
            scan.next_entry()?
        } {
            rows.push((table, key[0], value.to_vec()));
        }
        if back {
            rows.reverse();
        }
        entries.extend(rows);
    }
    Ok(entries)
}

fn expected(model: &Model) -> Vec<(u32, u8, Vec<u8>)> {
    let rows = |(table, rows): (&u32, &BTreeMap<u8, Vec<u8>>)| {
        let table = *table;
        let rows = rows.clone().into_iter();
        rows.map(move |(key, value)| (table, key, value))
            .collect::<Vec<_>>()
    };
    model.iter().flat_map(rows).collect()
}

/// Whether `view` has the state of `model` in any read, or none of it.
fn check_view(view: &OverlayView<SharedMemory>, model: &Model) -> Result<(), TestCaseError> {
    let is_revoked = |error: Error| error.kind() == ErrorKind::Revoked;
    for back in [false, true] {
        match entries(view, back) {
            Ok(found) => prop_assert_eq!(found, expected(model)),
            Err(error) => prop_assert!(is_revoked(error)),
        }
    }
    for (table, rows) in model {
        for key in (0..=u8::MAX).step_by(5) {
            match view.get(TableId(*table), &[key]) {
                Ok(found) => {
                    let found = found.map(|value| value.as_ref().to_vec());
                    prop_assert_eq!(found.as_ref(), rows.get(&key));
                }
                Err(error) => prop_assert!(is_revoked(error)),
            }
        }
    }
    Ok(())
}

fn write(
    overlay: &mut Overlay<SharedMemory>,
    model: &mut Model,
    step: &Step,
) -> Result<(), TestCaseError> {
    let (table, outcome) = match *step {
        Step::Put(table, key, len) => {
            let value = vec![key; len.into()];
            let outcome = overlay.put(TableId(table), &[key], &value);
            if let Some(rows) = model.get_mut(&table) {
                rows.insert(key, value);
            }
            (table, outcome)
        }
        Step::Delete(table, key) => {
            if let Some(rows) = model.get_mut(&table) {
                rows.remove(&key);
            }
            (table, overlay.delete(TableId(table), &[key]))
        }
        Step::DeleteRange(table, from, to) => {
            if let Some(rows) = model.get_mut(&table) {
                rows.retain(|key, _| *key < from || to.is_some_and(|to| *key >= to));
            }
            let end = to.map(|to| [to]);
            let end = end.as_ref().map(|to| &to[..]);
            (table, overlay.delete_range(TableId(table), &[from], end))
        }
        Step::Create(table) => {
            model.entry(table).or_default();
            (table, overlay.create_table(TableId(table)))
        }
        Step::Drop(table) => {
            overlay.drop_table(TableId(table)).unwrap();
            model.remove(&table);
            return Ok(());
        }
        _ => return Ok(()),
    };
    match outcome {
        Ok(()) => prop_assert!(model.contains_key(&table)),
        Err(error) => {
            prop_assert_eq!(error.kind(), ErrorKind::Invalid);
            prop_assert!(!model.contains_key(&table));
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn live_state_and_views_are_those_of_a_model(
        steps in vec(step(), 0..250),
        budget in prop_oneof![Just(usize::MAX), 0..100_000_usize],
    ) {
        let mut place = Arc::new(Place::default());
        let mut overlay = Overlay::new(SharedMemory::open(&place).unwrap(), budget).unwrap();
        let mut model = Model::new();
        let mut views = Vec::new();
        for step in steps {
            match step {
                Step::Freeze => views.push((overlay.freeze().unwrap(), model.clone())),
                Step::DropView(_) if views.is_empty() => {}
                Step::DropView(index) => drop(views.remove(index % views.len())),
                Step::Reopen => {
                    overlay.close().unwrap();
                    if !views.is_empty() {
                        let error = SharedMemory::open(&place).unwrap_err();
                        prop_assert_eq!(error.kind(), ErrorKind::Conflict);
                        for (view, model) in &views {
                            check_view(view, model)?;
                        }
                        views.clear();
                    }
                    overlay = Overlay::new(SharedMemory::open(&place).unwrap(), budget).unwrap();
                }
                write_step => write(&mut overlay, &mut model, &write_step)?,
            }
            prop_assert_eq!(entries(&overlay, false).unwrap(), expected(&model));
            prop_assert_eq!(entries(&overlay, true).unwrap(), expected(&model));
            if let Some((view, model)) = views.last() {
                check_view(view, model)?;
            }
            if let Some((view, model)) = views.first() {
                check_view(view, model)?;
            }
            if budget == usize::MAX {
                prop_assert!(views.iter().all(|(view, _)| entries(view, false).is_ok()));
            }
        }
        for (view, model) in &views {
            check_view(view, model)?;
        }
        views.clear();
        // Writes of nothing write everything down.
        overlay.create_table(TableId(0)).unwrap();
        model.entry(0).or_default();
        for _ in 0..2_000 {
            overlay.delete(TableId(0), b"not there").unwrap();
        }
        prop_assert_eq!(overlay.bytes_held(), 0);
        prop_assert_eq!(entries(overlay.base(), false).unwrap(), expected(&model));
        overlay.destroy().unwrap();
        prop_assert!(Arc::get_mut(&mut place).unwrap().tables.get_mut().unwrap().is_empty());
    }
}
