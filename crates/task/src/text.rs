//! A request cut into sentences of tokens. Every step looks at each character a fixed number of times.

use std::ops::Range;

use crate::lexicon::is_in;
use crate::steps;

/// What stands between two ends: a sentence, an item of a list, or what a colon ends.
#[derive(Debug, Default)]
pub(crate) struct Sentence {
    pub(crate) tokens: Vec<Token>,
    /// A question mark ends it.
    pub(crate) asks: bool,
    /// A colon ends it, so it says what the text behind it is.
    pub(crate) leads: bool,
    /// It is an item of a list.
    pub(crate) item: bool,
    /// An empty line stands before it.
    pub(crate) apart: bool,
    /// A mark ends it, and not an empty line or a list behind it.
    pub(crate) ended: bool,
    /// It begins in brackets that an earlier sentence opens.
    pub(crate) within: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    Word(Word),
    /// What stands in quotation marks; its words, in lower case, where they are few.
    Quotation(Vec<String>),
    Comma,
    /// A semicolon, a dash, or the end of a line.
    Break,
    Open,
    Close,
    /// A character that is no plain writing, so that the sentence is not understood.
    Odd,
}

/// What stands between white space, without the punctuation around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    /// In lower case; `e-mail` without its hyphen, `don't` without its apostrophe.
    pub(crate) text: String,
    /// Its parts where it has several: `lee`, `x` and `example` of `lee@x.example`.
    pub(crate) parts: Vec<String>,
    pub(crate) capital: bool,
    /// Whether it is a number, an address, a path or the like, and no word of the language.
    pub(crate) reference: bool,
}

/// Longer quotations are content.
const SHORT_QUOTATION: usize = 5;

const APOSTROPHES: [char; 8] = ['\'', '’', '‘', '‛', 'ʼ', '′', '´', '＇'];
/// Emphasis and quotation marks that are none, taken off words.
const DECORATION: [char; 9] = ['*', '_', '#', '"', '`', '“', '”', '«', '»'];

/// The sentences of a text, in order.
pub(crate) fn sentences(text: &str) -> Vec<Sentence> {
    let mut cut = Cut {
        done: Vec::new(),
        open: Sentence::default(),
        line_begins: true,
        before_a_value: false,
        counts: false,
        depth: 0,
        opened: None,
        surplus: None,
    };
    let mut from = 0;
    for range in quotations(text) {
        cut.spoken(text.get(from..range.start).unwrap_or_default(), true);
        let quoted = text.get(range.clone()).unwrap_or_default();
        let words = quoted.split(|c: char| !c.is_alphanumeric() && !APOSTROPHES.contains(&c));
        let words = words.filter(|word| !word.is_empty());
        let few: Vec<String> = words.take(SHORT_QUOTATION + 1).map(folded).collect();
        let few = if few.len() > SHORT_QUOTATION { Vec::new() } else { few };
        cut.open.tokens.push(Token::Quotation(few));
        cut.line_begins = false;
        from = range.end;
    }
    cut.spoken(text.get(from..).unwrap_or_default(), false);
    cut.end();
    cut.without_surplus()
}

struct Cut {
    done: Vec<Sentence>,
    open: Sentence,
    /// Whether nothing but white space stands before, on its line.
    line_begins: bool,
    /// Whether a value follows on the same line, so that a colon is no more than a comma.
    before_a_value: bool,
    /// Whether the chunk numbers what follows, as in "a) the file b) the note", so that its bracket closes none.
    counts: bool,
    /// Brackets that are open.
    depth: usize,
    /// The sentence with the first bracket that opens.
    opened: Option<usize>,
    /// The last sentence with a bracket that closes and has none to close, behind that one.
    surplus: Option<usize>,
}

impl Cut {
    /// Text outside quotation marks; whether a quotation follows.
    fn spoken(&mut self, text: &str, quotation: bool) {
        let mut rest = text;
        while !rest.is_empty() {
            let space = rest.len() - rest.trim_start().len();
            let (white, behind) = rest.split_at(space);
            self.white(white);
            let end = behind.find(char::is_whitespace).unwrap_or(behind.len());
            let (chunk, behind) = behind.split_at(end);
            let next = behind.trim_start().chars().next();
            steps::take(space + chunk.len() + (behind.len() - behind.trim_start().len()));
            self.before_a_value = is_value(behind);
            let at_end = next.is_none() && !quotation;
            let glued = behind.is_empty() && quotation;
            if !chunk.is_empty() {
                self.chunk(chunk, next, at_end, glued);
            }
            rest = behind;
        }
    }

    fn white(&mut self, white: &str) {
        match white.matches('\n').count() {
            0 => {}
            1 => {
                self.open.tokens.push(Token::Break);
                self.line_begins = true;
            }
            _ => {
                self.end();
                self.open.apart = true;
                self.line_begins = true;
            }
        }
    }

    fn chunk(&mut self, chunk: &str, next: Option<char>, at_end: bool, glued: bool) {
        if std::mem::take(&mut self.line_begins) && is_marker(chunk) {
            self.end();
            self.open.item = true;
            return;
        }
        self.counts = is_marker(chunk);
        let is_inner = |c: char| c.is_alphanumeric();
        // An address in angle brackets, as mail programs write it.
        steps::take(chunk.len());
        let chunk = match chunk.strip_prefix('<').filter(|inside| inside.contains('@')) {
            Some(inside) => inside.strip_suffix('>').unwrap_or(chunk),
            None => chunk,
        };
        let Some(first) = chunk.find(is_inner) else {
            return self.marks(chunk, true, next, at_end || glued);
        };
        let last = chunk.rfind(is_inner).unwrap_or(first);
        let behind =
            last + chunk.get(last..).and_then(|c| c.chars().next()).map_or(1, char::len_utf8);
        self.marks(chunk.get(..first).unwrap_or_default(), false, None, true);
        let core = chunk.get(first..behind).unwrap_or_default();
        core.chars().for_each(|mark| self.bracket(mark));
        self.open.tokens.push(word(core));
        self.marks(chunk.get(behind..).unwrap_or_default(), true, next, at_end || glued);
    }

    /// Punctuation around a word, or alone. It can end a sentence where white space follows.
    fn marks(&mut self, marks: &str, may_end: bool, next: Option<char>, last: bool) {
        let dots = marks.matches(['.', '…']).count();
        let unfinished = marks.contains('…') || dots > 1;
        let mut ends = false;
        for mark in marks.chars() {
            steps::take(1);
            if !self.counts {
                self.bracket(mark);
            }
            match mark {
                ',' => {
                    ends = false;
                    self.open.tokens.push(Token::Comma);
                }
                ';' | '–' | '—' | '-' | '+' | '&' | '/' => self.open.tokens.push(Token::Break),
                '(' | '[' => self.open.tokens.push(Token::Open),
                ')' | ']' => self.open.tokens.push(Token::Close),
                '.' | '…' => ends = true,
                '?' => (ends, self.open.asks) = (true, true),
                '!' if may_end => ends = true,
                ':' if may_end && self.before_a_value => self.open.tokens.push(Token::Comma),
                ':' if may_end => {
                    (self.open.leads, self.open.ended) = (true, true);
                    return self.end();
                }
                '%' | '€' | '$' | '£' | '@' | '°' | '§' | '•' => {}
                mark if DECORATION.contains(&mark) || APOSTROPHES.contains(&mark) => {}
                // What it opens, if it opens anything, nobody knows to be closed.
                _ => {
                    self.open.tokens.push(Token::Odd);
                    self.opens();
                }
            }
        }
        // Three dots before a small letter are a pause, and so is the dot of an abbreviation.
        let goes_on = next.is_some_and(char::is_lowercase) && unfinished;
        let stays = goes_on || !unfinished && self.abbreviates(next) && !self.open.asks;
        if ends && may_end && (!stays || last && next.is_none()) {
            self.open.ended = true;
            self.end();
        }
    }

    fn bracket(&mut self, mark: char) {
        match mark {
            '(' | '[' | '{' => self.opens(),
            ')' | ']' | '}' => match self.depth.checked_sub(1) {
                Some(depth) => self.depth = depth,
                None => self.surplus = Some(self.done.len()),
            },
            _ => {}
        }
    }

    fn opens(&mut self) {
        self.depth += 1;
        self.opened.get_or_insert(self.done.len());
    }

    /// Where more brackets close than open, any of those before the last can be the one that is not meant: what stands between
    /// the first that opens, or the beginning, and the last that closes is content.
    fn without_surplus(mut self) -> Vec<Sentence> {
        if self.surplus.is_some() && self.depth > 0 {
            // The wrong way round, perhaps.
            self.done.iter_mut().for_each(|sentence| sentence.within = true);
        } else if let Some(surplus) = self.surplus {
            let opened = self.opened.filter(|opened| *opened <= surplus);
            let own = usize::from(opened.is_some());
            let opened = opened.unwrap_or(0);
            let last = self.done.len().min(surplus + 1);
            let within = self.done.get_mut(opened..last).unwrap_or_default();
            within.iter_mut().skip(own).for_each(|sentence| sentence.within = true);
            if let Some(first) = within.first_mut() {
                let open = first.tokens.iter().position(|token| *token == Token::Open);
                let close = first.tokens.iter().rposition(|token| *token == Token::Close);
                let close = close.filter(|_| opened == surplus);
                let behind = open.unwrap_or(first.tokens.len());
                steps::take(first.tokens.len());
                for (at, token) in first.tokens.iter_mut().enumerate().skip(behind) {
                    if *token == Token::Close && close != Some(at) {
                        *token = Token::Break;
                    }
                }
            }
            steps::take(self.done.len());
        }
        self.done
    }

    /// Whether the last word is one whose dot ends no sentence.
    fn abbreviates(&self, next: Option<char>) -> bool {
        let Some(Token::Word(word)) = self.open.tokens.last() else { return false };
        if word.text == "no" || word.text == "nos" {
            return next.is_some_and(|next| next.is_ascii_digit());
        }
        let single = word.text.chars().count() == 1 && word.text.chars().all(char::is_alphabetic);
        let dotted =
            word.parts.len() > 1 && word.parts.iter().all(|part| part.chars().count() == 1);
        single || dotted || is_in(&word.text, &crate::lexicon::ABBREVIATIONS)
    }

    fn end(&mut self) {
        steps::take(self.open.tokens.len());
        let says = self.open.tokens.iter().any(|token| match token {
            Token::Word(word) => word.text.chars().any(char::is_alphabetic),
            token => *token != Token::Break,
        });
        if says || self.open.leads {
            self.done.push(std::mem::take(&mut self.open));
        } else {
            self.open.tokens.clear();
            (self.open.asks, self.open.ended) = (false, false);
        }
        self.open.within = self.depth > 0;
    }
}

/// Whether a chunk at the beginning of a line begins an item of a list.
fn is_marker(chunk: &str) -> bool {
    let bracketed = chunk.strip_prefix('(').and_then(|number| number.strip_suffix(')'));
    let numbered = bracketed.or_else(|| chunk.strip_suffix(['.', ')']));
    let is_number = numbered.is_some_and(|number| {
        let short = number.len() <= 3 && !number.is_empty();
        short && number.chars().all(|c| c.is_ascii_digit())
            || number.len() == 1 && number.chars().all(|c| c.is_ascii_alphabetic())
    });
    is_number || matches!(chunk, "-" | "*" | "+" | "•" | "–" | "—" | "·")
}

/// Whether a number, an address or a quotation follows, and no marker of a list.
fn is_value(behind: &str) -> bool {
    let white = behind.len() - behind.trim_start().len();
    let (white, behind) = behind.split_at(white);
    let chunk = behind.split(char::is_whitespace).next().unwrap_or_default();
    let begins = chunk.starts_with(|c: char| {
        c.is_ascii_digit() || matches!(c, '\'' | '"' | '`' | '“' | '‘' | '$' | '€' | '£')
    });
    steps::take(white.len() + chunk.len());
    !white.contains('\n') && !is_marker(chunk) && (begins || chunk.contains('@'))
}

fn word(core: &str) -> Token {
    steps::take(core.len());
    let capital = core.chars().next().is_some_and(char::is_uppercase);
    let text = folded(core);
    let is_plain = |c: char| c.is_alphabetic();
    let foreign = |c: char| c.is_alphabetic() && c > '\u{24F}';
    if core.chars().any(foreign) && core.chars().any(|c| c.is_ascii_alphabetic())
        || core.chars().any(|c| !c.is_alphanumeric() && !c.is_ascii() && !APOSTROPHES.contains(&c))
    {
        return Token::Odd;
    }
    let text = if text == "e-mail" || text == "e-mails" { text.replace('-', "") } else { text };
    let reference = !text.chars().all(is_plain);
    let parts: Vec<String> = if reference && !core.contains('@') && !core.contains("://") {
        let parts = text.split(|c: char| !c.is_alphanumeric());
        parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
    } else {
        Vec::new()
    };
    Token::Word(Word { text, parts, capital, reference })
}

/// In lower case, without apostrophes.
fn folded(word: &str) -> String {
    steps::take(word.len());
    let letters = word.chars().filter(|c| !APOSTROPHES.contains(c));
    letters.flat_map(char::to_lowercase).collect()
}

/// Where text stands between two quotation marks of a kind, or behind one that is never closed, in order, none within
/// another.
fn quotations(text: &str) -> Vec<Range<usize>> {
    // Some put guillemets the one way round, some the other.
    const MARKS: [(char, char); 9] = [
        ('\'', '\''),
        ('"', '"'),
        ('`', '`'),
        ('“', '”'),
        ('”', '”'),
        ('‘', '’'),
        ('’', '’'),
        ('«', '»'),
        ('»', '«'),
    ];
    let mut found: Vec<Range<usize>> =
        MARKS.iter().flat_map(|marks| between(text, *marks)).chain(fences(text)).collect();
    found.sort_by_key(|range| range.start);
    let mut apart: Vec<Range<usize>> = Vec::with_capacity(found.len());
    for range in found {
        steps::take(1);
        match apart.last_mut() {
            Some(last) if range.start < last.end => last.end = last.end.max(range.end),
            _ => apart.push(range),
        }
    }
    apart
}

/// Where text stands between two runs of three marks of a kind or more, or behind one that is never closed, as code is written.
fn fences(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    // The mark of the open fence, and where what it holds begins.
    let mut open: Option<(char, usize)> = None;
    let (mut run, mut last) = (0, ' ');
    for (at, character) in text.char_indices().chain([(text.len(), ' ')]) {
        steps::take(1);
        if character != last {
            let is_fence = run >= 3 && matches!(last, '\'' | '"' | '`');
            match open {
                _ if !is_fence => {}
                None => open = Some((last, at)),
                Some((mark, inside)) if mark == last => {
                    found.push(inside..at - run);
                    open = None;
                }
                Some(_) => {}
            }
            (run, last) = (0, character);
        }
        run += 1;
    }
    found.extend(open.map(|(_, inside)| inside..text.len()));
    found
}

/// An opening mark follows no letter or digit, a closing one is followed by none: an apostrophe is neither.
fn between(text: &str, (open, close): (char, char)) -> Vec<Range<usize>> {
    let ends = |at: usize, mark: char| {
        let behind = text.get(at + mark.len_utf8()..).unwrap_or_default();
        !behind.chars().next().is_some_and(char::is_alphanumeric)
    };
    let mut closing =
        text.match_indices(close).map(|(at, _)| at).filter(|at| ends(*at, close)).peekable();
    let (mut found, mut before, mut next) = (Vec::new(), None, 0);
    // What stands before the white space, if there is any.
    let mut solid = None;
    for (at, character) in text.char_indices() {
        steps::take(1);
        let opens = character == open && at >= next && !before.is_some_and(char::is_alphanumeric);
        let behind_a_colon = solid == Some(':');
        before = Some(character);
        solid = if character.is_whitespace() { solid } else { before };
        if !opens {
            continue;
        }
        let inside = at + open.len_utf8();
        while closing.next_if(|end| *end <= inside).is_some() {
            steps::take(1);
        }
        let Some(end) = closing.peek() else {
            // An apostrophe can stand at the beginning of a word, but not so behind a colon.
            let begins_a_word = text
                .get(inside..)
                .and_then(|rest| rest.chars().next())
                .is_some_and(|c| !c.is_whitespace());
            if begins_a_word && (behind_a_colon || matches!(open, '"' | '“' | '«')) {
                found.push(inside..text.len());
                break;
            }
            continue;
        };
        found.push(inside..*end);
        next = end + close.len_utf8();
    }
    found
}
