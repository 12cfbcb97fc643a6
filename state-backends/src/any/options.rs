//! Options of a URL as the fields of a configuration: the configuration's own `Deserialize` says which
//! there are and what they may be, so that there is one truth.

use std::fmt;

use serde::de::value::{SeqDeserializer, StrDeserializer};
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, Visitor,
};
use serde::forward_to_deserialize_any;
use state_api::{Error, ErrorKind, Result};

use super::size;

/// Ending of the fields that are sizes.
const SIZE: &str = "_bytes";

/// The configuration that `options` make of the default one.
///
/// # Errors
/// [`Invalid`](ErrorKind::Invalid) with the option, and those that are allowed.
pub(super) fn read<C: DeserializeOwned>(options: &[(String, String)]) -> Result<C> {
    C::deserialize(Options(options)).map_err(|refused| {
        let mut error = Error::new(ErrorKind::Invalid, refused.what);
        if let Some(option) = refused.option {
            error = error.with("option", option);
        }
        if let Some(value) = refused.value {
            error = error.with("value", value);
        }
        error.with("allowed", refused.allowed)
    })
}

/// What is wrong with the options.
#[derive(Debug)]
struct Refused {
    what: String,
    option: Option<String>,
    value: Option<String>,
    allowed: String,
}

impl Refused {
    fn new(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            option: None,
            value: None,
            allowed: String::new(),
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for Refused {}

impl de::Error for Refused {
    fn custom<T: fmt::Display>(what: T) -> Self {
        Self::new(what.to_string())
    }
}

/// The options as a struct.
struct Options<'a>(&'a [(String, String)]);

impl<'de> Deserializer<'de> for Options<'_> {
    type Error = Refused;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refused> {
        let refuse = |mut refused: Refused| {
            let names: Vec<_> = fields.iter().map(|field| short(field)).collect();
            refused.allowed = if names.is_empty() {
                "none".to_owned()
            } else {
                names.join(", ")
            };
            refused
        };
        let mut found = Vec::with_capacity(self.0.len());
        for (name, value) in self.0 {
            let of = |what| Refused {
                option: Some(name.clone()),
                ..Refused::new(what)
            };
            let field = fields
                .iter()
                .find(|field| *field == name || short(field) == name);
            let Some(&field) = field else {
                return Err(refuse(of("there is no such option")));
            };
            if found.iter().any(|(other, _)| *other == field) {
                return Err(refuse(of("an option is given twice")));
            }
            found.push((field, &**value));
        }
        let fields = Fields {
            rest: found.into_iter(),
            current: None,
        };
        visitor.visit_map(fields).map_err(refuse)
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Refused> {
        Err(Refused::new(
            "options can only be read as a configuration with named fields",
        ))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

/// The name of an option: that of its field, without the unit.
fn short(field: &str) -> &str {
    field.strip_suffix(SIZE).unwrap_or(field)
}

/// The fields that are given.
struct Fields<'a, I> {
    rest: I,
    current: Option<Given<'a>>,
}

impl<'de, 'a, I: Iterator<Item = (&'static str, &'a str)>> MapAccess<'de> for Fields<'a, I> {
    type Error = Refused;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Refused> {
        let Some((field, text)) = self.rest.next() else {
            return Ok(None);
        };
        self.current = Some(Given { field, text });
        seed.deserialize(StrDeserializer::<Refused>::new(field))
            .map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Refused> {
        let Some(given) = self.current.take() else {
            return Err(Refused::new("a value was asked for before its option"));
        };
        seed.deserialize(given).map_err(|refused| Refused {
            option: Some(short(given.field).to_owned()),
            value: Some(given.text.to_owned()),
            ..refused
        })
    }
}

/// A value as it was given: what it is read as says the field that it is for.
#[derive(Clone, Copy)]
struct Given<'a> {
    field: &'static str,
    text: &'a str,
}

impl Given<'_> {
    fn number(self) -> Result<u64, Refused> {
        if self.field.ends_with(SIZE) {
            return size::parse(self.text)
                .ok_or_else(|| Refused::new(format!("the value is not {}", size::SHAPE)));
        }
        let digits = !self.text.is_empty() && self.text.bytes().all(|b| b.is_ascii_digit());
        let number = digits.then(|| self.text.parse().ok()).flatten();
        number.ok_or_else(|| Refused::new("the value is not a whole number"))
    }
}

impl IntoDeserializer<'_, Refused> for Given<'_> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

macro_rules! read {
    ($($method:ident => |$given:ident, $visitor:ident| $result:expr;)+) => {
        $(
            fn $method<V: Visitor<'de>>(self, $visitor: V) -> Result<V::Value, Refused> {
                let $given = self;
                $result
            }
        )+
    };
}

impl<'de> Deserializer<'de> for Given<'_> {
    type Error = Refused;

    read! {
        deserialize_bool => |given, visitor| match given.text {
            "true" => visitor.visit_bool(true),
            "false" => visitor.visit_bool(false),
            _ => Err(Refused::new("the value is not `true` or `false`")),
        };
        deserialize_u8 => |given, visitor| visitor.visit_u64(given.number()?);
        deserialize_u16 => |given, visitor| visitor.visit_u64(given.number()?);
        deserialize_u32 => |given, visitor| visitor.visit_u64(given.number()?);
        deserialize_u64 => |given, visitor| visitor.visit_u64(given.number()?);
        deserialize_str => |given, visitor| visitor.visit_str(given.text);
        deserialize_string => |given, visitor| visitor.visit_str(given.text);
        deserialize_option => |given, visitor| visitor.visit_some(given);
        deserialize_seq => |given, visitor| {
            let parts = given.text.split(',').filter(|_| !given.text.is_empty());
            let field = given.field;
            visitor.visit_seq(SeqDeserializer::new(parts.map(|text| Given { field, text })))
        };
        deserialize_any => |given, _visitor| {
            let _ = given;
            Err(Refused::new("an option of this type cannot be given in a URL"))
        };
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refused> {
        StrDeserializer::new(self.text).deserialize_enum(name, variants, visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Refused> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i64 i128 u128 f32 f64 char bytes byte_buf unit unit_struct tuple tuple_struct map
        struct identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};
    use serde_json::Value;

    use super::*;

    fn given<'a>(options: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<(String, String)> {
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        options.into_iter().map(owned).collect()
    }

    /// All fields of a configuration as options; those that are `None` are left out.
    fn options_of<C: Serialize>(config: &C) -> Vec<(String, String)> {
        fn text(value: &Value) -> String {
            match value {
                Value::Array(parts) => parts.iter().map(text).collect::<Vec<_>>().join(","),
                Value::String(text) => text.clone(),
                other => other.to_string(),
            }
        }
        let Value::Object(fields) = serde_json::to_value(config).unwrap() else {
            panic!("a configuration has named fields");
        };
        let given = fields.iter().filter(|(_, value)| !value.is_null());
        given
            .map(|(name, value)| (name.clone(), text(value)))
            .collect()
    }

    macro_rules! configurations {
        ({} $(($Variant:ident $feature:literal $module:ident $krate:ident $Backend:ident
               $place:ident $doc:tt))+) => {
            /// For each backend: its whole configuration can be given in a URL.
            #[test]
            fn every_field_of_a_configuration_is_an_option() {
                $(configuration!($place $krate);)+
            }
        };
    }

    macro_rules! configuration {
        (memory $krate:ident) => {};
        ($Config:ident $krate:ident) => {
            let config = $krate::$Config::default();
            assert_eq!(read::<$krate::$Config>(&[]).unwrap(), config);
            let options = options_of(&config);
            assert!(!options.is_empty());
            assert_eq!(
                read::<$krate::$Config>(&options).unwrap(),
                config,
                "{options:?}"
            );
        };
    }

    each_backend!(configurations {});

    #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Colour {
        DarkRed,
        Blue,
    }

    #[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct All {
        size_bytes: u64,
        limit_bytes: Option<u32>,
        count: u8,
        name: String,
        colours: Vec<Colour>,
        steps: Vec<u16>,
        on: bool,
        pair: (u8, u8),
    }

    #[test]
    fn a_value_is_read_as_the_type_of_its_field() {
        let options = given([
            ("size", "2KiB"),
            ("limit_bytes", "1MiB"),
            ("count", "255"),
            ("name", "a, b"),
            ("colours", "dark_red,blue"),
            ("steps", "1,2"),
            ("on", "true"),
        ]);
        let expected = All {
            size_bytes: 2048,
            limit_bytes: Some(1 << 20),
            count: 255,
            name: "a, b".to_owned(),
            colours: vec![Colour::DarkRed, Colour::Blue],
            steps: vec![1, 2],
            on: true,
            pair: (0, 0),
        };
        assert_eq!(read::<All>(&options).unwrap(), expected);
        let empty = read::<All>(&given([("name", ""), ("colours", "")])).unwrap();
        assert_eq!(empty, All::default());
    }

    #[test]
    fn a_value_of_another_type_is_refused_by_name() {
        for (name, value) in [
            ("count", "256"),
            ("steps", "1KiB"), // no size
            ("count", "+1"),
            ("count", ""),
            ("limit", "4GiB"),
            ("colours", "blue,"),
            ("colours", "green"),
            ("steps", "65536"),
            ("on", "TRUE"),
            ("pair", "1,2"),
        ] {
            let error = read::<All>(&given([(name, value)])).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Invalid);
            assert_eq!(error.context("option"), Some(name), "{error}");
            assert_eq!(error.context("value"), Some(value), "{error}");
            let allowed = "size, limit, count, name, colours, steps, on, pair";
            assert_eq!(error.context("allowed"), Some(allowed));
        }
    }
}
