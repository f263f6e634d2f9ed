//! Python literals: how dictionaries look when Python prints them.
//!
//! Printing one quotes and escapes all text in it, so that nothing in a text can pass for a field. Reading
//! is as strict: what is not exactly a literal is none.

use std::iter::Peekable;
use std::str::Chars;

use serde_json::{Map, Number, Value};

/// How deep a literal may be nested.
const MAX_DEPTH: usize = 32;

/// The value of a literal, or nothing where the text is not exactly one.
pub(crate) fn literal(text: &str) -> Option<Value> {
    let mut reader = Reader { rest: text.trim().chars().peekable() };
    let value = reader.value(0)?;
    reader.rest.next().is_none().then_some(value)
}

struct Reader<'t> {
    rest: Peekable<Chars<'t>>,
}

impl Reader<'_> {
    fn value(&mut self, depth: usize) -> Option<Value> {
        if depth > MAX_DEPTH {
            return None;
        }
        match *self.rest.peek()? {
            '{' => self.dictionary(depth + 1).map(Value::Object),
            '[' => self.list(depth + 1).map(Value::Array),
            '\'' | '"' => self.text().map(Value::String),
            _ => self.word(),
        }
    }

    fn dictionary(&mut self, depth: usize) -> Option<Map<String, Value>> {
        self.rest.next();
        let mut fields = Map::new();
        if self.skips('}') {
            return Some(fields);
        }
        loop {
            let name = match self.value(depth)? {
                Value::String(name) => name,
                Value::Number(name) => name.to_string(),
                _ => return None,
            };
            self.expect(": ")?;
            let field = self.value(depth)?;
            // A name that stands there twice is not what Python prints.
            if fields.insert(name, field).is_some() {
                return None;
            }
            if self.skips('}') {
                return Some(fields);
            }
            self.expect(", ")?;
        }
    }

    fn list(&mut self, depth: usize) -> Option<Vec<Value>> {
        self.rest.next();
        let mut items = Vec::new();
        if self.skips(']') {
            return Some(items);
        }
        loop {
            items.push(self.value(depth)?);
            if self.skips(']') {
                return Some(items);
            }
            self.expect(", ")?;
        }
    }

    fn text(&mut self) -> Option<String> {
        let quote = self.rest.next()?;
        let mut text = String::new();
        loop {
            match self.rest.next()? {
                end if end == quote => return Some(text),
                '\\' => text.push(self.escaped()?),
                '\n' => return None,
                other => text.push(other),
            }
        }
    }

    fn escaped(&mut self) -> Option<char> {
        let digits = match self.rest.next()? {
            'n' => return Some('\n'),
            't' => return Some('\t'),
            'r' => return Some('\r'),
            same @ ('\\' | '\'' | '"') => return Some(same),
            'x' => 2,
            'u' => 4,
            'U' => 8,
            _ => return None,
        };
        let code = (0..digits).try_fold(0, |code: u32, _| {
            code.checked_mul(16)?.checked_add(self.rest.next()?.to_digit(16)?)
        });
        code.and_then(char::from_u32)
    }

    fn word(&mut self) -> Option<Value> {
        let mut word = String::new();
        while let Some(next) = self.rest.next_if(|next| !",:]} ".contains(*next)) {
            word.push(next);
        }
        match word.as_str() {
            "None" => Some(Value::Null),
            "True" => Some(Value::Bool(true)),
            "False" => Some(Value::Bool(false)),
            number if number.contains(['.', 'e']) => {
                number.parse().ok().and_then(Number::from_f64).map(Value::Number)
            }
            number => number.parse::<i64>().ok().map(Value::from),
        }
    }

    fn skips(&mut self, wanted: char) -> bool {
        self.rest.next_if_eq(&wanted).is_some()
    }

    fn expect(&mut self, wanted: &str) -> Option<()> {
        wanted.chars().all(|wanted| self.skips(wanted)).then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::literal;
    use serde_json::json;

    #[test]
    fn what_python_prints_is_read() {
        let text = r#"{'a': 'it\'s "x"\n\u20ac', "b'": [1, 2.5, -3], 'c': None, 'd': {}, 'e': [True, []]}"#;
        assert_eq!(
            literal(text),
            Some(
                json!({"a": "it's \"x\"\n€", "b'": [1, 2.5, -3], "c": null, "d": {}, "e": [true, []]})
            )
        );
    }

    #[test]
    fn what_is_not_exactly_a_literal_is_none() {
        for odd in [
            "{'a': 1} and more",
            "{'a': 1",
            "{'a' 1}",
            "{'a': 1, 'a': 2}",
            "{'a': b}",
            "{'a': '\\q'}",
            "{'a': 'x\ny'}",
            "{'a': Note(text='x')}",
            "{'a': '\\U99999999'}",
            "",
        ] {
            assert_eq!(literal(odd), None, "{odd}");
        }
        assert_eq!(literal(&"[".repeat(1000)), None);
    }
}
