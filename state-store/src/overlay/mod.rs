//! Writes held in memory above an engine: layers, and consistent views for engines that have none.
//!
//! | to | see |
//! |---|---|
//! | give an engine without snapshots consistent views | [`SharedStore`], [`Overlay`] |
//! | hold writes in memory above any reader | [`Layer`] |
//! | read both as one | [`merge`] |
//!
//! [`Layer`] and [`merge`] know nothing of views: an engine that has snapshots of its own may hold
//! what is not yet committed in a layer.

mod apply;
mod compact;
mod cursor;
mod journal;
mod layer;
mod lease;
pub mod merge;
mod shared;
mod stack;
mod store;
mod view;
mod views;

use crate::store::TableId;

/// The overlay's own table in the base, the first that the adapter has no use for: see [`journal`].
const JOURNAL: TableId = TableId(TableId::LAST.0 + 1);

pub use layer::{Layer, LayerTable, Lookup, TableChange};
pub use shared::SharedStore;
pub use store::Overlay;
pub use view::OverlayView;
