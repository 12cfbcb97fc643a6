//! Results on their way out, as they come: printed, into a file, at the end as a page.

use std::fs::File;
use std::io::{self, IsTerminal as _, Write};
use std::path::Path;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::shared::Output;
use crate::error::{Error, Result};
use crate::html;
use crate::report::Report;

/// The results of a subcommand.
pub(crate) struct Reporter<'a, R> {
    output: &'a Output,
    out: &'a mut dyn Write,
    file: Option<(&'a Path, File)>,
    bar: ProgressBar,
    records: Vec<R>,
    failed: usize,
}

fn create(path: &Path) -> Result<File> {
    File::create(path).map_err(|error| Error::file(path, error))
}

fn writable(path: &Path) -> Result<()> {
    let opened = File::options().append(true).create(true).open(path);
    opened.map(drop).map_err(|error| Error::file(path, error))
}

fn progress(steps: usize) -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let length = u64::try_from(steps).ok();
    let bar = ProgressBar::with_draw_target(length, ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template("{pos}/{len} {msg} {wide_bar} {elapsed}");
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

impl<'a, R: Report> Reporter<'a, R> {
    /// Begins, with as many results to come as said.
    pub(crate) fn begin(
        output: &'a Output,
        steps: usize,
        out: &'a mut dyn Write,
    ) -> Result<Reporter<'a, R>> {
        let file = output.out.as_deref();
        let file = file.map(|path| Ok::<_, Error>((path, create(path)?)));
        let file = file.transpose()?;
        // What is there stays until there is something to write, but whoever cannot write hears of it now.
        output.html.as_deref().map(writable).transpose()?;
        let bar = progress(steps);
        if !output.json {
            bar.suspend(|| writeln!(out, "{}", R::head()))?;
        }
        Ok(Self {
            output,
            out,
            file,
            bar,
            records: Vec::new(),
            failed: 0,
        })
    }

    /// Takes a measurement, and passes its result on.
    pub(crate) fn measure(&mut self, what: &str, work: impl FnOnce() -> Result<R>) -> Result<()> {
        self.bar.set_message(what.to_owned());
        let record = match work() {
            Ok(record) => record,
            // The others may be all right, and say more about it.
            Err(error) if error.is_of_one() => {
                self.bar
                    .suspend(|| writeln!(io::stderr(), "error: {what}: {error}"))
                    .ok();
                self.failed += 1;
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        self.bar.inc(1);
        if let Some((path, file)) = &mut self.file {
            writeln!(file, "{}", record.to_line()?).map_err(|error| Error::file(path, error))?;
        }
        let (out, json) = (&mut *self.out, self.output.json);
        self.bar.suspend(|| {
            if json {
                writeln!(out, "{}", record.to_line()?)
            } else {
                write!(out, "{}", record.rows())
            }
            .map_err(Error::from)
        })?;
        self.records.push(record);
        Ok(())
    }

    /// Writes the page; all results, and whether some are missing.
    pub(crate) fn end(self) -> Result<(Vec<R>, Result<()>)> {
        self.bar.finish_and_clear();
        if let Some(path) = &self.output.html {
            let text = html::page(&self.records);
            create(path)?
                .write_all(text.as_bytes())
                .map_err(|error| Error::file(path, error))?;
        }
        let whole = match self.failed {
            0 => Ok(()),
            failed => Err(Error::Failed(failed)),
        };
        Ok((self.records, whole))
    }
}
