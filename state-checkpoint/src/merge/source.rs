//! One run of a merge: before it is open, and its cursors.

use std::cmp::Ordering;
use std::sync::Arc;

use state_api::{Error, ErrorKind, KeyGroupRange, Result};

use crate::run::{Reading, RunFile, RunReader};

/// A run, and what of it belongs to the merge.
#[derive(Debug)]
pub(crate) struct Source<'a> {
    pub(crate) file: RunFile<'a>,
    pub(crate) clip: KeyGroupRange,
    /// Index of each state of the run among the merged states; ascending.
    pub(crate) remap: Arc<[u32]>,
    /// Ascends from the oldest run of a part to the newest.
    pub(crate) age: u32,
}

/// Reads the rows or the range tombstones of a run. Beside the reader, in few bytes, where it stands:
/// most comparisons need no more.
#[derive(Debug)]
pub(super) struct Cursor<'a> {
    /// Key group, and index among the merged states.
    pub(super) position: (u16, u32),
    /// The first bytes of the key, then zeros.
    prefix: u64,
    pub(super) age: u32,
    pub(super) ranges: bool,
    remap: Arc<[u32]>,
    /// Boxed, since cursors change places.
    pub(super) reader: Box<RunReader<'a>>,
}

impl<'a> Source<'a> {
    /// The cursors of the run, before their first entry.
    pub(super) fn open(self, reading: &Reading) -> impl Iterator<Item = Cursor<'a>> + use<'a> {
        let Self {
            file,
            clip,
            remap,
            age,
        } = self;
        let ranges = RunReader::of_ranges(file.clone(), clip, reading.clone());
        let rows = RunReader::of_rows(file, clip, reading.clone());
        let readers = ranges.map(|reader| (reader, true)).into_iter();
        readers
            .chain([(rows, false)])
            .map(move |(reader, ranges)| Cursor {
                position: (0, 0),
                prefix: 0,
                age,
                ranges,
                remap: Arc::clone(&remap),
                reader: Box::new(reader),
            })
    }

    /// How many cursors the run has.
    fn cursors(&self) -> u64 {
        if self.file.has_ranges(self.clip) {
            2
        } else {
            1
        }
    }
}

impl Cursor<'_> {
    /// Takes over where the reader stands.
    pub(super) fn settle(&mut self) -> Result<()> {
        self.prefix = prefix(self.reader.key());
        self.place()
    }

    /// [`Cursor::settle`] for a cursor that is not compared.
    #[inline]
    pub(super) fn place(&mut self) -> Result<()> {
        let (group, state) = self.reader.position();
        let merged = usize::try_from(state)
            .ok()
            .and_then(|at| self.remap.get(at));
        // The reader knows only states of its header, and each of them is in the list.
        let state = *merged.ok_or_else(|| {
            Error::new(ErrorKind::Corrupt, "a row names a state that is not there")
        })?;
        self.position = (group, state);
        Ok(())
    }

    /// Whether it stands at the position of `other`.
    pub(super) fn is_at(&self, other: &Self) -> bool {
        self.compare(other) == Ordering::Equal
    }

    fn compare(&self, other: &Self) -> Ordering {
        (self.position, self.prefix)
            .cmp(&(other.position, other.prefix))
            .then_with(|| self.reader.key().cmp(other.reader.key()))
    }
}

/// The greatest comes first, as in a heap: that with the lowest position. At one position ranges come
/// first, and then the newest run.
impl Ord for Cursor<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        other
            .compare(self)
            .then_with(|| (self.ranges, self.age).cmp(&(other.ranges, other.age)))
    }
}

impl PartialOrd for Cursor<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Cursor<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Cursor<'_> {}

/// The first eight bytes of `key`, as a number that orders like them; zeros where it ends.
fn prefix(key: &[u8]) -> u64 {
    if let Some(first) = key.first_chunk() {
        return u64::from_be_bytes(*first);
    }
    let mut first = [0; 8];
    for (to, from) in first.iter_mut().zip(key) {
        *to = *from;
    }
    u64::from_be_bytes(first)
}

/// The largest number of cursors that a merge of `sources` has open at one time.
pub(crate) fn most_open(sources: &[Source<'_>]) -> u64 {
    // Where clips begin and end; at one group the ends come first.
    let mut edges: Vec<(u32, bool, u64)> = Vec::with_capacity(2 * sources.len());
    for source in sources {
        let (first, last) = (source.clip.first(), source.clip.last());
        edges.push((first.into(), true, source.cursors()));
        edges.push((u32::from(last) + 1, false, source.cursors()));
    }
    edges.sort_unstable();
    let (mut open, mut most) = (0_u64, 0);
    for (_, begins, cursors) in edges {
        if begins {
            open += cursors;
            most = most.max(open);
        } else {
            open -= cursors;
        }
    }
    most
}
