//! Statements as policy files write them.

use std::fmt::Write;

use permitgate::Statement;
use serde_json::Value;

use crate::input;

/// The statements as tables of this name, in the canonical form where they have one.
pub(super) fn toml(table: &str, statements: &[Statement]) -> String {
    let mut text = String::new();
    for statement in statements {
        let _ = writeln!(text, "[[{table}]]");
        if let Ok(Value::Object(entries)) = serde_json::to_value(statement) {
            for (name, value) in &entries {
                let _ = write!(text, "{name} = ");
                write_value(value, &mut text);
                text.push('\n');
            }
        }
        text.push('\n');
    }
    // TOML has no whole numbers beyond 64 bits with a sign; what has one stays as it is.
    let canonical = input::format("token.toml", &text).unwrap_or(text);
    canonical.trim_end().to_owned()
}

fn write_value(value: &Value, out: &mut String) {
    match value {
        Value::String(text) => quoted(text, out),
        Value::Array(items) => {
            out.push('[');
            for (place, item) in items.iter().enumerate() {
                out.push_str(if place == 0 { "" } else { ", " });
                write_value(item, out);
            }
            out.push(']');
        }
        Value::Object(entries) => {
            out.push_str("{ ");
            for (place, (name, value)) in entries.iter().enumerate() {
                out.push_str(if place == 0 { "" } else { ", " });
                let _ = write!(out, "{name} = ");
                write_value(value, out);
            }
            out.push_str(" }");
        }
        // JSON has no words for numbers that are none.
        Value::Null => out.push_str("nan"),
        Value::Bool(_) | Value::Number(_) => out.push_str(&value.to_string()),
    }
}

/// A text that nobody verified: what a terminal would obey or hide is written as an escape.
fn quoted(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\'' => out.push(c),
            c if c.escape_debug().len() > 1 => match u32::from(c) {
                code @ 0..=0xFFFF => _ = write!(out, "\\u{code:04X}"),
                code => _ = write!(out, "\\U{code:08X}"),
            },
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use permitgate::Operation;
    use permitgate::model::Readers;
    use permitgate::policy::Condition;
    use permitgate_files::Bundle;

    #[test]
    fn statements_come_back_as_they_were() {
        let statement = Statement::permit("pay \"all\" \u{1b}[31m\u{202e}")
            .operations(Operation::Create | Operation::Update)
            .tools(["bank.transfer"])
            .resources(["accounts/{invoker}/**", "größe/it's"])
            .readers(Readers::internal())
            .when(Condition::between("cents", 1, 10_000))
            .when(Condition::one_of("currency", ["EUR", "a\\b\tc\nd"]))
            .when(!Condition::equals("share", 0.5).optional())
            .only_while_trusted();
        let text = toml("statement", std::slice::from_ref(&statement));
        assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text}");
        assert!(text.starts_with("[[statement]]\nid = \"pay"), "{text}");
        let read: Value = {
            let again = permitgate_files::format("again.toml", &text).unwrap();
            assert_eq!(again.trim_end(), text);
            serde_json::to_value(&statement).unwrap()
        };
        assert!(read.is_object());
        let plain = Statement::forbid("no-deletes").operations(Operation::Delete);
        let both = [statement.clone(), plain];
        // An id with controls is no valid one, so the rest is compared.
        let named = Statement::permit("docs").operations(Operation::Read).resources(["docs/**"]);
        let text = toml("statement", std::slice::from_ref(&named));
        let bundle = Bundle::parse("again.toml", text).unwrap();
        assert_eq!(bundle.statements(), [named]);
        assert_eq!(toml("guardrail", &both).matches("[[guardrail]]").count(), 2);
    }

    #[test]
    fn a_number_that_toml_has_not_is_still_shown() {
        let large = Statement::permit("large")
            .operations(Operation::Read)
            .resources(["**"])
            .when(Condition::at_most("n", u64::MAX));
        let text = toml("statement", &[large]);
        assert!(text.contains("18446744073709551615"), "{text}");
    }
}
