//! Which write made a file.

use object_store::{Attribute, AttributeValue, Attributes};
use state_api::Result;

use crate::unique::unique_id;

/// The key in the metadata of an object. Azure takes letters and digits only.
const KEY: Attribute = Attribute::Metadata(std::borrow::Cow::Borrowed("writeid"));

/// An id of one write, or none where they are turned off.
pub(super) struct WriteId(Option<String>);

impl WriteId {
    pub(super) fn new(on: bool) -> Result<Self> {
        Ok(Self(if on { Some(unique_id()?) } else { None }))
    }

    /// What the write gives its object.
    pub(super) fn attributes(&self) -> Attributes {
        let id = self.0.clone().map(|id| (KEY, AttributeValue::from(id)));
        id.into_iter().collect()
    }

    /// Whether this write made the object that has `attributes`.
    pub(super) fn made(&self, attributes: &Attributes) -> bool {
        let there = attributes.get(&KEY).map(AsRef::as_ref);
        self.0.is_some() && there == self.0.as_deref()
    }
}
