//! Commands with what each may be given, and how a command's words are read by them.

use super::rules;
use crate::manifest::kinds::rule::Rule;

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Command {
    pub(super) subcommands: Vec<(Box<str>, Command)>,
    /// Whether it may stand without a sub-command.
    pub(super) bare: bool,
    /// The options before the sub-command.
    pub(super) globals: Options,
    pub(super) options: Options,
    pub(super) operands: Operands,
    /// Behind so many operands stands a command that it runs.
    pub(super) runs: Option<usize>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Options {
    pub(super) list: Box<[Opt]>,
    /// Whether a name behind one dash has several letters, so that letters are not combined.
    pub(super) long_dash: bool,
    /// Whether words with a dash may stand behind `--`.
    pub(super) ends: bool,
    /// Whether `-` and a number is an option.
    pub(super) number: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Opt {
    /// With its dashes.
    pub(super) name: Box<str>,
    pub(super) takes: Takes,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Takes {
    Nothing,
    /// A value, behind `=` or as the next word.
    Needed,
    /// A value or none, only behind `=`.
    Attached,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Operands {
    Any,
    Listed(Box<[Box<str>]>),
}

impl Opt {
    /// The letter, where it has one only.
    pub(super) fn letter(&self) -> Option<char> {
        let mut letters = self.name.strip_prefix('-')?.chars();
        letters.next().filter(|_| letters.next().is_none())
    }
}

impl Options {
    fn find(&self, name: &str) -> Option<&Opt> {
        self.list.iter().find(|option| *option.name == *name)
    }

    fn letter(&self, letter: char) -> Option<&Opt> {
        self.list.iter().find(|option| option.letter() == Some(letter))
    }
}

/// A word that is not accepted, by its number, and the rule that it breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WordFault {
    pub(crate) word: usize,
    pub(crate) rule: &'static Rule,
}

/// What a word, or a piece of one, is to its command.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Item<'w> {
    Subcommand(&'w str),
    /// `dash` where the name is a letter of several.
    Option {
        dash: bool,
        name: &'w str,
        value: Option<&'w str>,
    },
    Operand(&'w str),
    /// The word of this number is the name of the command that this one runs.
    Runs(usize),
}

/// Reads the words behind a command's name. Without a table, a word with a dash is taken for an option as it stands.
pub(super) struct Reading<'c, 'w, W> {
    words: W,
    /// The number of the next word.
    next: usize,
    command: Option<&'c Command>,
    /// Letters of the word before that are not yet read.
    letters: &'w str,
    /// Whether `--` ended the options.
    ended: bool,
    operands: usize,
    done: bool,
}

impl<'c, 'w, W: Iterator<Item = &'w str>> Reading<'c, 'w, W> {
    /// Of the words behind the name, which is word 0.
    pub(super) fn new(command: Option<&'c Command>, words: W) -> Self {
        Self { words, next: 1, command, letters: "", ended: false, operands: 0, done: false }
    }

    fn read(&mut self) -> Result<Option<Item<'w>>, WordFault> {
        let Some(command) = self.command else {
            return Ok(self.read_unlisted());
        };
        if !self.letters.is_empty() {
            return self.letter(command).map(Some);
        }
        let Some((at, mut word)) = self.word() else {
            return self.end(command);
        };
        let looking = !command.subcommands.is_empty();
        // A program that runs another takes no option behind its first operand.
        let inner = command.runs.is_some() && self.operands > 0;
        if word == "--" && !self.ended && !looking && !inner {
            self.ended = true;
            match self.word() {
                Some((_, next)) => word = next,
                None => return self.end(command),
            }
            return self.operand(command, at + 1, word).map(Some);
        }
        if word.len() > 1 && word.starts_with('-') && !self.ended && !inner {
            let options = if looking { &command.globals } else { &command.options };
            return self.option(options, command, at, word).map(Some);
        }
        if looking {
            let found = command.subcommands.iter().find(|(name, _)| **name == *word);
            let (_, below) = found.ok_or(WordFault { word: at, rule: &rules::SUBCOMMAND })?;
            self.command = Some(below);
            return Ok(Some(Item::Subcommand(word)));
        }
        self.operand(command, at, word).map(Some)
    }

    fn read_unlisted(&mut self) -> Option<Item<'w>> {
        let (_, mut word) = self.word()?;
        if word == "--" && !self.ended {
            self.ended = true;
            (_, word) = self.word()?;
        }
        Some(if word.len() > 1 && word.starts_with('-') && !self.ended {
            Item::Option { dash: false, name: word, value: None }
        } else {
            Item::Operand(word)
        })
    }

    fn word(&mut self) -> Option<(usize, &'w str)> {
        let word = self.words.next()?;
        self.next += 1;
        Some((self.next - 1, word))
    }

    fn end(&mut self, command: &Command) -> Result<Option<Item<'w>>, WordFault> {
        self.done = true;
        let last = self.next - 1;
        if !command.subcommands.is_empty() && !command.bare {
            return Err(WordFault { word: last, rule: &rules::NO_SUBCOMMAND });
        }
        if command.runs.is_some() {
            return Err(WordFault { word: last, rule: &rules::RUNS_NOTHING });
        }
        Ok(None)
    }

    fn operand(
        &mut self,
        command: &Command,
        at: usize,
        word: &'w str,
    ) -> Result<Item<'w>, WordFault> {
        if command.runs == Some(self.operands) {
            self.done = true;
            return Ok(Item::Runs(at));
        }
        self.operands += 1;
        if word.len() > 1 && word.starts_with('-') && !command.options.ends {
            return Err(WordFault { word: at, rule: &rules::DASH_OPERAND });
        }
        match &command.operands {
            Operands::Any => Ok(Item::Operand(word)),
            Operands::Listed(listed) if listed.iter().any(|other| **other == *word) => {
                Ok(Item::Operand(word))
            }
            Operands::Listed(_) => Err(WordFault { word: at, rule: &rules::OPERAND }),
        }
    }

    /// A word that begins with a dash.
    fn option(
        &mut self,
        options: &Options,
        command: &Command,
        at: usize,
        word: &'w str,
    ) -> Result<Item<'w>, WordFault> {
        let fault = |rule| Err(WordFault { word: at, rule });
        let long = word.starts_with("--");
        if !long && options.number && is_number(word.get(1..).unwrap_or_default()) {
            return Ok(Item::Option { dash: false, name: word, value: None });
        }
        if let Some(option) = options.find(word) {
            let value = if option.takes == Takes::Needed { Some(self.value(at)?) } else { None };
            return Ok(Item::Option { dash: false, name: word, value });
        }
        if !long && !options.long_dash {
            self.letters = word.get(1..).unwrap_or_default();
            return self.letter(command);
        }
        match word
            .split_once('=')
            .and_then(|(name, value)| Some((name, value, options.find(name)?)))
        {
            None => fault(&rules::OPTION),
            // A letter takes `=5` for its value in some programs, and `5` in others.
            Some((_, _, option)) if option.takes == Takes::Nothing => fault(&rules::NO_VALUE),
            Some((_, _, option)) if option.letter().is_some() => fault(&rules::GLUED),
            Some((name, value, _)) => Ok(Item::Option { dash: false, name, value: Some(value) }),
        }
    }

    /// The next of several letters behind one dash.
    fn letter(&mut self, command: &Command) -> Result<Item<'w>, WordFault> {
        let fault = |rule| WordFault { word: self.next - 1, rule };
        let options =
            if command.subcommands.is_empty() { &command.options } else { &command.globals };
        let letter = self.letters.chars().next().unwrap_or_default();
        let option = options.letter(letter).ok_or(fault(&rules::OPTION))?;
        let (name, rest) = self.letters.split_at(letter.len_utf8());
        self.letters = "";
        let value = match (option.takes, rest) {
            (Takes::Needed, "") => Some(self.value(self.next - 1)?),
            // Programs that read letters differently agree on numbers.
            (Takes::Needed, number) if is_number(number) => Some(number),
            (Takes::Needed, _) => return Err(fault(&rules::GLUED)),
            (Takes::Nothing | Takes::Attached, rest) => {
                self.letters = rest;
                None
            }
        };
        Ok(Item::Option { dash: true, name, value })
    }

    /// The word behind an option, as its value.
    fn value(&mut self, at: usize) -> Result<&'w str, WordFault> {
        match self.word() {
            None => Err(WordFault { word: at, rule: &rules::VALUE_MISSING }),
            // Programs differ in whether that is the value or the next option.
            Some((at, word)) if word.len() > 1 && word.starts_with('-') => {
                Err(WordFault { word: at, rule: &rules::VALUE_DASH })
            }
            Some((_, word)) => Ok(word),
        }
    }
}

impl<'w, W: Iterator<Item = &'w str>> Iterator for Reading<'_, 'w, W> {
    type Item = Result<Item<'w>, WordFault>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let item = self.read();
        self.done |= !matches!(item, Ok(Some(_)));
        item.transpose()
    }
}

fn is_number(text: &str) -> bool {
    (1..=9).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}
