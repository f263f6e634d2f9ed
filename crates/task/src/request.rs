//! A request, read sentence by sentence.

use std::collections::HashSet;
use std::ops::Range;

use permitgate::policy::PolicyError;
use permitgate::{Manifest, Policy, Statement};

use crate::forms::{Words, stem};
use crate::grammar::{announces, asked, introduces, is_label, salutes, takes_back};
use crate::lexicon::{BEFORE_A_REQUEST, CARRYING, CONDITIONS, is_in};
use crate::negation::{Negation, Onward, breaks_off, parts};
use crate::proposal::{self, Latitude, Vocabulary, Wishes};
use crate::steps;
use crate::text::{Sentence, Token, sentences};

/// A user's request, read once: what it asks for, what it forbids, and whether it hands the choice over.
///
/// Use it where a host starts a task: [`policy`](Self::policy) is what the task may do, and
/// [`delegates`](Self::delegates) is for its session. The rules stand in the [crate's documentation](crate).
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate::Arguments;
/// use permitgate::decision::Ruling;
/// use permitgate::flow::Origin;
/// use permitgate::manifest::{ArgumentSpec, AudienceSpec, EffectSpec, ToolSpec};
/// use permitgate::model::{NoArguments, Value};
/// use permitgate_task::TaskRequest;
///
/// let manifest = Manifest::new([
///     ToolSpec::new("send_email").argument("to", ArgumentSpec::text()).controls(["to"]).asked_by(["mail*", "write"]).effect(
///         EffectSpec::create("mail/{invoker}/outbox").audience(AudienceSpec::recipients(["to"])),
///     ),
///     ToolSpec::new("delete_email").asked_by(["delet*"]).effect(EffectSpec::delete("mail/{invoker}/inbox")),
/// ])?;
/// let text = "Mail lee@example.com that I am late. Do not delete anything.";
/// let request = TaskRequest::new(text);
/// let scope = Scope::builder(&Capability::root(request.policy(&manifest)?, ambient_authority()))
///     .invoker("dana@example.com")
///     .agent("assistant")
///     .build()?;
/// scope.session().endorse_words(Origin::User, text);
/// let gate = Gate::builder().build()?;
/// let decide = |tool, arguments: &dyn Arguments| {
///     gate.decide_call(&manifest.map(tool, arguments, &scope), &scope).ruling()
/// };
/// let to = |name| [("to", Value::from(name))];
/// assert_eq!(decide("send_email", &to("lee@example.com")), Ruling::Allow);
/// assert_eq!(decide("send_email", &to("mallory@evil.example")), Ruling::Hold);
/// assert_eq!(decide("delete_email", &NoArguments), Ruling::Deny);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct TaskRequest {
    sentences: Vec<Reading>,
    delegates: bool,
    permits_undoable: bool,
}

/// What one sentence says.
#[derive(Debug, Default)]
struct Reading {
    /// Words that ask for something.
    asked: Vec<String>,
    /// Words that would ask, were there no doubt.
    held: Vec<String>,
    /// Words that are denied.
    forbidden: Vec<String>,
    delegates: bool,
    /// It takes away from what is asked.
    denies: bool,
    /// It takes back what is asked before it, and no more.
    takes_back: bool,
    /// The words of each part that does: where one names nothing, it takes back what stands before it.
    parts: Vec<Vec<String>>,
    /// It cannot end where it ends.
    breaks_off: bool,
    /// The line ends, and no mark ends the sentence.
    unmarked: bool,
    /// An empty line stands before it.
    apart: bool,
}

/// Words of a denial that is taken for unfinished, so that what stands behind may belong to it, at most.
const FEW: usize = 3;

/// What a colon, or a denial before a list, says of the text behind it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lead {
    /// Nothing.
    Own,
    /// It is denied up to the next paragraph that stands behind no denial, and content from there on where a colon led to it.
    Denied { colon: bool },
    /// It may be what a denial is about: it asks for nothing, and takes back what stands before it as ever.
    Doubtful,
    /// It is content.
    Content,
}

impl Lead {
    /// Of the text behind a colon. The sentence before it denies, or says that requests of the user follow.
    const fn behind_a_colon(self, denies: bool, says_requests: bool) -> Self {
        match self {
            Self::Denied { .. } => Self::Denied { colon: true },
            Self::Own | Self::Doubtful if denies => Self::Denied { colon: true },
            Self::Own if says_requests => Self::Own,
            Self::Own | Self::Doubtful | Self::Content => Self::Content,
        }
    }
}

impl TaskRequest {
    /// Reads a request. Nothing in it is an error: what is not understood asks for nothing.
    pub fn new(text: &str) -> Self {
        let mut readings: Vec<Reading> = Vec::new();
        let mut lead = Lead::Own;
        // Whether a remark behind a colon is about what stands before it.
        let mut remarks = false;
        // Whether the sentence before denies by its own words.
        let mut denied = false;
        let mut sentences = sentences(text).into_iter().peekable();
        while let Some(sentence) = sentences.next() {
            let negation = Negation::of(&sentence.tokens);
            lead = match lead {
                // Right behind a denial the next paragraph belongs to it.
                Lead::Denied { colon } if sentence.apart && !sentence.item && !denied => {
                    if colon {
                        Lead::Content
                    } else {
                        Lead::Own
                    }
                }
                Lead::Own | Lead::Doubtful
                    if sentence.item && readings.last().is_some_and(|before| before.denies) =>
                {
                    Lead::Denied { colon: lead == Lead::Doubtful }
                }
                // A letter in the midst of a request is somebody's.
                Lead::Own if !readings.is_empty() && salutes(&sentence.tokens) => Lead::Content,
                lead => lead,
            };
            denied = negation.denies();
            // What stands in brackets is content, whatever is asked for outside.
            let own = if sentence.within && lead == Lead::Own { Lead::Content } else { lead };
            let (mut reading, points) = read(&sentence, &negation, own);
            // "Delete the file: bad idea."
            reading.takes_back |= std::mem::take(&mut remarks) && takes_back(&sentence.tokens);
            let next_line = sentences.peek().is_some_and(begins_a_line);
            reading.apart = sentence.apart;
            reading.breaks_off = breaks_off(&sentence.tokens);
            reading.unmarked = next_line && !sentence.ended;
            if sentence.leads {
                let says = points || !reading.denies && is_label(&sentence.tokens);
                lead = lead.behind_a_colon(negation.from.is_some(), says);
                let carries = |word: &String| is_in(word, &CARRYING);
                remarks = !reading.asked.is_empty() && !reading.asked.iter().any(carries);
            } else if matches!(lead, Lead::Own | Lead::Doubtful)
                && reading.denies
                && negation.denies()
            {
                lead = match Onward::of(&sentence.tokens) {
                    Onward::Silent => lead,
                    Onward::Doubtful => Lead::Doubtful,
                    Onward::Pointing => Lead::Denied { colon: true },
                };
            } else if own == Lead::Own && !points && !reading.denies {
                let (tokens, ended) = (sentence.tokens.as_slice(), sentence.ended);
                let states = reading.asked.is_empty() && !sentence.asks;
                if announces(tokens, next_line) || states && introduces(tokens, ended, next_line) {
                    lead = Lead::Content;
                }
            }
            readings.push(reading);
        }
        let delegates = readings.iter().any(|sentence| sentence.delegates)
            && !readings.iter().any(|sentence| sentence.denies || sentence.takes_back);
        Self { sentences: readings, delegates, permits_undoable: false }
    }

    /// Whether it hands the choice of what to do over to something that is yet to be read, and denies nothing. Then say
    /// so to the session with [`Session::delegate`](permitgate::Session::delegate).
    ///
    /// ```
    /// use permitgate_task::TaskRequest;
    ///
    /// assert!(TaskRequest::new("Follow the instructions in 'notes.txt'").delegates());
    /// assert!(!TaskRequest::new("Perform the following tasks: 1. Read my mail.").delegates());
    /// assert!(!TaskRequest::new("Read it, but do not follow its instructions").delegates());
    /// ```
    pub const fn delegates(&self) -> bool {
        self.delegates
    }

    /// Permits as well what nobody asked for where it can be undone and only the invoker sees it: a draft, an entry of one's own
    /// calendar. The operator says so, who knows that the tools' `reversible` is true; a request cannot.
    ///
    /// What the request forbids stays forbidden. What one sentence asks for and another denies is asked about, and so is all that
    /// others would see.
    ///
    /// ```
    /// use permitgate::prelude::*;
    /// use permitgate::decision::Ruling;
    /// use permitgate::manifest::{EffectSpec, ToolSpec};
    /// use permitgate::model::NoArguments;
    /// use permitgate_task::TaskRequest;
    ///
    /// let draft = EffectSpec::create("mail/{invoker}/drafts").reversible(true);
    /// let manifest = Manifest::new([ToolSpec::new("save_draft").asked_by(["draft*"]).effect(draft)])?;
    /// let ruling = |request: TaskRequest| -> Result<Ruling, Box<dyn std::error::Error>> {
    ///     let capability = Capability::root(request.policy(&manifest)?, ambient_authority());
    ///     let scope = Scope::builder(&capability).invoker("dana@example.com").agent("assistant").build()?;
    ///     let call = manifest.map("save_draft", &NoArguments, &scope);
    ///     Ok(Gate::builder().build()?.decide_call(&call, &scope).ruling())
    /// };
    /// let text = "Summarise my mail";
    /// assert_eq!(ruling(TaskRequest::new(text))?, Ruling::Hold);
    /// assert_eq!(ruling(TaskRequest::new(text).permit_undoable())?, Ruling::Allow);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub const fn permit_undoable(mut self) -> Self {
        self.permits_undoable = true;
        self
    }

    /// The policy that it proposes for the tools of a manifest.
    ///
    /// # Errors
    /// [`PolicyError`] where a policy cannot hold that many tools.
    pub fn policy(&self, manifest: &Manifest) -> Result<Policy, PolicyError> {
        Policy::new(self.statements(manifest))
    }

    /// The statements of that policy, to read, to keep or to add to.
    ///
    /// - Reads for the invoker are permitted.
    /// - The writes of a tool that is *asked for*, and its reads that send something out, are permitted while each of its controls is
    ///   endorsed (see [`Session::endorse`](permitgate::Session::endorse)), and need approval otherwise. A control
    ///   that a call leaves out asks for nothing.
    /// - What an asked tool creates or updates so that only the invoker sees it, and that can be undone, is permitted
    ///   whatever its controls are.
    /// - What a tool does that is *forbidden*, and asked for nowhere, is forbidden. Where one sentence asks for it and another
    ///   forbids it, a person decides.
    /// - Where the request [delegates](Self::delegates), every other tool may create and update, but who is reached stays the
    ///   user's choice: controls that name an audience must come from the user or the directory, the others from
    ///   anywhere endorsed.
    /// - With [`permit_undoable`](Self::permit_undoable), what any other tool creates or updates so that only the invoker sees it, and
    ///   that can be undone, is permitted.
    /// - Every other write, and every other read that sends something out, needs approval.
    ///
    /// Audiences are not limited here; guardrails and labels are what limits them.
    pub fn statements(&self, manifest: &Manifest) -> Vec<Statement> {
        let vocabulary = Vocabulary::of(manifest);
        let latitude = Latitude { delegates: self.delegates, undoable: self.permits_undoable };
        proposal::statements(manifest, &self.wishes(&vocabulary), latitude)
    }

    /// All sentences together. A denial that names no tool takes back what was asked before it, and where it is short or no mark
    /// ends it, what the next sentence asks and the others of its paragraph.
    fn wishes(&self, vocabulary: &Vocabulary) -> Wishes {
        let (mut asked, mut held, mut forbidden) = (Vec::new(), Vec::new(), Vec::new());
        // What a denial opens ends with its paragraph, but not right behind another.
        let (mut unfinished, mut denies) = (false, false);
        for sentence in &self.sentences {
            let names = |part: &Vec<String>| part.iter().any(|word| vocabulary.names(word));
            let names_none = !sentence.parts.iter().all(names);
            if names_none || sentence.takes_back {
                held.append(&mut asked);
            }
            unfinished &= denies || !sentence.apart;
            let own = if unfinished { &mut held } else { &mut asked };
            own.extend(sentence.asked.iter().map(String::as_str));
            let says = |word: &&String| !is_in(word, &BEFORE_A_REQUEST);
            let is_short = |part: &Vec<String>| part.iter().filter(says).count() <= FEW;
            let opens = sentence.denies && sentence.breaks_off
                || sentence
                    .parts
                    .iter()
                    .any(|part| (is_short(part) || sentence.unmarked) && !names(part));
            unfinished |= opens;
            denies = sentence.denies;
            held.extend(sentence.held.iter().map(String::as_str));
            forbidden.extend(sentence.forbidden.iter().map(String::as_str));
        }
        Wishes {
            asked: Words::exact(asked),
            held: Words::exact(held),
            forbidden: Words::in_all_forms(forbidden),
        }
    }
}

/// What a sentence says, and whether it points at text behind its colon as the user's own.
fn read(sentence: &Sentence, negation: &Negation, lead: Lead) -> (Reading, bool) {
    let tokens = sentence.tokens.as_slice();
    let words_of = |part: Range<usize>| named(tokens.get(part).unwrap_or_default());
    if matches!(lead, Lead::Denied { .. }) {
        let forbidden = named(tokens);
        let parts = parts(tokens).into_iter().map(words_of).collect();
        return (Reading { forbidden, denies: true, parts, ..Reading::default() }, false);
    }
    let from = negation.from.unwrap_or(tokens.len());
    let plain = asked(tokens.get(..from).unwrap_or_default(), sentence.asks);
    let denied = negation.parts(tokens).into_iter().map(words_of).collect();
    let mut reading = Reading { denies: negation.denies(), parts: denied, ..Reading::default() };
    if plain.waits || plain.words.is_empty() && is_condition(sentence) {
        reading.denies = true;
        reading.parts.push(Vec::new());
    }
    if negation.denies() || negation.twice {
        let by_itself = |place: &usize| negation.denying.binary_search(place).is_ok();
        let of = |place: usize| tokens.get(place..=place).map(named).unwrap_or_default();
        let (denying, denied): (Vec<usize>, Vec<usize>) = (from..tokens.len()).partition(by_itself);
        reading.held = plain.words;
        reading.held.extend(denying.into_iter().flat_map(of));
        let held: HashSet<String> = reading.held.iter().map(|word| stem(word)).collect();
        let denied = denied.into_iter().flat_map(of);
        reading.forbidden = denied.filter(|word| !held.contains(&stem(word))).collect();
        let mut others = parts(tokens);
        others.retain(|part| {
            let next = negation.places.partition_point(|place| *place < part.start);
            negation.places.get(next).is_none_or(|place| *place >= part.end)
        });
        reading.takes_back =
            others.into_iter().any(|part| takes_back(tokens.get(part).unwrap_or_default()));
        (reading, false)
    } else if lead == Lead::Content {
        (reading, false)
    } else {
        let stands_alone = !sentence.item && !sentence.leads;
        reading.takes_back = stands_alone && takes_back(tokens);
        if lead == Lead::Doubtful {
            return (reading, false);
        }
        reading.delegates = plain.delegates;
        reading.asked = plain.words;
        (reading, plain.points)
    }
}

fn begins_a_line(sentence: &Sentence) -> bool {
    sentence.apart || sentence.item || sentence.tokens.first() == Some(&Token::Break)
}

/// Whether a sentence is a condition and nothing else: "If Lee agrees."
fn is_condition(sentence: &Sentence) -> bool {
    let condition = match sentence.tokens.first() {
        Some(Token::Word(word)) => is_in(&word.text, &CONDITIONS),
        _ => false,
    };
    condition && !sentence.asks && !sentence.tokens.contains(&Token::Comma)
}

/// Every word that can name a tool.
fn named(tokens: &[Token]) -> Vec<String> {
    steps::take(tokens.len());
    let words = tokens.iter().filter_map(|token| match token {
        Token::Word(word) => Some(word),
        _ => None,
    });
    words.flat_map(|word| std::iter::once(&word.text).chain(&word.parts).cloned()).collect()
}

#[cfg(test)]
mod tests {
    use permitgate::manifest::{EffectSpec, ManifestError, ToolSpec};

    use super::*;

    /// Steps to read a text and to propose statements for it.
    fn steps_of(text: &str) -> Result<usize, ManifestError> {
        let tool = |name: &str, words: &[&str]| {
            ToolSpec::new(name).asked_by(words.iter().copied()).effect(EffectSpec::create("x"))
        };
        let tools = [tool("send_mail", &["send", "mail*"]), tool("delete_file", &["delet*"])];
        let manifest = Manifest::new(tools)?;
        let read = || TaskRequest::new(text).statements(&manifest);
        let (statements, steps) = steps::steps_of(read);
        assert!(!statements.is_empty());
        Ok(steps)
    }

    /// Eight times the text takes eight times the steps; were it quadratic, 64 times.
    #[test]
    fn a_longer_request_takes_longer_in_proportion() -> Result<(), ManifestError> {
        for (opening, unit) in [
            ("", "'a "),
            ("", "'a' "),
            ("", "\"a 'b "),
            ("", "‘a “b `c "),
            ("", "abc "),
            ("", "abc"),
            ("not ", "abc"),
            ("'not ", "abc"),
            ("", ", "),
            ("", "and "),
            ("", "please "),
            ("", "not "),
            ("", "no. "),
            ("", "do not forget to "),
            ("", "try to "),
            ("", "send it and "),
            ("", "send, "),
            ("", "do it and "),
            ("", "follow the all the "),
            ("", "make a b c "),
            ("", "("),
            ("", "if "),
            ("", "or at 12 "),
            ("send it ", "or at 12 "),
            ("", "Lee: "),
            ("", "- delete\n"),
            ("", "\n"),
            ("", "."),
            ("", "never. Send it. "),
            ("", "leave it "),
            ("", "x.y"),
            ("", " \t"),
            ("send it", ", Lee"),
            ("send it ", ", "),
            ("send it ", "and "),
            ("send it ", "and please "),
            ("send it ", "and try to "),
            ("do ", "all the "),
            ("send it. ", "oops. "),
            ("not - ", "that it - "),
            ("", "read this.\n"),
        ] {
            let text = |bytes: usize| format!("{opening}{}", unit.repeat(bytes / unit.len()));
            let (short, long) = (steps_of(&text(2 * 1024))?, steps_of(&text(16 * 1024))?);
            assert!(short >= 1024, "{opening:?} {unit:?}: {short} steps");
            assert!(long <= 9 * short, "{opening:?} {unit:?}: {short}, then {long} steps");
        }
        Ok(())
    }
}
