//! Text of a server in a draft: whatever it is, it ends neither a string nor a line, and nothing in it is hidden.

use std::fmt::{self, Write as _};

use permitgate::text::visible;
use serde_json::Value as Json;

/// Columns up to which comments run.
const COLUMNS: usize = 100;

/// Bytes of a description that are shown.
const MOST_SHOWN: usize = 8 * 1024;

/// A text as a string of TOML: the same text for a parser, and visible to a reader.
pub(super) struct Quoted<'t>(pub(super) &'t str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        let shown = visible(self.0).to_string();
        let mut rest = shown.as_str();
        while let Some(at) = rest.find(['\\', '"']) {
            let (plain, escape) = rest.split_at(at);
            f.write_str(plain)?;
            let inside = escape.strip_prefix("\\u{").and_then(|inside| inside.split_once('}'));
            if let Some((code, behind)) = inside
                && let Ok(code) = u32::from_str_radix(code, 16)
            {
                match code {
                    0x60 => f.write_char('`')?,
                    0..0x1_0000 => write!(f, "\\u{code:04X}")?,
                    _ => write!(f, "\\U{code:08X}")?,
                }
                rest = behind;
                continue;
            }
            match escape.strip_prefix('"') {
                Some(behind) => {
                    f.write_str("\\\"")?;
                    rest = behind;
                }
                None => {
                    // `\\`, `\n`, `\r` and `\t` are the same in TOML.
                    let (escape, behind) = escape.split_at_checked(2).unwrap_or((escape, ""));
                    f.write_str(escape)?;
                    rest = behind;
                }
            }
        }
        f.write_str(rest)?;
        f.write_char('"')
    }
}

/// A key of TOML: bare where it can be.
pub(super) struct KeyName<'t>(pub(super) &'t str);

impl fmt::Display for KeyName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match is_plain(self.0) {
            true => f.write_str(self.0),
            false => Quoted(self.0).fmt(f),
        }
    }
}

/// Whether a name can stand in a placeholder, a bare key and a comment as it is.
pub(super) fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
}

/// Whether something in a text is not seen as it stands, line breaks aside.
///
/// ```
/// assert!(permitgate_task::hides("Gets a page\u{e0041}") && !permitgate_task::hides("Gets\na page."));
/// ```
pub fn hides(text: &str) -> bool {
    let shown = |part: &str| part.split(['\\', '`']).any(|piece| !visible(piece).is_plain());
    text.split(['\n', '\r', '\t']).any(shown)
}

/// Where in a value a key or a text hides something: the first such place, as a path.
///
/// ```
/// use permitgate_task::hidden_in;
/// use serde_json::json;
///
/// let tool = json!({"name": "t", "inputSchema": {"properties": {"x": {"description": "An id\u{200b}."}}}});
/// assert_eq!(hidden_in(&tool).as_deref(), Some("inputSchema.properties.x.description"));
/// ```
pub fn hidden_in(json: &Json) -> Option<String> {
    let below = |step: String, value: &Json| {
        hidden_in(value).map(|rest| match rest.is_empty() {
            true => step.clone(),
            false => format!("{step}.{rest}"),
        })
    };
    match json {
        Json::String(text) => hides(text).then(String::new),
        Json::Array(values) => {
            values.iter().enumerate().find_map(|(place, value)| below(place.to_string(), value))
        }
        Json::Object(members) => members.iter().find_map(|(key, value)| match hides(key) {
            true => Some(key.clone()),
            false => below(key.clone(), value),
        }),
        _ => None,
    }
}

/// One line of it, for the end of a line: short, and visible.
pub(super) fn brief(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    plain_quotes(&visible(&line).short(90).to_string())
}

/// Writes a text as comments, line by line, all of it that is of a sensible length.
pub(super) fn write_comment(out: &mut String, opening: &str, text: &str) {
    let cut = text.floor_char_boundary(MOST_SHOWN);
    let (shown, left) = text.split_at(cut);
    let mut line = format!("# {opening}");
    for part in shown.split('\n') {
        let part = plain_quotes(&visible(part.trim_end_matches('\r')).to_string());
        for word in part.split_ascii_whitespace() {
            if line.chars().count() + 1 + word.chars().count() > COLUMNS && line.len() > 4 {
                out.push_str(&line);
                out.push('\n');
                line = "#  ".to_owned();
            }
            line.push(' ');
            line.push_str(word);
        }
        if line.trim_matches(['#', ' ']).is_empty() {
            continue;
        }
        out.push_str(&line);
        out.push('\n');
        line = "#  ".to_owned();
    }
    if !left.is_empty() {
        // Writing into a String cannot fail.
        let _ =
            writeln!(out, "#   … and {} bytes more: read them before you approve it", left.len());
    }
}

/// Backticks are escaped where a message encloses a name in them; here nothing is enclosed.
fn plain_quotes(shown: &str) -> String {
    shown.replace("\\u{60}", "`")
}

/// What names have in common that people take for each other: case, separators, invisible characters and letters that
/// look alike make no difference.
///
/// ```
/// use permitgate_task::likeness;
///
/// assert_eq!(likeness("re\u{430}d_file"), likeness("readFile"));
/// ```
pub fn likeness(name: &str) -> String {
    let letters = name.chars().filter_map(|letter| {
        let letter = match letter {
            '\u{FF01}'..='\u{FF5E}' => {
                char::from_u32(u32::from(letter) - 0xFEE0).unwrap_or(letter)
            }
            '\u{1D400}'..='\u{1D6A3}' => mathematical(letter),
            _ => letter,
        };
        let letter = letter.to_lowercase().next().unwrap_or(letter);
        let alike = ALIKE.iter().find(|(_, all)| all.contains(letter));
        let letter = alike.map_or(letter, |(latin, _)| *latin);
        let is_mark = matches!(letter, '\u{300}'..='\u{36F}' | '\u{483}'..='\u{489}' | '\u{FE00}'..='\u{FE0F}');
        (letter.is_alphanumeric() && !is_mark).then_some(letter)
    });
    letters.collect()
}

/// The letter of a mathematical alphabet; they stand in runs of 52.
fn mathematical(letter: char) -> char {
    let place = (u32::from(letter) - 0x1D400) % 52;
    let base = if place < 26 { u32::from('A') + place } else { u32::from('a') + place - 26 };
    char::from_u32(base).unwrap_or(letter)
}

/// Letters and digits that look like a Latin letter.
const ALIKE: [(char, &str); 26] = [
    ('a', "аαáàâäãåāăąɑạ"),
    ('b', "вβьƅ"),
    ('c', "сçćčϲᴄ"),
    ('d', "ԁďđɗ"),
    ('e', "еεéèêëēęěёҽ"),
    ('f', "ƒғ"),
    ('g', "ɡğԍ"),
    ('h', "һհн"),
    ('i', "іιíìîïīıl1ӏł|"),
    ('j', "јϳ"),
    ('k', "кκ"),
    ('m', "м"),
    ('n', "пηñńոń"),
    ('o', "оοóòôöõøō0օσ"),
    ('p', "рρ"),
    ('q', "ԛգ"),
    ('r', "гŕřᴦ"),
    ('s', "ѕśšşƽ"),
    ('t', "тτţť"),
    ('u', "υúùûüūսμ"),
    ('v', "νѵᴠ"),
    ('w', "ԝωѡᴡ"),
    ('x', "хχ×"),
    ('y', "уγýÿү"),
    ('z', "źžżᴢ"),
    ('3', "зӡ"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_text_is_the_same_text() {
        for text in [
            "plain",
            "a\"b\\c",
            "line\nbreak\r\t",
            "re\u{430}d",
            "x\u{202e}y",
            "`tick`",
            "\u{1F600}\u{E0041}",
            "\u{7f}\u{85}\u{2028}",
            "\\u{41}",
            "\\u0041",
            "Straße",
            "",
        ] {
            let line = format!("x = {}", Quoted(text));
            assert_eq!(line.lines().count(), 1, "{line}");
            let read: toml::Table = toml::from_str(&line)
                .map_err(|error| format!("{line}: {error}"))
                .unwrap_or_default();
            assert_eq!(read.get("x").and_then(|x| x.as_str()), Some(text), "{line}");
        }
    }

    #[test]
    fn names_that_look_alike_are_told() {
        for other in [
            "Read_File",
            "read-file",
            "readFile",
            "re\u{430}d_file",
            "read_file\u{200b}",
            "read_file ",
            "\u{FF52}ead_file",
            "\u{1D42B}ead_file",
            "r\u{e9}ad_f1le",
            "read_fi\u{4cf}e",
            "re\u{301}ad_file",
        ] {
            assert_eq!(likeness(other), likeness("read_file"), "{other}");
        }
        for other in ["read_files", "write_file", "read_fil"] {
            assert_ne!(likeness(other), likeness("read_file"), "{other}");
        }
    }

    #[test]
    fn nothing_is_hidden_in_a_comment() {
        let mut out = String::new();
        let text = "Reads.\n\n[[tool]]\n  deep   in \u{202e}\u{e0041}\r\nend ".to_owned()
            + &"word ".repeat(60);
        write_comment(&mut out, "description:", &text);
        assert!(
            out.lines().all(|line| line.starts_with('#') && line.chars().count() <= 110),
            "{out}"
        );
        assert!(out.contains(r"\u{202e}\u{e0041}") && !out.contains('\u{202e}'), "{out}");
        assert_eq!(out.matches("word").count(), 60);
    }
}
