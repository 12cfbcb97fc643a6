//! One of several backends, chosen when the program runs: an enum of them that is a backend itself.
//!
//! [`open`] opens the backend that a URL names; a backend that was opened otherwise goes into its
//! variant of [`AnyBackend`]. All that a backend can do goes through to it, for a few branches that
//! are predicted, and nothing is allocated.
//!
//! What else is here nobody has to name: tables, iterators, rows and prepared keys are an [`AnyOf`]
//! over those of each backend.
//!
//! Without the feature of any backend this module is not there.

#[macro_use]
mod arms;
#[macro_use]
mod state;

mod backend;
mod bound;
mod open;
mod options;
mod read;
mod rows;
mod scheme;
mod size;
mod sum;
mod url;
mod view;
mod write;

pub use backend::AnyBackend;
pub use open::open;
pub use scheme::{SCHEMES, Scheme};
pub use sum::AnyOf;
pub use url::BackendUrl;
pub use view::AnyView;
