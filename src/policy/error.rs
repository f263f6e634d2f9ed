//! What can be wrong with a policy, and where.

use super::literal::Foreign;
use crate::authority::requirement::RequirementError;
use crate::base::codes::fault_table;
use crate::base::limits::{
    MAX_ARGUMENT_STEPS, MAX_CONDITION_BYTES, MAX_ITEMS_PER_STATEMENT, MAX_POLICY_REGEX_MEMORY,
    MAX_POLICY_STEPS, MAX_REGEX_MEMORY, MAX_RESOURCE_BYTES, MAX_REST_SEGMENTS, MAX_SET_VALUES,
    MAX_STARS, MAX_STATEMENT_ID_BYTES, MAX_STATEMENTS, MAX_VARIABLES,
};
use crate::base::name::NameFault;
use crate::base::network::RangeFault;
use crate::base::visible::visible;
use crate::model::audience::ReaderFault;
use crate::model::resource::ResourceError;

/// Why a policy cannot be compiled: which statement, which field, and what to do.
///
/// ```
/// use permitgate::{Operation, Policy, Statement};
///
/// let error = Policy::new([Statement::permit("files")
///     .operations(Operation::Read)
///     .resources(["docs/**", "docs/../secrets"])])
/// .unwrap_err();
/// assert_eq!(error.statement(), Some("files"));
/// assert_eq!(error.field(), "resources[1]");
/// ```
#[derive(Debug, thiserror::Error)]
#[error("{}{}: {}", place(.0), visible(&.0.field), .0.fault)]
pub struct PolicyError(Box<Place>);

#[derive(Debug)]
struct Place {
    statement: Option<String>,
    field: String,
    fault: Fault,
}

fn place(place: &Place) -> String {
    match &place.statement {
        Some(id) => format!("statement `{}`, ", visible(id).short(MAX_STATEMENT_ID_BYTES)),
        None => "policy, ".to_owned(),
    }
}

impl PolicyError {
    pub(super) fn new(statement: Option<&str>, field: impl Into<String>, fault: Fault) -> Self {
        let statement = statement.map(str::to_owned);
        Self(Box::new(Place { statement, field: field.into(), fault }))
    }

    /// What is wrong, as a code.
    pub fn kind(&self) -> PolicyErrorKind {
        self.0.fault.kind()
    }

    /// The id of the statement at fault, where it is one statement's.
    pub fn statement(&self) -> Option<&str> {
        self.0.statement.as_deref()
    }

    /// What to write instead, where something stands that means more in another language.
    pub fn hint(&self) -> Option<&'static str> {
        match &self.0.fault {
            Fault::Foreign(foreign) => Some(foreign.hint()),
            Fault::ForeignTool(_) => Some(
                "a tool is named whole; name each, or leave `tools` out and say which operations and resources",
            ),
            Fault::Pattern(error) => error.hint(),
            Fault::Braces | Fault::BoundName => {
                Some("write one pattern for each alternative; an argument is compared in `when`")
            }
            Fault::RestInSegment => Some("write `**/*.pdf` where `**.pdf` is meant"),
            Fault::StarsInText => Some("one `*` stands for any run of characters, also of `/`"),
            _ => None,
        }
    }

    /// The field at fault, such as `resources[1]` or `when[0].at_most`.
    pub fn field(&self) -> &str {
        &self.0.field
    }
}

fault_table! {
    /// What is wrong with a policy ([`PolicyError::kind`](crate::policy::PolicyError::kind)).
    pub enum PolicyErrorKind;

    #[derive(Debug, thiserror::Error)]
    pub(crate) enum Fault {
        #[error("more than {MAX_STATEMENTS} statements")]
        TooManyStatements => TooManyStatements, "too-many-statements",
        #[error(
            "one decision could take more than {MAX_POLICY_STEPS} steps; name more of the resources literally, or tools, so that fewer statements are asked at once"
        )]
        TooManySteps => TooManySteps, "too-many-steps",
        #[error(
            "an id must not be empty, longer than {MAX_STATEMENT_ID_BYTES} bytes or hold control characters"
        )]
        Id => MalformedId, "malformed-id",
        #[error("two statements have this id")]
        RepeatedId => RepeatedId, "repeated-id",
        #[error("a permit cannot stand among restrictions; put it into a `Policy`")]
        PermitAmongRestrictions => PermitAmongRestrictions, "permit-among-restrictions",
        #[error("name at least one operation")]
        NoOperation => NoOperation, "no-operation",
        #[error("name the resources that are granted; `**` stands for all")]
        NoResource => NoResource, "no-resource",
        #[error("an empty list of tools; name at least one, or leave `tools` out for every tool")]
        EmptyTools => EmptyTools, "empty-tools",
        #[error("an empty list of resources; name at least one, or say `**` for every resource")]
        EmptyResources => EmptyResources, "empty-resources",
        #[error(
            "an empty list of exceptions; name at least one, or leave `except_resources` out"
        )]
        EmptyExceptions => EmptyExceptions, "empty-exceptions",
        #[error(
            "it is `**`, or one of the statement's own patterns, and so leaves out all of that; remove one of the two, or name less"
        )]
        ExceptsAll => ExceptsAll, "excepts-all",
        #[error("more than {MAX_ITEMS_PER_STATEMENT} entries")]
        TooManyItems => TooManyItems, "too-many-items",
        #[error(transparent)]
        Name(#[from] NameFault) => MalformedName, "malformed-name",
        #[error(transparent)]
        Reader(#[from] ReaderFault) => MalformedReader, "malformed-reader",
        #[error("a forbid says `beyond` whom it applies, not which readers it allows")]
        ReadersOfForbid => ReadersOfForbid, "readers-of-forbid",
        #[error("a permit says which `readers` it allows, not beyond whom")]
        BeyondOfPermit => BeyondOfPermit, "beyond-of-permit",
        #[error("only a statement that can grant allows readers; here say `beyond` whom it applies")]
        ReadersOfRestriction => ReadersOfRestriction, "readers-of-restriction",
        #[error("name at least one reader")]
        NoReader => NoReader, "no-reader",
        #[error("longer than {MAX_RESOURCE_BYTES} bytes")]
        PatternTooLong => PatternTooLong, "pattern-too-long",
        #[error("not a pattern: {0}")]
        Pattern(ResourceError) => MalformedPattern, "malformed-pattern",
        #[error(
            "`{{` and `}}` may only enclose a bound name that is a whole segment, as in `mail/{{invoker}}/*`"
        )]
        Braces => MisplacedBraces, "misplaced-braces",
        #[error("`**` must be a whole segment")]
        RestInSegment => MisplacedRest, "misplaced-rest",
        #[error("`**` does not stand in a text pattern")]
        StarsInText => RestInText, "rest-in-text",
        #[error("not a pattern: {0}")]
        Foreign(#[from] Foreign) => ForeignPattern, "foreign-pattern",
        #[error(
            "a bound name is letters, digits, `_` and `-`, and begins with a letter, as in `{{invoker}}`"
        )]
        BoundName => MalformedBoundName, "malformed-bound-name",
        #[error("`{}` stands for nothing in the name of a tool", visible(.0.encode_utf8(&mut [0; 4])))]
        ForeignTool(char) => ForeignToolPattern, "foreign-tool-pattern",
        #[error("more than {MAX_REST_SEGMENTS} `**`")]
        TooManyRests => TooManyRests, "too-many-rests",
        #[error("more than {MAX_STARS} `*` in one text")]
        TooManyStars => TooManyStars, "too-many-stars",
        #[error("more than {MAX_VARIABLES} bound names in one policy")]
        TooManyVariables => TooManyVariables, "too-many-variables",
        #[error(
            "an argument path is one to {MAX_ARGUMENT_STEPS} names joined by `.`, none of them empty"
        )]
        ArgumentPath => MalformedArgumentPath, "malformed-argument-path",
        #[error(
            "`*` stands for every place of a list with `holds_for`, or in a test of `endorsed`; say for how many of them the test must hold"
        )]
        EveryPlace => MisplacedEveryPlace, "misplaced-every-place",
        #[error("`*` does not stand first in an argument path, and stands once; twice with `holds_for`")]
        EveryPlaceOnce => RepeatedEveryPlace, "repeated-every-place",
        #[error("longer than {MAX_CONDITION_BYTES} bytes")]
        TooLong => ValueTooLong, "value-too-long",
        #[error(
            "a condition needs one test: present, equals, one_of, at_least and at_most, matches, regex, under, below, in_network, at_most_elements, equals_argument, equals_bound, or endorsed; or a `clock`"
        )]
        NoTest => NoTest, "no-test",
        #[error("name the `argument` that it tests, or the zone of the `clock`")]
        NoArgument => NoArgument, "no-argument",
        #[error(
            "no time zone; write a name of the IANA database with its continent, as in `Europe/Berlin`, or `UTC`"
        )]
        UnknownZone => UnknownZone, "unknown-zone",
        #[error("a test of the time names no argument, and is neither optional nor of elements or letters")]
        ClockAlone => ClockAlone, "clock-alone",
        #[error("`days`, `from` and `until` are times of a zone; name it as the `clock`")]
        WindowWithoutClock => WindowWithoutClock, "window-without-clock",
        #[error("say which `days` it is about, or `from` and `until`")]
        NoWindow => NoWindow, "no-window",
        #[error("`from` and `until` stand together; a day begins at `00:00` and ends at `24:00`")]
        HalfWindow => HalfWindow, "half-window",
        #[error("`from` and `until` are the same; leave both out for the whole day")]
        NoHours => NoHours, "no-hours",
        #[error("not a time of day; write hours and minutes with two digits each, from `00:00` to `23:59`; `until` may be `24:00`")]
        Hour => MalformedHour, "malformed-hour",
        #[error("not a day of the week; write `mon`, `tue`, `wed`, `thu`, `fri`, `sat`, `sun`, or a range of two different ones such as `mon-fri`")]
        Day => MalformedDay, "malformed-day",
        #[error("a test of presence cannot be optional")]
        OptionalPresence => OptionalPresence, "optional-presence",
        #[error("only a permit applies `only_while_trusted`; a restriction says `after_untrusted`")]
        OnlyWhileTrusted => OnlyWhileTrusted, "only-while-trusted",
        #[error("only a restriction applies `after_untrusted`; a permit says `only_while_trusted`")]
        AfterUntrusted => AfterUntrusted, "after-untrusted",
        #[error("what applies `after_untrusted` input only restricts and cannot allow `readers`")]
        ReadersAfterUntrusted => ReadersAfterUntrusted, "readers-after-untrusted",
        #[error(
            "only what grants can say what happens otherwise; a statement that only restricts passes what it does not name"
        )]
        OtherwiseAmongRestrictions => OtherwiseAmongRestrictions, "otherwise-among-restrictions",
        #[error("`otherwise` asks a person about what nothing else grants; its effect is `require_approval`")]
        OtherwiseWithoutApproval => OtherwiseWithoutApproval, "otherwise-without-approval",
        #[error("`otherwise` says which `readers` may be asked for, not beyond whom")]
        BeyondOfOtherwise => BeyondOfOtherwise, "beyond-of-otherwise",
        #[error("what applies `after_untrusted` input only restricts and cannot say what may be asked for `otherwise`")]
        OtherwiseAfterUntrusted => OtherwiseAfterUntrusted, "otherwise-after-untrusted",
        #[error("only a statement that requires approval says who approves; its effect is `require_approval`")]
        ApproversWithoutApproval => ApproversWithoutApproval, "approvers-without-approval",
        #[error("{0}")]
        Requirement(RequirementError) => UnusableRequirement, "unusable-requirement",
        #[error("a condition has one test only; write two conditions")]
        ManyTests => ManyTests, "many-tests",
        #[error("a set needs one to {MAX_SET_VALUES} values")]
        SetSize => SetSize, "set-size",
        #[error("not a finite number")]
        NotFinite => NotFinite, "not-finite",
        #[error("a range needs numbers")]
        NotANumber => NotANumber, "not-a-number",
        #[error("the range is empty: its least value is above its greatest")]
        EmptyRange => EmptyRange, "empty-range",
        #[error("name one to {MAX_ITEMS_PER_STATEMENT} of them")]
        Regions => RegionCount, "region-count",
        #[error(
            "not a host in its canonical form; write `example.com` in small letters, or an address, without scheme, port or a dot at its end"
        )]
        Host => MalformedHost, "malformed-host",
        #[error("it names one argument; leave `*` out")]
        OneArgument => OneArgument, "one-argument",
        #[error("not a range of addresses: {0}")]
        Range(RangeFault) => MalformedNetwork, "malformed-network",
        #[error(
            "not a folder; write names joined by `/`, as in `src/main` or `/srv/data`, without `..`, `*` or a slash at the end; `.` is the root"
        )]
        Folder => MalformedFolder, "malformed-folder",
        #[error("`holds_for` asks one test of each element; it goes neither with `present` nor with `endorsed`, which asks all of them")]
        Quantified => MisplacedQuantifier, "misplaced-quantifier",
        #[error("`holds_for` asks the elements of a list; name them by `*`, as in `files.*` or `files.*.name`")]
        NoEveryPlace => MissingEveryPlace, "missing-every-place",
        #[error("`case_blind` goes with `equals`, `one_of` and `matches`; a regular expression begins with `(?i)`")]
        CaseOfNothing => MisplacedCaseBlind, "misplaced-case-blind",
        #[error("only texts have capital letters; leave `case_blind` out, or compare with texts alone")]
        CaseOfTexts => CaseOfNoText, "case-of-no-text",
        #[error(
            "systems disagree what the capital and small form of `{}` is; leave `case_blind` out and write each spelling",
            visible(.0.encode_utf8(&mut [0; 4]))
        )]
        OddCase(char) => AmbiguousCase, "ambiguous-case",
        #[error("not a regular expression: {0}")]
        Regex(Box<str>) => MalformedRegex, "malformed-regex",
        #[error(
            "a regular expression that takes more than {} KiB; repeat less often, or use character classes that share fewer beginnings",
            MAX_REGEX_MEMORY / 1024
        )]
        RegexTooLarge => RegexTooLarge, "regex-too-large",
        #[error(
            "the regular expressions of one policy take more than {} MiB; write fewer, or simpler ones",
            MAX_POLICY_REGEX_MEMORY / 1024 / 1024
        )]
        TooManyRegexes => TooManyRegexes, "too-many-regexes",
    }
}
