//! The report: reads a live backend or a view alike.

use std::cmp::Reverse;
use std::fmt::Write as _;
use std::io::{self, BufWriter, Write};

use state_backends::{Error, ErrorKind, Ref, Result, StateRead};

use crate::count::WordStates;

/// Following words that are shown for each word.
const NEXT: usize = 3;

/// Writes a line for each word, the most frequent first; for the `top` first only, if given.
pub(crate) fn write<R: StateRead<Key = String>>(
    state: &R,
    states: WordStates,
    top: Option<usize>,
    out: impl Write,
) -> Result<()> {
    let mut out = BufWriter::new(out);
    let mut line = String::new();
    for (Reverse(count), word) in ranking(state, states)?
        .iter()
        .take(top.unwrap_or(usize::MAX))
    {
        line.clear();
        describe(state, states, *count, word, &mut line)?;
        out.write_all(line.as_bytes()).map_err(failed)?;
    }
    out.flush().map_err(failed)
}

/// All words with their counts, in the order of the report.
fn ranking<R: StateRead<Key = String>>(
    state: &R,
    states: WordStates,
) -> Result<Vec<(Reverse<u64>, Ref<'_, String>)>> {
    let mut words = Vec::new();
    for key in state.keys(states.count)? {
        let (word, ()) = key.map(|(word, namespace)| (word, *namespace))?;
        if let Some(count) = state.at(word.as_str()).value(states.count).get()? {
            words.push((Reverse(*count), word));
        }
    }
    words.sort_unstable_by(|(a, a_word), (b, b_word)| a.cmp(b).then_with(|| a_word.cmp(b_word)));
    Ok(words)
}

fn describe<R: StateRead<Key = String>>(
    state: &R,
    states: WordStates,
    count: u64,
    word: &str,
    line: &mut String,
) -> Result<()> {
    let at = state.at(word);
    // Writing to a string does not fail.
    let _ = write!(line, "{count}\t{word}\t");
    for (i, number) in at.list(states.lines).iter()?.enumerate() {
        let _ = write!(line, "{}{}", comma(i), number?);
    }
    line.push('\t');
    let mut next = at.map(states.next).iter()?.collect::<Result<Vec<_>>>()?;
    next.sort_by_key(|(_, count)| Reverse(**count)); // stable: entries come in order of words
    for (i, (following, count)) in next.iter().take(NEXT).enumerate() {
        let _ = write!(line, "{}{following}:{count}", comma(i));
    }
    line.push('\n');
    Ok(())
}

fn comma(index: usize) -> &'static str {
    if index == 0 { "" } else { "," }
}

fn failed(error: io::Error) -> Error {
    Error::new(ErrorKind::Io, "the report cannot be written").with_source(error)
}
