//! Text from outside as people and models are shown it.

mod scripts;

use std::fmt::{self, Write};

/// A text with everything made visible that a reader would not see, or would take for something else.
///
/// Use it wherever text that somebody else chose is shown: names of tools, ids of statements, resources,
/// recipients. Shown as escapes are
///
/// - control and format characters, line separators, spaces other than the plain one, unassigned and private
///   characters, and what is printed as nothing at all (`\n`, `\u{202e}`);
/// - letters of another script within a word, and words made of nothing but letters that look Latin (`re\u{430}d`);
/// - marks without a letter to stand on, or more than four on one letter;
/// - the backslash (`\\`), so that different texts stay different, and the backtick (`\u{60}`), in which messages
///   enclose names.
///
/// Other text of any script stays as it is.
///
/// ```
/// use permitgate::text::visible;
///
/// assert_eq!(visible("mail/dana/Straße").to_string(), "mail/dana/Straße");
/// assert_eq!(visible("pay\u{202e}lap").to_string(), r"pay\u{202e}lap");
/// // The second letter is Cyrillic.
/// assert_eq!(visible("p\u{430}ypal").to_string(), r"p\u{430}ypal");
/// ```
pub const fn visible(text: &str) -> Visible<'_> {
    Visible { text, most: usize::MAX, form: Form::Name }
}

/// A text that is shown with everything visible; see [`visible`].
///
/// ```
/// use permitgate::text::{Visible, visible};
///
/// let shown: Visible<'_> = visible("`a\n");
/// assert!(!shown.is_plain());
/// assert_eq!(shown.prose().to_string(), r"`a\n");
/// ```
#[derive(Clone, Copy)]
pub struct Visible<'t> {
    text: &'t str,
    most: usize,
    form: Form,
}

impl<'t> Visible<'t> {
    /// Shows at most about this many bytes of the text, and says how many there were.
    ///
    /// ```
    /// use permitgate::text::visible;
    ///
    /// assert_eq!(visible("abcdef").short(4).to_string(), r"abcd\… (6 bytes)");
    /// ```
    #[must_use]
    pub const fn short(self, most: usize) -> Self {
        Self { most, ..self }
    }

    /// Leaves backticks as they are: for a sentence, which no backticks enclose.
    #[must_use]
    pub const fn prose(self) -> Self {
        Self { form: Form::Prose, ..self }
    }

    /// Whether the text is shown as it stands.
    pub fn is_plain(self) -> bool {
        /// Notices an escape, which begins with a backslash.
        struct Escapes;
        impl Write for Escapes {
            fn write_str(&mut self, text: &str) -> fmt::Result {
                if text.contains('\\') { Err(fmt::Error) } else { Ok(()) }
            }
        }
        write!(Escapes, "{self}").is_ok()
    }

    /// The text, which is JSON, with the same characters escaped as JSON does (`\u202e`): whoever reads it gets the same
    /// values. Backslash and backtick stay, since what JSON says with them is said already.
    ///
    /// ```
    /// use permitgate::text::visible;
    ///
    /// let line = "{\"tool\":\"re\u{430}d\"}";
    /// assert_eq!(visible(line).as_json().to_string(), r#"{"tool":"re\u0430d"}"#);
    /// ```
    pub fn as_json(self) -> impl fmt::Display {
        AsJson(self.text)
    }
}

impl fmt::Display for Visible<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.text.get(..self.text.floor_char_boundary(self.most)).unwrap_or_default();
        show(shown, self.form, f)?;
        match shown.len() < self.text.len() {
            true => write!(f, "\\… ({} bytes)", self.text.len()),
            false => Ok(()),
        }
    }
}

/// As [`Display`](fmt::Display), between quotes.
impl fmt::Debug for Visible<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

struct AsJson<'t>(&'t str);

impl fmt::Display for AsJson<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(self.0, Form::Json, f)
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Form {
    Name,
    Prose,
    Json,
}

impl Form {
    /// Whether an ASCII character is shown as it is.
    fn leaves(self, byte: u8) -> bool {
        match self {
            Self::Name => matches!(byte, b' '..=b'~') && !matches!(byte, b'\\' | b'`'),
            Self::Prose => matches!(byte, b' '..=b'~') && byte != b'\\',
            Self::Json => matches!(byte, b' '..=b'~' | b'\n' | b'\t' | b'\r'),
        }
    }

    fn escape(self, character: char, to: &mut impl Write) -> fmt::Result {
        match (self, character) {
            (Self::Name | Self::Prose, '\\' | '\n' | '\r' | '\t') => {
                write!(to, "{}", character.escape_default())
            }
            (Self::Name | Self::Prose, _) => write!(to, "{}", character.escape_unicode()),
            (Self::Json, _) => {
                let mut units = [0; 2];
                character.encode_utf16(&mut units).iter().try_for_each(|u| write!(to, "\\u{u:04x}"))
            }
        }
    }
}

/// Writes a text word by word, so that the letters of a word are seen together.
fn show(text: &str, form: Form, to: &mut impl Write) -> fmt::Result {
    if text.bytes().all(|byte| form.leaves(byte)) {
        return to.write_str(text);
    }
    let around = Around::of(text);
    // A text that begins with a mark has no letter for it.
    let mut marks = MOST_MARKS;
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|c| !is_of_word(c)).unwrap_or(rest.len());
        // What is of no word stands alone.
        let (part, behind) = rest.split_at_checked(end.max(first.len_utf8())).unwrap_or((rest, ""));
        let suspect = around.suspects(part);
        for character in part.chars() {
            marks = marks_after(marks, character);
            let seen = match u8::try_from(character) {
                Ok(byte) if byte.is_ascii() => form.leaves(byte),
                _ => is_printed(character) && marks <= MOST_MARKS,
            };
            if seen && !suspect.is_some_and(|suspect| suspect.is_about(character)) {
                to.write_char(character)?;
            } else {
                form.escape(character, to)?;
            }
        }
        rest = behind;
    }
    Ok(())
}

/// How many marks stand on the last letter, after one more character; too many where no letter bears them.
fn marks_after(marks: usize, character: char) -> usize {
    match character {
        c if is_mark(c) => marks + 1,
        c if c.is_alphanumeric() => 0,
        _ => MOST_MARKS,
    }
}

/// Marks that one letter may bear.
const MOST_MARKS: usize = 4;

/// Which letters of a word are not what they seem.
#[derive(Clone, Copy)]
enum Suspect {
    /// All that are not of this script.
    Beside(Script),
    Every,
}

impl Suspect {
    fn is_about(self, character: char) -> bool {
        match (Script::of(character), self) {
            (None, _) => false,
            (Some(script), Self::Beside(main)) => script != main,
            (Some(_), Self::Every) => true,
        }
    }
}

/// What the rest of a text says about a word of it.
struct Around {
    /// Whether a word that looks Latin would be taken for Latin: there is Latin beside it, or nothing that
    /// looks otherwise.
    looks_latin: bool,
}

impl Around {
    fn of(text: &str) -> Self {
        let letters = || text.chars().filter(|c| c.is_alphabetic());
        let latin = letters().any(|c| Script::of(c) == Some(Script::Known(scripts::LATIN)));
        Self { looks_latin: latin || letters().all(looks_latin) }
    }

    fn suspects(&self, word: &str) -> Option<Suspect> {
        if word.is_ascii() {
            return None;
        }
        let latin = Script::Known(scripts::LATIN);
        let scripts = || word.chars().filter_map(Script::of);
        let first = scripts().next()?;
        if scripts().any(|script| script != first) {
            let main = if scripts().any(|script| script == latin) { latin } else { first };
            return Some(Suspect::Beside(main));
        }
        let letters = || word.chars().filter(|c| c.is_alphabetic());
        (self.looks_latin && first != latin && letters().all(looks_latin)).then_some(Suspect::Every)
    }
}

/// What a letter is written in.
#[derive(Clone, Copy, PartialEq)]
enum Script {
    Known(u8),
    /// Latin in another dress: full width, mathematical, phonetic, circled, raised.
    Dressed,
}

impl Script {
    /// Of a letter; what is no letter belongs to every script.
    fn of(character: char) -> Option<Self> {
        if !character.is_alphabetic() || is_mark(character) {
            None
        } else if character.is_ascii() {
            Some(Self::Known(scripts::LATIN))
        } else if is_dressed(character) {
            Some(Self::Dressed)
        } else {
            Some(Self::Known(scripts::script_of(character)))
        }
    }
}

/// Whether a character can be part of a word. East Asian letters are not: words of other scripts stand between them
/// without a space, and nobody takes one for the other.
fn is_of_word(character: char) -> bool {
    match Script::of(character) {
        Some(Script::Known(script)) => !scripts::EAST_ASIAN.contains(&script),
        Some(Script::Dressed) => true,
        None => character.is_numeric() || is_mark(character),
    }
}

/// Whether a character is printed, and as more than nothing. The standard library knows what is printable, as of
/// the version of Unicode that the compiler has; a test compares that with categories.
fn is_printed(character: char) -> bool {
    let mut buffer = [b'x', 0, 0, 0, 0];
    let length = buffer.get_mut(1..).map_or(0, |rest| character.encode_utf8(rest).len());
    // Behind a letter a mark is printable.
    let after_letter = buffer.get(..1 + length).and_then(|bytes| str::from_utf8(bytes).ok());
    after_letter.is_some_and(|text| text.escape_debug().count() == 2) && !is_empty(character)
}

/// Whether a character combines with the one before it.
fn is_mark(character: char) -> bool {
    !character.is_ascii() && character.escape_debug().len() > 1 && is_printed(character)
}

/// Printable by its category and yet printed as nothing: variation selectors, joiners, fillers, vowels
/// that are not written, the empty pattern of Braille.
const fn is_empty(character: char) -> bool {
    matches!(
        character,
        '\u{34f}'
            | '\u{115f}'
            | '\u{1160}'
            | '\u{17b4}'
            | '\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{ffa0}'
            | '\u{1d159}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// Letters that stand for Latin ones in another dress. Of the phonetic ones those stay that alphabets of Africa use.
const fn is_dressed(letter: char) -> bool {
    let of_an_alphabet = matches!(
        letter,
        'ɓ' | 'ɔ' | 'ɖ' | 'ɗ' | 'ə' | 'ɛ' | 'ɣ' | 'ɨ' | 'ɩ' | 'ɲ' | 'ʉ' | 'ʊ' | 'ʋ' | 'ʒ'
    );
    !of_an_alphabet
        && matches!(
            letter,
            '\u{250}'..='\u{2b8}'
                | '\u{2e0}'..='\u{2e4}'
                | '\u{1d00}'..='\u{1dbf}'
                | '\u{2071}'..='\u{209c}'
                | '\u{2100}'..='\u{218f}'
                | '\u{24b6}'..='\u{24e9}'
                | '\u{a730}'..='\u{a731}'
                | '\u{a7f2}'..='\u{a7ff}'
                | '\u{ab30}'..='\u{ab64}'
                | '\u{ff21}'..='\u{ff5a}'
                | '\u{10780}'..='\u{107ba}'
                | '\u{1d400}'..='\u{1d7ff}'
                | '\u{1df00}'..='\u{1df2a}'
                | '\u{1f130}'..='\u{1f189}'
        )
}

/// Whether a letter of another script is printed like a Latin one.
fn looks_latin(letter: char) -> bool {
    match Script::of(letter) {
        None => true,
        Some(Script::Dressed) => true,
        Some(Script::Known(scripts::CYRILLIC)) => {
            "асеорхуіјѕԁԛԝһүѵӏёїАВЕКМНОРСТХЅІЈУҮԌԚԜѴҺЗӀЁЇӑӓӗӧӐӒӖӦ".contains(letter)
        }
        Some(Script::Known(scripts::GREEK)) => {
            "αγικνορστυϲϳχάίόύϊϋΐΰΑΒΕΖΗΙΚΜΝΟΡΤΥΧϹͿΆΈΉΊΌΎΪΫ".contains(letter)
        }
        Some(Script::Known(scripts::ARMENIAN)) => "օոսհցյզաւքՕՍԼՏՈՀՁ".contains(letter),
        Some(Script::Known(
            scripts::CHEROKEE
            | scripts::COPTIC
            | scripts::DESERET
            | scripts::LISU
            | scripts::OLD_ITALIC,
        )) => true,
        Some(Script::Known(_)) => false,
    }
}
