//! Another backend by nothing but a URL, in the middle of a job: the backend of each URL goes on from
//! the checkpoint that the one before has left. Whatever the URLs are, the result is the same.
//!
//! ```text
//! cargo run --bin swap_by_url -- heap: 'redb:///tmp/x?cache=64MiB' heap:
//! ```
//!
//! Without URLs it goes through all backends that are compiled in, in temporary directories.

#![expect(clippy::print_stdout, reason = "a program that shows something")]

use std::collections::BTreeMap;
use std::error::Error;
use std::ops::Range;
use std::process::ExitCode;
use std::sync::Arc;

use state_backends::any::SCHEMES;
use state_backends::checkpoint::{self, Job, JobOptions, MemoryStorage, WriteOptions};
use state_backends::{
    BackendUrl, KeyGroups, Map, MapDescriptor, Result, StateBackend, StateRead, SystemClock, Value,
    ValueDescriptor,
};

/// Name of the operator in checkpoints.
const OPERATOR: &str = "sales";

const SALES: u64 = 1_000;
const SHOPS: u64 = 3;

/// The operator: what a shop has earned, and how often it sold each article. Runs on every backend.
#[derive(Clone, Copy)]
struct Sales {
    cents: Value<u64>,
    articles: Map<u64, u64>,
}

impl Sales {
    fn register<B: StateBackend<Key = u64>>(state: &mut B) -> Result<Self> {
        Ok(Self {
            cents: state.register(ValueDescriptor::new("cents"))?,
            articles: state.register(MapDescriptor::new("articles"))?,
        })
    }

    /// Takes in the sales of these numbers, which are made up.
    fn sell<B: StateBackend<Key = u64>>(self, state: &mut B, numbers: Range<u64>) -> Result<()> {
        for number in numbers {
            let (shop, article) = (number % SHOPS, number * number % 7);
            let mut at = state.at_mut(&shop); // hashed or encoded once
            at.value(self.cents)
                .modify(0, |cents| *cents += 100 + article)?;
            at.map(self.articles).modify(&article, 0, |n| *n += 1)?;
        }
        Ok(())
    }

    fn report<R: StateRead<Key = u64>>(self, state: &R) -> Result<()> {
        for shop in 0..SHOPS {
            let at = state.at(&shop);
            let cents = at.value(self.cents).get()?.map_or(0, |cents| *cents);
            let articles = at.map(self.articles).iter()?;
            let articles = articles.map(|entry| entry.map(|(article, n)| (*article, *n)));
            let articles = articles.collect::<Result<Vec<_>>>()?;
            println!("shop {shop}: {cents} cents, articles {articles:?}");
        }
        Ok(())
    }
}

/// Goes on from the latest checkpoint, on the backend that `url` names, and takes the next.
async fn go_on(url: &BackendUrl, job: &Job, numbers: Range<u64>) -> Result<()> {
    let mut state = url.open::<u64>(KeyGroups::all(KeyGroups::DEFAULT)?)?;
    let sales = Sales::register(&mut state)?;
    if let Some(latest) = job.latest().await? {
        checkpoint::restore(&**job.storage(), &latest, OPERATOR, &mut state).await?;
    }

    eprintln!("sales {numbers:?} on {url}");
    let is_last = numbers.end == SALES;
    sales.sell(&mut state, numbers)?;
    let (view, metadata) = (state.freeze()?, BTreeMap::new());
    checkpoint::checkpoint(job, OPERATOR, view, metadata, &WriteOptions::default()).await?;

    if is_last {
        sales.report(&state)?;
    }
    state.destroy() // the checkpoint stays
}

/// Gives each backend its share of the sales.
fn run(urls: &[BackendUrl]) -> Result<()> {
    let (storage, clock) = (Arc::new(MemoryStorage::new()), Arc::new(SystemClock));
    let job = Job::open(storage, clock, JobOptions::new(KeyGroups::DEFAULT));
    let job = pollster::block_on(job)?;
    let (mut begin, mut left) = (0, urls.len() as u64);
    for url in urls {
        let end = begin + (SALES - begin) / left;
        pollster::block_on(go_on(url, &job, begin..end))?;
        (begin, left) = (end, left - 1);
    }
    Ok(())
}

fn run_as_told() -> Result<(), Box<dyn Error>> {
    let arguments = std::env::args().skip(1);
    let mut urls = arguments
        .map(|url| url.parse())
        .collect::<Result<Vec<BackendUrl>>>()?;
    let dir = tempfile::tempdir()?;
    if urls.is_empty() {
        for scheme in SCHEMES.iter().filter(|scheme| scheme.is_enabled()) {
            let url = BackendUrl::new(*scheme);
            urls.push(if scheme.has_directory() {
                url.with_path(dir.path().join(scheme.name()))
            } else {
                url
            });
        }
    }
    Ok(run(&urls)?)
}

fn main() -> ExitCode {
    match run_as_told() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
