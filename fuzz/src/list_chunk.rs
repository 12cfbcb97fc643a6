//! Chunks of lists.

use state_api::row::chunk;
use state_api::{ErrorKind, Result};

use crate::bounded::bounded;
use crate::refused::refused;

fn elements(mut rest: &[u8]) -> Result<Vec<&[u8]>> {
    let mut elements = Vec::new();
    while let Some((element, tail)) = chunk::split_first(rest)? {
        elements.push(element);
        rest = tail;
    }
    Ok(elements)
}

/// A chunk, and the number at the end of a list's row key.
pub fn list_chunk(data: &[u8]) {
    // A slice for each byte, in a vector that doubles.
    let found = bounded(64 * data.len(), || elements(data));
    let count = bounded(0, || chunk::count(data));
    match (found, count) {
        (Ok(elements), Ok(count)) => {
            assert_eq!(elements.len() as u64, count);
            let mut again = Vec::new();
            for element in &elements {
                chunk::push(&mut again, element);
            }
            // A length may have been written with more bytes than it needs.
            assert!(again.len() <= data.len());
            assert_eq!(self::elements(&again).ok(), Some(elements));
        }
        (Err(error), Err(_)) => refused(&error, &[ErrorKind::Corrupt], &[]),
        (found, count) => panic!("the elements are {found:?}, their number is {count:?}"),
    }

    match chunk::number(data) {
        Ok(number) => {
            assert!(number < chunk::NUMBER_LIMIT);
            assert!(data.ends_with(&number.to_be_bytes()));
        }
        Err(error) => refused(&error, &[ErrorKind::Corrupt], &[]),
    }
}
