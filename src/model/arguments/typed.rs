//! Arguments as a type of the user's, by serde, without copying texts.

use std::cell::Cell;

use serde::de::value::{StrDeserializer, StringDeserializer};
use serde::de::{
    self, Deserialize, DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, MapAccess,
    SeqAccess, Unexpected, VariantAccess, Visitor,
};

use super::error::{ArgumentError, Fault};
use super::kinds::whole;
use super::{Arguments, List, Value};
use crate::base::limits::{MAX_FROZEN_DEPTH, MAX_FROZEN_VALUES};

impl<'a> dyn Arguments + 'a {
    /// The arguments as a type of your own. Texts may be borrowed.
    ///
    /// # Errors
    /// [`ArgumentError`] with the place where they are of another type, where something is missing, or where a view contradicts
    /// itself or has no end.
    ///
    /// ```
    /// use permitgate::Arguments;
    /// use permitgate::model::Value;
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Mail<'a> {
    ///     to: Vec<&'a str>,
    ///     subject: Option<&'a str>,
    /// }
    /// let to = [Value::from("lee@example.com")];
    /// let arguments: &dyn Arguments = &[("to", Value::List(&to))];
    /// let mail: Mail<'_> = arguments.typed()?;
    /// assert_eq!((mail.to, mail.subject), (vec!["lee@example.com"], None));
    /// # Ok::<(), permitgate::model::ArgumentError>(())
    /// ```
    pub fn typed<'s, T: Deserialize<'s>>(&'s self) -> Result<T, ArgumentError> {
        let (value, left) = (Value::Object(shorter(self)), &Cell::new(MAX_FROZEN_VALUES));
        T::deserialize(Node { value, depth: MAX_FROZEN_DEPTH, left })
    }
}

/// The view for as long as it is looked at.
fn shorter<'s>(view: &'s (dyn Arguments + '_)) -> &'s dyn Arguments {
    view
}

/// A value, how deep what it holds may lie, and how many values may still be looked at: views can show anything.
#[derive(Clone, Copy)]
struct Node<'a, 'r> {
    value: Value<'a>,
    depth: usize,
    left: &'r Cell<usize>,
}

impl<'a, 'r> Node<'a, 'r> {
    fn below(self, value: Value<'a>) -> Result<Self, ArgumentError> {
        let depth = self.depth.checked_sub(1).ok_or_else(|| ArgumentError::new(Fault::TooDeep))?;
        let left = self.left.get().checked_sub(1);
        self.left.set(left.ok_or_else(|| ArgumentError::new(Fault::TooManyValues))?);
        Ok(Self { value, depth, ..self })
    }

    /// The fields of an object. What is none shows no fields, as if all were missing.
    fn fields(self, view: &'a dyn Arguments) -> Result<Fields<'a, 'r>, ArgumentError> {
        if !view.is_object() {
            let expected = "an object".to_owned();
            return Err(ArgumentError::new(Fault::Mismatch { found: "something else", expected }));
        }
        let (mut names, room) = (Vec::new(), self.left.get());
        view.visit(&mut |name, _| {
            if names.len() <= room {
                names.push(name.to_owned());
            }
        });
        if names.len() > room {
            return Err(ArgumentError::new(Fault::TooManyValues));
        }
        let mut sorted: Vec<&str> = names.iter().map(String::as_str).collect();
        sorted.sort_unstable();
        let mut pairs = sorted.iter().zip(sorted.iter().skip(1));
        if let Some((name, _)) = pairs.find(|(one, other)| one == other) {
            return Err(ArgumentError::new(Fault::Contradiction).within(*name));
        }
        Ok(Fields { of: self, view, names: names.into_iter(), name: String::new() })
    }
}

/// Where a whole number is asked for, a float that is whole is one, as in a manifest.
macro_rules! whole_numbers {
    ($($deserialize:ident)+) => {$(
        fn $deserialize<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ArgumentError> {
            let whole = match self.value {
                Value::Float(number) => whole(number),
                _ => None,
            };
            let value = whole.map_or(self.value, Value::Integer);
            Self { value, ..self }.deserialize_any(visitor)
        }
    )+};
}

impl<'de> Deserializer<'de> for Node<'de, '_> {
    type Error = ArgumentError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ArgumentError> {
        match self.value {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(value),
            Value::Integer(value) => match (i64::try_from(value), u64::try_from(value)) {
                (_, Ok(value)) => visitor.visit_u64(value),
                (Ok(value), _) => visitor.visit_i64(value),
                _ => visitor.visit_i128(value),
            },
            Value::Float(value) => visitor.visit_f64(value),
            Value::Text(text) => visitor.visit_borrowed_str(text),
            Value::List(list) => visitor.visit_seq(Elements { of: self, list, next: 0 }),
            Value::Object(view) => visitor.visit_map(self.fields(view)?),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ArgumentError> {
        match self.value {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, ArgumentError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ArgumentError> {
        match self.value {
            Value::Text(text) => visitor.visit_enum(Variant { name: text.to_owned(), held: None }),
            Value::Object(view) => {
                let mut fields = self.fields(view)?;
                match (fields.names.next(), fields.names.len()) {
                    (Some(name), 0) => {
                        let held = self.below(fields.value(&name)?)?;
                        visitor.visit_enum(Variant { name, held: Some(held) })
                    }
                    _ => Err(de::Error::invalid_type(Unexpected::Map, &"an object with one field")),
                }
            }
            _ => self.deserialize_any(visitor),
        }
    }

    whole_numbers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
    }

    serde::forward_to_deserialize_any! {
        bool f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

struct Elements<'a, 'r> {
    of: Node<'a, 'r>,
    list: &'a dyn List,
    next: usize,
}

impl<'a> SeqAccess<'a> for Elements<'a, '_> {
    type Error = ArgumentError;

    fn next_element_seed<T: DeserializeSeed<'a>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, ArgumentError> {
        if self.next >= self.list.len() {
            return Ok(None);
        }
        let place = self.next;
        self.next += 1;
        let element = self.list.at(place);
        let element = element.ok_or_else(|| ArgumentError::new(Fault::Contradiction));
        let found = element.and_then(|value| seed.deserialize(self.of.below(value)?));
        found.map(Some).map_err(|error| error.within(place.to_string()))
    }

    fn size_hint(&self) -> Option<usize> {
        // A view may say any length.
        None
    }
}

struct Fields<'a, 'r> {
    of: Node<'a, 'r>,
    view: &'a dyn Arguments,
    names: std::vec::IntoIter<String>,
    /// The field whose value is next.
    name: String,
}

impl<'a> Fields<'a, '_> {
    fn value(&self, name: &str) -> Result<Value<'a>, ArgumentError> {
        let value = self.view.get(name);
        value.ok_or_else(|| ArgumentError::new(Fault::Contradiction).within(name))
    }
}

impl<'a> MapAccess<'a> for Fields<'a, '_> {
    type Error = ArgumentError;

    fn next_key_seed<K: DeserializeSeed<'a>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, ArgumentError> {
        let Some(name) = self.names.next() else { return Ok(None) };
        let key: StrDeserializer<'_, ArgumentError> = name.as_str().into_deserializer();
        let key = seed.deserialize(key)?;
        self.name = name;
        Ok(Some(key))
    }

    fn next_value_seed<V: DeserializeSeed<'a>>(
        &mut self,
        seed: V,
    ) -> Result<V::Value, ArgumentError> {
        let name = std::mem::take(&mut self.name);
        let below = self.value(&name).and_then(|value| self.of.below(value))?;
        seed.deserialize(below).map_err(|error| error.within(name))
    }
}

/// A variant of an enum: its name, and what it holds.
struct Variant<'a, 'r> {
    name: String,
    held: Option<Node<'a, 'r>>,
}

impl<'a, 'r> EnumAccess<'a> for Variant<'a, 'r> {
    type Error = ArgumentError;
    type Variant = Held<'a, 'r>;

    fn variant_seed<V: DeserializeSeed<'a>>(
        self,
        seed: V,
    ) -> Result<(V::Value, Held<'a, 'r>), ArgumentError> {
        let name: StringDeserializer<ArgumentError> = self.name.into_deserializer();
        Ok((seed.deserialize(name)?, Held(self.held)))
    }
}

struct Held<'a, 'r>(Option<Node<'a, 'r>>);

impl<'a, 'r> Held<'a, 'r> {
    fn node(self) -> Result<Node<'a, 'r>, ArgumentError> {
        self.0.ok_or_else(|| {
            de::Error::invalid_type(Unexpected::Str(""), &"an object with one field")
        })
    }
}

impl<'a> VariantAccess<'a> for Held<'a, '_> {
    type Error = ArgumentError;

    fn unit_variant(self) -> Result<(), ArgumentError> {
        self.0.map_or(Ok(()), <()>::deserialize)
    }

    fn newtype_variant_seed<T: DeserializeSeed<'a>>(
        self,
        seed: T,
    ) -> Result<T::Value, ArgumentError> {
        seed.deserialize(self.node()?)
    }

    fn tuple_variant<V: Visitor<'a>>(
        self,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, ArgumentError> {
        self.node()?.deserialize_any(visitor)
    }

    fn struct_variant<V: Visitor<'a>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ArgumentError> {
        self.node()?.deserialize_any(visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::arguments::ArgumentErrorKind;
    use crate::model::arguments::odd::{Endless, Liar, Twice};

    /// Shows and gives so many fields.
    struct Wide(usize);

    impl Arguments for Wide {
        fn get(&self, _name: &str) -> Option<Value<'_>> {
            Some(Value::Null)
        }
        fn visit(&self, visitor: &mut dyn FnMut(&str, Value<'_>)) {
            (0..self.0).for_each(|number| visitor(&number.to_string(), Value::Null));
        }
    }

    /// Such as a list in place of the arguments.
    struct NoObject;

    impl Arguments for NoObject {
        fn get(&self, _name: &str) -> Option<Value<'_>> {
            None
        }
        fn visit(&self, _visitor: &mut dyn FnMut(&str, Value<'_>)) {}
        fn is_object(&self) -> bool {
            false
        }
    }

    /// Looks at all that is there.
    fn whole(arguments: &dyn Arguments) -> Result<serde_json::Value, ArgumentError> {
        arguments.typed()
    }

    #[test]
    fn what_a_view_shows_is_bounded_and_of_one_meaning() {
        use ArgumentErrorKind::{Contradiction, Mismatch, TooDeep, TooManyValues};
        let long = vec![Value::Null; MAX_FROZEN_VALUES];
        let nested = [("o", Value::Object(&NoObject))];
        let (twice, short) = ([("o", Value::Object(&Twice))], [("l", Value::List(&Liar))]);
        let full =
            [("l", Value::List(long.as_slice().first_chunk::<{ MAX_FROZEN_VALUES }>().unwrap()))];
        let cases: [(&dyn Arguments, ArgumentErrorKind); 8] = [
            (&Endless, TooDeep),
            (&Twice, Contradiction),
            (&twice, Contradiction),
            (&short, Contradiction),
            (&NoObject, Mismatch),
            (&nested, Mismatch),
            (&Wide(MAX_FROZEN_VALUES + 1), TooManyValues),
            (&full, TooManyValues),
        ];
        for (place, (arguments, kind)) in cases.into_iter().enumerate() {
            let error = whole(arguments).unwrap_err();
            assert_eq!(error.kind(), kind, "case {place}: {error}");
        }
        assert!(whole(&Wide(MAX_FROZEN_VALUES)).is_ok());
        assert!(whole(&[("a", Value::from(1)), ("b", Value::Null)]).is_ok());
    }

    #[test]
    fn a_view_that_is_no_object_is_not_one_without_fields() {
        #[derive(Debug, serde::Deserialize)]
        struct Nothing {
            #[serde(default)]
            _name: Option<String>,
        }
        let view: &dyn Arguments = &NoObject;
        assert_eq!(view.typed::<Nothing>().unwrap_err().kind(), ArgumentErrorKind::Mismatch);
    }
}
