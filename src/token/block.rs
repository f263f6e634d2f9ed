//! One block of a token: what it grants or narrows, and its one form as bytes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use minicbor::Decoder;

use super::budget::{budget, read_budget};
use super::demand::{Demand, read_demand, write_demand};
use super::error::{TokenError, TokenReason};
use super::key::PublicKey;
use super::layer::{CompiledLayer, CompiledStatements, LayerData};
use super::wire::{
    Fields, Out, Read, Written, bytes_of, fault, list_len, read_fields, read_fixed, read_key,
    read_list, read_statements, read_text, statements, text,
};
use crate::authority::budget::Budget;
use crate::authority::capability::{Attenuation, Grant};
use crate::base::limits::MAX_ATTESTATIONS;
use crate::base::name::check_name;
use crate::base::time::Timestamp;
use crate::policy::{Policy, PolicyError, Statement};

/// What a block of a token states: a root grants, every further block narrows.
///
/// The same parts as [`Grant`] and [`Attenuation`], as data that can travel.
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate::time::Timestamp;
/// use permitgate::token::TokenBlock;
///
/// let root = TokenBlock::grant([Statement::permit("mail")
///         .operations(Operation::Read | Operation::Delete)
///         .resources(["mail/{invoker}/**"])])
///     .expires_at(Timestamp::from_unix_seconds(1_900_000_000));
/// let narrower = TokenBlock::restrict([Statement::forbid("no-deletes")
///         .operations(Operation::Delete)])
///     .held_by("triage");
/// assert_eq!((root.holder(), narrower.holder()), (None, Some("triage")));
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a block does nothing before it stands in a token"]
pub struct TokenBlock {
    pub(super) layer: Option<LayerData>,
    pub(super) not_before: Timestamp,
    pub(super) expires: Timestamp,
    pub(super) holder: Option<String>,
    pub(super) holder_key: Option<PublicKey>,
    pub(super) delegable: Option<u8>,
    pub(super) budgets: Vec<Budget>,
    pub(super) hand_on: BTreeMap<String, Vec<Statement>>,
    pub(super) keeping: BTreeSet<String>,
    pub(super) using: Option<String>,
    pub(super) demands: Vec<Demand>,
}

/// What a [`Grant`] and an [`Attenuation`] say in the same words, as a block says it.
macro_rules! with_terms {
    ($to:expr, $block:expr) => {{
        let mut to = $to.valid_from($block.not_before).expires_at($block.expires);
        if let Some(holder) = &$block.holder {
            to = to.held_by(holder.as_str());
        }
        if let Some(key) = &$block.holder_key {
            to = to.bound_to(key.id());
        }
        if let Some(blocks) = $block.delegable {
            to = to.delegable(blocks);
        }
        $block.budgets.iter().cloned().fold(to, |to, budget| to.budget(budget))
    }};
}

impl TokenBlock {
    /// A block without statements: it narrows by its other parts.
    pub fn new() -> Self {
        Self {
            layer: None,
            not_before: Timestamp::MIN,
            expires: Timestamp::MAX,
            holder: None,
            holder_key: None,
            delegable: None,
            budgets: Vec::new(),
            hand_on: BTreeMap::new(),
            keeping: BTreeSet::new(),
            using: None,
            demands: Vec::new(),
        }
    }

    /// A root block: permits what the statements say.
    pub fn grant(statements: impl IntoIterator<Item = Statement>) -> Self {
        let layer = LayerData::Granting(statements.into_iter().collect());
        Self { layer: Some(layer), ..Self::new() }
    }

    /// An attenuation that permits at most what the statements say, of what the blocks before it permit.
    pub fn at_most(statements: impl IntoIterator<Item = Statement>) -> Self {
        Self::grant(statements)
    }

    /// An attenuation that restricts; what the statements do not mention passes.
    pub fn restrict(statements: impl IntoIterator<Item = Statement>) -> Self {
        let layer = LayerData::Restricting(statements.into_iter().collect());
        Self { layer: Some(layer), ..Self::new() }
    }

    /// Not valid before this moment. The latest that is said counts.
    pub fn valid_from(mut self, moment: Timestamp) -> Self {
        self.not_before = self.not_before.max(moment);
        self
    }

    /// Not valid from this moment on. The earliest that is said counts.
    pub fn expires_at(mut self, moment: Timestamp) -> Self {
        self.expires = self.expires.min(moment);
        self
    }

    /// Only this agent can build a scope with it. Whoever can add a block can name another agent: to keep a token with its
    /// holder, [bind](Self::bound_to) it, or end the chain with [`delegable(0)`](Self::delegable).
    pub fn held_by(mut self, agent: impl Into<String>) -> Self {
        self.holder = Some(agent.into());
        self
    }

    /// Only who holds the secret half of this key can present it, or add a block in a public-key chain.
    pub fn bound_to(mut self, key: PublicKey) -> Self {
        self.holder_key = Some(key);
        self
    }

    /// At most so many blocks may follow; 0 ends the chain. The least that is said counts.
    pub fn delegable(mut self, blocks: u8) -> Self {
        self.delegable = Some(self.delegable.map_or(blocks, |said| said.min(blocks)));
        self
    }

    /// One more budget.
    pub fn budget(mut self, budget: Budget) -> Self {
        self.budgets.push(budget);
        self
    }

    /// In a root: a grant that its holder has not as it is, and may hand on: an attenuation says [`using`](Self::using). It
    /// stands in place of the root's own statements, so say again what these forbid.
    pub fn hand_on(
        mut self,
        name: impl Into<String>,
        statements: impl IntoIterator<Item = Statement>,
    ) -> Self {
        self.hand_on.insert(name.into(), statements.into_iter().collect());
        self
    }

    /// In an attenuation: grants of that kind that are kept, for handing on further. Others end here.
    pub fn keeping<T: Into<String>>(mut self, names: impl IntoIterator<Item = T>) -> Self {
        self.keeping.extend(names.into_iter().map(Into::into));
        self
    }

    /// In an attenuation: uses the handed-on grant of this name, in place of what the root itself grants.
    pub fn using(mut self, name: impl Into<String>) -> Self {
        self.using = Some(name.into());
        self
    }

    /// Demands an attestation of somebody else whenever the token is presented.
    pub fn demand(mut self, demand: Demand) -> Self {
        self.demands.push(demand);
        self
    }

    /// How many regular expressions it has, with those of the rights that it hands on.
    pub(super) fn regexes(&self) -> usize {
        let all = self.statements().unwrap_or_default().iter();
        all.chain(self.hand_on.values().flatten()).map(Statement::regexes).sum()
    }

    /// The statements, if it has any.
    pub fn statements(&self) -> Option<&[Statement]> {
        match &self.layer {
            Some(LayerData::Granting(statements) | LayerData::Restricting(statements)) => {
                Some(statements)
            }
            None => None,
        }
    }

    /// Whether its statements can grant.
    pub fn is_granting(&self) -> bool {
        matches!(self.layer, Some(LayerData::Granting(_)))
    }

    /// The moment before which it is not valid; [`Timestamp::MIN`] where it says none.
    pub fn not_before(&self) -> Timestamp {
        self.not_before
    }

    /// The moment from which on it is not valid; [`Timestamp::MAX`] where it says none.
    pub fn expires(&self) -> Timestamp {
        self.expires
    }

    /// The agent that it is held by, where it names one.
    pub fn holder(&self) -> Option<&str> {
        self.holder.as_deref()
    }

    /// The key that it is bound to, where it names one.
    pub fn holder_key(&self) -> Option<PublicKey> {
        self.holder_key
    }

    /// How many blocks may follow, where it says so.
    pub fn further(&self) -> Option<u8> {
        self.delegable
    }

    /// The budgets that it adds.
    pub fn budgets(&self) -> &[Budget] {
        &self.budgets
    }

    /// What a root lays out to be handed on, by name.
    pub fn rights(&self) -> impl ExactSizeIterator<Item = (&str, &[Statement])> {
        self.hand_on.iter().map(|(name, statements)| (name.as_str(), statements.as_slice()))
    }

    /// The names of what an attenuation keeps, to be handed on further.
    pub fn kept(&self) -> impl ExactSizeIterator<Item = &str> {
        self.keeping.iter().map(String::as_str)
    }

    /// The name of what it uses in place of the grant of the root.
    pub fn used(&self) -> Option<&str> {
        self.using.as_deref()
    }

    /// What it demands of others.
    pub fn demands(&self) -> &[Demand] {
        &self.demands
    }

    /// What only tokens have, at this place of the chain: what is demanded must be something that can be said.
    fn check_demands(&self, place: usize) -> Result<(), TokenError> {
        let refuse = || TokenError::at(TokenReason::InvalidBlock, place);
        if self.demands.len() > MAX_ATTESTATIONS {
            return Err(too_many_demands(place));
        }
        self.demands.iter().try_for_each(|demand| {
            check_name(&demand.claim).map_err(|fault| refuse().grounds(fault))
        })
    }

    /// As a root of authority in the process.
    pub(super) fn to_grant(&self, layer: Option<&CompiledLayer>) -> Result<Grant, TokenError> {
        let misplaced = !self.keeping.is_empty() || self.using.is_some();
        let Some(CompiledStatements::Granting(policy)) = layer.map(|layer| &layer.statements)
        else {
            return Err(TokenError::at(TokenReason::InvalidBlock, 0).grounds("a root must grant"));
        };
        if misplaced {
            let why = "a root has nothing to keep or to use that was handed on";
            return Err(TokenError::at(TokenReason::InvalidBlock, 0).grounds(why));
        }
        self.check_demands(0)?;
        let mut grant = Grant::new(policy.clone());
        for (name, statements) in &self.hand_on {
            let policy = Policy::new(statements.clone()).map_err(|e| invalid(0, &e))?;
            grant = grant.hand_on(name.as_str(), policy);
        }
        Ok(with_terms!(grant, self))
    }

    /// As an attenuation in the process, at this place of the chain.
    pub(super) fn to_attenuation(
        &self,
        layer: Option<&CompiledLayer>,
        place: usize,
    ) -> Result<Attenuation, TokenError> {
        if !self.hand_on.is_empty() {
            let why = "only a root can grant something to hand on";
            return Err(TokenError::at(TokenReason::InvalidBlock, place).grounds(why));
        }
        self.check_demands(place)?;
        let mut attenuation = match layer.map(|layer| &layer.statements) {
            None => Attenuation::new(),
            Some(CompiledStatements::Granting(policy)) => policy.clone().into(),
            Some(CompiledStatements::Restricting(restrictions)) => restrictions.clone().into(),
        };
        if let Some(name) = &self.using {
            attenuation = attenuation.using(name.as_str());
        }
        attenuation = attenuation.keeping(self.keeping.iter().map(String::as_str));
        Ok(with_terms!(attenuation, self))
    }
}

impl Default for TokenBlock {
    fn default() -> Self {
        Self::new()
    }
}

fn too_many_demands(place: usize) -> TokenError {
    TokenError::at(TokenReason::InvalidBlock, place)
        .grounds("more demands than attestations can be presented")
}

fn invalid(place: usize, error: &PolicyError) -> TokenError {
    TokenError::at(TokenReason::InvalidStatement, place).grounds(error)
}

/// The number of the field that names the holder's key.
pub(super) const HOLDER_KEY: u64 = 6;
/// The number of the field that holds what is demanded.
const DEMANDS: u64 = 12;
/// The number of the field that names the key of the next block.
pub(super) const NEXT_KEY: u64 = 13;

/// A block with what binds it to its place.
#[derive(Clone, Debug)]
pub(super) struct Body {
    /// What makes a root unlike every other; only a root has one.
    pub(super) nonce: Option<[u8; 16]>,
    pub(super) block: TokenBlock,
    /// The statements, where they were known already and therefore not read into the block.
    pub(super) known: Option<Arc<CompiledLayer>>,
    /// The key that signs the next block of a public-key chain, unless the holder's key does.
    pub(super) next: Option<PublicKey>,
}

impl Body {
    /// Its statements, compiled, if it has any.
    pub(super) fn layer(&self, place: usize) -> Result<Option<Arc<CompiledLayer>>, TokenError> {
        let Some(data) = &self.block.layer else { return Ok(self.known.clone()) };
        let statements = CompiledStatements::new(data).map_err(|error| invalid(place, &error))?;
        let mut entry = Fields::new();
        write_layer(&mut entry, data).map_err(|_| TokenReason::Malformed)?;
        Ok(Some(Arc::new(CompiledLayer::new(entry.into_bytes(), statements))))
    }

    /// The one form of the block as bytes.
    pub(super) fn encode(&self) -> Vec<u8> {
        bytes_of(256, |out| self.write(out))
    }

    /// Reads a block, and refuses every form but the one that [`encode`](Self::encode) gives. Statements whose entry is
    /// `known` are not read again, and bytes that are those of `end_key` are known to be a key.
    pub(super) fn decode(
        bytes: &[u8],
        place: usize,
        end_key: Option<PublicKey>,
        known: Known<'_>,
    ) -> Result<Self, TokenError> {
        // Each demand has a key, and to take one apart is dear.
        if list_len(bytes, DEMANDS) > MAX_ATTESTATIONS as u64 {
            return Err(too_many_demands(place));
        }
        let mut input = Decoder::new(bytes);
        let body = Self::read(&mut input, end_key, known)
            .map_err(|error| TokenError::at(TokenReason::Malformed, place).grounds(error))?;
        if input.position() == bytes.len() && body.encode() == bytes {
            Ok(body)
        } else {
            Err(TokenError::at(TokenReason::NotCanonical, place))
        }
    }

    fn write(&self, out: &mut Out) -> Written {
        let Self { nonce, block, known, next } = self;
        let TokenBlock {
            layer,
            not_before,
            expires,
            holder,
            holder_key,
            delegable,
            budgets,
            hand_on,
            keeping,
            using,
            demands,
        } = block;
        let moment = |out: &mut Out, at: Timestamp| out.u64(at.as_unix_millis()).map(drop);
        let bytes = |out: &mut Out, bytes: &[u8]| out.bytes(bytes).map(drop);
        let mut fields = Fields::new();
        fields.optional(0, nonce.as_ref().map(<[u8; 16]>::as_slice), bytes)?;
        match (known, layer) {
            (Some(known), _) => fields.raw(&known.bytes),
            (None, Some(layer)) => write_layer(&mut fields, layer)?,
            (None, None) => {}
        }
        fields.optional(3, (*not_before != Timestamp::MIN).then_some(*not_before), moment)?;
        fields.optional(4, (*expires != Timestamp::MAX).then_some(*expires), moment)?;
        fields.optional(5, holder.as_ref(), text)?;
        fields.optional(6, holder_key.as_ref().map(|key| key.as_bytes().as_slice()), bytes)?;
        fields.optional(7, *delegable, |out, blocks| out.u8(blocks).map(drop))?;
        fields.items(8, budgets, budget)?;
        fields.items(9, hand_on, |out, (name, granting)| {
            out.array(2)?.str(name)?;
            statements(out, granting)
        })?;
        fields.items(10, keeping, text)?;
        fields.optional(11, using.as_ref(), text)?;
        fields.items(12, demands, write_demand)?;
        fields.optional(13, next.as_ref().map(|key| key.as_bytes().as_slice()), bytes)?;
        fields.finish(out)
    }

    fn read(input: &mut Decoder<'_>, end_key: Option<PublicKey>, known: Known<'_>) -> Read<Self> {
        let mut body = Self { nonce: None, block: TokenBlock::new(), known: None, next: None };
        let block = &mut body.block;
        read_fields(input, |key, input| {
            match key {
                0 => body.nonce = Some(read_fixed(input)?),
                2 if block.layer.is_some() || body.known.is_some() => {
                    return Err(fault(input, "a block that grants and restricts"));
                }
                1 | 2 if skip_known(input, known, &mut body.known)? => {}
                1 => block.layer = Some(LayerData::Granting(read_statements(input)?)),
                2 => block.layer = Some(LayerData::Restricting(read_statements(input)?)),
                3 => block.not_before = Timestamp::from_unix_millis(input.u64()?),
                4 => block.expires = Timestamp::from_unix_millis(input.u64()?),
                5 => block.holder = Some(read_text(input)?),
                HOLDER_KEY => block.holder_key = Some(read_key(input)?),
                7 => block.delegable = Some(input.u8()?),
                8 => block.budgets = read_list(input, read_budget)?,
                9 => block.hand_on = read_list(input, read_named)?.into_iter().collect(),
                10 => block.keeping = read_list(input, read_text)?.into_iter().collect(),
                11 => block.using = Some(read_text(input)?),
                DEMANDS => block.demands = read_list(input, read_demand)?,
                NEXT_KEY => body.next = Some(read_next(input, end_key)?),
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(body)
    }
}

fn read_named(input: &mut Decoder<'_>) -> Read<(String, Vec<Statement>)> {
    if input.array()? != Some(2) {
        return Err(fault(input, "a grant to hand on that is no pair of name and statements"));
    }
    Ok((read_text(input)?, read_statements(input)?))
}

/// Finds statements by the bytes of their entry.
pub(super) type Known<'k> = &'k mut dyn FnMut(&[u8]) -> Option<Arc<CompiledLayer>>;

/// Nothing is known.
pub(super) fn nothing(_entry: &[u8]) -> Option<Arc<CompiledLayer>> {
    None
}

/// Reads the next key. Taking the bytes of a point apart is a tenth of verifying a signature.
fn read_next(input: &mut Decoder<'_>, end_key: Option<PublicKey>) -> Read<PublicKey> {
    let mut ahead = input.clone();
    match (ahead.bytes()?, end_key) {
        (bytes, Some(key)) if bytes == key.as_bytes() => {
            input.set_position(ahead.position());
            Ok(key)
        }
        _ => read_key(input),
    }
}

/// Passes over statements that are known.
fn skip_known(
    input: &mut Decoder<'_>,
    known: Known<'_>,
    found: &mut Option<Arc<CompiledLayer>>,
) -> Read<bool> {
    // The key before the value takes one byte. Of a longer form the last byte is taken, which writing again refuses.
    let start = input.position().saturating_sub(1);
    let mut ahead = input.clone();
    ahead.skip()?;
    let entry = input.input().get(start..ahead.position()).unwrap_or_default();
    *found = known(entry);
    if found.is_some() {
        input.set_position(ahead.position());
    }
    Ok(found.is_some())
}

fn write_layer(fields: &mut Fields, layer: &LayerData) -> Written {
    match layer {
        LayerData::Granting(granting) => statements(fields.entry(1)?, granting),
        LayerData::Restricting(restricting) => statements(fields.entry(2)?, restricting),
    }
}
