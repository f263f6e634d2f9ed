//! The whole of a decision, for people: every statement, every rule, and what the session has read.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use smallvec::SmallVec;

use super::Gate;
use super::authorize::decision;
use super::configuration::{Configuration, NamedRule};
use super::context::{DecisionContext, WholeCall};
use super::evaluation::PreparedAction;
use super::siblings::{CallReads, Siblings};
use crate::authority::scope::{Scope, ScopeLayer};
use crate::base::steps::Allowance;
use crate::base::visible::visible;
use crate::decision::{Decision, Grounds, Layer, Reason};
use crate::gate::rule::Verdict;
use crate::manifest::Call;
use crate::model::action::Action;
use crate::policy::{Effect, ExplainedLayer, ExplainedStatement, Values, explain};

/// Everything that was considered for one action; see [`Gate::explain`] and [`Gate::explain_call`].
///
/// As text it is one line for the decision and one for each thing considered, what applies marked by a star.
///
/// ```
/// use permitgate::prelude::*;
///
/// # let policy = Policy::new([Statement::permit("read").operations(Operation::Read).resources(["docs/**"])])?;
/// # let capability = Capability::root(policy, ambient_authority());
/// # let scope = Scope::builder(&capability).invoker("dana").agent("triage").build()?;
/// # let gate = Gate::builder().build()?;
/// let explanation = gate.explain(&Action::delete("docs.delete", "docs/intro"), &scope);
/// assert!(!explanation.decision.is_allow());
/// assert!(!explanation.layers[0].statements[0].applies);
/// assert_eq!(explanation.session, "public, trusted");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Explanation {
    /// What the gate would answer now.
    pub decision: Decision,
    /// The guardrails, if there are any, then the layers of the capability from the root on. Empty where the action is
    /// malformed.
    pub layers: Vec<ExplainedLayer>,
    /// What every rule says, by its name, whether or not it was still asked; `None` where it panicked.
    pub rules: Vec<(Arc<str>, Option<Verdict>)>,
    /// What the session has read, as its label says.
    pub session: String,
    /// What the other actions of the same call read, in words, where that counts for this one.
    pub beside: Option<&'static str>,
    /// Why what the session has read, what the action's own resource holds, or what the same call reads beside it stands
    /// against it, where one of these does; with who of the audience may not see it.
    pub flow: Option<Grounds>,
}

impl Explanation {
    /// Of an action that nothing permits: the statement that came nearest to grant it, in the first layer that grants nothing. What
    /// keeps it from applying is its [`applicability`](ExplainedStatement::applicability).
    ///
    /// ```
    /// use permitgate::prelude::*;
    /// use permitgate::policy::Condition;
    ///
    /// # let gate = Gate::builder().build()?;
    /// let policy = Policy::new([
    ///     Statement::permit("docs").operations(Operation::Read).resources(["docs/**"]),
    ///     Statement::permit("pay").operations(Operation::Create).resources(["bank/**"])
    ///         .when(Condition::at_most("cents", 10_000)),
    /// ])?;
    /// let capability = Capability::root(policy, ambient_authority());
    /// let scope = Scope::builder(&capability).invoker("dana").agent("triage").build()?;
    /// let arguments = [("cents", 20_000.into())];
    /// let explanation = gate.explain(&Action::create("pay", "bank/1").with(&arguments), &scope);
    /// let nearest = explanation.nearest().ok_or("denied")?;
    /// assert_eq!(
    ///     format!("`{}`: {}", nearest.id, nearest.applicability),
    ///     "`pay`: when[0] does not hold for `cents`: is at most 10000"
    /// );
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn nearest(&self) -> Option<&ExplainedStatement> {
        let is_unpermitted =
            matches!(self.decision.reason(), Reason::NotPermitted | Reason::GuardrailNotPermitted);
        let grants = |statement: &&ExplainedStatement| statement.effect != Effect::Forbid;
        let mut layers = self.layers.iter().filter(|layer| is_unpermitted && layer.grants);
        let layer =
            layers.find(|layer| !layer.statements.iter().any(|one| one.applies && grants(&one)))?;
        // Of several that are as near, the first by its id.
        let statements = layer.statements.iter().filter(grants).rev();
        statements.max_by_key(|one| one.applicability.nearness())
    }

    /// Whether the statement that came nearest is kept from applying by the time.
    pub fn is_of_time(&self) -> bool {
        self.nearest().is_some_and(|one| one.applicability.is_of_time())
    }
}

impl Gate {
    /// Decides an action like [`decide`](crate::ActionGate::decide) and tells everything that was considered: each
    /// statement of each layer with the reason why it applies or not, each rule, and the session's label.
    ///
    /// For people who write policies. It looks at every statement, so it takes as long as the policy is.
    ///
    /// ```
    /// use permitgate::prelude::*;
    ///
    /// # let gate = Gate::builder().build()?;
    /// let policy = Policy::new([
    ///     Statement::permit("read").operations(Operation::Read).resources(["docs/**"]),
    ///     Statement::forbid("no-drafts").operations(Operation::Read).resources(["docs/drafts/*"]),
    /// ])?;
    /// let capability = Capability::root(policy, ambient_authority());
    /// let scope = Scope::builder(&capability).invoker("dana").agent("triage").build()?;
    /// let explanation = gate.explain(&Action::read("docs.read", "docs/intro"), &scope);
    /// assert!(explanation.decision.is_allow());
    /// assert_eq!(
    ///     explanation.to_string(),
    ///     "allow: nothing stands against it (statement `read` of the capability)\n\
    ///      the capability, which denies what it does not permit:\n\
    ///      \x20   forbid `no-drafts`: none of its patterns matches the resource\n\
    ///      \x20 * permit `read`: everything fits\n\
    ///      the session has read: public, trusted\n"
    /// );
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn explain(&self, action: &Action<'_>, scope: &Scope) -> Explanation {
        let moment = &self.core.moment(scope);
        self.core.configuration.read(|configuration| {
            let (call, desk) =
                (&WholeCall::new(std::slice::from_ref(action), None), &self.core.desk);
            let siblings = None;
            explained(&DecisionContext {
                configuration,
                action,
                scope,
                moment,
                siblings,
                call,
                desk,
            })
        })
    }

    /// Explains every action of a mapped call as [`decide_call`](crate::ActionGate::decide_call) decides it: at one moment,
    /// each as if what the others read had been read already. In the order of [`Call::actions`]; the answer to the call is
    /// the strictest of theirs.
    ///
    /// ```
    /// use permitgate::prelude::*;
    /// use permitgate::Reason;
    /// use permitgate::flow::{Integrity, LabelRule, Labels};
    /// use permitgate::manifest::{AudienceSpec, EffectSpec, ResultSpec, ToolSpec};
    /// use permitgate::model::{NoArguments, Operations, Readers};
    ///
    /// let labels = Labels::new([LabelRule::on(["hr/**"]).readers(Readers::invoker())])?;
    /// let gate = Gate::builder().labels(labels.otherwise(Readers::public(), Integrity::Trusted)?).build()?;
    /// let manifest = Manifest::new([ToolSpec::new("copy")
    ///     .result(ResultSpec::new().trusted(["text"]))
    ///     .effect(EffectSpec::read("hr/salaries"))
    ///     .effect(EffectSpec::create("forum/1").audience(AudienceSpec::public()))])?;
    /// # let policy = Policy::new([Statement::permit("all").operations(Operations::ALL).resources(["**"]).readers(Readers::public())])?;
    /// # let capability = Capability::root(policy, ambient_authority());
    /// # let scope = Scope::builder(&capability).invoker("dana").agent("triage").build()?;
    /// let call = manifest.map("copy", &NoArguments, &scope);
    /// let [read, write] = gate.explain_call(&call, &scope).try_into().map_err(|_| "two actions")?;
    /// assert!(read.decision.is_allow());
    /// let flow = write.flow.ok_or("it stands against it")?;
    /// assert_eq!((flow.reason(), flow.who().map(ToString::to_string)), (Reason::BeyondReaders, Some("the public".into())));
    /// assert_eq!(write.beside, Some("what not everybody may see"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn explain_call(&self, call: &Call<'_>, scope: &Scope) -> Vec<Explanation> {
        let actions: SmallVec<[Action<'_>; 2]> = call.actions().collect();
        let moment = &self.core.moment(scope);
        self.core.configuration.read(|configuration| {
            let reads = CallReads::of(configuration, &actions, scope);
            let (whole, desk) = (&WholeCall::new(&actions, call.tool_digest()), &self.core.desk);
            let explained = |(place, action)| {
                let siblings = Siblings::of(reads.as_ref(), &actions, place);
                let siblings = siblings.as_ref();
                explained(&DecisionContext {
                    configuration,
                    action,
                    scope,
                    moment,
                    siblings,
                    call: whole,
                    desk,
                })
            };
            actions.iter().enumerate().map(explained).collect()
        })
    }
}

fn explained(given: &DecisionContext<'_, '_>) -> Explanation {
    let DecisionContext { configuration, action, scope, siblings, .. } = *given;
    let session = scope.session().label().to_string();
    let beside = siblings.and_then(|siblings| in_words(siblings, configuration, scope));
    let decision = decision(given);
    let mut prepared = PreparedAction::new(configuration, scope);
    if prepared.prepare(action).is_err() {
        let (layers, rules) = (Vec::new(), Vec::new());
        return Explanation { decision, layers, rules, session, beside, flow: None };
    }
    let (evaluation, _) = prepared.evaluation(given);
    let request = &evaluation.request;
    let (own, lineage) = (Allowance::unlimited(), scope.allowance());
    let guardrails = configuration.guardrails.iter().map(|policy| {
        let values = Values::Always(scope.always_bound());
        explain(policy, request, values, Layer::Guardrails, (action.audience(), &own))
    });
    let answered = given.moment.owned.as_deref();
    let layers = scope.layers().iter().enumerate();
    let lineage = layers.map(|(place, ScopeLayer { layer, policy, values })| {
        let values = answered.and_then(|answered| answered.layer(place)).unwrap_or(values);
        let values = Values::Layer(values);
        let allowance = if *layer == Layer::Issuer { &own } else { &lineage };
        explain(policy, request, values, *layer, (action.audience(), allowance))
    });
    let context = evaluation.rule_context();
    let rules = configuration.rules.iter().map(|NamedRule { name, rule, .. }| {
        let verdict = catch_unwind(AssertUnwindSafe(|| rule.check(&context)));
        (name.as_str().into(), verdict.ok())
    });
    let (layers, rules) = (guardrails.chain(lineage).collect(), rules.collect());
    let flow = evaluation.flow().err();
    let flow = flow.map(|reason| prepared.flow_grounds(reason, given));
    Explanation { decision, layers, rules, session, beside, flow }
}

/// What the others read that counts for an action.
fn in_words(
    siblings: &Siblings<'_>,
    configuration: &Configuration,
    scope: &Scope,
) -> Option<&'static str> {
    match (siblings.is_confined(configuration, scope), siblings.is_untrusted(configuration, scope))
    {
        (false, false) => None,
        (true, false) => Some("what not everybody may see"),
        (false, true) => Some("what outsiders can write"),
        (true, true) => Some("what not everybody may see, and what outsiders can write"),
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { decision, layers, rules, session, beside, flow } = self;
        writeln!(f, "{decision}")?;
        for ExplainedLayer { layer, grants, statements, .. } in layers {
            let does = if *grants { "denies what it does not permit" } else { "only restricts" };
            writeln!(f, "{layer}, which {does}:")?;
            for statement in statements {
                let mark = if statement.applies { '*' } else { ' ' };
                let (effect, id) = (statement.effect, &statement.id);
                let applicability = &statement.applicability;
                writeln!(f, "  {mark} {effect} `{}`: {applicability}", visible(id))?;
            }
        }
        for (name, verdict) in rules {
            let name = visible(name);
            match verdict {
                Some(Verdict::Pass) => writeln!(f, "rule `{name}` passes")?,
                Some(Verdict::RequireApproval(why)) => {
                    writeln!(f, "rule `{name}` requires approval: {}", visible(why).prose())?;
                }
                Some(Verdict::Deny(why)) => {
                    writeln!(f, "rule `{name}` denies: {}", visible(why).prose())?
                }
                None => writeln!(f, "rule `{name}` failed")?,
            }
        }
        writeln!(f, "the session has read: {session}")?;
        if let Some(beside) = beside {
            writeln!(f, "the call reads beside it {beside}")?;
        }
        match flow {
            Some(grounds) => writeln!(f, "  * {}", grounds.explain()),
            None => Ok(()),
        }
    }
}
