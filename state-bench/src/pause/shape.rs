//! The states that are written to.

use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use state_api::{
    BoundStates as _, Map, MapDescriptor, StateBackend, StateValue, StateView, Value,
    ValueDescriptor,
};

use super::case::Shape;
use crate::error::Result;
use crate::probe::{Probe, each};
use crate::subject::Opened;

/// A state with all its entries, and its owner's means.
pub(super) trait Writer {
    /// A view.
    type View: StateView<Key = u64>;

    /// Puts 100 other bytes at each of these entries.
    fn write<P: Probe>(&mut self, entries: &[u64], probe: &mut P) -> Result<()>;

    /// Takes a view.
    fn freeze(&mut self) -> Result<Self::View>;

    /// Says that the checkpoint of a view is published.
    fn confirm(&mut self, epoch: u64) -> Result<()>;

    /// Ends the state.
    fn destroy(self) -> Result<()>;

    /// Begins to tell changes.
    fn begin(&mut self) -> Result<()> {
        let epoch = self.freeze()?.epoch();
        self.confirm(epoch)
    }
}

/// What is done with a state of any shape.
pub(super) trait OnShape {
    /// What comes of it.
    type Output;

    /// Does it.
    fn run<W: Writer>(self, writer: W) -> Result<Self::Output>;
}

/// 100 bytes behind a pointer.
fn boxed(x: u8) -> Vec<u8> {
    vec![x; 100]
}

/// 100 bytes behind a reference count.
fn counted(x: u8) -> Arc<[u8]> {
    Arc::from([x; 100])
}

/// 100 bytes in place.
fn in_place(x: u8) -> [[u8; 20]; 5] {
    [[x; 20]; 5]
}

impl Shape {
    /// Does something with a state of this shape and so many entries.
    pub(super) fn with<B, W>(self, opened: Opened<B>, entries: u64, work: W) -> Result<W::Output>
    where
        B: StateBackend<Key = u64>,
        W: OnShape,
    {
        match self {
            Self::InPlace => work.run(Values::filled(opened, entries, in_place)?),
            Self::Boxed => work.run(Values::filled(opened, entries, boxed)?),
            Self::Counted => work.run(Values::filled(opened, entries, counted)?),
            Self::MapInPlace => work.run(OneMap::filled(opened, entries, in_place)?),
            Self::MapBoxed => work.run(OneMap::filled(opened, entries, boxed)?),
        }
    }
}

/// The byte that entry `i` of a batch is made of.
fn byte(i: usize) -> u8 {
    i.to_le_bytes()[0]
}

macro_rules! owner {
    () => {
        type View = B::View;

        fn freeze(&mut self) -> Result<B::View> {
            Ok(self.opened.state.freeze()?)
        }

        fn confirm(&mut self, epoch: u64) -> Result<()> {
            Ok(self.opened.state.confirm(epoch)?)
        }

        fn destroy(self) -> Result<()> {
            self.opened.destroy()
        }
    };
}

/// A value for each key.
struct Values<B, V> {
    opened: Opened<B>,
    value: Value<V>,
    make: fn(u8) -> V,
}

impl<B, V> Values<B, V>
where
    B: StateBackend<Key = u64>,
    V: StateValue + Serialize + DeserializeOwned,
{
    fn filled(mut opened: Opened<B>, entries: u64, make: fn(u8) -> V) -> Result<Self> {
        let value = opened.state.register(ValueDescriptor::new("value"))?;
        let (mut bound, (all,)) = opened.state.bind((value,))?;
        for key in 0..entries {
            bound.at_mut(&key).value(all).put(make(7))?;
        }
        drop(bound);
        Ok(Self {
            opened,
            value,
            make,
        })
    }
}

impl<B: StateBackend<Key = u64>, V: StateValue> Writer for Values<B, V> {
    owner!();

    fn write<P: Probe>(&mut self, entries: &[u64], probe: &mut P) -> Result<()> {
        let (mut bound, (value,)) = self.opened.state.bind((self.value,))?;
        each(entries, probe, |i, key| {
            bound.at_mut(&key).value(value).put((self.make)(byte(i)))?;
            Ok::<_, state_api::Error>(0)
        })?;
        Ok(())
    }
}

/// One map of all entries.
struct OneMap<B, V> {
    opened: Opened<B>,
    map: Map<u64, V>,
    make: fn(u8) -> V,
}

/// The key whose map it is.
const KEY: u64 = 1;

impl<B, V> OneMap<B, V>
where
    B: StateBackend<Key = u64>,
    V: StateValue + Serialize + DeserializeOwned,
{
    fn filled(mut opened: Opened<B>, entries: u64, make: fn(u8) -> V) -> Result<Self> {
        let map = opened.state.register(MapDescriptor::new("map"))?;
        let (mut bound, (all,)) = opened.state.bind((map,))?;
        for entry in 0..entries {
            bound.at_mut(&KEY).map(all).insert(entry, make(7))?;
        }
        drop(bound);
        Ok(Self { opened, map, make })
    }
}

impl<B: StateBackend<Key = u64>, V: StateValue> Writer for OneMap<B, V> {
    owner!();

    fn write<P: Probe>(&mut self, entries: &[u64], probe: &mut P) -> Result<()> {
        let (mut bound, (map,)) = self.opened.state.bind((self.map,))?;
        each(entries, probe, |i, entry| {
            let mut at = bound.at_mut(&KEY);
            at.map(map).insert(entry, (self.make)(byte(i)))?;
            Ok::<_, state_api::Error>(0)
        })?;
        Ok(())
    }
}
