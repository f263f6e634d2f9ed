//! The reason of a decision with what determined it, and its words.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use super::cause::{Beyond, SinkRefusal};
use super::{Layer, Reason};
use crate::manifest::CallFault;
use crate::visible::visible;

/// What determined a decision: a statement, a rule, or what is wrong with a call or a sink. Cloning shares the
/// text and allocates nothing, unless a rule composed its reason at run time.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source {
    /// A statement, by its id.
    Statement(Arc<str>),
    /// A statement, by its id, whose readers do not hold all of the audience, and who of it is too much.
    Readers(Arc<str>, Beyond),
    /// A rule, by its name, with what it said.
    Rule(Arc<str>, Cow<'static, str>),
    /// Why the manifest gives the call no meaning.
    Call(CallFault),
    /// Why the sink did not take the record.
    Sink(SinkRefusal),
}

/// The reason of a decision, with the layer and the statement or rule that determined it.
///
/// [`explain`](Self::explain) renders one sentence for the model; where several statements require approval, the one
/// with the least id in the outermost layer is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Because {
    reason: Reason,
    layer: Option<Layer>,
    source: Option<Source>,
}

impl Because {
    pub(crate) const fn new(reason: Reason) -> Self {
        Self { reason, layer: None, source: None }
    }

    /// What is not recorded does not happen.
    #[cold]
    pub(crate) const fn of_sink(refusal: SinkRefusal) -> Self {
        let source = Some(Source::Sink(refusal));
        Self { reason: Reason::RecordRefused, layer: None, source }
    }

    #[cold]
    pub(crate) fn of_call(self, fault: &CallFault) -> Self {
        Self { source: Some(Source::Call(fault.clone())), ..self }
    }

    #[cold]
    pub(crate) fn beyond(self, who: Beyond) -> Self {
        let source = match self.source {
            Some(Source::Statement(id)) => Some(Source::Readers(id, who)),
            source => source,
        };
        Self { source, ..self }
    }

    pub(crate) fn of_layer(reason: Reason, layer: Layer, statement: Option<Arc<str>>) -> Self {
        Self { reason, layer: Some(layer), source: statement.map(Source::Statement) }
    }

    pub(crate) const fn of_rule(reason: Reason, name: Arc<str>, why: Cow<'static, str>) -> Self {
        Self { reason, layer: None, source: Some(Source::Rule(name, why)) }
    }

    /// The reason as a code.
    pub const fn reason(&self) -> Reason {
        self.reason
    }

    /// The layer of authority that determined the decision, if one did.
    pub const fn layer(&self) -> Option<Layer> {
        self.layer
    }

    /// The statement or rule that determined the decision, if one did.
    pub const fn source(&self) -> Option<&Source> {
        self.source.as_ref()
    }

    /// The id of the determining statement, if it was a statement.
    pub fn statement(&self) -> Option<&str> {
        match &self.source {
            Some(Source::Statement(id) | Source::Readers(id, _)) => Some(id),
            _ => None,
        }
    }

    /// The name of the determining rule, if it was a rule.
    pub fn rule(&self) -> Option<&str> {
        match &self.source {
            Some(Source::Rule(name, _)) => Some(name),
            _ => None,
        }
    }

    /// Why the manifest gives the call no meaning, if that is the reason.
    pub fn call_fault(&self) -> Option<&CallFault> {
        match &self.source {
            Some(Source::Call(fault)) => Some(fault),
            _ => None,
        }
    }

    /// Why the sink did not take the record, if that is the reason.
    pub fn sink_refusal(&self) -> Option<&SinkRefusal> {
        match &self.source {
            Some(Source::Sink(refusal)) => Some(refusal),
            _ => None,
        }
    }

    /// Who of the audience was too much, where it is too wide: the first whom the readers of the
    /// [`statement`](Self::statement) do not hold.
    pub fn who(&self) -> Option<&Beyond> {
        match &self.source {
            Some(Source::Readers(_, who)) => Some(who),
            _ => None,
        }
    }

    /// The reason as a clause, with the names of layer, statement and rule, who was too much, and what was wrong.
    pub fn explain(&self) -> impl fmt::Display {
        Clause(self)
    }
}

/// Bytes of what a rule said that are shown.
const MOST_SAID_BYTES: usize = 1024;

struct Clause<'b>(&'b Because);

impl fmt::Display for Clause<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Because { reason, layer, source } = self.0;
        let clause = reason.clause();
        match (layer, source) {
            (Some(layer), Some(Source::Statement(id))) => {
                write!(f, "{clause} (statement `{}` of {layer})", visible(id))
            }
            (Some(layer), Some(Source::Readers(id, who))) => {
                write!(f, "{clause} (statement `{}` of {layer}), not for {who}", visible(id))
            }
            (Some(layer), _) => write!(f, "{clause} (in {layer})"),
            (None, Some(Source::Rule(name, why))) if why.is_empty() => {
                write!(f, "{clause} (rule `{}`)", visible(name))
            }
            (None, Some(Source::Rule(name, why))) => {
                let why = visible(why).prose().short(MOST_SAID_BYTES);
                write!(f, "{clause} (rule `{}`: {why})", visible(name))
            }
            (None, Some(Source::Call(fault))) => match fault.to_string() {
                fault if fault.starts_with(clause) => f.write_str(&fault),
                fault => write!(f, "{clause} ({fault})"),
            },
            (None, Some(Source::Sink(refusal))) => {
                write!(f, "{clause} (the sink {}: {})", refusal.fault().verb(), refusal.chain())
            }
            (None, _) => f.write_str(clause),
        }
    }
}
