//! What happens after which record.

use crate::args::Args;

/// Most records between two looks at the progress bar.
const BATCH: u64 = 1_000;

/// The records at which the counting pauses.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Schedule {
    every: u64,
    crash_at: Option<u64>,
}

impl Schedule {
    /// For a run that begins after `records` records.
    pub(crate) fn new(args: &Args, records: u64) -> Self {
        let crash_at = args
            .crash_after
            .map(|after| records.saturating_add(after.get()));
        Self {
            every: args.every,
            crash_at,
        }
    }

    /// Records to count after `records` records before anything is due; never 0 before a crash.
    pub(crate) fn batch(self, records: u64) -> u64 {
        let to_checkpoint = records
            .checked_rem(self.every)
            .map_or(BATCH, |past| self.every - past);
        let to_crash = self.crash_at.map_or(BATCH, |crash_at| crash_at - records);
        BATCH.min(to_checkpoint).min(to_crash)
    }

    /// Whether a checkpoint is due: at multiples, so that a resumed run keeps the rhythm.
    pub(crate) fn checkpoint_is_due(self, records: u64) -> bool {
        records > 0 && records.is_multiple_of(self.every)
    }

    pub(crate) fn crash_is_due(self, records: u64) -> bool {
        self.crash_at == Some(records)
    }
}
