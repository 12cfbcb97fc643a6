//! The states that are written to.

use state_api::{
    BoundStates as _, Map, MapDescriptor, StateBackend, StateRead as _, StateView as _, Value,
    ValueDescriptor,
};
use state_checkpoint::WriteOptions;

use super::case::Shape;
use super::payload::{Boxed, Counted, InPlace, Payload};
use super::plain::Plain;
use crate::drain::drain;
use crate::error::{Error, Result};
use crate::probe::{Probe, each};
use crate::subject::Opened;

/// A state with all its entries, and its owner's means.
pub(super) trait Writer {
    /// A view.
    type View: Send;

    /// Puts 100 other bytes at each of these entries.
    fn write<P: Probe>(&mut self, entries: &[u64], probe: &mut P) -> Result<()>;

    /// Takes a view.
    fn freeze(&mut self) -> Result<Self::View>;

    /// The number of a view.
    fn epoch(view: &Self::View) -> u64;

    /// Reads all of a view, as for a full checkpoint, and lets it go. The entries.
    fn encode(view: Self::View) -> Result<u64>;

    /// Says that the checkpoint of a view is published.
    fn confirm(&mut self, epoch: u64) -> Result<()>;

    /// Ends the state.
    fn destroy(self) -> Result<()>;

    /// Begins to tell changes.
    fn begin(&mut self) -> Result<()> {
        let epoch = Self::epoch(&self.freeze()?);
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

impl Shape {
    /// Does something with a state of this shape and so many entries.
    pub(super) fn with<B, W>(self, opened: Opened<B>, entries: u64, work: W) -> Result<W::Output>
    where
        B: StateBackend<Key = u64>,
        W: OnShape,
    {
        match self {
            Self::InPlace => work.run(Values::<_, InPlace>::filled(opened, entries)?),
            Self::Boxed => work.run(Values::<_, Boxed>::filled(opened, entries)?),
            Self::Counted => work.run(Values::<_, Counted>::filled(opened, entries)?),
            Self::MapInPlace => work.run(OneMap::<_, InPlace>::filled(opened, entries)?),
            Self::MapBoxed => work.run(OneMap::<_, Boxed>::filled(opened, entries)?),
        }
    }

    /// Whether plain tables can be of this shape.
    pub fn has_plain(self) -> bool {
        !matches!(self, Self::MapInPlace | Self::MapBoxed)
    }

    /// Does something with plain tables of this shape and so many entries.
    pub(super) fn with_plain<W: OnShape>(self, entries: u64, work: W) -> Result<W::Output> {
        match self {
            Self::InPlace => work.run(Plain::<InPlace>::filled(entries)),
            Self::Boxed => work.run(Plain::<Boxed>::filled(entries)),
            Self::Counted => work.run(Plain::<Counted>::filled(entries)),
            Self::MapInPlace | Self::MapBoxed => Err(Error::engine("plain tables have no maps")),
        }
    }
}

/// The byte that entry `i` of a batch is made of.
pub(super) fn byte(i: usize) -> u8 {
    i.to_le_bytes()[0]
}

macro_rules! owner {
    () => {
        type View = B::View;

        fn freeze(&mut self) -> Result<B::View> {
            Ok(self.opened.state.freeze()?)
        }

        fn epoch(view: &B::View) -> u64 {
            view.epoch()
        }

        fn encode(view: B::View) -> Result<u64> {
            let range = view.key_groups().range();
            let rows = view.into_changes(None, range, WriteOptions::BUFFER_BYTES)?;
            Ok(drain(rows)?.changes)
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
}

impl<B: StateBackend<Key = u64>, V: Payload> Values<B, V> {
    fn filled(mut opened: Opened<B>, entries: u64) -> Result<Self> {
        let value = opened.state.register(ValueDescriptor::new("value"))?;
        let (mut bound, (all,)) = opened.state.bind((value,))?;
        for key in 0..entries {
            bound.at_mut(&key).value(all).put(V::of(7))?;
        }
        drop(bound);
        Ok(Self { opened, value })
    }
}

impl<B: StateBackend<Key = u64>, V: Payload> Writer for Values<B, V> {
    owner!();

    fn write<P: Probe>(&mut self, entries: &[u64], probe: &mut P) -> Result<()> {
        let (mut bound, (value,)) = self.opened.state.bind((self.value,))?;
        each(entries, probe, |i, key| {
            bound.at_mut(&key).value(value).put(V::of(byte(i)))?;
            Ok::<_, state_api::Error>(0)
        })?;
        Ok(())
    }
}

/// One map of all entries.
struct OneMap<B, V> {
    opened: Opened<B>,
    map: Map<u64, V>,
}

/// The key whose map it is.
const KEY: u64 = 1;

impl<B: StateBackend<Key = u64>, V: Payload> OneMap<B, V> {
    fn filled(mut opened: Opened<B>, entries: u64) -> Result<Self> {
        let map = opened.state.register(MapDescriptor::new("map"))?;
        let (mut bound, (all,)) = opened.state.bind((map,))?;
        for entry in 0..entries {
            bound.at_mut(&KEY).map(all).insert(entry, V::of(7))?;
        }
        drop(bound);
        Ok(Self { opened, map })
    }
}

impl<B: StateBackend<Key = u64>, V: Payload> Writer for OneMap<B, V> {
    owner!();

    fn write<P: Probe>(&mut self, entries: &[u64], probe: &mut P) -> Result<()> {
        let (mut bound, (map,)) = self.opened.state.bind((self.map,))?;
        each(entries, probe, |i, entry| {
            let mut at = bound.at_mut(&KEY);
            at.map(map).insert(entry, V::of(byte(i)))?;
            Ok::<_, state_api::Error>(0)
        })?;
        Ok(())
    }
}
