//! From one backend to another.

use proptest::collection::vec;
use proptest::prelude::*;
use state_api::StateBackend;

use crate::backup::Backup;
use crate::chain::{self, Chain, Worker};
use crate::difference::Difference;
use crate::factory::BackendFactory;
use crate::model::{
    self, Data, Handles, Model, Options, Via, compare, options, refuses_foreign_keys,
};
use crate::runner::{at_step, cases, check};
use crate::site::{Site, all_groups, worker_groups};

/// What is done on one of the backends, before it hands over to the other.
#[derive(Clone, Debug)]
struct Leg {
    history: Vec<Data>,
    /// Workers of the other backend.
    parallelism: u16,
    /// Their options.
    options: Options,
}

fn leg() -> impl Strategy<Value = Leg> {
    let parts = (vec(model::data(), 0..40), 1..=3_u16, options());
    parts.prop_map(|(history, parallelism, options)| Leg {
        history,
        parallelism,
        options,
    })
}

/// A generated history goes from backend to backend: at each checkpoint the workers of one hand over to
/// workers of the other, at any parallelism, with any options. Each time every typed read is that of the model,
/// and the logical digest is the same on both sides.
///
/// For a crate that sees several backends:
///
/// ```
/// use state_conformance::{BackendFactory, properties};
///
/// fn every_pair<A: BackendFactory, B: BackendFactory>(heap: &A, redb: &B) {
///     properties::swap(heap, redb);
///     properties::swap(redb, heap);
/// }
/// ```
///
/// # Panics
/// When a read or a digest differs, with the shortest history.
pub fn swap<A: BackendFactory, B: BackendFactory>(a: &A, b: &B) {
    check(cases().div_ceil(2), &vec(leg(), 1..6), |legs| {
        let (a, b) = (Site::new(a), Site::new(b));
        let mut model = Model::default();
        let mut at_a = open(&a, 1, Options::default())?;
        for (number, pair) in legs.chunks(2).enumerate() {
            at_step(|| format!("leg {}", 2 * number));
            let at_b = hand_over(at_a, &b, &pair[0], &mut model)?;
            at_step(|| format!("leg {}", 2 * number + 1));
            let Some(back) = pair.get(1) else { break };
            at_a = hand_over(at_b, &a, back, &mut model)?;
        }
        Ok(())
    });
}

/// Performs operations on a worker that owns all keys.
fn perform<B: StateBackend<Key = String>>(
    [worker]: &mut [Worker<B>; 1],
    model: &mut Model,
    history: &[Data],
) -> Result<(), Difference> {
    for data in history {
        let Worker {
            backend, handles, ..
        } = &mut *worker;
        model::apply(data, Via::Cursor, backend, *handles, model)?;
    }
    Ok(())
}

/// A chain of checkpoints goes from backend to backend: a base and a delta of `A`, two of `B` on top of
/// them, one of `A` again. Each is incremental, and restored into both it is equal in every typed read.
///
/// For a crate that sees several backends, as [`swap`].
///
/// # Panics
/// When a read differs, with the shortest histories.
pub fn swap_within_a_chain<A: BackendFactory, B: BackendFactory>(a: &A, b: &B) {
    let histories = vec(vec(model::data(), 0..30), 5);
    check(cases().div_ceil(8), &histories, |histories| {
        let (a, b) = (Site::new(a), Site::new(b));
        let chain = Chain::new()?;
        let mut model = Model::default();
        let mut first = [chain::worker(&a, all_groups())?];
        let mut manifest = None;
        for (number, history) in histories[..2].iter().enumerate() {
            perform(&mut first, &mut model, history)?;
            let (taken, written) = chain.checkpoint(&mut first)?;
            Difference::between("incremental", &(number > 0), &written[0].incremental)?;
            chain.check(&b, &taken, &model)?;
            manifest = Some(taken);
        }
        let base = manifest.unwrap();
        let mut second = [chain.claim(&b, &base, all_groups())?];
        compare(&second[0].backend, second[0].handles, &model)?;
        let mut manifest = base;
        for history in &histories[2..4] {
            perform(&mut second, &mut model, history)?;
            let (taken, written) = chain.checkpoint(&mut second)?;
            Difference::between("incremental", &true, &written[0].incremental)?;
            chain.check(&a, &taken, &model)?;
            chain.check(&b, &taken, &model)?;
            manifest = taken;
        }
        let mut third = [chain.claim(&a, &manifest, all_groups())?];
        perform(&mut third, &mut model, &histories[4])?;
        let (taken, written) = chain.checkpoint(&mut third)?;
        Difference::between("incremental", &true, &written[0].incremental)?;
        chain.check(&a, &taken, &model)?;
        chain.check(&b, &taken, &model)
    });
}

type Workers<F> = Vec<(<F as BackendFactory>::Backend<String>, Handles)>;

fn open<F: BackendFactory>(
    site: &Site<'_, F>,
    parallelism: u16,
    options: Options,
) -> Result<Workers<F>, Difference> {
    let mut workers = Vec::new();
    for index in 0..parallelism {
        let groups = worker_groups(index, parallelism);
        let mut worker = site.reopen_varied::<String>(&site.dir(), groups, options.0)?;
        let handles = Handles::register(&mut worker)?;
        workers.push((worker, handles));
    }
    Ok(workers)
}

/// The worker that owns the key of an operation.
fn owner<'w, B: StateBackend<Key = String>>(
    workers: &'w mut [(B, Handles)],
    data: &Data,
) -> (&'w mut B, Handles) {
    let hash = state_api::KeyHash::of(data.key().text().as_str()).unwrap();
    let found = workers
        .iter_mut()
        .find(|(worker, _)| worker.key_groups().owns(hash));
    let (worker, handles) = found.unwrap();
    (worker, *handles)
}

/// Writes on `workers`, takes a checkpoint of them and restores it as workers of `to`.
fn hand_over<A: StateBackend<Key = String>, F: BackendFactory>(
    mut workers: Vec<(A, Handles)>,
    to: &Site<'_, F>,
    leg: &Leg,
    model: &mut Model,
) -> Result<Workers<F>, Difference> {
    for data in &leg.history {
        let (worker, handles) = owner(&mut workers, data);
        model::apply(data, Via::Cursor, worker, handles, model)?;
    }
    let mut views = Vec::new();
    for (mut worker, _) in workers {
        views.push(worker.freeze()?);
        worker.destroy()?;
    }
    let backup = Backup::of(views)?;
    let mut moved = open(to, leg.parallelism, leg.options)?;
    let mut views = Vec::new();
    for (worker, handles) in &mut moved {
        backup.restore(worker)?;
        compare(worker, *handles, model)?;
        refuses_foreign_keys(worker, *handles)?;
        views.push(worker.freeze()?);
    }
    let digests = (backup.digest()?, Backup::of(views)?.digest()?);
    Difference::between("logical digest", &digests.0, &digests.1)?;
    Ok(moved)
}
