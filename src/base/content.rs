//! One digest for data as an author writes it: what says the same has the same, and nothing else has.
//!
//! Every value begins with what it is, and with its length where that may differ, so two values never have one form.

use std::fmt::{self, Display};

use serde::ser::{
    Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};
use sha2::{Digest, Sha256};

/// The digest of what several values say, one after the other, as it grows.
#[derive(Clone, Debug)]
pub(crate) struct ContentDigest {
    sha: Sha256,
    form: Form,
}

impl ContentDigest {
    /// In a domain of its own, so that nothing else has the same digest.
    pub(crate) fn new(domain: &[u8]) -> Self {
        Self { sha: Sha256::new_with_prefix(domain), form: Form(Vec::new()) }
    }

    /// One more value.
    pub(crate) fn add(&mut self, value: &(impl Serialize + ?Sized)) {
        // What refuses to be written says at least that.
        if value.serialize(&mut self.form).is_err() {
            self.form.tag(REFUSED);
        }
        self.sha.update(&self.form.0);
        self.form.0.clear();
    }

    pub(crate) fn finish(self) -> [u8; 32] {
        self.sha.finalize().into()
    }
}

const REFUSED: u8 = 0;
const NOTHING: u8 = 1;
const SOME: u8 = 2;
const BOOL: u8 = 3;
const SIGNED: u8 = 4;
const UNSIGNED: u8 = 5;
const FLOAT: u8 = 6;
const TEXT: u8 = 7;
const BYTES: u8 = 8;
const LIST: u8 = 9;
const MAP: u8 = 10;
const VARIANT: u8 = 11;
const ENTRY: u8 = 12;
const END: u8 = 13;

#[derive(Clone, Debug)]
struct Form(Vec<u8>);

impl Form {
    fn tag(&mut self, tag: u8) {
        self.0.push(tag);
    }

    fn bytes(&mut self, tag: u8, bytes: &[u8]) {
        self.tag(tag);
        self.0.extend_from_slice(&(bytes.len() as u64).to_be_bytes());
        self.0.extend_from_slice(bytes);
    }

    /// Lists and maps are not told their length in time, so each element is announced and the end is as well.
    fn open(&mut self, tag: u8) {
        self.tag(tag);
    }

    fn element(&mut self, value: &(impl Serialize + ?Sized)) -> Result<(), Refused> {
        self.tag(ENTRY);
        value.serialize(self)
    }

    fn field(
        &mut self,
        name: &'static str,
        value: &(impl Serialize + ?Sized),
    ) -> Result<(), Refused> {
        self.tag(ENTRY);
        self.bytes(TEXT, name.as_bytes());
        value.serialize(self)
    }

    fn close(&mut self) -> Result<(), Refused> {
        self.tag(END);
        Ok(())
    }
}

/// A value that cannot be written.
#[derive(Debug)]
struct Refused;

impl Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it cannot be written")
    }
}

impl std::error::Error for Refused {}

impl serde::ser::Error for Refused {
    fn custom<T: Display>(_message: T) -> Self {
        Self
    }
}

macro_rules! numbers {
    ($($method:ident($type:ty) as $wide:ty => $tag:ident;)+) => {
        $(fn $method(self, value: $type) -> Result<(), Refused> {
            self.tag($tag);
            self.0.extend_from_slice(&<$wide>::from(value).to_be_bytes());
            Ok(())
        })+
    };
}

impl Serializer for &mut Form {
    type Ok = ();
    type Error = Refused;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    numbers! {
        serialize_i8(i8) as i128 => SIGNED;
        serialize_i16(i16) as i128 => SIGNED;
        serialize_i32(i32) as i128 => SIGNED;
        serialize_i64(i64) as i128 => SIGNED;
        serialize_i128(i128) as i128 => SIGNED;
        serialize_u8(u8) as u128 => UNSIGNED;
        serialize_u16(u16) as u128 => UNSIGNED;
        serialize_u32(u32) as u128 => UNSIGNED;
        serialize_u64(u64) as u128 => UNSIGNED;
        serialize_u128(u128) as u128 => UNSIGNED;
        serialize_f32(f32) as f64 => FLOAT;
        serialize_f64(f64) as f64 => FLOAT;
    }

    fn serialize_bool(self, value: bool) -> Result<(), Refused> {
        self.tag(BOOL);
        self.tag(u8::from(value));
        Ok(())
    }

    fn serialize_char(self, value: char) -> Result<(), Refused> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, text: &str) -> Result<(), Refused> {
        self.bytes(TEXT, text.as_bytes());
        Ok(())
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<(), Refused> {
        self.bytes(BYTES, bytes);
        Ok(())
    }

    fn serialize_none(self) -> Result<(), Refused> {
        self.tag(NOTHING);
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Refused> {
        self.tag(SOME);
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Refused> {
        self.serialize_none()
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<(), Refused> {
        self.serialize_none()
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<(), Refused> {
        self.bytes(VARIANT, variant.as_bytes());
        self.serialize_none()
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        value: &T,
    ) -> Result<(), Refused> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Refused> {
        self.bytes(VARIANT, variant.as_bytes());
        value.serialize(self)
    }

    fn serialize_seq(self, _length: Option<usize>) -> Result<Self, Refused> {
        self.open(LIST);
        Ok(self)
    }

    fn serialize_tuple(self, length: usize) -> Result<Self, Refused> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_struct(self, _name: &'static str, length: usize) -> Result<Self, Refused> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Self, Refused> {
        self.bytes(VARIANT, variant.as_bytes());
        self.serialize_seq(Some(length))
    }

    fn serialize_map(self, _length: Option<usize>) -> Result<Self, Refused> {
        self.open(MAP);
        Ok(self)
    }

    fn serialize_struct(self, _name: &'static str, _length: usize) -> Result<Self, Refused> {
        self.serialize_map(None)
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _length: usize,
    ) -> Result<Self, Refused> {
        self.bytes(VARIANT, variant.as_bytes());
        self.serialize_map(None)
    }
}

macro_rules! elements {
    ($($part:ident::$method:ident),+) => {
        $(impl $part for &mut Form {
            type Ok = ();
            type Error = Refused;
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
                self.element(value)
            }
            fn end(self) -> Result<(), Refused> {
                self.close()
            }
        })+
    };
}

elements!(
    SerializeSeq::serialize_element,
    SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field,
    SerializeTupleVariant::serialize_field
);

impl SerializeMap for &mut Form {
    type Ok = ();
    type Error = Refused;
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Refused> {
        self.element(key)
    }
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
        value.serialize(&mut **self)
    }
    fn end(self) -> Result<(), Refused> {
        self.close()
    }
}

macro_rules! fields {
    ($($part:ident),+) => {
        $(impl $part for &mut Form {
            type Ok = ();
            type Error = Refused;
            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), Refused> {
                self.field(name, value)
            }
            fn end(self) -> Result<(), Refused> {
                self.close()
            }
        })+
    };
}

fields!(SerializeStruct, SerializeStructVariant);

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn digest(value: &impl Serialize) -> [u8; 32] {
        let mut digest = ContentDigest::new(b"test\0");
        digest.add(value);
        digest.finish()
    }

    #[test]
    fn what_differs_in_anything_has_another_digest() {
        let all = [
            digest(&"ab"),
            digest(&("a", "b")),
            digest(&["ab"]),
            digest(&[["a"], ["b"]]),
            digest(&(["a"], "b")),
            digest(&vec!["a", "b", ""]),
            digest(&Vec::<&str>::new()),
            digest(&Some("ab")),
            digest(&Option::<&str>::None),
            digest(&1_u8),
            digest(&1_i8),
            digest(&1.0_f64),
            digest(&true),
            digest(&"1"),
            digest(&BTreeMap::from([("a", "b")])),
            digest(&BTreeMap::from([("a", 1)])),
            digest(&BTreeMap::from([("a", "b"), ("c", "d")])),
            digest(&[BTreeMap::from([("a", "b")]), BTreeMap::from([("c", "d")])]),
        ];
        let different: std::collections::HashSet<_> = all.iter().collect();
        assert_eq!(different.len(), all.len());
        assert_eq!(digest(&("a", "b")), digest(&["a", "b"]));
    }

    #[test]
    fn values_do_not_run_into_each_other() {
        let of = |values: &[&str]| {
            let mut digest = ContentDigest::new(b"test\0");
            values.iter().for_each(|value| digest.add(value));
            digest.finish()
        };
        assert_ne!(of(&["ab", ""]), of(&["a", "b"]));
        assert_ne!(of(&["ab"]), of(&["ab", ""]));
    }
}
