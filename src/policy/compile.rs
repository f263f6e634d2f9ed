//! One validation for every source of statements, and the tables that evaluation reads.

use std::collections::HashMap;
use std::sync::Arc;

use super::bound::Variables;
use super::cost::HitSteps;
use super::error::{Fault, PolicyError};
use super::form::CompiledCondition;
use super::index::{Index, Keyed};
use super::literal::odd_in_tool;
use super::pattern::{PatternAt, Patterns};
use super::sanity::{
    Input, LayerKind, check_id, check_lengths, check_otherwise, each_once, input_of, is_first,
    named, requirement_of,
};
use super::statement::{Effect, Statement};
use super::subtree::Heads;
use super::terms::Shared;
use crate::authority::requirement::Requirement;
use crate::base::content::ContentDigest;
use crate::base::hash::hash_name;
use crate::base::identifier::Identifier;
use crate::base::limits::{MAX_ITEMS_PER_STATEMENT, MAX_POLICY_STEPS, MAX_STATEMENTS};
use crate::base::name::check_name;
use crate::base::steps;
use crate::directory::{Directory, ReaderSet};
use crate::model::action::Operations;
use crate::model::audience::Readers;

const DOMAIN: &[u8] = b"permitgate/policy/1\0";

/// Validated statements, sorted by id, with everything that evaluation needs.
#[derive(Debug)]
pub(crate) struct CompiledPolicy {
    pub(super) kind: LayerKind,
    pub(super) statements: Box<[CompiledStatement]>,
    pub(super) hits: Box<[Hit]>,
    pub(super) patterns: Patterns,
    pub(super) index: Index,
    /// The hits of statements that restrict, for what lies below a place.
    pub(super) restrictions: Heads,
    pub(super) readers: Box<[ReaderSet]>,
    pub(super) conditions: Box<[CompiledCondition]>,
    /// What statements leave out.
    pub(super) exceptions: Box<[PatternAt]>,
    variables: Variables,
    /// Whether a condition asks for the time.
    reads_clock: bool,
    /// The most steps of one evaluation, before groups are known.
    steps: u64,
    /// Of all that it says: two policies that say the same have the same.
    digest: [u8; 32],
}

#[derive(Debug)]
pub(super) struct CompiledStatement {
    pub(super) tools: Box<[Box<str>]>,
    id: Identifier,
    /// The set of the policy that limits what it grants.
    readers: Option<u32>,
    /// The set of the policy beyond which it restricts.
    beyond: Option<u32>,
    /// Who approves, where it says.
    requirement: Option<Box<Requirement>>,
}

/// What a hit of the index stands for: one pattern of one statement, with all that is asked of nearly
/// every hit in one cache line.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub(super) struct Hit {
    pub(super) pattern: PatternAt,
    pub(super) terms: Terms,
}

/// What a statement says beside its patterns, tools and id.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    pub(super) statement: u32,
    /// The set of the policy that limits what it grants.
    pub(super) readers: Option<u32>,
    /// The set of the policy beyond which it restricts.
    pub(super) beyond: Option<u32>,
    /// Its conditions, from one place in the policy's list up to another.
    pub(super) when: (u32, u32),
    /// What it leaves out, likewise.
    pub(super) except: (u32, u32),
    pub(super) operations: Operations,
    pub(super) effect: Effect,
    pub(super) names_tools: bool,
    pub(super) input: Input,
    /// Whether it grants only what no other statement does.
    pub(super) otherwise: bool,
}

const _: () = assert!(size_of::<Hit>() == 64);

impl CompiledPolicy {
    pub(crate) fn new(
        mut statements: Vec<Statement>,
        kind: LayerKind,
    ) -> Result<Self, PolicyError> {
        if statements.len() > MAX_STATEMENTS {
            return Err(PolicyError::new(None, "statements", Fault::TooManyStatements));
        }
        // By id, so that the determining statement does not depend on the order of writing.
        statements.sort_by(|one, other| one.id.cmp(&other.id));
        let mut draft = Draft::default();
        let mut digest = ContentDigest::new(DOMAIN);
        digest.add(&(kind == LayerKind::Granting));
        for (number, statement) in (0_u32..).zip(&statements) {
            if draft.statements.last().is_some_and(|last| last.id.as_str() == &*statement.id) {
                return Err(PolicyError::new(Some(&statement.id), "id", Fault::RepeatedId));
            }
            draft.add(number, statement, kind)?;
            digest.add(statement);
        }
        draft.patterns.shrink();
        let restricts = |(_, hit): &(u32, &Hit)| hit.terms.effect != Effect::Permit;
        let restrictions = (0_u32..).zip(&draft.hits).filter(restricts);
        let restrictions = restrictions.map(|(number, hit)| (hit.pattern, number));
        let restrictions = Heads::new(&draft.patterns, restrictions);
        let mut policy = Self {
            kind,
            reads_clock: draft.conditions.iter().any(CompiledCondition::reads_clock),
            index: Index::new(&draft.patterns, &draft.keyed),
            restrictions,
            statements: draft.statements.into(),
            hits: draft.hits.into(),
            patterns: draft.patterns,
            readers: draft.readers.into(),
            conditions: draft.conditions.into(),
            exceptions: draft.exceptions.into(),
            variables: draft.variables,
            steps: 0,
            digest: digest.finish(),
        };
        policy.steps = policy.worst_case_steps(&Directory::empty());
        if policy.steps > MAX_POLICY_STEPS {
            return Err(PolicyError::new(None, "statements", Fault::TooManySteps));
        }
        Ok(policy)
    }

    /// The most steps that one evaluation can take before groups are known, as it was built.
    #[cfg(feature = "token")]
    pub(crate) fn steps(&self) -> u64 {
        self.steps
    }

    /// What tells it from every policy that says something else.
    pub(crate) const fn digest(&self) -> &[u8; 32] {
        &self.digest
    }

    /// Who approves what a statement holds, where it says.
    pub(crate) fn requirement_of(&self, number: u32) -> Option<&Requirement> {
        self.statements.get(number as usize)?.requirement.as_deref()
    }

    /// Whether what it says may change with the time alone.
    pub(crate) fn reads_clock(&self) -> bool {
        self.reads_clock
    }

    pub(crate) fn len(&self) -> usize {
        self.statements.len()
    }

    /// Names beside `invoker` and `agent` that a scope must bind.
    pub(crate) fn bound_names(&self) -> &[Arc<str>] {
        self.variables.extra()
    }

    /// The name that a scope binds to the value of this number.
    pub(crate) fn bound_name(&self, number: u8) -> Option<&Arc<str>> {
        self.variables.name(number)
    }

    pub(crate) fn statement_id(&self, number: u32) -> Option<&Identifier> {
        self.statements.get(number as usize).map(|statement| &statement.id)
    }

    /// Whether a statement restricts only who is beyond some readers.
    #[inline]
    pub(crate) fn restricts_beyond(&self, number: u32) -> bool {
        self.statements.get(number as usize).is_some_and(|statement| statement.beyond.is_some())
    }

    /// Who may see what a statement grants.
    pub(crate) fn readers_of(&self, id: &Identifier) -> Option<&ReaderSet> {
        self.readers.get(self.statement_of(id)?.readers? as usize)
    }

    /// Excess whom a statement restricts.
    pub(crate) fn beyond_of(&self, id: &Identifier) -> Option<&ReaderSet> {
        self.readers.get(self.statement_of(id)?.beyond? as usize)
    }

    /// The id lies within its statement, so the address tells which one it is; a binary search among the ids would
    /// miss the cache at every step.
    fn statement_of(&self, id: &Identifier) -> Option<&CompiledStatement> {
        let from = self.statements.as_ptr() as usize;
        let behind = (std::ptr::from_ref(id) as usize).checked_sub(from)?;
        let statement = self.statements.get(behind / size_of::<CompiledStatement>())?;
        std::ptr::eq(&statement.id, id).then_some(statement)
    }

    pub(crate) fn worst_case_steps(&self, directory: &Directory) -> u64 {
        let extent = directory.extent();
        // Many statements share a set, so each is worked out once.
        let sets: Vec<u64> = self.readers.iter().map(|set| set.worst_case_steps(&extent)).collect();
        let readers = |number: Option<u32>| {
            number.map_or(0, |number| sets.get(number as usize).map_or(0, |set| *set))
        };
        let asking = |Hit { pattern, terms }: &Hit| {
            let tools = if terms.names_tools { self.tools_of(terms) } else { &[] };
            let tools: u64 = tools.iter().map(|tool| steps::of_bytes(tool.len())).sum();
            let conditions = self.conditions_of(terms).iter();
            let conditions: u64 = conditions.map(CompiledCondition::worst_case_steps).sum();
            let exceptions = self.exceptions_of(terms).iter();
            // Once as far as sets are known, once as if those that are not held everything.
            let exceptions = exceptions.map(|at| 2 * self.patterns.most_steps(*at));
            let exceptions = exceptions.fold(0, u64::saturating_add);
            let readers = readers(terms.readers).saturating_add(readers(terms.beyond));
            (1 + self.patterns.worst_case_steps(*pattern) + tools + conditions)
                .saturating_add(exceptions)
                .saturating_add(readers)
        };
        let hit = |number: u32| self.hits.get(number as usize);
        let once = self.index.worst_case_steps(|number| hit(number).map_or(0, asking));
        // Of what lies below a place, every restriction may be asked, and twice where it stands: by the index as well.
        let below = self.restrictions.worst_case_steps(&self.patterns, |number| {
            let Some(hit) = hit(number) else {
                return HitSteps { pattern: PatternAt::NOTHING, tools: &[], asking: 0 };
            };
            let tools = if hit.terms.names_tools { self.tools_of(&hit.terms) } else { &[] };
            HitSteps { pattern: hit.pattern, tools, asking: asking(hit) }
        });
        let once = once.saturating_add(below);
        // Where sets are bound, it may be asked again as if they held whatever is looked for, which of them does not, and once
        // more where one could not be learned.
        let times = if self.variables.extra().is_empty() { 1 } else { 4 };
        once.saturating_mul(times)
    }

    pub(crate) fn memory_bytes(&self) -> usize {
        let statements: usize = self.statements.iter().map(CompiledStatement::memory_bytes).sum();
        let readers: usize = self.readers.iter().map(ReaderSet::memory_bytes).sum();
        let conditions: usize = self.conditions.iter().map(CompiledCondition::memory_bytes).sum();
        statements
            + readers
            + conditions
            + size_of_val(&*self.hits)
            + size_of_val(&*self.readers)
            + size_of_val(&*self.conditions)
            + size_of_val(&*self.exceptions)
            + self.patterns.memory_bytes()
            + self.restrictions.memory_bytes()
            + self.index.memory_bytes()
    }

    #[inline]
    pub(super) fn conditions_of(&self, terms: &Terms) -> &[CompiledCondition] {
        let (from, to) = terms.when;
        self.conditions.get(from as usize..to as usize).unwrap_or_default()
    }

    pub(super) fn exceptions_of(&self, terms: &Terms) -> &[PatternAt] {
        let (from, to) = terms.except;
        self.exceptions.get(from as usize..to as usize).unwrap_or_default()
    }

    pub(super) fn tools_of(&self, terms: &Terms) -> &[Box<str>] {
        self.statements.get(terms.statement as usize).map_or(&[], |statement| &statement.tools)
    }
}

impl Terms {
    /// Whether it restricts nothing.
    pub(super) fn only_grants(&self) -> bool {
        self.effect == Effect::Permit || self.otherwise
    }
}

impl CompiledStatement {
    pub(super) fn id(&self) -> &str {
        self.id.as_str()
    }

    fn memory_bytes(&self) -> usize {
        let tools: usize = self.tools.iter().map(|tool| size_of::<Box<str>>() + tool.len()).sum();
        let approvers = self.requirement.as_ref().map_or(0, |requirement| {
            size_of::<Requirement>() + size_of_val(requirement.approvers())
        });
        size_of::<Self>() + tools + approvers + self.id.memory_bytes()
    }
}

#[derive(Default)]
struct Draft {
    statements: Vec<CompiledStatement>,
    hits: Vec<Hit>,
    keyed: Vec<Keyed>,
    patterns: Patterns,
    readers: Vec<ReaderSet>,
    known_readers: HashMap<Readers, u32>,
    conditions: Vec<CompiledCondition>,
    exceptions: Vec<PatternAt>,
    shared: Shared,
    variables: Variables,
}

impl Draft {
    fn add(
        &mut self,
        number: u32,
        statement: &Statement,
        kind: LayerKind,
    ) -> Result<(), PolicyError> {
        let Statement { id, effect, operations, tools, .. } = statement;
        let fail = |field: String, fault| PolicyError::new(Some(id), field, fault);
        let at = |field: &'static str| move |fault| PolicyError::new(Some(id), field, fault);
        check_id(id).map_err(at("id"))?;
        if *effect == Effect::Permit && kind == LayerKind::Restricting {
            return Err(at("effect")(Fault::PermitAmongRestrictions));
        }
        if operations.is_empty() {
            return Err(at("operations")(Fault::NoOperation));
        }
        check_lengths(statement).map_err(|(field, fault)| at(field)(fault))?;
        let tools = named(tools, Fault::EmptyTools).map_err(at("tools"))?;
        for (place, tool) in tools.iter().enumerate() {
            let field = || format!("tools[{place}]");
            check_name(tool).map_err(|fault| fail(field(), fault.into()))?;
            if let Some(odd) = odd_in_tool(tool) {
                return Err(fail(field(), Fault::ForeignTool(odd)));
            }
        }
        let input = input_of(statement).map_err(|(field, fault)| at(field)(fault))?;
        check_otherwise(statement, kind).map_err(|(field, fault)| at(field)(fault))?;
        let requirement = requirement_of(statement).map_err(|(field, fault)| at(field)(fault))?;
        // What applies only after untrusted input must not grant: reading that would widen.
        let grants = kind == LayerKind::Granting
            && *effect != Effect::Forbid
            && input != Input::AfterUntrusted;
        let (readers, beyond) = self.add_readers(statement, grants)?;
        let when = self.add_conditions(statement)?;
        let except = self.add_exceptions(statement)?;
        let terms = Terms {
            statement: number,
            readers,
            beyond,
            when,
            except,
            operations: *operations,
            effect: *effect,
            names_tools: !tools.is_empty(),
            input,
            otherwise: statement.otherwise,
        };
        let tools = each_once(tools);
        self.add_resources(statement, &tools, terms, grants)?;
        self.statements.push(CompiledStatement {
            tools: tools.into_iter().map(Into::into).collect(),
            id: id.as_str().into(),
            readers,
            beyond,
            requirement,
        });
        Ok(())
    }

    fn add_conditions(&mut self, statement: &Statement) -> Result<(u32, u32), PolicyError> {
        let first = self.conditions.len() as u32;
        for (place, condition) in statement.when.iter().enumerate() {
            let compiled = CompiledCondition::new(condition, &mut self.shared, &mut self.variables);
            self.conditions.push(compiled.map_err(|(field, fault)| {
                let dot = if field.is_empty() { "" } else { "." };
                let field = format!("when[{place}]{dot}{field}");
                PolicyError::new(Some(&statement.id), field, fault)
            })?);
        }
        Ok((first, self.conditions.len() as u32))
    }

    fn add_exceptions(&mut self, statement: &Statement) -> Result<(u32, u32), PolicyError> {
        let Statement { id, resources, except_resources, .. } = statement;
        let exceptions = named(except_resources, Fault::EmptyExceptions)
            .map_err(|fault| PolicyError::new(Some(id), "except_resources", fault))?;
        let first = self.exceptions.len() as u32;
        let resources = resources.as_deref().unwrap_or_default();
        for (place, text) in exceptions.iter().enumerate() {
            let fail =
                |fault| PolicyError::new(Some(id), format!("except_resources[{place}]"), fault);
            let pattern = self.patterns.add(text, &mut self.variables).map_err(fail)?;
            if self.patterns.is_everything(pattern) || resources.contains(text) {
                return Err(fail(Fault::ExceptsAll));
            }
            self.exceptions.push(pattern);
        }
        Ok((first, self.exceptions.len() as u32))
    }

    /// Every resource once, by every tool. Where that would be many, a statement is looked up by its resources alone,
    /// and asks for the tool when it is asked.
    fn add_resources(
        &mut self,
        statement: &Statement,
        tools: &[&str],
        terms: Terms,
        grants: bool,
    ) -> Result<(), PolicyError> {
        let Statement { id, resources, .. } = statement;
        let resources = named(resources, Fault::EmptyResources)
            .map_err(|fault| PolicyError::new(Some(id), "resources", fault))?;
        let many = tools.len() * resources.len() > MAX_ITEMS_PER_STATEMENT;
        let tools = if many { &[] } else { tools };
        if resources.is_empty() {
            if grants {
                return Err(PolicyError::new(Some(id), "resources", Fault::NoResource));
            }
            let pattern = self.patterns.add_everything();
            self.add_hit(Hit { pattern, terms }, tools);
        }
        let places = resources.iter().enumerate();
        for (place, text) in places.filter(|(place, _)| is_first(resources, *place)) {
            let pattern = self.patterns.add(text, &mut self.variables).map_err(|fault| {
                PolicyError::new(Some(id), format!("resources[{place}]"), fault)
            })?;
            self.add_hit(Hit { pattern, terms }, tools);
        }
        Ok(())
    }

    fn add_hit(&mut self, hit: Hit, tools: &[&str]) {
        let (number, pattern) = (self.hits.len() as u32, hit.pattern);
        self.hits.push(hit);
        if tools.is_empty() {
            self.keyed.push(Keyed { pattern, tool: None, number });
        }
        for tool in tools {
            self.keyed.push(Keyed { pattern, tool: Some(hash_name(tool)), number });
        }
    }

    /// Validates readers and beyond, and fills in the default of a grant: the invoker alone.
    fn add_readers(
        &mut self,
        statement: &Statement,
        grants: bool,
    ) -> Result<(Option<u32>, Option<u32>), PolicyError> {
        let Statement { id, effect, readers, beyond, .. } = statement;
        let fail = |field, fault| Err(PolicyError::new(Some(id), field, fault));
        match (effect, readers, beyond) {
            (Effect::Forbid, Some(_), _) => return fail("readers", Fault::ReadersOfForbid),
            (Effect::Permit, _, Some(_)) => return fail("beyond", Fault::BeyondOfPermit),
            (_, Some(_), _) if statement.after_untrusted => {
                return fail("readers", Fault::ReadersAfterUntrusted);
            }
            (_, Some(_), _) if !grants => return fail("readers", Fault::ReadersOfRestriction),
            _ => {}
        }
        let readers = match readers {
            Some(readers) => Some(self.reader_set(id, "readers", readers)?),
            None if grants => Some(self.reader_set(id, "readers", &Readers::invoker())?),
            None => None,
        };
        let beyond =
            beyond.as_ref().map(|beyond| self.reader_set(id, "beyond", beyond)).transpose()?;
        Ok((readers, beyond))
    }

    fn reader_set(
        &mut self,
        id: &str,
        field: &'static str,
        readers: &Readers,
    ) -> Result<u32, PolicyError> {
        if let Some(number) = self.known_readers.get(readers) {
            return Ok(*number);
        }
        if readers.iter().len() == 0 {
            return Err(PolicyError::new(Some(id), field, Fault::NoReader));
        }
        for (place, reader) in readers.iter().enumerate() {
            if let Err(fault) = reader.check() {
                return Err(PolicyError::new(Some(id), format!("{field}[{place}]"), fault.into()));
            }
        }
        let number = self.readers.len() as u32;
        self.readers.push(ReaderSet::new(readers));
        self.known_readers.insert(readers.clone(), number);
        Ok(number)
    }
}
