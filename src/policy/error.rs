//! What can be wrong with a policy, and where.

use super::literal::Foreign;
use crate::audience::ReaderFault;
use crate::limits::{
    MAX_ARGUMENT_STEPS, MAX_CONDITION_BYTES, MAX_ITEMS_PER_STATEMENT, MAX_POLICY_STEPS,
    MAX_RESOURCE_BYTES, MAX_REST_SEGMENTS, MAX_SET_VALUES, MAX_STARS, MAX_STATEMENT_ID_BYTES,
    MAX_STATEMENTS, MAX_VARIABLES,
};
use crate::name::NameFault;
use crate::resource::ResourceError;
use crate::visible::visible;

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

#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    #[error("more than {MAX_STATEMENTS} statements")]
    TooManyStatements,
    #[error(
        "one decision could take more than {MAX_POLICY_STEPS} steps; name more of the resources literally, or tools, so that fewer statements are asked at once"
    )]
    TooManySteps,
    #[error(
        "an id must not be empty, longer than {MAX_STATEMENT_ID_BYTES} bytes or hold control characters"
    )]
    Id,
    #[error("two statements have this id")]
    RepeatedId,
    #[error("a permit cannot stand among restrictions; put it into a `Policy`")]
    PermitAmongRestrictions,
    #[error("name at least one operation")]
    NoOperation,
    #[error("name the resources that are granted; `**` stands for all")]
    NoResource,
    #[error("an empty list of tools; name at least one, or leave `tools` out for every tool")]
    EmptyTools,
    #[error("an empty list of resources; name at least one, or say `**` for every resource")]
    EmptyResources,
    #[error("more than {MAX_ITEMS_PER_STATEMENT} entries")]
    TooManyItems,
    #[error(transparent)]
    Name(#[from] NameFault),
    #[error(transparent)]
    Reader(#[from] ReaderFault),
    #[error("a forbid says `beyond` whom it applies, not which readers it allows")]
    ReadersOfForbid,
    #[error("a permit says which `readers` it allows, not beyond whom")]
    BeyondOfPermit,
    #[error("only a statement that can grant allows readers; here say `beyond` whom it applies")]
    ReadersOfRestriction,
    #[error("name at least one reader")]
    NoReader,
    #[error("longer than {MAX_RESOURCE_BYTES} bytes")]
    PatternTooLong,
    #[error("not a pattern: {0}")]
    Pattern(ResourceError),
    #[error(
        "`{{` and `}}` may only enclose a bound name that is a whole segment, as in `mail/{{invoker}}/*`"
    )]
    Braces,
    #[error("`**` must be a whole segment")]
    RestInSegment,
    #[error("`**` does not stand in a text pattern")]
    StarsInText,
    #[error("not a pattern: {0}")]
    Foreign(#[from] Foreign),
    #[error(
        "a bound name is letters, digits, `_` and `-`, and begins with a letter, as in `{{invoker}}`"
    )]
    BoundName,
    #[error("`{}` stands for nothing in the name of a tool", visible(.0.encode_utf8(&mut [0; 4])))]
    ForeignTool(char),
    #[error("more than {MAX_REST_SEGMENTS} `**`")]
    TooManyRests,
    #[error("more than {MAX_STARS} `*` in one text")]
    TooManyStars,
    #[error("more than {MAX_VARIABLES} bound names in one policy")]
    TooManyVariables,
    #[error(
        "an argument path is one to {MAX_ARGUMENT_STEPS} names joined by `.`, none of them empty"
    )]
    ArgumentPath,
    #[error("`*` stands for every place of a list in a test of `endorsed` only")]
    EveryPlace,
    #[error("`*` stands once in an argument path, and not first")]
    EveryPlaceOnce,
    #[error("longer than {MAX_CONDITION_BYTES} bytes")]
    TooLong,
    #[error(
        "a condition needs one test: present, equals, one_of, at_least and at_most, matches, or endorsed"
    )]
    NoTest,
    #[error("a test of presence cannot be optional")]
    OptionalPresence,
    #[error("only a permit applies `only_while_trusted`; a restriction says `after_untrusted`")]
    OnlyWhileTrusted,
    #[error("only a restriction applies `after_untrusted`; a permit says `only_while_trusted`")]
    AfterUntrusted,
    #[error("what applies `after_untrusted` input only restricts and cannot allow `readers`")]
    ReadersAfterUntrusted,
    #[error("a condition has one test only; write two conditions")]
    ManyTests,
    #[error("a set needs one to {MAX_SET_VALUES} values")]
    SetSize,
    #[error("not a finite number")]
    NotFinite,
    #[error("a range needs numbers")]
    NotANumber,
    #[error("the range is empty: its least value is above its greatest")]
    EmptyRange,
}
