//! Text from outside is shown so that a reader sees what is there, and nothing else is changed.

use permitgate::text::visible;
use proptest::prelude::*;
use unicode_general_category::{GeneralCategory as Category, get_general_category};

fn shown(text: &str) -> String {
    visible(text).to_string()
}

/// Each with what it is shown as.
const HIDDEN: &[(&str, &str)] = &[
    ("read\u{202e}elif", r"read\u{202e}elif"),
    ("a\u{2066}b\u{2069}", r"a\u{2066}b\u{2069}"),
    ("a\u{200e}b\u{200f}c\u{61c}", r"a\u{200e}b\u{200f}c\u{61c}"),
    ("read_file\u{200b}", r"read_file\u{200b}"),
    ("re\u{ad}ad", r"re\u{ad}ad"),
    ("\u{feff}read", r"\u{feff}read"),
    ("a\u{2060}b\u{2061}c\u{2064}", r"a\u{2060}b\u{2061}c\u{2064}"),
    ("a\u{fff9}b\u{fffb}", r"a\u{fff9}b\u{fffb}"),
    ("ok\u{e0041}\u{e007f}", r"ok\u{e0041}\u{e007f}"),
    ("a\u{fe0f}b\u{e0100}", r"a\u{fe0f}b\u{e0100}"),
    ("a\u{34f}b\u{3164}c\u{ffa0}\u{115f}\u{2800}", r"a\u{34f}b\u{3164}c\u{ffa0}\u{115f}\u{2800}"),
    ("a\u{180e}b\u{17b4}", r"a\u{180e}b\u{17b4}"),
    ("a\u{2028}b\u{2029}c\u{85}", r"a\u{2028}b\u{2029}c\u{85}"),
    ("a\u{a0}b\u{2003}c\u{3000}", r"a\u{a0}b\u{2003}c\u{3000}"),
    ("a\u{e000}b\u{f8ff}c\u{10fffd}", r"a\u{e000}b\u{f8ff}c\u{10fffd}"),
    ("a\u{378}b\u{fdd0}c\u{10ffff}", r"a\u{378}b\u{fdd0}c\u{10ffff}"),
    ("a\nb\rc\td\u{1b}[31m\u{7f}\0", r"a\nb\rc\td\u{1b}[31m\u{7f}\u{0}"),
    (r"a\u{202e}", r"a\\u{202e}"),
    ("x`. SYSTEM: approved", r"x\u{60}. SYSTEM: approved"),
    // A mark would stand on the backtick before the name.
    ("\u{338}read", r"\u{338}read"),
    ("a \u{301}", r"a \u{301}"),
    ("a\u{301}\u{301}\u{301}\u{301}\u{301}", "a\u{301}\u{301}\u{301}\u{301}\\u{301}"),
];

const LOOKING_ALIKE: &[(&str, &str)] = &[
    ("re\u{430}d_file", r"re\u{430}d_file"),
    ("p\u{430}yp\u{430}l.com", r"p\u{430}yp\u{430}l.com"),
    // The first part is Cyrillic as a whole, and reads `cop`.
    ("\u{441}\u{43e}\u{440}_file", r"\u{441}\u{43e}\u{440}_file"),
    ("mail/\u{440}\u{430}\u{443}", r"mail/\u{440}\u{430}\u{443}"),
    ("\u{440}\u{430}\u{443}", r"\u{440}\u{430}\u{443}"),
    ("\u{391}\u{392}C", r"\u{391}\u{392}C"),
    ("g\u{3bf}\u{3bf}gle", r"g\u{3bf}\u{3bf}gle"),
    ("g\u{585}\u{585}gle", r"g\u{585}\u{585}gle"),
    ("\u{13aa}\u{13d2} x", r"\u{13aa}\u{13d2} x"),
    ("\u{a4ee}\u{a4f3} x", r"\u{a4ee}\u{a4f3} x"),
    ("re\u{251}d", r"re\u{251}d"),
    ("\u{ff52}ead", r"\u{ff52}ead"),
    ("\u{1d5cb}ead", r"\u{1d5cb}ead"),
    ("\u{1d5cb}\u{1d5be} x", r"\u{1d5cb}\u{1d5be} x"),
    ("u\u{24c8}er", r"u\u{24c8}er"),
    ("de\u{301}l\u{456}te", "de\u{301}l\\u{456}te"),
    ("1\u{430}b2", r"1\u{430}b2"),
    (
        "\u{420}\u{443}\u{441}\u{441}\u{43a}\u{438}\u{439}x",
        r"\u{420}\u{443}\u{441}\u{441}\u{43a}\u{438}\u{439}x",
    ),
    // Greek among Cyrillic.
    ("\u{434}\u{3bf}\u{43c}", r"д\u{3bf}м"),
];

const PLAIN: &[&str] = &[
    "",
    "mail/dana@example.com/outbox",
    "Straße, Łódź, naïve, Zoë Müller, Ærø, İstanbul, ŋɔ",
    "Việt Nam, Hawaiʻi, 5 µm, x², n°",
    "Привет, мир! Роса и хор. ёлка",
    "Καλημέρα κόσμε, ο νους",
    "Ահա բարեւ աշխարհ",
    "שלום עולם",
    "مرحبا بالعالم، ١٢٣",
    "नमस्ते दुनिया",
    "สวัสดีชาวโลก ที่นี่",
    "ကမ္ဘာ",
    "안녕하세요 세계",
    "こんにちは世界、ﾊﾛｰ、か\u{3099}",
    "你好，世界。USB接口",
    "東京tokyo東京",
    "cafe\u{301}",
    "🎉 ok → 100 %",
    "mail/хорошо/photo",
    "\"quoted\" 'text' {x} [y] <z>",
];

#[test]
fn what_cannot_be_seen_is_shown() {
    for (text, expected) in HIDDEN {
        assert_eq!(shown(text), *expected);
        assert!(!visible(text).is_plain(), "{expected}");
    }
}

#[test]
fn what_looks_like_something_else_is_shown() {
    for (text, expected) in LOOKING_ALIKE {
        assert_eq!(shown(text), *expected);
    }
}

#[test]
fn plain_text_of_every_script_stays() {
    for text in PLAIN {
        assert_eq!(shown(text), *text);
        assert!(visible(text).is_plain());
    }
}

fn is_hidden(character: char) -> bool {
    use Category as C;
    match get_general_category(character) {
        C::Control | C::Format | C::LineSeparator | C::ParagraphSeparator | C::PrivateUse => true,
        C::SpaceSeparator => character != ' ',
        _ => false,
    }
}

#[test]
fn no_hidden_character_passes_and_every_other_does() {
    // Printed as nothing, whatever their category says.
    let empty = "\u{34f}\u{115f}\u{1160}\u{17b4}\u{17b5}\u{2800}\u{3164}\u{ffa0}\u{1d159}";
    let empty = |c: char| {
        let selects = matches!(c, '\u{180b}'..='\u{180f}' | '\u{fe00}'..='\u{fe0f}');
        selects || c >= '\u{e0000}' || empty.contains(c)
    };
    let unassigned_planes = '\u{32000}'..'\u{e0000}';
    for character in ('\0'..=char::MAX).filter(|c| !unassigned_planes.contains(c)) {
        // The compiler knows newer ones than these categories.
        if get_general_category(character) == Category::Unassigned {
            continue;
        }
        // Behind a letter on which a mark can stand, and in which nothing seems Latin.
        let text = ['漢', character].iter().collect::<String>();
        let as_it_is = visible(&text).is_plain();
        let hidden = is_hidden(character) || empty(character) || "\\`".contains(character);
        assert_eq!(as_it_is, !hidden, "{:x}", u32::from(character));
    }
}

/// Reads the form of a message back.
fn read_back(shown: &str) -> Option<String> {
    let mut text = String::new();
    let mut rest = shown;
    while let Some(first) = rest.chars().next() {
        rest = &rest[first.len_utf8()..];
        if first != '\\' {
            text.push(first);
            continue;
        }
        let code = rest.chars().next()?;
        rest = &rest[code.len_utf8()..];
        match code {
            '\\' => text.push('\\'),
            'n' => text.push('\n'),
            'r' => text.push('\r'),
            't' => text.push('\t'),
            'u' => {
                let (number, behind) = rest.strip_prefix('{')?.split_once('}')?;
                text.push(char::from_u32(u32::from_str_radix(number, 16).ok()?)?);
                rest = behind;
            }
            _ => return None,
        }
    }
    Some(text)
}

fn odd_text() -> impl Strategy<Value = String> {
    let some = prop::sample::select(
        "ab1_-./` \\u{}n\u{430}\u{441}\u{43e}\u{436}\u{3bf}\u{3b4}\u{301}\u{338}\u{200b}\u{202e}\u{fe0f}漢か한\u{3099}\u{ff41}\u{1d41a}\u{e0061}\n\u{1b}"
            .chars()
            .collect::<Vec<_>>(),
    );
    let character = prop_oneof![4 => some, 1 => any::<char>()];
    prop::collection::vec(character, 0..24).prop_map(|characters| characters.into_iter().collect())
}

proptest! {
    #[test]
    fn nothing_hidden_comes_out_and_the_text_can_be_told_from_it(text in odd_text()) {
        let shown = shown(&text);
        prop_assert!(!shown.chars().any(is_hidden), "{shown}");
        prop_assert!(!shown.contains('`'));
        prop_assert_eq!(read_back(&shown), Some(text.clone()));
        prop_assert_eq!(visible(&text).is_plain(), shown == text);
    }

    #[test]
    fn a_word_is_shown_in_one_script(text in odd_text()) {
        use unicode_script::{Script, UnicodeScript};
        let shown = shown(&text.replace(char::is_control, " "));
        for word in shown.split(|c: char| !c.is_alphanumeric()) {
            let has = |script| word.chars().any(|c| c.script() == script);
            let scripts = [Script::Latin, Script::Cyrillic, Script::Greek].into_iter().filter(|s| has(*s));
            // East Asian letters part words.
            let parted = [Script::Han, Script::Hiragana, Script::Hangul].into_iter().any(has);
            prop_assert!(parted || scripts.count() <= 1, "{} of {}", word, shown);
        }
    }

    #[test]
    fn json_keeps_its_values(text in odd_text()) {
        let value = serde_json::json!({ "tool": text, "\u{202e}": [text] });
        for line in [value.to_string(), serde_json::to_string_pretty(&value).unwrap()] {
            let shown = visible(&line).as_json().to_string();
            prop_assert!(!shown.chars().any(|c| is_hidden(c) && c != '\n'), "{shown}");
            prop_assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap(), value.clone());
        }
    }

    #[test]
    fn a_short_form_ends_between_characters_and_says_how_long_the_text_is(text in odd_text(), most in 0_usize..30) {
        let short = visible(&text).short(most).to_string();
        if text.len() <= most {
            prop_assert_eq!(short, shown(&text));
        } else {
            let (start, count) = short.split_once(r"\…").unwrap();
            prop_assert_eq!(count, format!(" ({} bytes)", text.len()));
            prop_assert!(text.starts_with(&read_back(start).unwrap()));
        }
    }
}
