//! Native checkpoints: the engine's own files, each kept once for all checkpoints that have it.

pub(crate) mod manifest;
pub(crate) mod place;

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Bound;
use std::sync::Arc;

use rocksdb::checkpoint::Checkpoint;
use state_api::{NativePlace, NativeReport, Result, StateKey};
use state_store::{Entry, NativeSource, OrderedRead, Scan, StoreView, TableId};

use crate::columns::{Database, table_of};
use crate::config::RocksdbConfig;
use crate::error::failed;
use crate::options::EngineOptions;
use crate::scan::{RocksdbGuard, RocksdbScan};
use crate::store::TENANT;
use crate::view::EngineView;
use manifest::File;
use place::Staging;

/// Digests of table files that were read before: an engine never changes one, nor uses its name again.
#[derive(Debug, Default)]
pub(crate) struct Digests(BTreeMap<(String, u64), String>);

/// Takes a checkpoint. Flushes what is in memory; reads and writes only files that are new.
pub(crate) fn take(
    database: &Database,
    digests: &mut Digests,
    place: NativePlace<'_>,
    description: &str,
) -> Result<NativeReport> {
    place::check_free(place)?;
    let staging = Staging::new(place.directory)?;
    let folder = staging.path().join("db");
    // Of the two forms of this call, the other one, with a log size, does not flush.
    Checkpoint::new(database)
        .and_then(|checkpoint| checkpoint.create_checkpoint(&folder))
        .map_err(|e| failed("take a checkpoint", e))?;
    let known = |name: &str, size| digests.0.get(&(name.to_owned(), size)).cloned();
    let (report, files) = place::publish(place, &folder, description, known, &staging)?;
    let tables = files.into_iter().filter(File::is_table);
    digests.0 = tables
        .map(|file| ((file.name, file.size), file.digest))
        .collect();
    Ok(report)
}

/// The rows of a native checkpoint, to be restored into a backend of any kind: see [`native_view`].
pub type NativeView<K> = StoreView<K, Source>;

/// Opens a native checkpoint without a backend: a view whose rows any backend restores.
///
/// Every file is compared with its checksum first. The files are laid out beside the others as long as
/// the view lives; nothing of the checkpoint changes.
///
/// ```
/// use state_api::{KeyGroups, NativePlace, Result, StateBackend, StateKey, StateRead, StateView};
/// use state_rocksdb::{RocksdbConfig, native_view};
///
/// /// Brings the key groups that a backend owns into it, whatever kind it is of.
/// fn convert<B: StateBackend>(place: NativePlace<'_>, backend: &mut B) -> Result<()> {
///     let view = native_view::<B::Key>(place, &RocksdbConfig::default())?;
///     let states = view.states();
///     let mut rows = view.into_rows(backend.key_groups().range())?;
///     backend.restore(&states, &mut rows)
/// }
/// ```
///
/// # Errors
/// As [`StateBackend::native_restore`](state_api::StateBackend::native_restore).
pub fn native_view<K: StateKey>(
    place: NativePlace<'_>,
    config: &RocksdbConfig,
) -> Result<NativeView<K>> {
    place::read_manifest(place)?; // before anything is made in its directory
    let logs = Staging::new(place.directory)?;
    let options = EngineOptions::new(config, logs.path())?;
    let source = Source::open(&options, place)?;
    let description = source.description.clone();
    StoreView::of_native(source, TENANT.backend, &description)
}

/// A native checkpoint that is open for reading.
pub struct Source {
    description: String,
    // Before the files that it reads: dropped first.
    view: EngineView,
    _staging: Staging,
}

impl Source {
    pub(crate) fn open(options: &EngineOptions, place: NativePlace<'_>) -> Result<Self> {
        place::read_manifest(place)?; // before anything is made in its directory
        let staging = Staging::new(place.directory)?;
        let folder = staging.path().join("db");
        let manifest = place::lay_out(place, &folder)?;
        let names = Database::list_cf(&options.database, &folder)
            .map_err(|e| failed("list the column families of a checkpoint", e))?;
        let tables: Vec<_> = names.iter().filter_map(|name| table_of(name)).collect();
        let columns = names.into_iter().map(|name| (name, options.column.clone()));
        let database =
            Database::open_cf_with_opts_for_read_only(&options.database, &folder, columns, false)
                .map_err(|e| failed("open a checkpoint", e))?;
        Ok(Self {
            description: manifest.description,
            view: EngineView::new(&Arc::new(database), &tables)?,
            _staging: staging,
        })
    }
}

impl OrderedRead for Source {
    type Guard<'a> = RocksdbGuard<'a>;
    type Scan<'a> = RocksdbScan<'a>;

    fn get(&self, table: TableId, key: &[u8]) -> Result<Option<RocksdbGuard<'_>>> {
        self.view.get(table, key)
    }

    fn scan(
        &self,
        table: TableId,
        from: Bound<&[u8]>,
        to: Bound<&[u8]>,
    ) -> Result<RocksdbScan<'_>> {
        self.view.scan(table, from, to)
    }
}

impl NativeSource for Source {
    fn description(&self) -> &str {
        &self.description
    }

    fn visit(
        &self,
        table: TableId,
        from: &[u8],
        to: &[u8],
        visit: &mut dyn FnMut(Entry<'_>) -> Result<()>,
    ) -> Result<()> {
        let (from, to) = (Bound::Included(from), Bound::Excluded(to));
        let mut scan = self.view.scan(table, from, to)?;
        while let Some(entry) = scan.next_entry()? {
            visit(entry)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source")
            .field("view", &self.view)
            .finish_non_exhaustive()
    }
}
