//! What every measurement gives: a line of JSON, a row of a table, a row and a bar of a page.

use serde::Serialize;

use crate::error::Result;
use crate::table;

/// Head of a column, and how many characters the table on a terminal leaves it.
pub type Column = (&'static str, usize);

/// A result of a measurement.
pub trait Report: Serialize {
    /// Heading of a page of such results.
    const TITLE: &'static str;

    /// What a bar of the page is, in a sentence or two.
    const ABOUT: &'static str;

    /// The columns; the first two are names.
    const COLUMNS: &'static [Column];

    /// The backend: its results stand together.
    fn backend(&self) -> &str;

    /// What stands in the columns.
    fn cells(&self) -> Vec<String>;

    /// The ratio, if there is one.
    fn bar(&self) -> Option<Bar>;

    /// What stands above the rows of the table.
    fn head() -> String {
        table::line(Self::COLUMNS, Self::COLUMNS.iter().map(|(head, _)| *head))
    }

    /// The row of the table, or several, each with its line break.
    fn rows(&self) -> String {
        let cells = self.cells();
        table::line(Self::COLUMNS, cells.iter().map(String::as_str)) + "\n"
    }

    /// The line.
    ///
    /// # Errors
    /// [`Error::Output`](crate::Error::Output), which does not happen for what a run gives.
    fn to_line(&self) -> Result<String> {
        Ok(serde_json::to_string(self).map_err(std::io::Error::from)?)
    }
}

/// A ratio as a bar.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    /// Of what.
    pub name: String,
    /// The median.
    pub ratio: f64,
    /// The smallest and the largest.
    pub spread: [f64; 2],
}
