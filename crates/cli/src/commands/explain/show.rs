//! An explanation, for people and for programs.

use permitgate::gate::Explanation;
use permitgate::limits::MAX_RECIPIENTS;
use permitgate::model::{Reach, Reversibility};
use permitgate::policy::{Applicability, ExplainedLayer, ExplainedStatement, UnmetCondition};
use permitgate::text::visible;
use permitgate::{Action, Audience, Decision, Reason};
use permitgate_files::json::Json;
use serde::Serialize;

use crate::answer::{TooMuch, layer_code, text};
use crate::call::CallLine;
use crate::fault::Fault;
use crate::io::Io;

/// A call with its decision, and each of its actions.
pub(super) struct Explained {
    pub(super) decision: Decision,
    /// Why the manifest gives the call no meaning.
    pub(super) fault: Option<String>,
    pub(super) parts: Vec<Part>,
    /// Whether anything began in the session before.
    pub(super) has_read: bool,
}

/// One action, described without its arguments.
pub(super) struct Part {
    about: About,
    explanation: Explanation,
    who: Option<TooMuch>,
    /// Who may not see what was read, or what the resource holds.
    flow_who: Option<TooMuch>,
}

#[derive(Clone, Serialize)]
struct About {
    tool: String,
    operation: &'static str,
    resource: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reach: Option<&'static str>,
    audience: String,
    reversible: bool,
    untrusted: bool,
}

#[derive(Serialize)]
pub(super) struct Row<'e> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'e Json<'e>>,
    #[serde(flatten)]
    decided: Decided,
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<&'e str>,
    /// The statement that came nearest, where nothing permits it.
    #[serde(skip_serializing_if = "Option::is_none")]
    nearest: Option<StatementRow<'e>>,
    actions: Vec<ActionRow<'e>>,
}

#[derive(Serialize)]
struct Decided {
    decision: String,
    reason: &'static str,
    number: u16,
    statement: Option<String>,
    layer: Option<String>,
    explain: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    who: Option<TooMuch>,
}

#[derive(Serialize)]
struct ActionRow<'e> {
    #[serde(flatten)]
    about: &'e About,
    #[serde(flatten)]
    decided: Decided,
    session: &'e str,
    #[serde(skip_serializing_if = "Option::is_none")]
    beside: Option<&'static str>,
    flow: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    flow_who: Option<TooMuch>,
    layers: Vec<LayerRow<'e>>,
}

#[derive(Serialize)]
struct LayerRow<'e> {
    layer: String,
    grants: bool,
    statements: Vec<StatementRow<'e>>,
}

#[derive(Serialize)]
struct StatementRow<'e> {
    id: &'e str,
    effect: String,
    applies: bool,
    why: &'static str,
    explain: String,
    /// Its conditions that do not hold or cannot be evaluated.
    #[serde(skip_serializing_if = "Option::is_none")]
    conditions: Option<Vec<ConditionRow<'e>>>,
}

#[derive(Serialize)]
struct ConditionRow<'e> {
    number: usize,
    /// Null of a test of the time.
    argument: Option<&'e str>,
    asked: &'e str,
    /// `false`, or null where it cannot be evaluated.
    holds: Option<bool>,
}

impl Part {
    pub(super) fn new(action: &Action<'_>, explanation: Explanation) -> Self {
        let about = About {
            tool: action.tool().to_owned(),
            operation: action.operation().as_str(),
            resource: action.resource().to_owned(),
            reach: (action.reach() != Reach::Place).then(|| action.reach().as_str()),
            audience: seen_by(action.audience()),
            reversible: action.reversibility() == Reversibility::Reversible,
            untrusted: action.is_untrusted(),
        };
        let who = TooMuch::of(explanation.decision.grounds(), action.audience());
        let flow = explanation.flow.as_ref();
        let flow_who = flow.and_then(|grounds| TooMuch::of(grounds, action.audience()));
        Self { about, explanation, who, flow_who }
    }
}

impl Explained {
    /// Who was too much, by the action whose decision is that of the call.
    fn who(&self) -> Option<TooMuch> {
        let decides = self.parts.iter().find(|part| part.explanation.decision == self.decision);
        decides.and_then(|part| part.who.clone())
    }

    pub(super) fn rows<'e>(&'e self, call: &'e CallLine<'e>) -> Row<'e> {
        Row {
            id: call.id.as_ref(),
            decided: decided(&self.decision, self.who()),
            fault: self.fault.as_deref(),
            nearest: self
                .parts
                .iter()
                .find_map(|part| part.explanation.nearest())
                .map(statement_row),
            actions: self.parts.iter().map(Part::row).collect(),
        }
    }

    /// For people: the decision, then each action with every statement; what applies is marked.
    pub(super) fn tell(&self, io: &mut Io) -> Result<(), Fault> {
        let (paint, ruling) = (io.paint(), self.decision.ruling());
        let grounds = self.decision.grounds();
        // The reason says it where it is the reason, but for which tool may be meant.
        let is_said = grounds.call_fault().is_some() && grounds.reason() != Reason::UnknownTool;
        let fault = self.fault.as_ref().filter(|_| !is_said);
        let fault = fault.map_or_else(String::new, |fault| format!(": {fault}"));
        let (shown, reason) = (paint.ruling(ruling, ruling), grounds.reason());
        io.line(format_args!("{shown} ({reason}): {}{fault}", grounds.explain()))?;
        if let Some(nearest) = self.parts.iter().find_map(|part| part.explanation.nearest()) {
            let ExplainedStatement { id, effect, applicability, .. } = nearest;
            io.line(format_args!("nearest is {effect} `{}`: {applicability}", visible(id)))?;
        }
        for part in &self.parts {
            part.tell(self.has_read, io)?;
        }
        Ok(())
    }
}

impl Part {
    fn row(&self) -> ActionRow<'_> {
        let Explanation { decision, layers, session, beside, flow, .. } = &self.explanation;
        ActionRow {
            about: &self.about,
            decided: decided(decision, self.who.clone()),
            session,
            beside: *beside,
            flow: flow.as_ref().map(|grounds| grounds.reason().code()),
            flow_who: self.flow_who.clone(),
            layers: layers.iter().map(layer_row).collect(),
        }
    }

    fn tell(&self, has_read: bool, io: &mut Io) -> Result<(), Fault> {
        let paint = io.paint();
        let About { operation, resource, reach, audience, reversible, untrusted, tool } =
            &self.about;
        let Explanation { decision, layers, session, beside, flow, .. } = &self.explanation;
        if layers.is_empty() {
            return Ok(());
        }
        let ruling = paint.ruling(decision.ruling(), decision.ruling());
        let undone = if *reversible { "" } else { ", irreversible" };
        let written = if *untrusted { ", outsiders can write what it returns" } else { "" };
        let (tool, resource) = (visible(tool), visible(resource));
        let below = if reach.is_some() { " and everything below it" } else { "" };
        io.line(format_args!(
            "\n{ruling}: {operation} {resource}{below} by {tool}, seen by {audience}{undone}{written}"
        ))?;
        for ExplainedLayer { layer, grants, statements, .. } in layers {
            let does = if *grants { "denies what it does not permit" } else { "only restricts" };
            io.line(format_args!("  {} ({does})", paint.strong(layer)))?;
            for ExplainedStatement { id, effect, applies, applicability, .. } in statements {
                let line = format!("{effect} `{}`: {applicability}", visible(id));
                if *applies {
                    io.line(format_args!("    * {line}"))?;
                } else {
                    io.line(format_args!("      {}", paint.faint(line)))?;
                }
            }
        }
        if let Some(beside) = beside {
            io.line(format_args!("  {} {beside}", paint.strong("the call reads beside it")))?;
        }
        let session = if has_read { session } else { "nothing" };
        io.line(format_args!("  {} {session}", paint.strong("the session has read")))?;
        match flow {
            // What was read, or how the resource is labelled: each by its reason.
            Some(grounds) => {
                let remedy = grounds.reason().remedy();
                io.line(format_args!("  * {}. {remedy}", grounds.explain()))
            }
            None => Ok(()),
        }
    }
}

/// An audience, each name in quotation marks, so that none can look like two or like a word beside it.
fn seen_by(audience: Audience<'_>) -> String {
    let quoted = |name: &str| {
        let mut quoted = Vec::new();
        text(&mut quoted, name);
        String::from_utf8_lossy(&quoted).into_owned()
    };
    match audience {
        Audience::Recipients(names) => {
            let shown: Vec<String> = names.iter().take(MAX_RECIPIENTS).map(quoted).collect();
            let more = match names.len().saturating_sub(MAX_RECIPIENTS) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            format!("recipients {}{more}", shown.join(", "))
        }
        Audience::Group(name) => format!("group {}", quoted(name)),
        Audience::Channel(name) => format!("channel {}", quoted(name)),
        Audience::Private | Audience::Internal | Audience::Public => audience.to_string(),
    }
}

fn decided(decision: &Decision, who: Option<TooMuch>) -> Decided {
    let grounds = decision.grounds();
    Decided {
        decision: decision.ruling().to_string(),
        reason: grounds.reason().code(),
        number: grounds.reason().number(),
        statement: grounds.statement().map(str::to_owned),
        layer: grounds.layer().map(layer_code),
        explain: grounds.explain().to_string(),
        who: who.filter(|_| grounds.who().is_some()),
    }
}

fn layer_row(explained: &ExplainedLayer) -> LayerRow<'_> {
    LayerRow {
        layer: layer_code(explained.layer),
        grants: explained.grants,
        statements: explained.statements.iter().map(statement_row).collect(),
    }
}

fn statement_row(statement: &ExplainedStatement) -> StatementRow<'_> {
    let unmet = match &statement.applicability {
        Applicability::Condition(unmet) | Applicability::Unevaluable(unmet) => Some(unmet),
        _ => None,
    };
    StatementRow {
        conditions: unmet.map(|unmet| unmet.conditions.iter().map(condition_row).collect()),
        id: &statement.id,
        effect: statement.effect.to_string(),
        applies: statement.applies,
        why: code(&statement.applicability),
        explain: statement.applicability.to_string(),
    }
}

fn condition_row(condition: &UnmetCondition) -> ConditionRow<'_> {
    let UnmetCondition { number, argument, asked, holds, .. } = condition;
    ConditionRow { number: *number, argument: argument.as_deref(), asked, holds: *holds }
}

/// A short code for why a statement applies or does not.
fn code(applicability: &Applicability) -> &'static str {
    match applicability {
        Applicability::Operation { .. } => "operation",
        Applicability::Tool => "tool",
        Applicability::Resource => "resource",
        Applicability::PartOfReach { .. } => "part-of-reach",
        Applicability::Excepted { .. } => "excepted",
        Applicability::GrantedBy { .. } => "granted-by",
        Applicability::NotOwned { .. } => "not-owned",
        Applicability::OwnershipUnknown { .. } => "ownership-unknown",
        Applicability::NotTrusted => "not-trusted",
        Applicability::NotUntrusted => "not-untrusted",
        Applicability::WithinBeyond => "within-beyond",
        Applicability::Condition(_) => "condition",
        Applicability::Unevaluable(_) => "unevaluable",
        Applicability::ArgumentsPanicked => "arguments-panicked",
        Applicability::AudienceTooWide { .. } => "audience-too-wide",
        Applicability::NotForInvoker => "not-for-invoker",
        Applicability::AudienceTooLarge => "audience-too-large",
        Applicability::Fits => "fits",
        _ => "other",
    }
}
