//! The three workloads: statements and varied requests, made from a fixed seed.
//!
//! `Literal` has literal prefixes of three depths. `Wildcard` has variables and wildcards first, where a
//! prefix hash finds nothing to hold on to. `Mixed` has both, with audiences, tools, argument
//! conditions and all three effects. At most four statements match one request, and half of the
//! requests are denied.

use permitgate::decision::Ruling;
use permitgate::model::{Readers, Value};
use permitgate::policy::{Condition, Effect};
use permitgate::prelude::*;
use permitgate::{Arguments, Directory};

use super::draw::Draw;

pub const REQUESTS: usize = 4096;
pub const INVOKER: &str = "dana@example.com";
pub const GROUPS: usize = 32;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Workload {
    Literal,
    Wildcard,
    Mixed,
}

impl Workload {
    pub const ALL: [Self; 3] = [Self::Literal, Self::Wildcard, Self::Mixed];

    pub fn name(self) -> &'static str {
        match self {
            Self::Literal => "literal",
            Self::Wildcard => "wildcard",
            Self::Mixed => "mixed",
        }
    }
}

/// What the readers of a statement, or the audience of a request, are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    Invoker,
    Group(usize),
    Internal,
    Public,
}

/// A condition on the arguments `cents` (whole) and `currency` (text).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    None,
    CentsAtMost(i64),
    CurrencyIs(&'static str),
}

/// How the resources of a statement are formed, around its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// `crm/teamT/listN/**`
    Prefix3,
    /// `crm/teamT/listN/open/**`
    Prefix4,
    /// `noteN/**`
    Prefix1,
    /// `crm/{invoker}/listN/*`
    OwnList,
    /// `*/boxN/mail/**`
    AnyBox,
    /// `{invoker}/dayN/**`
    OwnDay,
}

#[derive(Clone, Debug)]
pub struct Line {
    pub number: usize,
    pub effect: Effect,
    pub operations: [Operation; 2],
    pub form: Form,
    pub reach: Reach,
    pub check: Check,
    /// The steps of its pattern, with the invoker filled in.
    steps: Vec<String>,
}

#[derive(Clone, Debug)]
pub struct Call {
    pub tool: &'static str,
    pub operation: Operation,
    pub resource: String,
    pub reach: Reach,
    pub arguments: Payment,
}

#[derive(Clone, Copy, Debug)]
pub struct Payment {
    pub cents: i64,
    pub currency: &'static str,
}

impl Arguments for Payment {
    fn get(&self, name: &str) -> Option<Value<'_>> {
        match name {
            "cents" => Some(Value::from(self.cents)),
            "currency" => Some(Value::from(self.currency)),
            _ => None,
        }
    }
    fn visit(&self, visitor: &mut dyn FnMut(&str, Value<'_>)) {
        visitor("cents", Value::from(self.cents));
        visitor("currency", Value::from(self.currency));
    }
}

impl Draw {
    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}

const PAIRS: [[Operation; 2]; 4] = [
    [Operation::Read, Operation::Create],
    [Operation::Read, Operation::Update],
    [Operation::Create, Operation::Update],
    [Operation::Update, Operation::Delete],
];

pub fn lines(workload: Workload, count: usize) -> Vec<Line> {
    let mut draw = Draw(count as u64);
    (0..count).map(|number| line(workload, number, &mut draw)).collect()
}

fn line(workload: Workload, number: usize, draw: &mut Draw) -> Line {
    let literal = [Form::Prefix3, Form::Prefix4, Form::Prefix1];
    let wildcard = [Form::OwnList, Form::AnyBox, Form::OwnDay];
    let form = match workload {
        Workload::Literal => literal[number % 3],
        Workload::Wildcard => wildcard[number % 3],
        Workload::Mixed if number % 5 < 3 => literal[number % 3],
        Workload::Mixed => wildcard[number % 3],
    };
    let mut line = Line {
        number,
        effect: Effect::Permit,
        operations: draw.pick(&PAIRS),
        form,
        reach: Reach::Internal,
        check: Check::None,
        steps: form
            .pattern(number)
            .replace("{invoker}", INVOKER)
            .split('/')
            .map(str::to_owned)
            .collect(),
    };
    if workload == Workload::Mixed {
        line.effect = match number % 10 {
            7 => Effect::RequireApproval,
            9 => Effect::Forbid,
            _ => Effect::Permit,
        };
        line.reach = match draw.below(4) {
            0 => Reach::Invoker,
            1 => Reach::Group(draw.below(GROUPS)),
            2 => Reach::Internal,
            _ => Reach::Public,
        };
        line.check = match draw.below(3) {
            0 => Check::None,
            1 => Check::CentsAtMost(100 + draw.below(900) as i64),
            _ => Check::CurrencyIs(draw.pick(&["EUR", "CHF"])),
        };
    }
    line
}

impl Form {
    pub fn pattern(self, number: usize) -> String {
        match self {
            Self::Prefix3 => format!("crm/team{}/list{number}/**", number % 97),
            Self::Prefix4 => format!("crm/team{}/list{number}/open/**", number % 97),
            Self::Prefix1 => format!("note{number}/**"),
            Self::OwnList => format!("crm/{{invoker}}/list{number}/*"),
            Self::AnyBox => format!("*/box{number}/mail/**"),
            Self::OwnDay => format!("{{invoker}}/day{number}/**"),
        }
    }

    fn resource(self, number: usize, draw: &mut Draw) -> String {
        let item = draw.below(100_000);
        match self {
            Self::Prefix3 => format!("crm/team{}/list{number}/item{item}", number % 97),
            Self::Prefix4 => format!("crm/team{}/list{number}/open/item{item}", number % 97),
            Self::Prefix1 => format!("note{number}/page{item}"),
            Self::OwnList => format!("crm/{INVOKER}/list{number}/item{item}"),
            Self::AnyBox => format!("office{}/box{number}/mail/{item}", item % 7),
            Self::OwnDay => format!("{INVOKER}/day{number}/hour{}/{item}", item % 24),
        }
    }
}

/// Requests of which half are denied: for another operation, another place, a wider audience, or an
/// argument beyond the condition.
pub fn calls(lines: &[Line]) -> Vec<Call> {
    let mut draw = Draw(7 + lines.len() as u64);
    let mut wanted = [REQUESTS / 2; 2];
    let mut calls = Vec::with_capacity(REQUESTS);
    while calls.len() < REQUESTS {
        let call = call(draw.below(lines.len()), lines, &mut draw);
        let denied = usize::from(scan(lines, &call) == Ruling::Deny);
        if wanted[denied] > 0 {
            wanted[denied] -= 1;
            calls.push(call);
        }
    }
    calls
}

fn call(target: usize, lines: &[Line], draw: &mut Draw) -> Call {
    let line = &lines[target];
    let mut call = Call {
        tool: draw.pick(&["crm.get", "crm.put", "crm.list", "notes.edit"]),
        operation: draw.pick(&line.operations),
        resource: line.form.resource(line.number, draw),
        reach: line.reach,
        arguments: Payment { cents: 50, currency: "EUR" },
    };
    if let Check::CurrencyIs(currency) = line.check {
        call.arguments.currency = currency;
    }
    if line.effect == Effect::Forbid || draw.below(2) == 0 {
        return call;
    }
    match draw.below(4) {
        0 => call.operation = Operation::Share,
        1 => call.resource = line.form.resource(line.number + lines.len(), draw),
        2 => {
            call.reach = if line.reach == Reach::Internal { Reach::Public } else { Reach::Internal }
        }
        _ => call.arguments = Payment { cents: 5000, currency: "USD" },
    }
    call
}

/// The obvious answer, by looking at every statement.
pub fn scan(lines: &[Line], call: &Call) -> Ruling {
    let (mut granted, mut held) = (false, false);
    for line in lines.iter().filter(|line| matches(line, call)) {
        match line.effect {
            Effect::Forbid => return Ruling::Deny,
            Effect::RequireApproval => {
                held = true;
                granted |= reaches(line.reach, call.reach);
            }
            Effect::Permit => granted |= reaches(line.reach, call.reach),
        }
    }
    match (granted, held) {
        (false, _) => Ruling::Deny,
        (true, true) => Ruling::Hold,
        (true, false) => Ruling::Allow,
    }
}

fn matches(line: &Line, call: &Call) -> bool {
    line.operations.contains(&call.operation)
        && on_path(line, &call.resource)
        && holds(line.check, &call.arguments)
}

pub fn holds(check: Check, arguments: &Payment) -> bool {
    match check {
        Check::None => true,
        Check::CentsAtMost(most) => arguments.cents <= most,
        Check::CurrencyIs(currency) => arguments.currency == currency,
    }
}

fn on_path(line: &Line, resource: &str) -> bool {
    let mut segments = resource.split('/');
    let open = line.steps.last().is_some_and(|step| step == "**");
    let fixed = line.steps.len() - usize::from(open);
    let fits =
        |step: &String| segments.next().is_some_and(|segment| step == "*" || step == segment);
    line.steps[..fixed].iter().all(fits) && (open || segments.next().is_none())
}

/// Group `n` holds Dana where `n` is even; all members are inside.
pub fn reaches(readers: Reach, audience: Reach) -> bool {
    match (readers, audience) {
        (Reach::Public, _)
        | (Reach::Internal, Reach::Invoker | Reach::Group(_) | Reach::Internal) => true,
        (Reach::Group(readers), Reach::Group(audience)) => readers == audience,
        (Reach::Group(readers), Reach::Invoker) => readers % 2 == 0,
        (Reach::Invoker, Reach::Invoker) => true,
        _ => false,
    }
}

pub fn statements(lines: &[Line]) -> Vec<Statement> {
    lines.iter().map(statement).collect()
}

fn statement(line: &Line) -> Statement {
    let statement = Statement::new(line.effect, format!("statement-{:05}", line.number))
        .operations(line.operations[0] | line.operations[1])
        .resources([line.form.pattern(line.number)]);
    let statement = match line.check {
        Check::None => statement,
        Check::CentsAtMost(most) => statement.when(Condition::at_most("cents", most)),
        Check::CurrencyIs(currency) => statement.when(Condition::equals("currency", currency)),
    };
    match (line.effect, line.reach) {
        (Effect::Forbid, _) => statement,
        (_, Reach::Invoker) => statement.readers(Readers::invoker()),
        (_, Reach::Group(number)) => statement.readers(Readers::group(GROUP_NAMES[number])),
        (_, Reach::Internal) => statement.readers(Readers::internal()),
        (_, Reach::Public) => statement.readers(Readers::public()),
    }
}

pub fn directory() -> Directory {
    let mut builder = Directory::builder().organisation_domain("example.com").principal(INVOKER);
    let people: Vec<String> = (0..200).map(|n| format!("person{n}@example.com")).collect();
    for person in &people {
        builder = builder.principal(person.as_str());
    }
    for (number, name) in GROUP_NAMES.iter().enumerate() {
        let mut members: Vec<&str> =
            people[number * 6..number * 6 + 6].iter().map(String::as_str).collect();
        if number % 2 == 0 {
            members.push(INVOKER);
        }
        builder = builder.group(*name, members);
    }
    builder.build().expect("the directory is valid")
}

pub fn action(call: &Call) -> Action<'_> {
    let audience = match call.reach {
        Reach::Invoker => Audience::Private,
        Reach::Group(number) => Audience::Group(GROUP_NAMES[number]),
        Reach::Internal => Audience::Internal,
        Reach::Public => Audience::Public,
    };
    Action::new(call.operation, call.tool, &call.resource)
        .visible_to(audience)
        .with(&call.arguments)
}

pub const GROUP_NAMES: [&str; GROUPS] = [
    "accounts",
    "analytics",
    "apollo",
    "board",
    "build",
    "design",
    "desktop",
    "devices",
    "docs",
    "events",
    "facilities",
    "field",
    "finance",
    "fleet",
    "gemini",
    "hardware",
    "hiring",
    "identity",
    "kernel",
    "legal",
    "mail",
    "media",
    "mercury",
    "network",
    "office",
    "partners",
    "payroll",
    "platform",
    "research",
    "sales",
    "security",
    "support",
];
