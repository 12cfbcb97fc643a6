//! Bulk load: rows become table files of the engine, which takes them in as they are.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs;
use std::path::{Path, PathBuf};

use rocksdb::{IngestExternalFileOptions, Options, SstFileWriter, WriteBatch};
use state_api::{Error, ErrorKind, Result};
use state_store::{TableId, TableRows};

use crate::engine::Engine;
use crate::error::failed;
use crate::options::write_options;

/// Bytes of rows that are written as one batch: files are worth their milliseconds above it only.
const BATCH_BYTES: usize = 1 << 20;

/// A file of a table that is being written.
struct File<'o> {
    path: PathBuf,
    writer: SstFileWriter<'o>,
}

/// Loads `rows`, by a batch if they are few, else by files in `folder`, each of about `file_bytes`.
pub(crate) fn ingest(
    engine: &Engine,
    options: &Options,
    folder: &Path,
    file_bytes: u64,
    rows: &mut dyn TableRows,
) -> Result<()> {
    if write_batch(engine, rows)? {
        return Ok(());
    }
    fs::create_dir_all(folder).map_err(|e| io("create the folder of a load", folder, e))?;
    let mut open: BTreeMap<TableId, File<'_>> = BTreeMap::new();
    let mut finished: BTreeMap<TableId, Vec<PathBuf>> = BTreeMap::new();
    let mut number = 0_u64;
    while let Some((table, row)) = rows.next_row()? {
        let file = match open.entry(table) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                let path = folder.join(format!("{number}.sst"));
                number += 1;
                entry.insert(begin(options, path)?)
            }
        };
        file.writer
            .put(row.key, row.value)
            .map_err(|e| failed("write a file of a load", e))?;
        if file.writer.file_size() >= file_bytes
            && let Some(file) = open.remove(&table)
        {
            finished.entry(table).or_default().push(finish(file)?);
        }
    }
    for (table, file) in open {
        finished.entry(table).or_default().push(finish(file)?);
    }
    let mut take = IngestExternalFileOptions::default();
    take.set_move_files(true);
    for (table, files) in finished {
        engine
            .columns
            .database()
            .ingest_external_file_cf_opts(engine.columns.expect(table)?, &take, files)
            .map_err(|e| failed("take in the files of a load", e))?;
    }
    fs::remove_dir_all(folder).map_err(|e| io("remove the folder of a load", folder, e))
}

/// Writes the first rows as one batch; whether there are no more.
fn write_batch(engine: &Engine, rows: &mut dyn TableRows) -> Result<bool> {
    let mut batch = WriteBatch::default();
    let mut ended = true;
    while let Some((table, row)) = rows.next_row()? {
        batch.put_cf(engine.columns.expect(table)?, row.key, row.value);
        if batch.size_in_bytes() >= BATCH_BYTES {
            ended = false;
            break;
        }
    }
    engine
        .columns
        .database()
        .write_opt(batch, &write_options(false))
        .map_err(|e| failed("write a batch of a load", e))?;
    Ok(ended)
}

fn begin(options: &Options, path: PathBuf) -> Result<File<'_>> {
    let writer = SstFileWriter::create(options);
    writer
        .open(&path)
        .map_err(|e| failed("begin a file of a load", e))?;
    Ok(File { path, writer })
}

fn finish(mut file: File<'_>) -> Result<PathBuf> {
    file.writer
        .finish()
        .map_err(|e| failed("end a file of a load", e))?;
    Ok(file.path)
}

fn io(step: &'static str, path: &Path, error: std::io::Error) -> Error {
    Error::new(ErrorKind::Io, "the files of a load cannot be kept")
        .with("step", step)
        .with("path", path.display())
        .with_source(error)
}
