//! Cells: what a state holds under one key and namespace.

use std::collections::BTreeMap;

/// What a state holds under one key and namespace. An empty list or map is an absent one.
pub trait Cell: Clone + Default {
    /// Whether nothing is there: the key is then not listed, and the cell is as if it never was.
    fn is_absent(&self) -> bool;
}

impl<V: Clone> Cell for Option<V> {
    fn is_absent(&self) -> bool {
        self.is_none()
    }
}

impl<T: Clone> Cell for Vec<T> {
    fn is_absent(&self) -> bool {
        self.is_empty()
    }
}

impl<UK: Clone + Ord, UV: Clone> Cell for BTreeMap<UK, UV> {
    fn is_absent(&self) -> bool {
        self.is_empty()
    }
}

/// A state: cells by key and namespace; none of them absent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cells<N: Ord, C>(BTreeMap<(String, N), C>);

impl<N: Ord, C> Default for Cells<N, C> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<N: Ord + Clone, C: Cell> Cells<N, C> {
    /// The cell of a key and namespace, absent or not.
    pub fn get(&self, key: &str, namespace: &N) -> C {
        self.0
            .get(&(key.to_owned(), namespace.clone()))
            .cloned()
            .unwrap_or_default()
    }

    /// Lets `f` change a cell; an absent one is forgotten.
    pub fn edit<R>(&mut self, key: &str, namespace: &N, f: impl FnOnce(&mut C) -> R) -> R {
        let at = (key.to_owned(), namespace.clone());
        let mut cell = self.0.remove(&at).unwrap_or_default();
        let result = f(&mut cell);
        if !cell.is_absent() {
            self.0.insert(at, cell);
        }
        result
    }

    /// The keys that have anything in any namespace, as often as they do.
    pub fn keys(&self) -> impl Iterator<Item = &String> {
        self.0.keys().map(|(key, _)| key)
    }

    /// The cells that are there, by key and namespace.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&(String, N), &C)> {
        self.0.iter()
    }
}
