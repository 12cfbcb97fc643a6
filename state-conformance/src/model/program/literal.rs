//! Values as Rust source.

use std::ops::Bound;

use crate::model::pool::Text;

/// A value that can be written in a program.
pub trait Literal {
    /// The value as an expression that owns what it gives.
    fn literal(&self) -> String;

    /// Its type, where nothing else says it.
    fn type_of() -> String
    where
        Self: Sized;
}

macro_rules! number {
    ($($number:ident),+) => {
        $(
            impl Literal for $number {
                fn literal(&self) -> String {
                    match *self {
                        $number::MAX => concat!(stringify!($number), "::MAX").to_owned(),
                        $number::MIN if $number::MIN != 0 => {
                            concat!(stringify!($number), "::MIN").to_owned()
                        }
                        number => number.to_string(),
                    }
                }

                fn type_of() -> String {
                    stringify!($number).to_owned()
                }
            }
        )+
    };
}

number!(u32, u64, i64);

/// The namespace of a state that has none: it is not written.
impl Literal for () {
    fn literal(&self) -> String {
        "()".to_owned()
    }

    fn type_of() -> String {
        "()".to_owned()
    }
}

impl Literal for bool {
    fn literal(&self) -> String {
        self.to_string()
    }

    fn type_of() -> String {
        "bool".to_owned()
    }
}

impl Literal for String {
    fn literal(&self) -> String {
        format!("{self:?}.to_owned()")
    }

    fn type_of() -> String {
        "String".to_owned()
    }
}

impl Literal for Text {
    fn literal(&self) -> String {
        match self.repeated() {
            Some((one, times)) => format!("Text({:?}.repeat({times}))", one.to_string()),
            None => format!("Text::from({:?})", self.0),
        }
    }

    fn type_of() -> String {
        "Text".to_owned()
    }
}

impl<T: Literal> Literal for Option<T> {
    fn literal(&self) -> String {
        match self {
            Some(value) => format!("Some({})", value.literal()),
            None => "None".to_owned(),
        }
    }

    fn type_of() -> String {
        format!("Option<{}>", T::type_of())
    }
}

impl<T: Literal> Literal for Vec<T> {
    fn literal(&self) -> String {
        if self.is_empty() {
            format!("Vec::<{}>::new()", T::type_of())
        } else {
            format!("vec![{}]", list(self))
        }
    }

    fn type_of() -> String {
        format!("Vec<{}>", T::type_of())
    }
}

impl<A: Literal, B: Literal> Literal for (A, B) {
    fn literal(&self) -> String {
        format!("({}, {})", self.0.literal(), self.1.literal())
    }

    fn type_of() -> String {
        format!("({}, {})", A::type_of(), B::type_of())
    }
}

/// Values, as they stand between brackets.
pub(super) fn list<T: Literal>(values: &[T]) -> String {
    let literals: Vec<_> = values.iter().map(Literal::literal).collect();
    literals.join(", ")
}

/// A bound of borrowed map keys.
pub(super) fn bound<T: Literal>(bound: &Bound<T>) -> String {
    match bound {
        Bound::Included(map_key) => format!("Bound::Included(&{})", map_key.literal()),
        Bound::Excluded(map_key) => format!("Bound::Excluded(&{})", map_key.literal()),
        Bound::Unbounded => format!("Bound::<&{}>::Unbounded", T::type_of()),
    }
}

/// A key in its borrowed form.
pub(super) fn key(text: &str) -> String {
    let long = Text(text.to_owned());
    match long.repeated() {
        Some((one, times)) => format!("{:?}.repeat({times}).as_str()", one.to_string()),
        None => format!("{text:?}"),
    }
}
