//! Slots: what the adapter knows of each state, and how a handle finds its types again.

use std::any::{Any, TypeId};
use std::collections::BTreeSet;
use std::fmt;
use std::marker::PhantomData;
use std::ops::RangeInclusive;
use std::sync::Arc;

use state_api::{Codec, Error, ErrorKind, Result, StateId, StateMeta};

use crate::store::TableId;

/// The types of a value state.
pub struct ValueTypes<V, N> {
    pub(crate) codec: Arc<dyn Codec<V>>,
    pub(crate) types: PhantomData<fn() -> N>,
}

/// The types of a list state.
pub struct ListTypes<T, N> {
    pub(crate) codec: Arc<dyn Codec<T>>,
    pub(crate) types: PhantomData<fn() -> N>,
}

/// The types of a map state.
pub struct MapTypes<UK, UV, N> {
    pub(crate) codec: Arc<dyn Codec<UV>>,
    pub(crate) types: PhantomData<fn() -> (UK, N)>,
}

macro_rules! debug {
    ($name:ident<$($param:ident),+>) => {
        impl<$($param),+> fmt::Debug for $name<$($param),+> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(std::any::type_name::<Self>())
            }
        }
    };
}

debug!(ValueTypes<V, N>);
debug!(ListTypes<T, N>);
debug!(MapTypes<UK, UV, N>);

/// No table has this number.
const NO_TABLE: TableId = TableId(u32::MAX);

/// A state: its table, its description, and its types once it is registered.
#[derive(Clone)]
pub(crate) struct Slot {
    pub(crate) table: TableId,
    pub(crate) meta: Arc<StateMeta>,
    types: Option<Arc<dyn Any + Send + Sync>>,
}

impl Slot {
    /// A state that is known by description only.
    pub(crate) fn opaque(table: TableId, meta: StateMeta) -> Self {
        Self {
            table,
            meta: Arc::new(meta),
            types: None,
        }
    }

    /// Gives the state its types, unless it has them.
    ///
    /// # Errors
    /// [`ErrorKind::Mismatch`] when it has others.
    pub(crate) fn set_types<T: Any + Send + Sync>(&mut self, types: T) -> Result<()> {
        match &self.types {
            None => {
                self.types = Some(Arc::new(types));
                Ok(())
            }
            Some(found) if (**found).type_id() == TypeId::of::<T>() => Ok(()),
            Some(_) => Err(Error::new(
                ErrorKind::Mismatch,
                "the state is registered with types of the same names that are not the same types",
            )
            .with("state", &self.meta)),
        }
    }

    #[inline]
    fn types<T: Any>(&self) -> Option<&T> {
        self.types.as_deref()?.downcast_ref()
    }
}

impl fmt::Debug for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slot")
            .field("table", &self.table)
            .field("meta", &self.meta)
            .field("registered", &self.types.is_some())
            .finish()
    }
}

/// All states of a backend or view, by id; `None` where a state was dropped.
#[derive(Clone, Debug, Default)]
pub(crate) struct Slots(Vec<Option<Slot>>);

impl Slots {
    /// Table and types behind a handle.
    #[inline]
    pub(crate) fn resolve<T: Any>(&self, id: StateId) -> Result<(TableId, &T)> {
        let slot = self.0.get(id.index()).and_then(Option::as_ref);
        match slot.and_then(|slot| Some((slot.table, slot.types()?))) {
            Some(found) => Ok(found),
            None => Err(unfit(slot, id)),
        }
    }

    pub(crate) fn find(&self, name: &str) -> Option<StateId> {
        let index = self
            .0
            .iter()
            .position(|slot| slot.as_ref().is_some_and(|slot| slot.meta.name == name))?;
        u32::try_from(index).ok().map(StateId)
    }

    pub(crate) fn get_mut(&mut self, id: StateId) -> Option<&mut Slot> {
        self.0.get_mut(id.index())?.as_mut()
    }

    pub(crate) fn push(&mut self, slot: Slot) -> Result<StateId> {
        let id = u32::try_from(self.0.len())
            .map_err(|_| Error::new(ErrorKind::Invalid, "more states than a number can hold"))?;
        self.0.push(Some(slot));
        Ok(StateId(id))
    }

    /// Gives the state of a name another table; whether there is one.
    pub(crate) fn set_table(&mut self, name: &str, table: TableId) -> bool {
        let mut slots = self.0.iter_mut().flatten();
        let slot = slots.find(|slot| slot.meta.name == name);
        slot.map(|slot| slot.table = table).is_some()
    }

    /// Takes the tables of all states away, until each is given another.
    pub(crate) fn forget_tables(&mut self) {
        for slot in self.0.iter_mut().flatten() {
            slot.table = NO_TABLE;
        }
    }

    pub(crate) fn remove(&mut self, id: StateId) -> Option<Slot> {
        self.0.get_mut(id.index())?.take()
    }

    /// The states, ascending by name.
    pub(crate) fn by_name(&self) -> Vec<&Slot> {
        let mut slots: Vec<_> = self.0.iter().flatten().collect();
        slots.sort_by(|a, b| a.meta.name.cmp(&b.meta.name));
        slots
    }

    pub(crate) fn metas(&self) -> Vec<StateMeta> {
        self.by_name()
            .into_iter()
            .map(|slot| (*slot.meta).clone())
            .collect()
    }

    /// The least table number that no state has. That of a dropped state comes again: its table went
    /// with it, and handles go by state, not by table.
    pub(crate) fn next_table(&self, numbers: RangeInclusive<u32>) -> Result<TableId> {
        let taken: BTreeSet<_> = self.0.iter().flatten().map(|slot| slot.table.0).collect();
        let mut free = numbers.filter(|number| !taken.contains(number));
        free.next().map(TableId).ok_or_else(|| {
            Error::new(
                ErrorKind::Invalid,
                "the backend has as many states as it can",
            )
            .with("states", taken.len())
        })
    }
}

#[cold]
fn unfit(slot: Option<&Slot>, id: StateId) -> Error {
    let error = Error::new(
        ErrorKind::Mismatch,
        "the handle does not fit the state of its number",
    )
    .with("handle", id.0);
    match slot {
        Some(slot) if slot.types.is_some() => error.with("state", &slot.meta),
        Some(slot) => error.with("state", &slot.meta).with("registered", false),
        None => error.with("state", "none: never registered here, or dropped"),
    }
}

#[cfg(test)]
mod tests {
    use state_api::StateKind;
    use state_api::row::CodecId;

    use super::*;

    fn slots(tables: impl Iterator<Item = u32>) -> Slots {
        let mut slots = Slots::default();
        for table in tables {
            let meta = StateMeta {
                name: table.to_string(),
                kind: StateKind::Value,
                codec: CodecId {
                    name: "none".into(),
                    version: 1,
                },
                key_type: String::new(),
                namespace_type: String::new(),
                map_key_type: None,
                value_type: String::new(),
            };
            slots.push(Slot::opaque(TableId(table), meta)).unwrap();
        }
        slots
    }

    #[test]
    fn the_least_free_number_is_taken_until_there_is_none() {
        let next = |slots: &Slots| slots.next_table(1..=5).map(|table| table.0);
        assert_eq!(next(&slots(std::iter::empty())).unwrap(), 1);
        assert_eq!(next(&slots([5, 2, 1].into_iter())).unwrap(), 3);
        assert_eq!(next(&slots(1..=4)).unwrap(), 5);
        let mut full = slots(1..=5);
        assert_eq!(next(&full).unwrap_err().kind(), ErrorKind::Invalid);
        full.remove(StateId(1));
        assert_eq!(next(&full).unwrap(), 2);
    }
}
