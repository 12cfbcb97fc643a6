//! Workers that go on with the files of others.

use std::fmt::Write;

use proptest::collection::vec;
use proptest::prelude::*;
use state_api::{KeyHash, StateBackend};

use crate::chain::{self, Chain, Worker};
use crate::difference::Difference;
use crate::factory::BackendFactory;
use crate::model::history::{Data, Options, Via, line};
use crate::model::perform::apply;
use crate::model::program::Script;
use crate::model::report::History;
use crate::model::schema::Model;
use crate::model::strategy::data;
use crate::runner::at_step;
use crate::site::{Site, worker_groups};

/// Number of workers in each round.
const WORKERS: [u16; 4] = [1, 1, 2, 1];

/// What the workers of each round do; those of the next go on from their checkpoint. There are 1, 1, 2 and 1
/// workers.
#[derive(Clone, Debug)]
pub struct Relay(pub [Vec<Data>; 4]);

/// Four rounds of about a dozen operations.
pub fn relay() -> impl Strategy<Value = Relay> {
    let round = || vec(data(), 0..25);
    [round(), round(), round(), round()].prop_map(Relay)
}

/// Performs an operation on the worker that owns its key.
fn perform<B: StateBackend<Key = String>>(
    workers: &mut [Worker<B>],
    model: &mut Model,
    data: &Data,
    script: &Script,
) -> Result<(), Difference> {
    let hash = KeyHash::of(data.key().text().as_str())?;
    let owner = (0..)
        .zip(workers.iter_mut())
        .find(|(_, worker)| worker.backend.key_groups().owns(hash));
    let (index, worker): (usize, _) = owner.unwrap();
    let (name, states) = (format!("worker_{index}"), format!("states_{index}"));
    script.does(&name, &states, data, Via::Cursor, model);
    apply(
        data,
        Via::Cursor,
        &mut worker.backend,
        worker.handles,
        model,
    )
}

/// Opens the workers of a round: empty ones, or those that go on from `checkpoint`.
fn open<F: BackendFactory>(
    site: &Site<'_, F>,
    chain: &Chain,
    checkpoint: Option<&state_checkpoint::Manifest>,
    parallelism: u16,
    script: &Script,
) -> Result<Vec<Worker<F::Backend<String>>>, Difference> {
    let mut workers = Vec::new();
    for index in 0..parallelism {
        let (restore, lineage) = match checkpoint {
            Some(_) => (
                format!("chain.restore(&checkpoint, &mut worker_{index})?;\n"),
                format!("claimed(&checkpoint, &worker_{index})?"),
            ),
            None => (String::new(), "lineage()".to_owned()),
        };
        script.say(|| {
            format!(
                "let mut worker_{index} = site.open_for::<String>(worker_groups({index}, {parallelism}));\n\
                 worker_{index}.track_changes(usize::MAX)?;\n\
                 {restore}\
                 let states_{index} = register(&mut worker_{index})?;\n\
                 let mut lineage_{index} = {lineage};"
            )
        });
        let groups = worker_groups(index, parallelism);
        workers.push(match checkpoint {
            Some(manifest) => chain.claim(site, manifest, groups)?,
            None => chain::worker(site, groups)?,
        });
    }
    Ok(workers)
}

/// Tells of a checkpoint that all workers take.
fn say_checkpoint(script: &Script, parallelism: u16, incremental: bool) {
    script.say(|| {
        let both: Vec<_> = (0..parallelism)
            .map(|n| format!("(&lineage_{n}, &mut worker_{n})"))
            .collect();
        let mut lines = format!(
            "let flight = chain.begin([{}])?;\nlet (checkpoint, written) = chain.publish(flight)?;",
            both.join(", ")
        );
        let not = if incremental { "" } else { "!" };
        for n in 0..parallelism {
            let _ = write!(
                lines,
                "\nlineage_{n}.confirm(&mut worker_{n}, &checkpoint, written[{n}].1)?;\n\
                 assert!({not}written[{n}].0.incremental);"
            );
        }
        lines
    });
}

impl History for Relay {
    fn play<F: BackendFactory>(&self, factory: &F, script: &Script) -> Result<(), Difference> {
        let site = Site::new(factory);
        script.say(|| "let site = Site::new(&factory);\nlet chain = Chain::new()?;".to_owned());
        let (chain, mut model) = (Chain::new()?, Model::default());
        let (mut checkpoint, mut number) = (None, 0);
        for (round, (history, parallelism)) in self.0.iter().zip(WORKERS).enumerate() {
            script.say(|| format!("// round {round}"));
            at_step(|| format!("the beginning of round {round}"));
            let mut workers = open(&site, &chain, checkpoint.as_ref(), parallelism, script)?;
            for data in history {
                script.step(number, data);
                perform(&mut workers, &mut model, data, script)?;
                number += 1;
            }
            at_step(|| format!("the checkpoint of round {round}"));
            let goes_on = checkpoint.is_some();
            say_checkpoint(script, parallelism, goes_on);
            let (next, written) = chain.checkpoint(&mut workers)?;
            for written in written {
                Difference::between("incremental", &goes_on, &written.incremental)?;
            }
            chain.check_by(&site, ("checkpoint", &next), &model, script)?;
            checkpoint = Some(next);
        }
        Ok(())
    }

    fn show<F: BackendFactory>(&self, factory: &F) -> String {
        let (mut lines, mut number) = (String::new(), 0);
        for (round, (history, parallelism)) in self.0.iter().zip(WORKERS).enumerate() {
            let _ = writeln!(lines, "round {round}, workers: {parallelism}");
            for data in history {
                lines += &line(factory, number, &format!("{data:?}"), Options::default());
                number += 1;
            }
        }
        lines
    }
}
