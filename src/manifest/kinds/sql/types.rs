//! The types of each dialect.

use sqlparser::ast::{ArrayElemTypeDef, DataType, ObjectName, ObjectNamePart};

use super::walk::{Walk, Walked};
use super::{Dialect, rules};

impl Walk<'_> {
    /// A type to cast to: one of the dialect's own, which runs no code of anybody's.
    pub(super) fn data_type(&self, data_type: &DataType) -> Walked {
        let mut of = data_type;
        while let DataType::Array(element) = of {
            self.none(self.sql.dialect == Dialect::Postgresql, &rules::TYPE)?;
            match element {
                ArrayElemTypeDef::SquareBracket(element, _)
                | ArrayElemTypeDef::Qualified(element, _) => of = element,
                ArrayElemTypeDef::None
                | ArrayElemTypeDef::AngleBracket(_)
                | ArrayElemTypeDef::Parenthesis(_)
                | ArrayElemTypeDef::ParenthesisNotNull(_) => return self.fault(&rules::TYPE),
            }
        }
        self.none(self.own(of), &rules::TYPE)
    }

    fn own(&self, data_type: &DataType) -> bool {
        use DataType as T;
        match data_type {
            T::Character(_)
            | T::Char(_)
            | T::CharacterVarying(_)
            | T::CharVarying(_)
            | T::Varchar(_)
            | T::Text
            | T::Uuid => true,
            T::Blob(_)
            | T::Bytea
            | T::Binary(_)
            | T::Varbinary(_)
            | T::Bit(_)
            | T::BitVarying(_)
            | T::VarBit(_) => true,
            T::Numeric(_)
            | T::Decimal(_)
            | T::Dec(_)
            | T::Float(_)
            | T::Real
            | T::Float4
            | T::Float8 => true,
            T::Double(_)
            | T::DoublePrecision
            | T::TinyInt(_)
            | T::SmallInt(_)
            | T::MediumInt(_)
            | T::BigInt(_) => true,
            T::Int(_) | T::Integer(_) | T::Int2(_) | T::Int4(_) | T::Int8(_) => true,
            T::Signed | T::SignedInteger | T::Unsigned | T::UnsignedInteger => {
                self.sql.dialect == Dialect::Mysql
            }
            T::Bool
            | T::Boolean
            | T::Date
            | T::Time(_, _)
            | T::Datetime(_)
            | T::Timestamp(_, _) => true,
            T::Interval { fields: _, precision: _ }
            | T::JSON
            | T::JSONB
            | T::TsVector
            | T::TsQuery => true,
            T::Custom(name, modifiers) => modifiers.is_empty() && self.named_type(name),
            _ => false,
        }
    }

    /// A type that the parser has no word for.
    fn named_type(&self, ObjectName(parts): &ObjectName) -> bool {
        let [ObjectNamePart::Identifier(name)] = parts.as_slice() else {
            return false;
        };
        let known: &[&str] = match self.sql.dialect {
            Dialect::Postgresql => &["cidr", "inet", "macaddr", "money", "name", "oid"],
            Dialect::Mysql => &["year"],
            Dialect::Sqlite => return false,
        };
        name.quote_style.is_none()
            && known.iter().any(|known| known.eq_ignore_ascii_case(&name.value))
    }
}
