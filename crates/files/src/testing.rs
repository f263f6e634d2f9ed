//! Running the tests of a bundle.

mod votes;

use permitgate::authority::{ScopeBuilder, ScopeError};
use permitgate::decision::Ruling;
use permitgate::gate::Explanation;
use permitgate::model::Value;
use permitgate::record::MemorySink;
use permitgate::text::visible;
use permitgate::time::{ManualClock, Timestamp};
use permitgate::{Capability, Decision, Gate, Reason, Scope, Session, ambient_authority};
use serde::Serialize;

use crate::bundle::Bundle;
use crate::fault::{Code, Fault};
use crate::ground::Ground;
use crate::load::tests::{BoundData, CallData, TestCase, TestData};
use crate::source::Span;
use votes::{Answered, Wish};

/// What one `[[test]]` came to. As JSON it is one object with these fields.
///
/// ```
/// use permitgate_files::Bundle;
///
/// let bundle = Bundle::parse("policy.toml", r#"
/// [[statement]]
/// id = "read-docs"
/// effect = "permit"
/// operations = "read"
/// resources = ["docs/**"]
///
/// [[test]]
/// name = "docs can be read"
/// invoker = "dana@example.com"
/// agent = "triage"
/// action = { operation = "read", tool = "docs.read", resource = "docs/intro" }
/// expect = "allow"
/// "#)?;
/// let outcomes = bundle.run_tests();
/// assert!(outcomes[0].passed);
/// assert_eq!(outcomes[0].statement.as_deref(), Some("read-docs"));
/// # Ok::<(), permitgate_files::LoadError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TestOutcome {
    /// The name of the test.
    pub name: String,
    /// What it shows, in the words of its author.
    pub why: Option<String>,
    /// The file in which it stands.
    pub file: String,
    /// The line of its `expect`, from 1.
    pub line: usize,
    /// Whether it came out as it says.
    pub passed: bool,
    /// What it expects: `allow`, `hold` or `deny`.
    pub expected: String,
    /// What came; empty where the test could not be run.
    pub came: String,
    /// The code of the reason.
    pub reason: String,
    /// The statement or guardrail that determined it.
    pub statement: Option<String>,
    /// The budget that has no room, where that determined it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget: Option<String>,
    /// What is wrong where it did not pass, or why it came out as it did.
    pub explanation: String,
}

/// What a test came to, and where the expectation stands that was not met.
pub(crate) struct Ran {
    pub(crate) decision: Option<Decision>,
    /// The reason as a clause, and what the manifest has against the call.
    why: String,
    pub(crate) failure: Option<(Span, String)>,
}

impl Bundle {
    /// Runs every `[[test]]` of the files, in their order.
    ///
    /// A bundle whose tests fail does not load unless
    /// [`Options::without_tests`](crate::Options::without_tests) is said.
    pub fn run_tests(&self) -> Vec<TestOutcome> {
        self.run_tests_under(&self.capability(ambient_authority()), Timestamp::MIN)
    }

    /// The same under another capability, such as that of a token or of a task, at a moment at which it is valid.
    pub fn run_tests_under(&self, capability: &Capability, at: Timestamp) -> Vec<TestOutcome> {
        let under = Under { capability, at };
        let outcome = |case: &TestCase| {
            let Ran { decision, why, failure } = run(self, under, case);
            let grounds = decision.as_ref().map(Decision::grounds);
            let (file, line) = self.place(case.spans.expect);
            TestOutcome {
                name: case.data.name.clone(),
                why: case.data.why.clone(),
                file,
                line,
                passed: failure.is_none(),
                expected: case.data.expect.ruling().to_string(),
                came: decision.as_ref().map(|came| came.ruling().to_string()).unwrap_or_default(),
                reason: grounds.map(|grounds| grounds.reason().to_string()).unwrap_or_default(),
                statement: grounds.and_then(|grounds| grounds.statement()).map(str::to_owned),
                budget: grounds
                    .and_then(|grounds| grounds.budget())
                    .map(|budget| budget.name().to_owned()),
                explanation: failure.map_or(why, |(_, message)| message),
            }
        };
        self.cases().iter().map(outcome).collect()
    }
}

/// The tests that do not come out as they say, as faults.
pub(crate) fn failures(bundle: &Bundle) -> Vec<Fault> {
    let capability = bundle.capability(ambient_authority());
    let under = Under { capability: &capability, at: Timestamp::MIN };
    let failed = bundle.cases().iter().filter_map(|case| {
        let Ran { decision, failure, .. } = run(bundle, under, case);
        let (span, message) = failure?;
        let code = if decision.is_some() { Code::TestFailed } else { Code::BadTest };
        let fault = Fault::new(code, span, format!("test `{}`: {message}", case.data.name));
        Some(match &case.data.why {
            Some(why) => fault.hint(format!("the test shows: {}", visible(why))),
            None => fault,
        })
    });
    failed.collect()
}

/// What the tests are decided under, and when.
#[derive(Clone, Copy)]
struct Under<'c> {
    capability: &'c Capability,
    at: Timestamp,
}

fn run(bundle: &Bundle, under: Under<'_>, case: &TestCase) -> Ran {
    match decide(bundle, under, case) {
        Ok(Answered { decision, is_asked, more }) => {
            let mut why = decision.grounds().explain().to_string();
            why.push_str(&more);
            if let Some(call) = &case.data.call
                && decision.reason() == Reason::UnknownTool
                && let Some(near) = bundle.manifest().nearest_tool(&call.tool)
            {
                why.push_str(&format!("; did you mean `{}`?", visible(near)));
            }
            let failure = judge(&case.data, &decision, &why, case)
                .or_else(|| without_vote(&decision, is_asked, &why, case));
            Ran { decision: Some(decision), why, failure }
        }
        Err(failure) => Ran { decision: None, why: String::new(), failure: Some(failure) },
    }
}

/// Decides by a gate and a session of its own, at a fixed time.
///
/// With what came nearest where nothing permits what is expected otherwise.
fn decide(bundle: &Bundle, under: Under<'_>, case: &TestCase) -> Result<Answered, (Span, String)> {
    let data = &case.data;
    let failed = |message: String| (case.spans.whole, message);
    let gate = bundle
        .gate()
        .clock(ManualClock::new(case.at.unwrap_or(under.at)))
        .sink(MemorySink::last(1))
        .build();
    let gate = gate.map_err(|error| failed(error.to_string()))?;
    let ground = bundle.ground();
    let session = ground.session_of(&data.invoker);
    let given = ground.request(data.user_says.as_deref(), data.facts.iter().map(Value::from));
    if !session.endorse_all(&given) {
        let span = if data.user_says.is_some() { case.spans.user_says } else { case.spans.facts };
        let message = "`user_says` and `facts` hold more than a session can endorse".to_owned();
        return Err((span, message));
    }
    let checked = |name: &str, value: &str| {
        ground.check_bound(name, value).map_err(|error| (case.spans.bind, error.to_string()))
    };
    ground.check_bound("invoker", &data.invoker).map_err(|error| failed(error.to_string()))?;
    for (name, value) in &data.bind {
        match value {
            BoundData::One(value) => checked(name, value)?,
            BoundData::Set(values) => values.iter().try_for_each(|value| checked(name, value))?,
        }
    }
    let scope = scope_of(under, data, &session);
    let scope = scope.map_err(|error| (case.spans.bind, error.to_string()))?;
    spend(&gate, &scope, case)?;
    for call in &data.reads {
        begin(bundle, &ground, &gate, call, &scope)
            .map_err(|message| (case.spans.reads, message))?;
    }
    let at = case.at.unwrap_or(under.at);
    let decided = |wish: &Wish<'_, '_>| {
        let mut answered = wish.decide(&data.approved_by, &gate, &scope, bundle.directory());
        if answered.decision.ruling() != data.expect.ruling() {
            answered.more.insert_str(0, &nearest(&wish.explained(&gate, &scope), at));
        }
        answered
    };
    match (&data.action, &data.call) {
        (Some(action), _) => Ok(decided(&Wish::Action(action.view()))),
        (None, Some(call)) => {
            let call = bundle.manifest().map(&call.tool, &call.arguments, &scope);
            Ok(decided(&Wish::Call(&call)))
        }
        // Refused when the test was read.
        (None, None) => Err(failed("a test needs a `call` or an `action`".to_owned())),
    }
}

fn scope_of(under: Under<'_>, data: &TestData, session: &Session) -> Result<Scope, ScopeError> {
    let scope = Scope::builder(under.capability).invoker(&data.invoker).agent(&data.agent);
    let bind = |scope: ScopeBuilder, (name, value): (&String, &BoundData)| match value {
        BoundData::One(value) => scope.bind(name, value),
        BoundData::Set(values) => scope.bind_set(name, values.iter().cloned()),
    };
    data.bind.iter().fold(scope.session(session), bind).build()
}

/// What was used of budgets before.
fn spend(gate: &Gate, scope: &Scope, case: &TestCase) -> Result<(), (Span, String)> {
    for (name, units) in &case.spent {
        if !gate.count_use(scope, name, *units) {
            let message = format!("the budget `{}` counts nothing here", visible(name));
            return Err((case.spans.spent, message));
        }
    }
    Ok(())
}

/// The statement that came nearest to permit the first action that nothing permits, and when, where that is why.
fn nearest(explained: &[Explanation], at: Timestamp) -> String {
    let Some(explanation) = explained.iter().find(|one| one.nearest().is_some()) else {
        return String::new();
    };
    let nearest = explanation.nearest().map(|one| {
        format!("; nearest is {} `{}`: {}", one.effect, visible(&one.id), one.applicability)
    });
    let time = at.to_rfc3339().filter(|_| explanation.is_of_time());
    let time = time.map_or_else(String::new, |time| format!("; it is {time}"));
    nearest.unwrap_or_default() + &time
}

/// A test whose votes are for nothing says something that is not so: what it tests needs no approval.
fn without_vote(
    decision: &Decision,
    is_asked: bool,
    why: &str,
    case: &TestCase,
) -> Option<(Span, String)> {
    let is_vain = !case.data.approved_by.is_empty() && !is_asked;
    let message = format!("nobody is asked to approve it, since the call is allowed: {why}");
    (is_vain && decision.is_allow()).then_some((case.spans.approved_by, message))
}

/// Begins an earlier call, so that the session has read what it reads, and may act on what can be trusted in its result.
fn begin(
    bundle: &Bundle,
    ground: &Ground,
    gate: &Gate,
    call: &CallData,
    scope: &Scope,
) -> Result<(), String> {
    let result = call.result.as_ref().map(Value::from);
    if let Some(result) = result
        && !scope.session().has_room_for(&ground.result(bundle.manifest(), &call.tool, result))
    {
        return Err(format!(
            "the result of `{}` holds more than the session can endorse",
            visible(&call.tool)
        ));
    }
    let mapped = bundle.manifest().map(&call.tool, &call.arguments, scope);
    let permit = gate.authorize_call(&mapped, scope);
    let running = permit
        .and_then(|permit| permit.begin(&gate.call_handle(call.tool.as_str())))
        .map_err(|refusal| {
            format!("the earlier call of `{}` does not begin: {refusal}", visible(&call.tool))
        })?;
    running.done();
    if let Some(result) = result {
        // Where somebody else chose what was looked up, it is not endorsed, as in any session.
        mapped.endorse_result(result, scope.session());
    }
    Ok(())
}

/// The first expectation that is not met, with what came instead and why.
fn judge(
    data: &TestData,
    decision: &Decision,
    why: &str,
    case: &TestCase,
) -> Option<(Span, String)> {
    let (expected, came) = (data.expect.ruling(), decision.ruling());
    let grounds = decision.grounds();
    if expected != came {
        let word = match came {
            Ruling::Allow => "allowed",
            Ruling::Hold => "held",
            Ruling::Deny => "denied",
        };
        let message = format!("expected {expected}, but the call is {word}: {why}");
        return Some((case.spans.expect, message));
    }
    if let Some(reason) = &data.reason
        && reason != grounds.reason().code()
    {
        let message =
            format!("expected the reason `{reason}`, but it is `{}`: {why}", grounds.reason());
        return Some((case.spans.reason, message));
    }
    if let Some(statement) = &data.statement
        && grounds.statement() != Some(statement)
    {
        let message = format!("expected statement `{statement}` to determine it, but: {why}");
        return Some((case.spans.statement, message));
    }
    let budget = grounds.budget().map(|budget| budget.name());
    if let Some(expected) = &data.budget
        && budget != Some(expected)
    {
        let message =
            format!("expected the budget `{}` to determine it, but: {why}", visible(expected));
        return Some((case.spans.budget, message));
    }
    None
}
