//! The work every engine gets: statements, requests and the answers they must have.
//!
//! Real policies name the same few operations again and again and differ in the resource, so the
//! statements here do too: any operation is shared by more than half of them, and an engine that
//! looks statements up by their first key gains nothing. Seven statements of ten open a subtree
//! (`crm/team17/list4/**`), three put `*` in the place of a segment (`crm/*/list7/*`); each has a
//! widest audience and a largest amount. All of them permit, and what no statement permits is
//! denied.
//!
//! Half of the requests are allowed. Every denied one is an allowed one with *one* thing changed,
//! so the reason it must be denied is known and can be named when an engine gets it wrong. The
//! generator is seeded by the number of statements alone: every run and every engine sees the same
//! bytes.

use std::fmt;

use anyhow::{Result, bail};

use crate::draw::Draw;

/// How many requests a workload holds; half of them are allowed.
pub(crate) const REQUESTS: usize = 64;

/// What a request does to the resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    Read,
    Create,
    Update,
    Delete,
    Share,
}

impl Operation {
    pub(crate) const ALL: [Self; 5] =
        [Self::Read, Self::Create, Self::Update, Self::Delete, Self::Share];

    /// The word policies use for it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Share => "share",
        }
    }

    /// The tool that performs it.
    pub(crate) const fn tool(self) -> &'static str {
        match self {
            Self::Read => "crm.read",
            Self::Create => "crm.create",
            Self::Update => "crm.update",
            Self::Delete => "crm.delete",
            Self::Share => "crm.share",
        }
    }
}

/// A set of operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Operations(u8);

impl Operations {
    pub(crate) const fn contains(self, operation: Operation) -> bool {
        self.0 & (1 << operation as u8) != 0
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = Operation> {
        Operation::ALL.into_iter().filter(move |&operation| self.contains(operation))
    }
}

/// Who will see the result, from the fewest to the most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Audience {
    Private,
    Internal,
    Public,
}

impl Audience {
    const ALL: [Self; 3] = [Self::Private, Self::Internal, Self::Public];

    /// The level as a number, for engines that compare numbers only.
    pub(crate) const fn level(self) -> i64 {
        self as i64
    }

    const fn wider(self) -> Option<Self> {
        match self {
            Self::Private => Some(Self::Internal),
            Self::Internal => Some(Self::Public),
            Self::Public => None,
        }
    }
}

/// A resource pattern. Three kinds of segment: a literal, `*` for exactly one segment that is not
/// empty, and, only at the end, `**` for one segment or more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pattern(String);

impl Pattern {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn segments(&self) -> impl Iterator<Item = &str> {
        self.0.split('/')
    }

    /// For a pattern that opens a subtree: the path of its root, without the slash at the end.
    pub(crate) fn subtree(&self) -> Option<&str> {
        self.0.strip_suffix("/**")
    }

    /// The naive matcher the others are judged by.
    pub(crate) fn matches(&self, resource: &str) -> bool {
        if resource.split('/').any(str::is_empty) {
            return false;
        }
        let mut rest = resource.split('/');
        for segment in self.segments() {
            match (segment, rest.next()) {
                ("**", Some(_)) => return true,
                ("*", Some(_)) => {}
                (literal, Some(found)) if literal == found => {}
                _ => return false,
            }
        }
        rest.next().is_none()
    }

    /// A resource that matches, each wildcard replaced by what `fill` gives.
    fn instance(&self, mut fill: impl FnMut(&str) -> String) -> String {
        let segments: Vec<String> = self
            .segments()
            .map(|segment| match segment {
                "*" | "**" => fill(segment),
                literal => literal.to_owned(),
            })
            .collect();
        segments.join("/")
    }
}

/// One permit: these operations, on these resources, for at most this audience and this amount.
#[derive(Clone, Debug)]
pub(crate) struct Statement {
    pub(crate) id: String,
    pub(crate) operations: Operations,
    pub(crate) pattern: Pattern,
    pub(crate) audience: Audience,
    pub(crate) max_amount: i64,
}

impl Statement {
    /// Whether this statement permits the request: the reference, as plain as it can be.
    pub(crate) fn permits(&self, request: &Request) -> bool {
        self.operations.contains(request.operation)
            && self.pattern.matches(&request.resource)
            && request.audience <= self.audience
            && request.arguments.amount <= self.max_amount
    }
}

/// The arguments of a tool call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arguments {
    pub(crate) amount: i64,
}

/// One tool call, as the struct a framework would hold it in, and the answer it must get.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) operation: Operation,
    pub(crate) tool: &'static str,
    pub(crate) resource: String,
    pub(crate) audience: Audience,
    pub(crate) arguments: Arguments,
    pub(crate) case: Case,
}

impl Request {
    /// The answer of the reference evaluator, fixed when the workload was made.
    pub(crate) fn must_be_allowed(&self) -> bool {
        self.case == Case::Allowed
    }
}

/// What a request is there to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Case {
    Allowed,
    OtherOperation,
    WiderAudience,
    LargerAmount,
    OtherResource,
    StarAcrossSlash,
    StarOfNothing,
}

impl Case {
    /// The cases and how many requests of a workload show each.
    const COUNTS: [(Self, usize); 7] = [
        (Self::Allowed, REQUESTS / 2),
        (Self::OtherOperation, 8),
        (Self::WiderAudience, 7),
        (Self::LargerAmount, 7),
        (Self::OtherResource, 4),
        (Self::StarAcrossSlash, 4),
        (Self::StarOfNothing, 2),
    ];

    pub(crate) fn all() -> impl Iterator<Item = Self> {
        Self::COUNTS.into_iter().map(|(case, _)| case)
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Allowed => "a request that a statement permits",
            Self::OtherOperation => "operation sets",
            Self::WiderAudience => "audience ceiling",
            Self::LargerAmount => "argument comparison",
            Self::OtherResource => "resource patterns",
            Self::StarAcrossSlash => "`*` that stops at `/`",
            Self::StarOfNothing => "`*` that needs a character",
        })
    }
}

/// The statements and the requests of one size.
#[derive(Debug)]
pub(crate) struct Workload {
    pub(crate) statements: Vec<Statement>,
    pub(crate) requests: Vec<Request>,
}

impl Workload {
    /// The workload with this many statements; the same one whenever it is asked for.
    pub(crate) fn new(statements: usize) -> Result<Self> {
        let mut draw = Draw(statements as u64);
        let statements: Vec<Statement> =
            (0..statements).map(|index| statement(index, &mut draw)).collect();
        let mut requests = Vec::with_capacity(REQUESTS);
        for (case, count) in Case::COUNTS {
            for _ in 0..count {
                requests.push(request(case, &statements, &mut draw)?);
            }
        }
        for last in (1..requests.len()).rev() {
            requests.swap(last, draw.below(last + 1));
        }
        Ok(Self { statements, requests })
    }
}

/// Statement number `index`: ten to a team, of which seven open a subtree. At most three statements
/// of a workload match one resource.
fn statement(index: usize, draw: &mut Draw) -> Statement {
    let (team, place) = (index / 10, index % 10);
    let pattern = match place {
        7 => format!("crm/*/folder{team}/*"),
        8 => format!("crm/team{team}/*/notes"),
        9 => format!("crm/*/list{team}/*"),
        list => format!("crm/team{team}/list{list}/**"),
    };
    let (mut operations, wanted) = (0, 2 + draw.below(3) as u32);
    while u8::count_ones(operations) < wanted {
        operations |= 1 << draw.below(Operation::ALL.len());
    }
    Statement {
        id: format!("s{index}"),
        operations: Operations(operations),
        pattern: Pattern(pattern),
        audience: Audience::ALL[draw.below(Audience::ALL.len())],
        max_amount: 50 * (2 + draw.below(199) as i64),
    }
}

/// A request of the wanted case. Candidates that another statement answers differently are dropped.
fn request(case: Case, statements: &[Statement], draw: &mut Draw) -> Result<Request> {
    for _ in 0..10_000 {
        let base = &statements[draw.below(statements.len())];
        let mut candidate = permitted_by(base, draw);
        if !change(&mut candidate, case, base, draw) {
            continue;
        }
        let allowed = statements.iter().any(|s| s.permits(&candidate));
        if allowed == candidate.must_be_allowed() {
            return Ok(candidate);
        }
    }
    bail!("no request shows the case: {case}")
}

/// A request that the statement permits; one of four sits exactly on both ceilings.
fn permitted_by(statement: &Statement, draw: &mut Draw) -> Request {
    let operations: Vec<Operation> = statement.operations.iter().collect();
    let operation = operations[draw.below(operations.len())];
    let resource = statement.pattern.instance(|wildcard| match wildcard {
        "**" if draw.below(2) == 0 => format!("item{}/note{}", draw.name(), draw.name()),
        _ => format!("item{}", draw.name()),
    });
    let on_the_edge = draw.below(4) == 0;
    let (audience, amount) = if on_the_edge {
        (statement.audience, statement.max_amount)
    } else {
        (
            Audience::ALL[draw.below(statement.audience as usize + 1)],
            1 + draw.below(statement.max_amount as usize) as i64,
        )
    };
    Request {
        operation,
        tool: operation.tool(),
        resource,
        audience,
        arguments: Arguments { amount },
        case: Case::Allowed,
    }
}

/// Changes one thing so that `base` no longer permits the request; false if it has no such thing.
fn change(request: &mut Request, case: Case, base: &Statement, draw: &mut Draw) -> bool {
    request.case = case;
    match case {
        Case::Allowed => {}
        Case::OtherOperation => {
            request.operation = Operation::ALL[draw.below(Operation::ALL.len())];
            request.tool = request.operation.tool();
        }
        Case::WiderAudience => match base.audience.wider() {
            Some(wider) => request.audience = wider,
            None => return false,
        },
        Case::LargerAmount => {
            request.arguments.amount = base.max_amount + 1 + draw.below(50) as i64;
        }
        Case::OtherResource => match base.pattern.subtree() {
            // A sibling whose name begins like the root, or the same path in another service.
            Some(root) if draw.below(2) == 0 => {
                request.resource = format!("{root}-old/item{}", draw.name());
            }
            _ => request.resource = request.resource.replacen("crm/", "mail/", 1),
        },
        Case::StarAcrossSlash | Case::StarOfNothing => {
            if base.pattern.subtree().is_some() {
                return false;
            }
            let filling = match case {
                Case::StarOfNothing => String::new(),
                _ => format!("item{}/item{}", draw.name(), draw.name()),
            };
            request.resource = base.pattern.instance(|_| filling.clone());
        }
    }
    true
}

impl Draw {
    fn name(&mut self) -> usize {
        self.below(10_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_the_requests_are_allowed_and_the_reference_agrees() -> Result<()> {
        for size in [10, 100, 1_000] {
            let workload = Workload::new(size)?;
            assert_eq!(workload.statements.len(), size);
            assert_eq!(workload.requests.len(), REQUESTS);
            let allowed = |r: &&Request| workload.statements.iter().any(|s| s.permits(r));
            assert_eq!(workload.requests.iter().filter(allowed).count(), REQUESTS / 2);
            for request in &workload.requests {
                assert_eq!(allowed(&request), request.must_be_allowed(), "{request:?}");
            }
        }
        Ok(())
    }

    #[test]
    fn the_same_size_gives_the_same_workload() -> Result<()> {
        let (first, second) = (Workload::new(100)?, Workload::new(100)?);
        assert_eq!(format!("{first:?}"), format!("{second:?}"));
        Ok(())
    }

    #[test]
    fn few_statements_match_one_resource() -> Result<()> {
        let workload = Workload::new(1_000)?;
        for request in &workload.requests {
            let matching = |s: &&Statement| s.pattern.matches(&request.resource);
            assert!(workload.statements.iter().filter(matching).count() <= 3);
        }
        Ok(())
    }

    #[test]
    fn wildcards_take_whole_segments() {
        let cases = [
            ("crm/*/list7/*", "crm/a/list7/x", true),
            ("crm/*/list7/*", "crm/a/b/list7/x", false),
            ("crm/*/list7/*", "crm/a/list7/x/y", false),
            ("crm/*/list7/*", "crm//list7/x", false),
            ("crm/*/list7/*", "crm/a/list7/", false),
            ("crm/*/list7/*", "crm/a/list7", false),
            ("crm/team1/**", "crm/team1/a", true),
            ("crm/team1/**", "crm/team1/a/b", true),
            ("crm/team1/**", "crm/team1", false),
            ("crm/team1/**", "crm/team10/a", false),
        ];
        for (pattern, resource, expected) in cases {
            let pattern = Pattern(pattern.to_owned());
            assert_eq!(pattern.matches(resource), expected, "{pattern:?} {resource}");
        }
    }
}
