//! What an author writes: one statement, by builder or by serde.

use std::fmt;
use std::time::Duration;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

use super::condition::{Condition, is_false};
use crate::authority::requirement::{Approver, Requirement, approvers};
use crate::base::forms::{read_as_word, stated};
use crate::base::limits::MAX_APPROVERS;
use crate::base::span::Span;
use crate::model::action::Operations;
use crate::model::audience::Readers;

/// What a statement does where it applies. The strictest applicable statement of a layer wins.
///
/// ```
/// use permitgate::policy::Effect;
///
/// assert!(Effect::Forbid > Effect::RequireApproval && Effect::RequireApproval > Effect::Permit);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// The action may happen.
    Permit,
    /// A person must approve the action first. In a layer that grants, this is also a grant.
    RequireApproval,
    /// The action must not happen.
    Forbid,
}

read_as_word! {
    Effect, "an effect as a word":
    "permit" => Permit, "require_approval" => RequireApproval, "forbid" => Forbid,
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Permit => "permit",
            Self::RequireApproval => "require_approval",
            Self::Forbid => "forbid",
        })
    }
}

/// One statement of a policy: an effect and what it applies to.
///
/// A statement applies when all of it does: the operation, the tool (where tools are named), one of
/// the resource patterns, the audience and every condition. The audience of a permit must be
/// contained in its [`readers`](Self::readers), which are the invoker alone unless said otherwise. A
/// forbid applies to every audience, or only to one that reaches [`beyond`](Self::beyond) some readers.
/// A statement that requires approval restricts like a forbid; as a grant, within a [`Policy`](crate::Policy), it
/// goes no further than its readers.
///
/// Nothing is checked before the policy is compiled.
///
/// ```
/// use permitgate::{Operation, Statement};
/// use permitgate::model::Readers;
/// use permitgate::policy::Condition;
///
/// let statement = Statement::permit("small-transfers")
///     .operations(Operation::Create)
///     .tools(["bank.transfer"])
///     .resources(["accounts/{invoker}/transfers"])
///     .readers(Readers::internal())
///     .when(Condition::at_most("cents", 10_000))
///     .when(Condition::one_of("currency", ["EUR", "CHF"]));
/// assert_eq!(statement.id(), "small-transfers");
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[must_use = "a statement does something only within a policy"]
pub struct Statement {
    pub(crate) id: String,
    pub(crate) effect: Effect,
    pub(crate) operations: Operations,
    #[serde(default, deserialize_with = "stated", skip_serializing_if = "Option::is_none")]
    pub(crate) tools: Option<Vec<String>>,
    #[serde(default, deserialize_with = "stated", skip_serializing_if = "Option::is_none")]
    pub(crate) resources: Option<Vec<String>>,
    #[serde(default, deserialize_with = "stated", skip_serializing_if = "Option::is_none")]
    pub(crate) except_resources: Option<Vec<String>>,
    #[serde(default, deserialize_with = "stated", skip_serializing_if = "Option::is_none")]
    pub(crate) readers: Option<Readers>,
    #[serde(default, deserialize_with = "stated", skip_serializing_if = "Option::is_none")]
    pub(crate) beyond: Option<Readers>,
    #[serde(default, deserialize_with = "conditions", skip_serializing_if = "Vec::is_empty")]
    pub(crate) when: Vec<Condition>,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) only_while_trusted: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) after_untrusted: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) otherwise: bool,
    #[serde(default, deserialize_with = "approvers", skip_serializing_if = "Option::is_none")]
    pub(crate) by: Option<Vec<Approver>>,
    #[serde(default, deserialize_with = "stated", skip_serializing_if = "Option::is_none")]
    pub(crate) approvals: Option<u8>,
    #[serde(default, deserialize_with = "stated", skip_serializing_if = "Option::is_none")]
    pub(crate) decide_within: Option<Span>,
    #[serde(default, deserialize_with = "stated", skip_serializing_if = "Option::is_none")]
    pub(crate) use_within: Option<Span>,
}

/// Conditions that are written, of which there is one at least.
fn conditions<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Condition>, D::Error> {
    let conditions = Vec::<Condition>::deserialize(deserializer)?;
    if conditions.is_empty() {
        let message = "an empty list of conditions; name at least one, or leave `when` out";
        return Err(D::Error::custom(message));
    }
    Ok(conditions)
}

impl Statement {
    /// A statement of any effect. The id is what decisions and records name; unique in its policy.
    pub fn new(effect: Effect, id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            effect,
            operations: Operations::NONE,
            tools: None,
            resources: None,
            except_resources: None,
            readers: None,
            beyond: None,
            when: Vec::new(),
            only_while_trusted: false,
            after_untrusted: false,
            otherwise: false,
            by: None,
            approvals: None,
            decide_within: None,
            use_within: None,
        }
    }

    /// A statement that permits.
    pub fn permit(id: impl Into<String>) -> Self {
        Self::new(Effect::Permit, id)
    }

    /// A statement that asks for a person's approval. It asks for every audience: where answers to the invoker
    /// alone should need none, say `.beyond(Readers::invoker())`.
    pub fn require_approval(id: impl Into<String>) -> Self {
        Self::new(Effect::RequireApproval, id)
    }

    /// A statement that forbids.
    pub fn forbid(id: impl Into<String>) -> Self {
        Self::new(Effect::Forbid, id)
    }

    /// The operations it applies to. Required.
    pub fn operations(mut self, operations: impl Into<Operations>) -> Self {
        self.operations = operations.into();
        self
    }

    /// The exact names of the tools it applies to; without this, every tool. No tool at all is refused when the
    /// policy is compiled, so that a list that happens to be empty does not mean every tool.
    pub fn tools<T: Into<String>>(mut self, tools: impl IntoIterator<Item = T>) -> Self {
        let named = self.tools.get_or_insert_default();
        named.extend(tools.into_iter().map(Into::into));
        self
    }

    /// The resource patterns it applies to. A statement that can grant must have one; one that only
    /// restricts applies to every resource without.
    ///
    /// A segment of a pattern is a literal, `*` (exactly one segment), `**` (any number of segments, also none,
    /// so that `mail/**` is `mail` and all below it), a bound name such as `{invoker}` as a whole, or a text with stars
    /// such as `report-*.pdf`. Letters, digits, spaces and `-_.@:'&=#+` are literal; every other character is written as
    /// `%XX`, the bytes of its UTF-8 in upper-case hexadecimal. What means something in other languages of patterns
    /// (`?`, `[kK]`, `(a|b)`, `.*`, `^`, `!`) is refused and never a literal.
    pub fn resources<T: Into<String>>(mut self, patterns: impl IntoIterator<Item = T>) -> Self {
        let named = self.resources.get_or_insert_default();
        named.extend(patterns.into_iter().map(Into::into));
        self
    }

    /// Patterns of resources that it leaves out: it does not apply where one of them matches.
    ///
    /// A permit grants less by them and a forbid forbids less, and neither says more about what is left out: that is for the
    /// other statements. Where a set that is bound to a name of a pattern could not be learned, a permit leaves out what might be
    /// in it, and a forbid does not. An exception that is `**`, or one of the statement's own patterns, is refused.
    ///
    /// ```
    /// use permitgate::{Operation, Statement};
    ///
    /// let all_but_salaries = Statement::permit("read-files")
    ///     .operations(Operation::Read)
    ///     .resources(["files/**"])
    ///     .except_resources(["files/hr/salaries/**"]);
    /// # let _ = all_but_salaries;
    /// ```
    pub fn except_resources<T: Into<String>>(
        mut self,
        patterns: impl IntoIterator<Item = T>,
    ) -> Self {
        let named = self.except_resources.get_or_insert_default();
        named.extend(patterns.into_iter().map(Into::into));
        self
    }

    /// The largest audience it grants; without this, the invoker alone.
    pub fn readers(mut self, readers: impl Into<Readers>) -> Self {
        self.readers = Some(readers.into());
        self
    }

    /// It restricts only audiences that are not contained in these readers; without this, every one.
    pub fn beyond(mut self, readers: impl Into<Readers>) -> Self {
        self.beyond = Some(readers.into());
        self
    }

    /// One more condition; all of them must hold.
    pub fn when(mut self, condition: Condition) -> Self {
        self.when.push(condition);
        self
    }

    /// A permit that applies only while the session has read nothing that outsiders can write.
    pub fn only_while_trusted(mut self) -> Self {
        self.only_while_trusted = true;
        self
    }

    /// A forbid or a required approval that applies only once the session has read something that
    /// outsiders can write. It only restricts, also within a [`Policy`](crate::Policy).
    ///
    /// ```
    /// use permitgate::{Operation, Statement};
    /// use permitgate::model::Readers;
    ///
    /// let ask = Statement::require_approval("ask-after-strangers-spoke")
    ///     .operations(Operation::Create | Operation::Share)
    ///     .beyond(Readers::internal())
    ///     .after_untrusted();
    /// # let _ = ask;
    /// ```
    pub fn after_untrusted(mut self) -> Self {
        self.after_untrusted = true;
        self
    }

    /// A required approval for what no other statement of its [`Policy`](crate::Policy) grants: everything else asks.
    ///
    /// It grants like every required approval that can, and goes no further than its operations, resources, readers and
    /// conditions; but it does not hold what a permit of the same policy allows. What a statement forbids stays forbidden. Other layers say what they
    /// said, so it lifts nothing of them: what a parent does not grant, no child can ask for.
    ///
    /// ```
    /// use permitgate::prelude::*;
    /// use permitgate::decision::Ruling;
    ///
    /// let policy = Policy::new([
    ///     Statement::permit("read").operations(Operation::Read).resources(["docs/**"]),
    ///     Statement::forbid("never").operations(Operation::Delete),
    ///     Statement::require_approval("else")
    ///         .operations(Operation::Read | Operation::Update | Operation::Delete)
    ///         .resources(["**"])
    ///         .otherwise(),
    /// ])?;
    /// let capability = Capability::root(policy, ambient_authority());
    /// let scope = Scope::builder(&capability).invoker("dana").agent("editor").build()?;
    /// let gate = Gate::builder().build()?;
    /// let ruling = |action: &Action<'_>| gate.decide(action, &scope).ruling();
    /// assert_eq!(ruling(&Action::read("docs.read", "docs/a")), Ruling::Allow);
    /// assert_eq!(ruling(&Action::update("docs.write", "docs/a")), Ruling::Hold);
    /// assert_eq!(ruling(&Action::delete("docs.drop", "docs/a")), Ruling::Deny);
    /// assert_eq!(ruling(&Action::create("docs.add", "docs/b")), Ruling::Deny);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn otherwise(mut self) -> Self {
        self.otherwise = true;
        self
    }

    /// Who may approve, of a statement that requires approval. Without this, whoever approves for the
    /// [gate](crate::gate::GateBuilder::approvers).
    ///
    /// ```
    /// use permitgate::authority::Approver;
    /// use permitgate::{Operation, Statement};
    /// use std::time::Duration;
    ///
    /// let deletions = Statement::require_approval("deletions")
    ///     .operations(Operation::Delete)
    ///     .resources(["crm/**"])
    ///     .by([Approver::group("leads"), Approver::principal("cfo@example.com")])
    ///     .approvals(2)
    ///     .decide_within(Duration::from_secs(30 * 60))
    ///     .use_within(Duration::from_secs(5 * 60));
    /// # let _ = deletions;
    /// ```
    pub fn by(mut self, approvers: impl IntoIterator<Item = Approver>) -> Self {
        let named = self.by.get_or_insert_default();
        named.extend(approvers.into_iter().take(MAX_APPROVERS + 1));
        self
    }

    /// So many of them, each another person; see [`Requirement::approvals`].
    pub fn approvals(mut self, count: u8) -> Self {
        self.approvals = Some(count);
        self
    }

    /// They decide within this time; see [`Requirement::decide_within`].
    pub fn decide_within(mut self, span: Duration) -> Self {
        self.decide_within = Some(Span(span));
        self
    }

    /// The approved effect begins within this time; see [`Requirement::use_within`].
    pub fn use_within(mut self, span: Duration) -> Self {
        self.use_within = Some(Span(span));
        self
    }

    /// All four at once: who may approve, how many of them, and within which time.
    pub fn requirement(self, requirement: Requirement) -> Self {
        let Requirement { by, approvals, decide_within, use_within } = requirement;
        Self { by, approvals, decide_within, use_within, ..self }
    }

    /// What it says of who approves.
    pub(crate) fn stated_requirement(&self) -> Requirement {
        let Self { by, approvals, decide_within, use_within, .. } = self;
        Requirement {
            by: by.clone(),
            approvals: *approvals,
            decide_within: *decide_within,
            use_within: *use_within,
        }
    }

    /// How many regular expressions it has.
    #[cfg(feature = "token")]
    pub(crate) fn regexes(&self) -> usize {
        self.when.iter().filter(|condition| condition.regex.is_some()).count()
    }

    /// The id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The effect.
    pub const fn effect(&self) -> Effect {
        self.effect
    }
}
