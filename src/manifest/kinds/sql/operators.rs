//! The operators of each dialect.

use sqlparser::ast::BinaryOperator;
use sqlparser::tokenizer::Token;

use super::Dialect;

/// Whether a byte may stand in an operator.
pub(super) fn operator_byte(byte: u8, dialect: Dialect) -> bool {
    b"+-*/<>=~!%^&|".contains(&byte) || dialect == Dialect::Postgresql && b"@#?".contains(&byte)
}

/// The token of an operator, where the dialect has it.
pub(super) fn operator(text: &str, dialect: Dialect) -> Option<Token> {
    let common = match text {
        "+" => Token::Plus,
        "-" => Token::Minus,
        "*" => Token::Mul,
        "/" => Token::Div,
        "%" => Token::Mod,
        "=" => Token::Eq,
        "<>" | "!=" => Token::Neq,
        "<" => Token::Lt,
        ">" => Token::Gt,
        "<=" => Token::LtEq,
        ">=" => Token::GtEq,
        "||" => Token::StringConcat,
        "<<" => Token::ShiftLeft,
        ">>" => Token::ShiftRight,
        "&" => Token::Ampersand,
        "|" => Token::Pipe,
        "~" => Token::Tilde,
        "->" => Token::Arrow,
        "->>" => Token::LongArrow,
        _ => return own(text, dialect),
    };
    Some(common)
}

fn own(text: &str, dialect: Dialect) -> Option<Token> {
    Some(match (dialect, text) {
        (Dialect::Sqlite, "==") => Token::DoubleEq,
        (Dialect::Mysql, "&&") => Token::Overlap,
        (Dialect::Mysql, "<=>") => Token::Spaceship,
        (Dialect::Mysql, "^") => Token::Caret,
        (Dialect::Mysql, "!") => Token::ExclamationMark,
        (Dialect::Postgresql, _) => return postgresql(text),
        _ => return None,
    })
}

fn postgresql(text: &str) -> Option<Token> {
    Some(match text {
        "^" => Token::Caret,
        "#" => Token::Sharp,
        "&&" => Token::Overlap,
        "=>" => Token::RArrow,
        "~*" => Token::TildeAsterisk,
        "!~" => Token::ExclamationMarkTilde,
        "!~*" => Token::ExclamationMarkTildeAsterisk,
        "~~" => Token::DoubleTilde,
        "~~*" => Token::DoubleTildeAsterisk,
        "!~~" => Token::ExclamationMarkDoubleTilde,
        "!~~*" => Token::ExclamationMarkDoubleTildeAsterisk,
        "#>" => Token::HashArrow,
        "#>>" => Token::HashLongArrow,
        "#-" => Token::HashMinus,
        "@>" => Token::AtArrow,
        "<@" => Token::ArrowAt,
        "@?" => Token::AtQuestion,
        "@@" => Token::AtAt,
        "?" => Token::Question,
        "?&" => Token::QuestionAnd,
        "?|" => Token::QuestionPipe,
        _ => return None,
    })
}

/// Whether the tree's operator is one of those above; SQLite calls functions for some.
pub(super) fn known(operator: &BinaryOperator) -> bool {
    use BinaryOperator as B;
    matches!(
        operator,
        B::Plus
            | B::Minus
            | B::Multiply
            | B::Divide
            | B::Modulo
            | B::StringConcat
            | B::Gt
            | B::Lt
            | B::GtEq
            | B::LtEq
            | B::Spaceship
            | B::Eq
            | B::NotEq
            | B::And
            | B::Or
            | B::Xor
            | B::BitwiseOr
            | B::BitwiseAnd
            | B::BitwiseXor
            | B::MyIntegerDivide
            | B::PGBitwiseXor
            | B::PGBitwiseShiftLeft
            | B::PGBitwiseShiftRight
            | B::PGExp
            | B::PGOverlap
            | B::PGRegexMatch
            | B::PGRegexIMatch
            | B::PGRegexNotMatch
            | B::PGRegexNotIMatch
            | B::PGLikeMatch
            | B::PGILikeMatch
            | B::PGNotLikeMatch
            | B::PGNotILikeMatch
            | B::Arrow
            | B::LongArrow
            | B::HashArrow
            | B::HashLongArrow
            | B::AtAt
            | B::AtArrow
            | B::ArrowAt
            | B::HashMinus
            | B::AtQuestion
            | B::Question
            | B::QuestionAnd
            | B::QuestionPipe
            | B::Overlaps
            | B::Is
            | B::IsNot
    )
}

/// The function that SQLite calls for an operator.
pub(super) fn function_of(operator: &BinaryOperator) -> Option<&'static str> {
    match operator {
        BinaryOperator::Match => Some("match"),
        BinaryOperator::Regexp => Some("regexp"),
        BinaryOperator::Glob => Some("glob"),
        _ => None,
    }
}
