//! `[[test]]`: what a call must come to.

use std::collections::{BTreeMap, HashMap, HashSet};

use permitgate::Reason;
use permitgate::authority::{Budget, Measure};
use permitgate::decision::Ruling;
use permitgate::model::OwnedAction;
use permitgate::text::visible;
use permitgate::time::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value as Json};

use super::document::{Document, duplicate};
use crate::fault::{Code, Fault};
use crate::limits::{MAX_FAULTS, MAX_TEST_READS, MAX_TESTS};
use crate::source::Span;
use crate::suggest::nearest;
use crate::tree::Node;
use crate::tree::read::read;

/// A `[[test]]` as it is written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TestData {
    pub(crate) name: String,
    /// What the test shows.
    #[serde(default)]
    pub(crate) why: Option<String>,
    pub(crate) invoker: String,
    pub(crate) agent: String,
    #[serde(default)]
    pub(crate) bind: BTreeMap<String, BoundData>,
    /// When it is decided, if that matters.
    #[serde(default)]
    pub(crate) at: Option<String>,
    #[serde(default)]
    pub(crate) user_says: Option<String>,
    #[serde(default)]
    pub(crate) facts: Vec<Json>,
    /// What was used of budgets before.
    #[serde(default)]
    pub(crate) spent: BTreeMap<String, Json>,
    #[serde(default)]
    pub(crate) reads: Vec<CallData>,
    #[serde(default)]
    pub(crate) call: Option<CallData>,
    #[serde(default)]
    pub(crate) action: Option<OwnedAction>,
    /// Who votes for it, where it is held.
    #[serde(default)]
    pub(crate) approved_by: Vec<String>,
    pub(crate) expect: Expected,
    #[serde(default)]
    pub(crate) reason: Option<String>,
    #[serde(default)]
    pub(crate) statement: Option<String>,
    #[serde(default)]
    pub(crate) budget: Option<String>,
}

/// What a name is bound to: one value, or a list of them.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, expecting = "a text or a list of texts")]
pub(crate) enum BoundData {
    One(String),
    Set(Vec<String>),
}

/// A call, whose meaning the manifest gives.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CallData {
    pub(crate) tool: String,
    #[serde(default)]
    pub(crate) arguments: Map<String, Json>,
    /// What came back, of an earlier call.
    #[serde(default)]
    pub(crate) result: Option<Json>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Expected {
    Allow,
    Hold,
    Deny,
}

impl Expected {
    pub(crate) const fn ruling(self) -> Ruling {
        match self {
            Self::Allow => Ruling::Allow,
            Self::Hold => Ruling::Hold,
            Self::Deny => Ruling::Deny,
        }
    }
}

/// A test, and where its expectations stand.
#[derive(Clone, Debug)]
pub(crate) struct TestCase {
    pub(crate) data: TestData,
    pub(crate) spans: TestSpans,
    /// When it is decided, where it says so.
    pub(crate) at: Option<Timestamp>,
    /// What was used of budgets before, in their units.
    pub(crate) spent: Vec<(String, u64)>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct TestSpans {
    pub(crate) whole: Span,
    pub(crate) expect: Span,
    pub(crate) reason: Span,
    pub(crate) statement: Span,
    pub(crate) budget: Span,
    pub(crate) spent: Span,
    pub(crate) bind: Span,
    pub(crate) reads: Span,
    pub(crate) user_says: Span,
    pub(crate) facts: Span,
    pub(crate) approved_by: Span,
}

/// Reads every test.
/// Those of budgets are looked up where all budgets could be read.
pub(crate) fn tests(
    document: &Document<'_>,
    budgets: Option<&[Budget]>,
    faults: &mut Vec<Fault>,
) -> Vec<TestCase> {
    let nodes = &document.tests;
    if let Some(node) = nodes.get(MAX_TESTS) {
        let message = format!("more than {MAX_TESTS} tests");
        faults.push(Fault::new(Code::TooManyTests, node.span, message));
        return Vec::new();
    }
    // As they are written: where a statement is at fault, a test that names it is not.
    let statements = document.statements.iter().chain(&document.guardrails);
    let ids: HashSet<&str> = statements.filter_map(|node| node.get("id")?.text()).collect();
    let mut cases = Vec::with_capacity(nodes.len());
    let mut names: HashMap<&str, Span> = HashMap::new();
    for node in nodes {
        if let Some(name) = node.get("name")
            && let Some(text) = name.text()
        {
            match names.get(text) {
                Some(first) => {
                    faults.push(duplicate(name.span, &format!("the name `{text}`"), *first));
                }
                None => _ = names.insert(text, name.span),
            }
        }
        let suggest = faults.len() < MAX_FAULTS;
        let case = test(node, &ids, suggest).and_then(|case| match budgets {
            Some(budgets) => of_budgets(node, case, budgets),
            None => Ok(case),
        });
        match case {
            Ok(case) => cases.push(case),
            Err(fault) => faults.push(fault),
        }
    }
    cases
}

fn test(node: &Node, ids: &HashSet<&str>, suggest: bool) -> Result<TestCase, Fault> {
    let data: TestData = read(node, "a test")?;
    let spans = TestSpans {
        whole: node.span,
        expect: node.place("expect"),
        reason: node.place("reason"),
        statement: node.place("statement"),
        budget: node.place("budget"),
        spent: node.place("spent"),
        bind: node.place("bind"),
        reads: node.place("reads"),
        user_says: node.place("user_says"),
        facts: node.place("facts"),
        approved_by: node.place("approved_by"),
    };
    let bad = |span, message: &str| Fault::new(Code::BadTest, span, message);
    match (&data.call, &data.action) {
        (None, None) => {
            let fault = bad(node.span, "a test needs a `call` or an `action`");
            return Err(fault.hint("a `call` goes through the manifest, an `action` does not"));
        }
        (Some(_), Some(_)) => {
            let fault = bad(node.place("action"), "a test has a `call` or an `action`, not both");
            return Err(fault.hint("write two tests"));
        }
        _ => {}
    }
    if data.call.as_ref().is_some_and(|call| call.result.is_some()) {
        let fault = bad(node.place("call.result"), "the call that is tested has no `result` yet");
        return Err(fault.hint("an earlier call with a result stands in `reads`"));
    }
    if let Some(odd) = data.facts.iter().position(|fact| !fact.is_string() && !fact.is_number()) {
        return Err(bad(node.place(&format!("facts[{odd}]")), "a fact is a text or a number"));
    }
    if let Some(empty) = data.facts.iter().position(|fact| fact.as_str() == Some("")) {
        return Err(bad(node.place(&format!("facts[{empty}]")), "a fact is not empty"));
    }
    if data.reads.len() > MAX_TEST_READS {
        let message = format!("more than {MAX_TEST_READS} earlier calls in one test");
        return Err(bad(node.place("reads"), &message));
    }
    if let Some(reason) = &data.reason
        && Reason::from_code(reason).is_none()
    {
        let codes = Reason::ALL.iter().map(|reason| reason.code());
        let message = format!("`{reason}` is not the code of a reason");
        let fault = Fault::new(Code::UnknownValue, spans.reason, message);
        return Err(match nearest(reason, codes) {
            Some(near) => fault.hint(format!("did you mean `{near}`?")),
            None => fault,
        });
    }
    if let Some(statement) = &data.statement
        && !ids.contains(statement.as_str())
    {
        let message = format!("no statement and no guardrail has the id `{statement}`");
        let fault = Fault::new(Code::BadTest, spans.statement, message);
        let mut ids: Vec<&str> = ids.iter().copied().filter(|_| suggest).collect();
        ids.sort_unstable();
        return Err(match nearest(statement, ids) {
            Some(near) => fault.hint(format!("did you mean `{near}`?")),
            None => fault,
        });
    }
    let at = match data.at.as_deref().map(str::parse::<Timestamp>).transpose() {
        Ok(at) => at,
        Err(error) => return Err(bad(node.place("at"), &format!("`at`: {error}"))),
    };
    Ok(TestCase { data, spans, at, spent: Vec::new() })
}

/// What a test says of budgets, each of which is there and counts so much.
fn of_budgets(node: &Node, mut case: TestCase, budgets: &[Budget]) -> Result<TestCase, Fault> {
    let find = |name: &str, span: Span| {
        budgets.iter().find(|budget| budget.name() == name).ok_or_else(|| {
            let message = format!("no `[[budget]]` has the name `{}`", visible(name));
            let fault = Fault::new(Code::BadTest, span, message);
            match nearest(name, budgets.iter().map(Budget::name)) {
                Some(near) => fault.hint(format!("did you mean `{}`?", visible(near))),
                None => fault,
            }
        })
    };
    if let Some(name) = &case.data.budget {
        find(name, case.spans.budget)?;
    }
    for (name, amount) in &case.data.spent {
        let span = node.get("spent").and_then(|spent| spent.get(name)).map(|node| node.span);
        let span = span.unwrap_or(case.spans.spent);
        let budget = find(name, span)?;
        let bad = |message: String| Fault::new(Code::BadTest, span, message);
        if matches!(budget.measure(), Measure::Concurrency | Measure::Repeats { .. }) {
            let message = format!("what `{}` counts cannot be spent before", visible(name));
            let hint = match budget.measure() {
                Measure::Concurrency => "it counts effects that are under way, and none is",
                _ => "write the earlier calls as `reads`",
            };
            return Err(bad(message).hint(hint));
        }
        let text = match amount {
            Json::String(text) => text.clone(),
            other => other.to_string(),
        };
        let Some(units) = budget.units(&text) else {
            let message =
                format!("`{}` is no amount that `{}` counts", visible(&text), visible(name));
            return Err(bad(message).hint(
                "write a number, with no more digits behind the point than `decimals` says",
            ));
        };
        case.spent.push((name.clone(), units));
    }
    Ok(case)
}
