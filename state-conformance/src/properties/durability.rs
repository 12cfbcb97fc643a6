//! Durable mode: what a commit keeps, and what goes without one.

use std::path::Path;
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use state_api::{ErrorKind, Result, StateBackend, StateRead, ValueDescriptor};

use crate::backup::Backup;
use crate::crash::{Job, Tally, child_root, largest, run_and_kill, say};
use crate::difference::Difference;
use crate::factory::BackendFactory;
use crate::model::{self, Data, Handles, Model, Via, compare};
use crate::refusal::assert_refused;
use crate::runner::{at_step, cases, check};
use crate::site::{Site, all_groups};

/// A step of a history with commits and crashes.
#[derive(Clone, Debug)]
enum Step {
    Do(Data),
    /// Takes a view, keeps it until the end, and reads it there.
    Freeze,
    Commit(Vec<u8>),
    /// Drops the backend, and opens the directory again.
    Crash,
    /// Closes the backend, and opens the directory again.
    Close,
}

/// State and metadata after a crash or a close are those of the last commit: no write is lost that
/// came before it, none is found that came after it, whether views were taken in between or not.
pub fn what_is_committed_is_found<F: BackendFactory>(factory: &F) {
    let step = prop_oneof![
        12 => model::data().prop_map(Step::Do),
        2 => Just(Step::Freeze),
        3 => vec(any::<u8>(), 0..4).prop_map(Step::Commit),
        2 => Just(Step::Crash),
        1 => Just(Step::Close),
    ];
    check(cases(), &vec(step, 1..60), |history| {
        play(factory, &history)
    });
}

fn play<F: BackendFactory>(factory: &F, history: &[Step]) -> Result<(), Difference> {
    let site = Site::new(factory);
    let dir = site.dir();
    let open = || -> Result<(F::Backend<String>, Handles), Difference> {
        let mut backend = site.reopen_durable(&dir, all_groups())?;
        let handles = Handles::register(&mut backend)?;
        Ok((backend, handles))
    };
    let (mut backend, mut handles) = open()?;
    let mut model = Model::default();
    let mut committed: (Model, Option<Vec<u8>>) = Default::default();
    let mut views = Vec::new();
    let read_views = |views: &mut Vec<_>| -> Result<(), Difference> {
        for (view, handles, model) in views.drain(..) {
            compare(&view, handles, &model).map_err(|d| d.while_doing("a view"))?;
        }
        Ok(())
    };
    for (number, step) in history.iter().enumerate() {
        at_step(|| format!("step {number}, {step:?}"));
        match step {
            Step::Do(data) => model::apply(data, Via::Cursor, &mut backend, handles, &mut model)?,
            Step::Freeze => views.push((backend.freeze()?, handles, model.clone())),
            Step::Commit(metadata) => {
                backend.commit(metadata)?;
                committed = (model.clone(), Some(metadata.clone()));
            }
            Step::Crash | Step::Close => {
                // Views may hold the place, and outlive the backend.
                if matches!(step, Step::Crash) {
                    drop(backend);
                } else {
                    backend.close()?;
                }
                read_views(&mut views)?;
                (backend, handles) = open()?;
                model.clone_from(&committed.0);
            }
        }
        let metadata = backend.committed()?.map(<[u8]>::to_vec);
        Difference::between("metadata of the last commit", &committed.1, &metadata)?;
        compare(&backend, handles, &model)?;
    }
    read_views(&mut views)
}

/// Kills of a process that commits.
const KILLS: usize = 50;

/// Records from one commit to the next.
const BATCH: u64 = 40;

/// However a process is killed, the directory opens with the state of the last commit that was
/// acknowledged, or of the one that was under way, and its metadata says which.
pub fn acknowledged_commits_survive_kills<F: BackendFactory>(factory: &F) {
    if let Some(root) = child_root() {
        commit_until_killed(factory, &root).unwrap();
    }
    let site = Site::new(factory);
    let root = site.dir();
    std::fs::create_dir_all(&root).unwrap();
    let mut acknowledged = 0;
    for round in 0..KILLS {
        let (at, nth) = [("opened", 1), ("commit", 3), ("committed", 2)][round % 3];
        let delay = Duration::from_micros(150 * (round as u64 / 3));
        let said = run_and_kill(&root, at, nth, delay);
        acknowledged = largest(&said, "committed ").unwrap_or(acknowledged);
        let begun = largest(&said, "commit ").unwrap_or(acknowledged);

        let mut backend: F::Backend<u64> = factory.open_durable(&root, all_groups()).unwrap();
        let records = committed_records(&backend).unwrap();
        assert!(
            records == acknowledged || records == begun,
            "{records} records are found, {acknowledged} were committed, {begun} about to; {said:?}"
        );
        let job = Job::register(&mut backend).unwrap();
        job.compare(&backend, &Tally::of(records)).unwrap();
        acknowledged = records;
    }
    assert!(
        acknowledged > 10 * BATCH,
        "only {acknowledged} records in {KILLS} lives"
    );
}

fn committed_records<B: StateBackend>(backend: &B) -> Result<u64> {
    let metadata = backend.committed()?.map(<[u8]>::to_vec);
    Ok(metadata.map_or(0, |bytes| u64::from_be_bytes(bytes.try_into().unwrap())))
}

fn commit_until_killed<F: BackendFactory>(factory: &F, root: &Path) -> Result<()> {
    let mut backend: F::Backend<u64> = factory.open_durable(root, all_groups())?;
    let mut records = committed_records(&backend)?;
    let job = Job::register(&mut backend)?;
    say(format_args!("opened"));
    loop {
        for _ in 0..BATCH {
            job.apply(&mut backend, records)?;
            records += 1;
        }
        if records.is_multiple_of(3 * BATCH) {
            drop(backend.freeze()?);
        }
        say(format_args!("commit {records}"));
        backend.commit(&records.to_be_bytes())?;
        say(format_args!("committed {records}"));
    }
}

/// States are part of the commit: one that was registered or dropped after it is not, or still
/// there.
pub fn states_are_part_of_a_commit<F: BackendFactory>(factory: &F) {
    let site = Site::new(factory);
    let dir = site.dir();
    let open = || -> F::Backend<u64> { site.reopen_durable(&dir, all_groups()).unwrap() };
    let names = |backend: &F::Backend<u64>| -> Vec<String> {
        backend.states().into_iter().map(|meta| meta.name).collect()
    };
    let descriptor = ValueDescriptor::<u64>::new;

    let mut backend = open();
    let kept = backend.register(descriptor("kept")).unwrap();
    let gone = backend.register(descriptor("gone")).unwrap();
    backend.at_mut(&1).value(kept).put(1).unwrap();
    backend.at_mut(&1).value(gone).put(2).unwrap();
    backend.commit(b"first").unwrap();
    // All of it given up by the crash.
    backend.drop_state("kept").unwrap();
    let new = backend.register(descriptor("new")).unwrap();
    backend.at_mut(&1).value(new).put(3).unwrap();
    let again = backend.register(descriptor("kept")).unwrap();
    backend.at_mut(&2).value(again).put(4).unwrap();
    drop(backend);

    let mut backend = open();
    assert_eq!(names(&backend), ["gone", "kept"], "states");
    let kept = backend.register(descriptor("kept")).unwrap();
    let (one, two) = (backend.at(&1), backend.at(&2));
    assert_eq!(one.value(kept).get().unwrap().as_deref(), Some(&1));
    assert_eq!(two.value(kept).get().unwrap().as_deref(), None);
    // And now for good.
    backend.drop_state("gone").unwrap();
    backend.commit(b"second").unwrap();
    drop(backend);

    let mut backend = open();
    assert_eq!(names(&backend), ["kept"], "states");
    let gone = backend.register(descriptor("gone")).unwrap();
    let found = backend
        .at(&1)
        .value(gone)
        .get()
        .unwrap()
        .as_deref()
        .copied();
    assert_eq!(found, None, "rows of a dropped state are found again");
}

/// A restore is durable with the commit behind it, and gone without.
pub fn a_restore_is_durable_with_its_commit<F: BackendFactory>(factory: &F) {
    let site = Site::new(factory);
    let mut source = site.open::<String>();
    let handles = Handles::register(&mut source).unwrap();
    let model = super::life::sample();
    model.write_to(&mut source, handles).unwrap();
    let backup = Backup::take(&mut source).unwrap();

    let dir = site.dir();
    let open = || -> F::Backend<String> { site.reopen_durable(&dir, all_groups()).unwrap() };
    let mut backend = open();
    backend.commit(b"empty").unwrap();
    backup.restore(&mut backend).unwrap();
    drop(backend);

    let mut backend = open();
    assert_eq!(backend.committed().unwrap(), Some(&b"empty"[..]));
    let handles = Handles::register(&mut backend).unwrap();
    compare(&backend, handles, &Model::default()).unwrap();
    backup.restore(&mut backend).unwrap();
    compare(&backend, handles, &model).unwrap();
    backend.commit(b"restored").unwrap();
    drop(backend);

    let mut backend = open();
    assert_eq!(backend.committed().unwrap(), Some(&b"restored"[..]));
    let handles = Handles::register(&mut backend).unwrap();
    compare(&backend, handles, &model)
        .map_err(|difference| difference.while_doing("the restored state, committed"))
        .unwrap();
}

/// A directory is of one mode for all its life, and the refusal leaves it as it is.
pub fn the_other_mode_is_refused<F: BackendFactory>(factory: &F) {
    let site = Site::new(factory);
    let dir = site.dir();
    let mut backend = site.reopen_durable::<String>(&dir, all_groups()).unwrap();
    let handles = Handles::register(&mut backend).unwrap();
    let model = super::life::sample();
    model.write_to(&mut backend, handles).unwrap();
    backend.commit(b"kept").unwrap();
    drop(backend);
    let scratch = site.reopen::<String>(&dir, all_groups()).map(drop);
    assert_refused("an open in scratch mode", ErrorKind::Mismatch, scratch);
    let mut backend = site.reopen_durable::<String>(&dir, all_groups()).unwrap();
    let handles = Handles::register(&mut backend).unwrap();
    compare(&backend, handles, &model).unwrap();
}

/// Where commits are not promised they are refused as `Unsupported`, by the capability too, and
/// nothing comes of it.
pub fn commits_are_refused_where_not_promised<F: BackendFactory>(factory: &F) {
    let site = Site::new(factory);
    let mut backend = site.open::<String>();
    let handles = Handles::register(&mut backend).unwrap();
    let model = super::life::sample();
    model.write_to(&mut backend, handles).unwrap();
    assert!(
        !backend.capability().durable_commit,
        "a backend in scratch mode promises commits"
    );
    let unsupported = ErrorKind::Unsupported;
    assert_refused("a commit", unsupported, backend.commit(b"x"));
    let committed = backend.committed().map(drop);
    assert_refused("metadata of a commit", unsupported, committed);
    compare(&backend, handles, &model).unwrap();
}

/// The gap of a backend without a durable mode: it says so, and means it.
pub fn lacks_durable<F: BackendFactory>(factory: &F) {
    let site = Site::new(factory);
    let opened = site.reopen_durable::<String>(&site.dir(), all_groups());
    assert_refused(
        "an open in durable mode",
        ErrorKind::Unsupported,
        opened.map(drop),
    );
    commits_are_refused_where_not_promised(factory);
}
