//! The rows of a state, in the order in which memory has them.

use std::any::Any;
use std::hint::black_box;
use std::ops::Range;
use std::sync::Arc;

use state_api::key::encode;
use state_api::{KeyGroupRange, KeyGroups, KeyHash, Result, StateKey, StateValue};
use state_table::{Frozen, FrozenSegment, IntoSegments, KeyedRow};

use crate::buffer::RowBuffer;
use crate::codec::RowCodec;

/// Gives the rows of one state in the order in which memory has them.
pub(crate) trait WalkState: Send {
    /// Adds rows to `out` until it is full; `false` when there are no more.
    fn fill(&mut self, out: &mut RowBuffer) -> Result<bool>;

    /// Rows of the table that are not encoded yet; lists and maps are one each.
    fn rows_left(&self) -> usize;
}

/// Buckets whose values are fetched from memory together.
const AHEAD: usize = 64;

/// Touches the values in some buckets. Strings of bytes lie anywhere in memory, and a loop that does nothing
/// else waits for many of them at once; encoding waits for one after the other, three times as long.
fn fetch<K, N, X: 'static>(segment: &FrozenSegment<KeyedRow<K, N, X>>, buckets: Range<usize>) {
    let rows = buckets.map_while(|bucket| u32::try_from(bucket).ok());
    let rows = rows.filter_map(|bucket| segment.row(bucket));
    black_box(rows.fold(0, |sum, row| sum ^ first_bytes(&row.state)));
}

/// A few bytes of a value that is a string of bytes, added up: at most one of each line of memory.
#[inline]
fn first_bytes<X: 'static>(value: &X) -> u8 {
    let value: &dyn Any = value;
    let bytes = match (
        value.downcast_ref::<Vec<u8>>(),
        value.downcast_ref::<String>(),
    ) {
        (Some(bytes), _) => bytes,
        (_, Some(string)) => string.as_bytes(),
        _ => return 0,
    };
    bytes
        .iter()
        .step_by(64)
        .take(4)
        .fold(0, |sum, byte| sum ^ byte)
}

/// The rows of a typed state, segment by segment; each is released as soon as its rows are encoded.
pub(crate) struct TypedWalk<K, N, X> {
    segments: IntoSegments<KeyedRow<K, N, X>>,
    segment: Option<FrozenSegment<KeyedRow<K, N, X>>>,
    /// Rows that are not encoded.
    left: usize,
    /// Where in the segment the next row is to be looked for.
    bucket: usize,
    /// Up to which bucket the values are fetched.
    fetched: usize,
    /// How many rows of the list or map there are encoded.
    encoded: usize,
    codec: Arc<dyn RowCodec<X>>,
    groups: KeyGroups,
    range: KeyGroupRange,
    prefix: Vec<u8>,
}

impl<K, N, X> TypedWalk<K, N, X> {
    pub(crate) fn new(
        rows: Frozen<KeyedRow<K, N, X>>,
        codec: Arc<dyn RowCodec<X>>,
        groups: KeyGroups,
        range: KeyGroupRange,
    ) -> Self {
        Self {
            left: rows.len(),
            segments: rows.into_segments(),
            segment: None,
            bucket: 0,
            fetched: 0,
            encoded: 0,
            codec,
            groups,
            range,
            prefix: Vec::new(),
        }
    }
}

impl<K, N, X> WalkState for TypedWalk<K, N, X>
where
    K: StateKey,
    N: StateKey,
    X: StateValue,
{
    fn fill(&mut self, out: &mut RowBuffer) -> Result<bool> {
        loop {
            while let Some(segment) = &self.segment
                && let Some((bucket, row)) = segment.next_row(self.bucket)
            {
                if out.is_full() {
                    return Ok(true);
                }
                if bucket >= self.fetched {
                    self.fetched = bucket + AHEAD;
                    fetch(segment, bucket..self.fetched);
                }
                let group = self.groups.group_of(KeyHash::of(&row.key)?);
                if self.range.contains(group) {
                    self.prefix.clear();
                    encode(&row.key, &mut self.prefix)?;
                    encode(&row.namespace, &mut self.prefix)?;
                    out.begin_group(group);
                    let from = self.encoded;
                    let rest = self.codec.encode(&self.prefix, &row.state, from, out)?;
                    self.encoded = rest.unwrap_or(0);
                    if rest.is_some() {
                        self.bucket = bucket;
                        return Ok(true);
                    }
                }
                self.bucket = bucket + 1;
                self.left = self.left.saturating_sub(1);
            }
            self.segment = self.segments.next();
            self.bucket = 0;
            self.fetched = 0;
            if self.segment.is_none() {
                return Ok(false);
            }
        }
    }

    fn rows_left(&self) -> usize {
        self.left
    }
}
