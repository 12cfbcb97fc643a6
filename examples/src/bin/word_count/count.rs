//! The operator: three states for each word, on any backend.

use state_backends::{
    BoundStates as _, List, ListDescriptor, Map, MapDescriptor, Result, StateBackend, Value,
    ValueDescriptor,
};

use crate::input::Input;

/// Lines that are kept for each word.
const LINES: usize = 10;

/// The states of a word.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WordStates {
    /// How often the word occurs.
    pub(crate) count: Value<u64>,
    /// Numbers of the first lines it stands on.
    pub(crate) lines: List<u64>,
    /// The words that follow it on a line, and how often.
    pub(crate) next: Map<String, u64>,
}

impl WordStates {
    pub(crate) fn register<B: StateBackend<Key = String>>(state: &mut B) -> Result<Self> {
        Ok(Self {
            count: state.register(ValueDescriptor::new("count"))?,
            lines: state.register(ListDescriptor::new("lines"))?,
            next: state.register(MapDescriptor::new("next"))?,
        })
    }

    /// Counts up to `limit` records and returns their number, which is smaller at the end only.
    pub(crate) fn count<B: StateBackend<Key = String>>(
        self,
        state: &mut B,
        input: &mut Input,
        limit: u64,
    ) -> Result<u64> {
        let (mut bound, (count, lines, next)) = state.bind((self.count, self.lines, self.next))?;
        for read in 0..limit {
            let Some((number, line)) = input.next_line()? else {
                return Ok(read);
            };
            line.make_ascii_lowercase();
            let mut words = words(line).peekable();
            while let Some(word) = words.next() {
                let mut at = bound.at_mut(word); // hashed or encoded once
                at.value(count).modify(0, |n| *n += 1)?;
                let (mut known, mut last) = (0, None);
                for line in at.list(lines).iter()? {
                    (known, last) = (known + 1, Some(*line?));
                }
                if known < LINES && last != Some(number) {
                    at.list(lines).push(number)?;
                }
                if let Some(following) = words.peek() {
                    at.map(next).modify(*following, 0, |n| *n += 1)?;
                }
            }
        }
        Ok(limit)
    }
}

/// The longest runs of ASCII letters.
fn words(line: &[u8]) -> impl Iterator<Item = &str> {
    line.split(|byte| !byte.is_ascii_alphabetic())
        .filter(|run| !run.is_empty())
        .filter_map(|letters| str::from_utf8(letters).ok()) // ASCII: all of them
}
