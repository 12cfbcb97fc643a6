//! The command line.

use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};
use state_backends::any::{SCHEMES, Scheme};
use state_backends::{BackendUrl, Error, Result};

use crate::documents;
use crate::source::Source;

/// Counts words: how often each occurs, the first 10 lines it stands on, and the 3 words that
/// follow it most often.
///
/// A word is a run of ASCII letters, in lower case. Lines are numbered through all inputs. The
/// output has one line a word, the most frequent word first:
///
/// count TAB word TAB line,line,.. TAB next:count,next:count,next:count
///
/// With --checkpoint-dir the counting survives a crash: run the same command again and it goes on
/// after the latest checkpoint, with the same or another backend. Old checkpoints are kept;
/// remove the directory to start anew.
#[derive(Debug, Parser)]
#[command(name = "word_count", verbatim_doc_comment)]
pub(crate) struct Args {
    /// Files to read, `-` for standard input (which a resumed run has to be given again, from its
    /// start) [default: the Markdown files of this repository]
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,

    #[arg(long, value_name = "NAME|URL", default_value = "heap", help = backend_help())]
    pub(crate) backend: Backend,

    /// Where checkpoints lie; none are taken without it
    #[arg(long, value_name = "DIR")]
    pub(crate) checkpoint_dir: Option<PathBuf>,

    /// Records (lines) from one checkpoint to the next; 0 takes one at the end only
    #[arg(long, value_name = "RECORDS", default_value_t = 10_000)]
    pub(crate) every: u64,

    /// Kill this process (SIGKILL) when it has read so many records
    #[arg(long, value_name = "RECORDS")]
    pub(crate) crash_after: Option<NonZeroU64>,

    /// Print the K most frequent words only
    #[arg(long, value_name = "K")]
    pub(crate) top: Option<usize>,
}

/// What holds the state.
#[derive(Clone, Debug)]
pub(crate) enum Backend {
    /// A backend by its name, which the program finds a place for.
    Named(Scheme),
    /// Where and how a URL says.
    At(BackendUrl),
}

impl FromStr for Backend {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        if text.contains(':') {
            text.parse().map(Self::At)
        } else {
            Scheme::find(text).map(Self::Named)
        }
    }
}

fn backend_help() -> String {
    let enabled = SCHEMES.iter().filter(|scheme| scheme.is_enabled());
    let names: Vec<_> = enabled.map(|scheme| scheme.name()).collect();
    format!(
        "What holds the state: {}, or the URL of one, such as `heap:` or \
         `redb:///tmp/work?cache=64MiB`, for a place and options of your own",
        names.join(", ")
    )
}

impl Args {
    /// Ends the program with code 2 and a message when they are not in order.
    pub(crate) fn from_command_line() -> Self {
        let args = Self::parse();
        if args.files.iter().filter(|file| is_stdin(file)).count() > 1 {
            let message = "standard input can be read only once: give one `-`";
            Self::command()
                .error(ErrorKind::ArgumentConflict, message)
                .exit()
        }
        args
    }

    /// The inputs, in the order in which they are read.
    pub(crate) fn sources(&self) -> Result<Vec<Source>> {
        if self.files.is_empty() {
            return documents::find()?
                .iter()
                .map(|path| Source::file(path))
                .collect();
        }
        let source = |file: &PathBuf| {
            if is_stdin(file) {
                Ok(Source::Stdin)
            } else {
                Source::file(file)
            }
        };
        self.files.iter().map(source).collect()
    }
}

fn is_stdin(file: &Path) -> bool {
    file.as_os_str() == "-"
}
