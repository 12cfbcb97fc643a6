//! Encoded rows, collected in any order within a bound of memory, and given out sorted.

use state_api::{Error, ErrorKind, Result, RowRef};

use crate::export::RowSink;

/// Bytes before each row: group, state, length of the key and of the envelope.
const HEADER: usize = 2 + 2 + 4 + 4;

/// An address is the number of a chunk and 20 bits of offset within it.
const OFFSET_BITS: u32 = 20;
const MAX_CHUNK: usize = 1 << OFFSET_BITS;
const MAX_CHUNKS: usize = 1 << (u32::BITS - OFFSET_BITS);

/// A chunk takes this part of the budget.
const CHUNKS: usize = 16;
const MIN_CHUNK: usize = 256;

/// Rows of a run of a checkpoint.
///
/// Takes rows of all key groups, state by state, until its budget is used, at least one. The budget
/// covers the rows, the headers and the index that sorts them; what it does not cover is one
/// row, and the end of one chunk.
///
/// Rows lie in chunks, so that nothing is copied for growth. The index is made when the number of
/// rows is known, in one allocation of its size.
pub(crate) struct RowBuffer {
    budget: usize,
    /// Bytes at which it counts as full: its budget or less.
    limit: usize,
    chunk_bytes: usize,
    /// Of these, `used` are filled, the last of them not to its end; the others are spare.
    chunks: Vec<Vec<u8>>,
    used: usize,
    /// Bytes of the chunks that are filled to their ends.
    closed: usize,
    rows: usize,
    /// State of the first row.
    first_state: u32,
    group: u16,
    /// The state of the rows to come, counted from `first_state`.
    state: u16,
    /// The row that is being encoded, with its header.
    row: Vec<u8>,
    index: Vec<Item>,
    next: usize,
}

impl RowBuffer {
    pub(crate) fn new(budget: usize) -> Self {
        Self {
            budget,
            limit: budget,
            chunk_bytes: (budget / CHUNKS).clamp(MIN_CHUNK, MAX_CHUNK),
            chunks: Vec::new(),
            used: 0,
            closed: 0,
            rows: 0,
            first_state: 0,
            group: 0,
            state: 0,
            row: Vec::new(),
            index: Vec::new(),
            next: 0,
        }
    }

    /// Bytes that it may take.
    pub(crate) fn budget(&self) -> usize {
        self.budget
    }

    /// Has the run that comes end at so many bytes, if that is less than the budget.
    pub(crate) fn set_limit(&mut self, bytes: usize) {
        self.limit = bytes.min(self.budget);
        // One from a larger run would be most of this one.
        if self.index.capacity().saturating_mul(size_of::<Item>()) > self.limit / 4 {
            self.index = Vec::new();
        }
    }

    /// Bytes of the rows, with the index that will sort them.
    pub(crate) fn held(&self) -> usize {
        let items = self.rows.max(self.index.capacity());
        let index = items.saturating_mul(size_of::<Item>());
        self.closed.saturating_add(index) + self.last().map_or(0, Vec::len)
    }

    /// Forgets all rows; keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.index.clear();
        self.next = 0;
        // Chunks of a single large row are not kept.
        let kept = self.chunk_bytes;
        self.chunks.retain(|chunk| chunk.capacity() <= kept);
        self.chunks.iter_mut().for_each(Vec::clear);
        self.used = 0;
        self.closed = 0;
        self.rows = 0;
        self.row.shrink_to(kept);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Whether no row should be added any more.
    #[inline]
    pub(crate) fn is_full(&self) -> bool {
        self.held() >= self.limit && self.rows > 0 || self.used >= MAX_CHUNKS - 1
    }

    /// The rows to come are of this state; states ascend. `false` when the run has to end first.
    pub(crate) fn begin_state(&mut self, state: u32) -> bool {
        if self.rows == 0 {
            self.first_state = state;
        }
        let distance = state.checked_sub(self.first_state);
        match distance.and_then(|distance| u16::try_from(distance).ok()) {
            Some(distance) => {
                self.state = distance;
                true
            }
            None => false,
        }
    }

    /// The rows to come are of this key group.
    #[inline]
    pub(crate) fn begin_group(&mut self, group: u16) {
        self.group = group;
    }

    /// Sorts the rows; from now on [`RowBuffer::next_row`] gives them. Whether they ascend strictly
    /// is for the reader of them to check: two keys of one encoding are a breach of the law of
    /// `StateKey`, and must not be hidden here.
    pub(crate) fn sort(&mut self) {
        self.chunks.truncate(self.used);
        let mut index = std::mem::take(&mut self.index);
        // One that has too much is made anew: chunks and index together are to stay within the budget.
        if index.capacity() < self.rows || index.capacity() / 2 > self.rows {
            index = Vec::with_capacity(self.rows);
        }
        for (number, chunk) in (0..).zip(&self.chunks) {
            let mut offset = 0;
            while let Some(row) = StoredRow::at(chunk, offset) {
                index.push(Item::new(&row, address(number, offset)));
                offset = row.end;
            }
        }
        index.sort_unstable();
        for tie in index.chunk_by_mut(Item::ties_with) {
            self.sort_tie(tie, PREFIX, MAX_DEPTH);
        }
        self.index = index;
        self.next = 0;
    }

    /// Sorts rows that agree in group, state and the first `skip` bytes of the key, as far as they
    /// go: by the next bytes in which they differ, and so on.
    fn sort_tie(&self, tie: &mut [Item], skip: usize, depth: u32) {
        if tie.len() == 1 {
            return;
        }
        // The entries of a map come in order, and ties are in the order in which they came.
        if tie.is_sorted_by(|a, b| self.key(*a) <= self.key(*b)) {
            return;
        }
        let shortest = tie.iter().map(|item| self.key(*item).len()).min();
        if tie.len() <= FEW || depth == 0 || shortest.is_none_or(|shortest| shortest <= skip) {
            tie.sort_unstable_by(|a, b| self.key(*a).cmp(self.key(*b)));
            return;
        }
        let Some(first) = tie.first().map(|item| self.key(*item)) else {
            return;
        };
        let common = tie.iter().fold(first.len(), |common, item| {
            let pairs = first.iter().zip(self.key(*item)).take(common);
            pairs.skip(skip).take_while(|(a, b)| a == b).count() + skip
        });
        for item in &mut *tie {
            let rest = self.key(*item).get(common..).unwrap_or_default();
            *item = item.with_prefix(prefix(rest));
        }
        tie.sort_unstable();
        for tie in tie.chunk_by_mut(Item::ties_with) {
            self.sort_tie(tie, common + PREFIX, depth - 1);
        }
    }

    /// The next row in order.
    #[inline]
    pub(crate) fn next_row(&mut self) -> Option<RowRef<'_>> {
        if self.next.is_multiple_of(AHEAD) {
            self.fetch_ahead();
        }
        let item = *self.index.get(self.next)?;
        self.next += 1;
        let row = self.stored(item)?;
        Some(RowRef {
            group: row.group,
            state: self.first_state.checked_add(u32::from(row.state))?,
            key: row.key,
            envelope: row.envelope,
        })
    }

    /// Touches the next rows. They lie anywhere in the buffer, and a loop that does nothing else waits for
    /// all of them at once, not for one after the other.
    fn fetch_ahead(&self) {
        let mut sum = 0_u8;
        for item in self.index.iter().skip(self.next).take(AHEAD) {
            let address = item.address();
            let offset = address as usize & (MAX_CHUNK - 1);
            let chunk = self.chunks.get((address >> OFFSET_BITS) as usize);
            let bytes = chunk
                .and_then(|chunk| chunk.get(offset..))
                .unwrap_or_default();
            for line in bytes.iter().step_by(CACHE_LINE).take(AHEAD_LINES) {
                sum ^= line;
            }
        }
        std::hint::black_box(sum);
    }

    #[inline]
    fn stored(&self, item: Item) -> Option<StoredRow<'_>> {
        let address = item.address();
        let chunk = self.chunks.get((address >> OFFSET_BITS) as usize)?;
        StoredRow::at(chunk, address as usize & (MAX_CHUNK - 1))
    }

    fn key(&self, item: Item) -> &[u8] {
        self.stored(item).map_or(&[], |row| row.key)
    }

    /// The chunk that is being filled.
    #[inline]
    fn last(&self) -> Option<&Vec<u8>> {
        self.chunks.get(self.used.checked_sub(1)?)
    }

    /// Makes the next chunk the one that is being filled.
    #[cold]
    fn open_chunk(&mut self) {
        if let Some(last) = self.last() {
            self.closed = self.closed.saturating_add(last.capacity());
        }
        if self.used == self.chunks.len() {
            self.chunks.push(Vec::with_capacity(self.chunk_bytes));
        }
        self.used += 1;
    }

    /// Gives a row that is larger than a chunk one of its own, before the one that is being filled:
    /// that stays the last.
    #[cold]
    fn push_large(&mut self) {
        if self.used == 0 {
            self.open_chunk();
        }
        let mut row = std::mem::take(&mut self.row);
        row.shrink_to_fit();
        self.closed = self.closed.saturating_add(row.capacity());
        let at = self.used.saturating_sub(1);
        self.chunks.insert(at, row);
        self.used += 1;
    }
}

impl RowSink for RowBuffer {
    #[inline]
    fn begin(&mut self) -> &mut Vec<u8> {
        self.row.clear();
        self.row.extend_from_slice(&[0; HEADER]);
        &mut self.row
    }

    #[inline]
    fn end(&mut self, key_end: usize) -> Result<bool> {
        let key = key_end.checked_sub(HEADER).map(u32::try_from);
        let envelope = self.row.len().checked_sub(key_end).map(u32::try_from);
        let (Some(Ok(key)), Some(Ok(envelope))) = (key, envelope) else {
            return Err(too_large(self.row.len()));
        };
        let header = header(self.group, self.state, key, envelope);
        if let Some(start) = self.row.first_chunk_mut() {
            *start = header;
        }
        self.rows += 1;
        if self.row.len() > self.chunk_bytes {
            self.push_large();
            return Ok(self.is_full());
        }
        let room = self.last().map_or(0, |last| last.capacity() - last.len());
        if room < self.row.len() {
            self.open_chunk();
        }
        let last = self.used.checked_sub(1);
        if let Some(last) = last.and_then(|last| self.chunks.get_mut(last)) {
            last.extend_from_slice(&self.row);
        }
        Ok(self.is_full())
    }
}

#[cold]
fn too_large(bytes: usize) -> Error {
    Error::new(ErrorKind::Invalid, "a row is larger than 4 GiB").with("bytes", bytes)
}

fn header(group: u16, state: u16, key: u32, envelope: u32) -> [u8; HEADER] {
    let [g0, g1] = group.to_be_bytes();
    let [s0, s1] = state.to_be_bytes();
    let [k0, k1, k2, k3] = key.to_be_bytes();
    let [e0, e1, e2, e3] = envelope.to_be_bytes();
    [g0, g1, s0, s1, k0, k1, k2, k3, e0, e1, e2, e3]
}

/// A row in a chunk.
struct StoredRow<'a> {
    group: u16,
    state: u16,
    key: &'a [u8],
    envelope: &'a [u8],
    /// Where the next row begins.
    end: usize,
}

impl<'a> StoredRow<'a> {
    /// The row at `offset`; `None` at the end of the chunk.
    #[inline]
    fn at(chunk: &'a [u8], offset: usize) -> Option<Self> {
        let bytes = chunk.get(offset..)?;
        let (header, rest) = bytes.split_first_chunk::<HEADER>()?;
        let [g0, g1, s0, s1, k0, k1, k2, k3, e0, e1, e2, e3] = *header;
        let key_len = u32::from_be_bytes([k0, k1, k2, k3]) as usize;
        let envelope_len = u32::from_be_bytes([e0, e1, e2, e3]) as usize;
        let (key, rest) = rest.split_at_checked(key_len)?;
        Some(Self {
            group: u16::from_be_bytes([g0, g1]),
            state: u16::from_be_bytes([s0, s1]),
            key,
            envelope: rest.get(..envelope_len)?,
            end: offset + HEADER + key_len + envelope_len,
        })
    }
}

/// The address of a row. Chunks are few enough, and offsets below [`MAX_CHUNK`].
fn address(chunk: u32, offset: usize) -> u32 {
    chunk << OFFSET_BITS | u32::try_from(offset).unwrap_or(0)
}

/// Bytes of a key in its item.
const PREFIX: usize = size_of::<u64>();

/// So few rows are compared with each other.
const FEW: usize = 16;

/// Rows that are touched ahead, and lines of memory of each.
const AHEAD: usize = 32;
const AHEAD_LINES: usize = 3;
const CACHE_LINE: usize = 64;

/// How often rows that tie are sorted by further bytes before they are compared with each other.
const MAX_DEPTH: u32 = 16;

/// The first bytes of a key, to be compared as a number.
#[inline]
fn prefix(key: &[u8]) -> u64 {
    if let Some(bytes) = key.first_chunk() {
        return u64::from_be_bytes(*bytes);
    }
    let mut bytes = [0; PREFIX];
    for (to, from) in bytes.iter_mut().zip(key) {
        *to = *from;
    }
    u64::from_be_bytes(bytes)
}

/// What sorts a row, without a look at it: group, state, and eight bytes of the key; then its address.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Item(u128);

impl Item {
    fn new(row: &StoredRow<'_>, address: u32) -> Self {
        let place = u128::from(row.group) << 16 | u128::from(row.state);
        Self(place << 96 | u128::from(address)).with_prefix(prefix(row.key))
    }

    fn with_prefix(self, prefix: u64) -> Self {
        let mask = u128::from(u64::MAX) << 32;
        Self(self.0 & !mask | u128::from(prefix) << 32)
    }

    #[inline]
    fn address(self) -> u32 {
        let [.., a, b, c, d] = self.0.to_be_bytes();
        u32::from_be_bytes([a, b, c, d])
    }

    #[inline]
    fn ties_with(&self, other: &Self) -> bool {
        self.0 >> 32 == other.0 >> 32
    }
}
