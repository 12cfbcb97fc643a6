//! Native checkpoints: the engine's files carry the rows, the adapter's description says whose they
//! are.
//!
//! A restore makes the files of the first checkpoint the content of the store, and cuts off the key
//! groups that the backend does not own; rows of the other checkpoints are written to it.

use state_api::{
    Error, ErrorKind, KeyGroupRange, KeyGroups, NativePlace, NativeReport, Result, StateKey,
    StateMeta,
};

use crate::backend::{StoreBackend, differs};
use crate::directory::{self, Description};
use crate::slot::Slot;
use crate::store::{NativeSource, OrderedStore, TableId, no_native};

/// A checkpoint to restore from.
struct Parent<'a> {
    place: NativePlace<'a>,
    source: Box<dyn NativeSource>,
    description: Description,
}

impl<K: StateKey, S: OrderedStore> StoreBackend<K, S> {
    pub(crate) fn take_native(&mut self, place: NativePlace<'_>) -> Result<NativeReport> {
        self.core.check()?;
        self.check_native()?;
        check_native_name(place.name)?;
        let description =
            directory::describe_store(self.core.store(), self.groups, K::type_name())?;
        // Reads, as far as the store is concerned: a failure leaves it as it is.
        self.core.store_mut().native_checkpoint(place, &description)
    }

    pub(crate) fn restore_native(&mut self, places: &[NativePlace<'_>]) -> Result<()> {
        self.core.check()?;
        self.check_native()?;
        if !self.is_empty()? {
            return Err(Error::new(
                ErrorKind::Invalid,
                "a backend that holds rows cannot restore",
            ));
        }
        let parents = self.open_parents(places)?;
        let Some((first, others)) = parents.split_first() else {
            return Ok(());
        };
        let adopted = self.adopt(first, others);
        if let Err(error) = &adopted {
            // Half of the rows must not be found as if they were all.
            self.core.fail(error);
        }
        adopted
    }

    fn check_native(&self) -> Result<()> {
        if self.core.store().capability().native_checkpoint {
            Ok(())
        } else {
            Err(no_native(self.core.store().name()))
        }
    }

    /// Opens the checkpoints that have key groups of ours, and checks that they fit and cover them.
    fn open_parents<'a>(&self, places: &[NativePlace<'a>]) -> Result<Vec<Parent<'a>>> {
        let mut parents = Vec::new();
        for &place in places {
            check_native_name(place.name)?;
            let source = self.core.store().native_open(place)?;
            let backend = self.core.store().name();
            let (found, description) =
                directory::parse_description(source.description(), backend, K::type_name())
                    .map_err(|e| e.with("checkpoint", place.name))?;
            if found.max_parallelism() != self.groups.max_parallelism() {
                return Err(Error::new(
                    ErrorKind::Mismatch,
                    "the checkpoint has another max parallelism",
                )
                .with("checkpoint", place.name)
                .with("found", found.max_parallelism())
                .with("expected", self.groups.max_parallelism()));
            }
            if self.groups.range().intersection(found.range()).is_none() {
                continue;
            }
            for listed in &description.states {
                self.check_fits(&listed.meta, &parents)?;
            }
            parents.push(Parent {
                place,
                source,
                description,
            });
        }
        parents.sort_by_key(|parent| parent.description.header.key_groups.first());
        let mut next = self.groups.range().first();
        for parent in &parents {
            let range = parent.description.header.key_groups;
            if range.first().max(self.groups.range().first()) != next {
                return Err(uncovered(self.groups, &parents));
            }
            next = range.last() + 1; // key groups end at 32,767
        }
        if next <= self.groups.range().last() {
            return Err(uncovered(self.groups, &parents));
        }
        Ok(parents)
    }

    /// A state must be described alike by all checkpoints and by who registered it.
    fn check_fits(&self, meta: &StateMeta, parents: &[Parent<'_>]) -> Result<()> {
        let registered = self.slots.by_name().into_iter().map(|slot| &*slot.meta);
        let listed = parents.iter().flat_map(|parent| &parent.description.states);
        let known = registered.chain(listed.map(|listed| &listed.meta));
        for known in known.filter(|known| known.name == meta.name) {
            if known != meta {
                return Err(differs(known, meta));
            }
        }
        Ok(())
    }

    fn adopt(&mut self, first: &Parent<'_>, others: &[Parent<'_>]) -> Result<()> {
        let registered: Vec<_> = self.slots.by_name().into_iter().cloned().collect();
        self.core.forget_tails();
        // Rows come that nobody notes: the next checkpoint is a full one.
        self.core.tracking().give_up();
        self.core.write(|store| {
            store.native_adopt(first.place)?;
            directory::create(store)
        })?;
        // States keep their handles, and get the tables that the checkpoint has for them.
        let taken = &first.description.states;
        self.slots.forget_tables();
        for listed in taken {
            let (table, meta) = (listed.table, &listed.meta);
            self.core.write(|store| store.create_table(table))?;
            if !self.slots.set_table(&meta.name, table) {
                self.slots.push(Slot::opaque(table, meta.clone()))?;
            }
            self.clip(table)?;
        }
        for slot in registered {
            let listed = taken
                .iter()
                .any(|listed| listed.meta.name == slot.meta.name);
            if !listed {
                self.add_table(&slot.meta)?;
            }
        }
        let key_type = K::type_name();
        let groups = self.groups;
        self.core
            .write(|store| directory::set_header(store, groups, key_type))?;
        for parent in others {
            self.merge(parent)?;
        }
        let chunks = std::iter::once(first).chain(others);
        let chunks = chunks.map(|parent| parent.description.chunks).max();
        self.core.begin_chunks_at(chunks.unwrap_or_default())
    }

    /// Gives a state that has a slot, and no table, a table.
    fn add_table(&mut self, meta: &StateMeta) -> Result<()> {
        let table = self
            .slots
            .next_table(directory::FIRST_STATE..=directory::LAST_STATE)?;
        self.core.write(|store| {
            store.create_table(table)?;
            directory::add_state(store, table, meta)
        })?;
        self.slots.set_table(&meta.name, table);
        Ok(())
    }

    /// Cuts off the key groups that the backend does not own.
    fn clip(&mut self, table: TableId) -> Result<()> {
        let (from, to) = bounds(self.groups.range());
        if self.groups.range().first() > 0 {
            self.core.delete_range(table, &[], Some(&from))?;
        }
        self.core.delete_range(table, &to, None)
    }

    /// Writes the rows of another checkpoint that the backend owns.
    fn merge(&mut self, parent: &Parent<'_>) -> Result<()> {
        let owned = self.groups.range();
        let Some(range) = owned.intersection(parent.description.header.key_groups) else {
            return Ok(());
        };
        let (from, to) = bounds(range);
        for listed in &parent.description.states {
            let id = self.slot(listed.meta.clone())?;
            let Some(table) = self.slots.get_mut(id).map(|slot| slot.table) else {
                continue;
            };
            let core = &mut self.core;
            parent.source.visit(listed.table, &from, &to, &mut |row| {
                core.put_row(table, row.key, row.value)
            })?;
        }
        Ok(())
    }
}

/// First key of a range of key groups, and the first behind it.
fn bounds(range: KeyGroupRange) -> ([u8; 2], [u8; 2]) {
    // Key groups end at 32,767, so the one after the last is a u16.
    (
        range.first().to_be_bytes(),
        (range.last() + 1).to_be_bytes(),
    )
}

fn uncovered(owned: KeyGroups, parents: &[Parent<'_>]) -> Error {
    let ranges: Vec<_> = parents
        .iter()
        .map(|parent| parent.description.header.key_groups.to_string())
        .collect();
    Error::new(
        ErrorKind::Mismatch,
        "the checkpoints do not cover the owned key groups once each",
    )
    .with("owned", owned.range())
    .with("found", ranges.join(", "))
}

/// Checks the name of a native checkpoint: names become file names.
///
/// # Errors
/// [`ErrorKind::Invalid`] for a name that is not one: see [`NativePlace`].
pub fn check_native_name(name: &str) -> Result<()> {
    let legal = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-');
    if (1..=128).contains(&name.len()) && !name.starts_with('.') && name.bytes().all(legal) {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Invalid,
        "a name has 1 to 128 bytes of `a-z 0-9 . _ -` and does not start with `.`",
    )
    .with("name", format_args!("{name:?}")))
}
