//! Histories of incremental checkpoints, each with what plays it.
//!
//! | history | of |
//! |---|---|
//! | [`Step`]s | checkpoints in flight, published, lost, given up and gone on from |
//! | [`Looks`] | views, and the changes that each tells since every other |
//! | [`Relay`] | workers that go on with the files of others, at other parallelism |

mod flights;
mod looks;
mod relay;

pub use flights::{Step, steps};
pub use looks::{Look, Looks, looks};
pub use relay::{Relay, relay};
