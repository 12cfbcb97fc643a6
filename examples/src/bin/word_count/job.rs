//! The job: from the first state registered to the last line of the report.

use std::io;

use state_backends::{Result, StateBackend};

use crate::args::Args;
use crate::checkpoint::Checkpoints;
use crate::count::WordStates;
use crate::crash::crash;
use crate::input::Input;
use crate::schedule::Schedule;
use crate::{progress, report};

/// Counts the words of the input, from the latest checkpoint if there is one, and reports.
pub(crate) fn run<B: StateBackend<Key = String>>(mut state: B, args: &Args) -> Result<()> {
    let states = WordStates::register(&mut state)?;
    let mut checkpoints = args
        .checkpoint_dir
        .as_deref()
        .map(Checkpoints::open)
        .transpose()?;
    let mut input = open_input(args, checkpoints.as_ref())?;
    if let Some(checkpoints) = &mut checkpoints {
        checkpoints.restore(&mut state)?;
    }

    let begin = input.records();
    count(&mut state, states, &mut input, checkpoints.as_mut(), args)?;
    eprintln!("read {} records", input.records() - begin);

    report::write(&state, states, args.top, io::stdout().lock())?;
    state.destroy() // the checkpoints stay
}

/// The input, behind the records that the latest checkpoint has counted.
fn open_input(args: &Args, checkpoints: Option<&Checkpoints>) -> Result<Input> {
    let sources = args.sources()?;
    match checkpoints
        .map(Checkpoints::resume_point)
        .transpose()?
        .flatten()
    {
        None => Ok(Input::new(sources)),
        Some((id, position)) => {
            let input = Input::resume(sources, position)?;
            eprintln!(
                "resuming after record {} (checkpoint {id})",
                input.records()
            );
            Ok(input)
        }
    }
}

/// Counts to the end of the input, with a checkpoint where one is due and one at the end.
fn count<B: StateBackend<Key = String>>(
    state: &mut B,
    states: WordStates,
    input: &mut Input,
    mut checkpoints: Option<&mut Checkpoints>,
    args: &Args,
) -> Result<()> {
    let bar = progress::bar(input);
    let schedule = Schedule::new(args, input.records());
    let mut kept = input.position().clone();
    loop {
        let batch = schedule.batch(input.records());
        let ended = states.count(state, input, batch)? < batch;
        bar.set_position(input.bytes());
        if let Some(checkpoints) = &mut checkpoints
            && (ended || schedule.checkpoint_is_due(input.records()))
            && kept != *input.position()
        {
            kept.clone_from(input.position());
            checkpoints.begin(state, &kept)?;
        }
        if ended {
            break;
        }
        if schedule.crash_is_due(input.records()) {
            crash();
        }
    }
    bar.finish_and_clear();
    checkpoints.map_or(Ok(()), |checkpoints| checkpoints.wait(state))
}
