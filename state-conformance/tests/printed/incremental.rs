//! Histories of incremental checkpoints that fail on a bent backend, as they were once shrunk; and some with
//! every kind of step.

use state_conformance::model::incremental::{Look, Looks, Relay, Step};
use state_conformance::model::spec::{ListOp, MapOp, ValueOp};
use state_conformance::model::{Data, Options, Text, Via};

use super::history::key;

fn counts(text: &str, op: ValueOp<u64>) -> Data {
    Data::Counts(key(text), op)
}

fn does(data: Data) -> Step {
    Step::Do(Via::Cursor, data)
}

pub(crate) fn a_chain_loses_a_tombstone() -> Vec<Step> {
    vec![
        does(counts("a", ValueOp::Put(0))),
        Step::Begin,
        Step::Publish(0),
        does(counts("a", ValueOp::Clear)),
    ]
}

pub(crate) fn a_chain_is_relative_to_an_aborted_checkpoint() -> Vec<Step> {
    vec![
        Step::Begin,
        Step::Publish(0),
        Step::Do(Via::Bound, counts("a", ValueOp::Put(0))),
        Step::Begin,
        Step::Abort(0),
    ]
}

pub(crate) fn a_chain_is_not_tracked() -> Vec<Step> {
    vec![Step::Begin, Step::Publish(0)]
}

pub(crate) fn a_chain_loses_a_tombstone_with_other_options() -> Vec<Step> {
    let takes = || does(counts("a", ValueOp::Take));
    vec![
        does(counts("a", ValueOp::Put(0))),
        Step::Begin,
        Step::Publish(0),
        // Options that do not show the defect, and some that do.
        Step::Claim(0, Options(5)),
        takes(),
        Step::Begin,
        Step::Publish(0),
        Step::Claim(0, Options(4)),
        takes(),
    ]
}

fn looks(before: Vec<Data>, steps: Vec<Look>) -> Looks {
    Looks {
        before,
        steps,
        groups: (0, 0),
    }
}

pub(crate) fn a_change_lost() -> Looks {
    let put = |count| counts("a", ValueOp::Put(count));
    looks(vec![put(0)], vec![Look::Freeze, Look::Do(put(1))])
}

pub(crate) fn all_rows_but_the_last() -> Looks {
    looks(vec![counts("a", ValueOp::Put(0))], Vec::new())
}

pub(crate) fn a_row_in_two_runs() -> Looks {
    let put = counts("a", ValueOp::Put(0));
    looks(Vec::new(), vec![Look::Do(put)])
}

pub(crate) fn changes_of_all_groups() -> Looks {
    let put = Look::Do(counts("a", ValueOp::Put(0)));
    let other = Look::Do(counts("b", ValueOp::Put(0)));
    looks(Vec::new(), vec![put, other])
}

pub(crate) fn more_tracked_than_known() -> Looks {
    let steps = vec![Look::Freeze, Look::Confirm(1)];
    looks(Vec::new(), steps)
}

fn relay(rounds: [Vec<Data>; 4]) -> Relay {
    Relay(rounds)
}

pub(crate) fn a_relay_loses_a_row() -> Relay {
    let put = counts("a", ValueOp::Put(0));
    relay([Vec::new(), vec![put], Vec::new(), Vec::new()])
}

pub(crate) fn a_relay_loses_a_tombstone() -> Relay {
    let put = counts("a", ValueOp::Put(0));
    let take = counts("a", ValueOp::Take);
    relay([vec![put], Vec::new(), vec![take], Vec::new()])
}

/// All kinds of state, written and partly removed again.
fn all_states() -> Vec<Data> {
    vec![
        counts("a", ValueOp::Put(1)),
        counts("b", ValueOp::Put(2)),
        counts("b", ValueOp::Take),
        Data::Notes(key(""), u32::MAX, ValueOp::Put(Text::from("x"))),
        Data::Events(key("ab"), ListOp::Extend(vec![1, 2])),
        Data::Words(
            key("b"),
            "n".to_owned(),
            ListOp::Push(Text("t".repeat(300))),
        ),
        Data::Scores(key(&"k".repeat(64 << 10)), MapOp::Insert(i64::MIN, 3)),
        Data::Tags(key("a"), 1, MapOp::Insert("a".to_owned(), Text::from("y"))),
        Data::Tags(key("a"), 1, MapOp::Clear),
        Data::Tags(key("a"), 0, MapOp::Insert("b".to_owned(), Text::from("z"))),
    ]
}

/// Every step, also where nothing is there for it.
pub(crate) fn every_flight() -> Vec<Step> {
    let mut steps = vec![
        Step::Publish(1),
        Step::Lose(1),
        Step::Abort(1),
        Step::Claim(1, Options(1)),
        Step::Begin,
    ];
    steps.extend(all_states().into_iter().map(does));
    // The last of four has no place.
    steps.extend([Step::Begin, Step::Begin, Step::Begin]);
    steps.extend([Step::Lose(0), Step::Publish(4), Step::Abort(0)]);
    steps.extend([does(counts("a", ValueOp::Put(3))), Step::Begin]);
    steps.extend([Step::Claim(1, Options(2)), Step::Claim(0, Options(0))]);
    let bound = |data| Step::Do(Via::Bound, data);
    steps.extend(all_states().into_iter().map(bound));
    steps
}

/// All that [`flight_kind`] gives.
pub(crate) const FLIGHT_KINDS: [&str; 6] = ["do", "begin", "publish", "lose", "abort", "claim"];

/// The kind of a step. A new one does not compile here until it has its name.
pub(crate) fn flight_kind(step: &Step) -> &'static str {
    match step {
        Step::Do(..) => "do",
        Step::Begin => "begin",
        Step::Publish(_) => "publish",
        Step::Lose(_) => "lose",
        Step::Abort(_) => "abort",
        Step::Claim(..) => "claim",
    }
}

/// Every step, also where nothing is there for it; views that know an epoch, and such that do not.
pub(crate) fn every_look() -> Looks {
    let mut steps = vec![Look::Drop(3), Look::Confirm(0), Look::Freeze];
    steps.extend(all_states().into_iter().map(Look::Do));
    steps.extend([Look::Freeze, Look::Confirm(1), Look::Freeze]);
    steps.push(Look::Do(counts("a", ValueOp::Clear)));
    steps.extend([Look::Drop(1), Look::Confirm(5)]);
    Looks {
        before: all_states(),
        steps,
        groups: (1, 4),
    }
}

/// All that [`look_kind`] gives.
pub(crate) const LOOK_KINDS: [&str; 4] = ["do", "freeze", "confirm", "drop"];

/// The kind of a step. A new one does not compile here until it has its name.
pub(crate) fn look_kind(step: &Look) -> &'static str {
    match step {
        Look::Do(_) => "do",
        Look::Freeze => "freeze",
        Look::Confirm(_) => "confirm",
        Look::Drop(_) => "drop",
    }
}

/// Something for each worker in each round.
pub(crate) fn every_relay() -> Relay {
    let again = || vec![counts("ab", ValueOp::Put(4)), counts("b", ValueOp::Put(5))];
    relay([all_states(), again(), all_states(), again()])
}
