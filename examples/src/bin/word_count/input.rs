//! The records: lines of all inputs, one after the other.

use std::io::BufRead;

use state_backends::Result;

use crate::position::Position;
use crate::source::Source;

/// Reads lines and knows its position.
pub(crate) struct Input {
    sources: Vec<Source>,
    position: Position,
    /// The current input, once it is open.
    reader: Option<Box<dyn BufRead>>,
    line: Vec<u8>,
}

impl Input {
    /// Reads from the start.
    pub(crate) fn new(sources: Vec<Source>) -> Self {
        let position = Position::start(&sources);
        Self {
            sources,
            position,
            reader: None,
            line: Vec::new(),
        }
    }

    /// Reads on from `position`: what lies before it is not read again, where the input can seek.
    pub(crate) fn resume(sources: Vec<Source>, position: Position) -> Result<Self> {
        position.check(&sources)?;
        Ok(Self {
            position,
            ..Self::new(sources)
        })
    }

    pub(crate) fn position(&self) -> &Position {
        &self.position
    }

    /// Records read so far, those before a resume included: the number of the last line.
    pub(crate) fn records(&self) -> u64 {
        self.position.records
    }

    /// Bytes read so far.
    pub(crate) fn bytes(&self) -> u64 {
        self.position.inputs.iter().map(|input| input.bytes).sum()
    }

    /// Bytes of all inputs, if they have an end that is known.
    pub(crate) fn total_bytes(&self) -> Option<u64> {
        self.sources.iter().map(Source::len).sum()
    }

    /// The next record with its line number. It is the caller's until the next call.
    pub(crate) fn next_line(&mut self) -> Result<Option<(u64, &mut [u8])>> {
        self.line.clear();
        let Position {
            records,
            current,
            inputs,
        } = &mut self.position;
        while let (Some(source), Some(input)) =
            (self.sources.get(*current), inputs.get_mut(*current))
        {
            let reader = match &mut self.reader {
                Some(reader) => reader,
                closed => closed.insert(source.open(input.bytes)?),
            };
            let bytes = reader
                .read_until(b'\n', &mut self.line)
                .map_err(|e| source.failed("an input cannot be read", e))?;
            if bytes > 0 {
                input.bytes += bytes as u64;
                *records += 1;
                return Ok(Some((*records, &mut self.line)));
            }
            // The last input stays the current one: it may grow until a later run.
            if *current + 1 == self.sources.len() {
                break;
            }
            *current += 1;
            self.reader = None;
        }
        Ok(None)
    }
}
