//! Histories that cost too much on a wasteful store, as they were once shrunk; and one with every kind of step.

use state_conformance::model::cost::{Bill, Law, Step};
use state_conformance::model::spec::{ListOp, MapOp, ValueOp};
use state_conformance::model::{Data, Text, Via};

use super::history::key;

fn bill(law: Law, operations: Vec<Data>) -> Bill {
    let does = |data| Step::Do(Via::Cursor, data);
    let steps = operations.into_iter().map(does).collect();
    Bill { law, steps }
}

pub(crate) fn calls_are_not_counted() -> Bill {
    bill(Law::Get, Vec::new())
}

pub(crate) fn a_get_reads_twice() -> Bill {
    let get = Data::Tags(key("a"), 1, MapOp::Get("b".to_owned()));
    bill(Law::Get, vec![get])
}

pub(crate) fn a_put_reads_first() -> Bill {
    let put = Data::Counts(key("a"), ValueOp::Put(1));
    bill(Law::BlindWrite, vec![put])
}

pub(crate) fn an_append_reads_first() -> Bill {
    let push = Data::Words(key("a"), String::new(), ListOp::Push(Text::from("x")));
    bill(Law::Append, vec![push])
}

pub(crate) fn an_update_reads_again() -> Bill {
    let modify = ValueOp::Modify { init: 0, then: 1 };
    bill(Law::Update, vec![Data::Counts(key("a"), modify)])
}

pub(crate) fn a_clear_walks_the_table() -> Bill {
    let insert = Data::Scores(key("a"), MapOp::Insert(0, 0));
    let other = Data::Scores(key("b"), MapOp::Insert(0, 0));
    let clear = Data::Scores(key("a"), MapOp::Clear);
    bill(Law::Clear, vec![insert, other, clear])
}

/// Every step; gets of all sorts, between others.
pub(crate) fn every_bill() -> Bill {
    let gets = [
        Data::Counts(key("a"), ValueOp::Put(1)),
        Data::Counts(key("a"), ValueOp::Get),
        Data::Notes(key("a"), 1, ValueOp::Get),
        Data::Events(key("a"), ListOp::Push(1)),
        Data::Scores(key("a"), MapOp::Insert(1, 2)),
        Data::Scores(key("a"), MapOp::Get(1)),
        Data::Scores(key("a"), MapOp::Contains(2)),
        Data::Tags(key("b"), 0, MapOp::Get("a".to_owned())),
        Data::Tags(key("b"), 0, MapOp::Contains("a".to_owned())),
    ];
    let mut steps = vec![Step::DropViews, Step::Freeze];
    for via in [Via::Cursor, Via::Bound] {
        steps.extend(gets.clone().map(|data| Step::Do(via, data)));
        steps.extend([Step::Freeze, Step::Restore]);
    }
    steps.push(Step::DropViews);
    Bill {
        law: Law::Get,
        steps,
    }
}

/// All that [`kind`] gives.
pub(crate) const KINDS: [&str; 4] = ["do", "freeze", "drop views", "restore"];

/// The kind of a step. A new one does not compile here until it has its name.
pub(crate) fn kind(step: &Step) -> &'static str {
    match step {
        Step::Do(..) => "do",
        Step::Freeze => "freeze",
        Step::DropViews => "drop views",
        Step::Restore => "restore",
    }
}
