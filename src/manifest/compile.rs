//! Everything that is checked about a tool, in one place, and what it is turned into.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::branch::Branches;
use super::error::{Fault, FieldFault, ManifestError};
use super::level::{AudienceLevel, AudienceSpec, Form};
use super::path::ArgumentPath;
use super::result::CompiledResult;
use super::shape::Described;
use super::spec::{EffectSpec, ResultSpec, ToolSpec};
use super::template::{Template, element_path, is_element};
use super::usage::{Use, check_condition, check_constants, check_path};
use crate::base::buckets::Buckets;
use crate::base::content::ContentDigest;
use crate::base::hash::hash_name;
use crate::base::limits::{
    MAX_CONDITION_BYTES, MAX_ITEMS_PER_TOOL, MAX_MANIFEST_TOOLS, MAX_TOOL_EFFECTS,
};
use crate::base::name::check_name;
use crate::model::action::Operation;
use crate::model::resource::Reach;
use crate::policy::{CompiledCondition, Condition, Shared, Variables};

/// Validated tools, found by their names.
#[derive(Debug)]
pub(super) struct Tools {
    tools: Box<[Arc<CompiledTool>]>,
    by_name: Buckets,
}

#[derive(Clone, Debug)]
pub(super) struct CompiledTool {
    pub(super) name: Arc<str>,
    #[cfg_attr(
        not(feature = "mcp"),
        expect(dead_code, reason = "digests are compared with lists of tools")
    )]
    pub(super) digest: Option<Box<str>>,
    /// Of all that the manifest says of it.
    pub(super) content: [u8; 32],
    /// Whether a list of tools showed another one under this name than was approved.
    pub(super) changed: bool,
    pub(super) controls: Box<[Box<str>]>,
    pub(super) asked_by: Box<[Box<str>]>,
    pub(super) described: Described,
    pub(super) effects: Box<[CompiledEffect]>,
    pub(super) result: Option<CompiledResult>,
}

#[derive(Clone, Debug)]
pub(super) struct CompiledEffect {
    /// Its bit in a set of the effects of its tool.
    pub(super) bit: u64,
    pub(super) when: Box<[Test]>,
    /// The list, each element of which gives one action.
    pub(super) each: Option<ArgumentPath>,
    /// Conditions of the element.
    pub(super) when_element: Box<[Test]>,
    pub(super) operation: Operation,
    pub(super) template: Template,
    pub(super) reach: Reach,
    pub(super) audience: CompiledAudience,
    pub(super) amounts: Branches,
    pub(super) reversible: bool,
    pub(super) untrusted: bool,
    /// Whether the call must also be allowed to change what it reads: its server says that it writes.
    pub(super) also_updates: bool,
}

/// A condition, with the path of the argument that it tests.
#[derive(Clone, Debug)]
pub(super) struct Test {
    pub(super) argument: ArgumentPath,
    pub(super) condition: CompiledCondition,
}

#[derive(Clone, Debug)]
pub(super) enum CompiledAudience {
    Level(AudienceLevel),
    Recipients(Branches),
    Channel(ArgumentPath),
    Group(ArgumentPath),
    Host(ArgumentPath),
    /// Values in order.
    Flag(ArgumentPath, Box<[(Box<str>, AudienceLevel)]>),
}

impl Tools {
    pub(super) fn new(tools: Vec<ToolSpec>) -> Result<Self, ManifestError> {
        if tools.len() > MAX_MANIFEST_TOOLS {
            return Err(ManifestError::of_manifest("tool", Fault::TooManyTools));
        }
        let (mut names, mut shared) = (BTreeSet::new(), Shared::default());
        let mut compiled = Vec::with_capacity(tools.len());
        for tool in &tools {
            let fail = |fault| ManifestError::new(&tool.name, None, FieldFault::new("name", fault));
            check_name(&tool.name).map_err(|fault| fail(fault.into()))?;
            if !names.insert(tool.name.as_str()) {
                return Err(fail(Fault::RepeatedTool));
            }
            compiled.push(Arc::new(CompiledTool::new(tool, &mut shared)?));
        }
        for tool in &tools {
            let mut counted = tool.result.iter().flat_map(ResultSpec::counted_for);
            if let Some((field, unknown)) = counted.find(|(_, tool)| !names.contains(tool)) {
                let fault = Fault::CountsForUnknown { tool: unknown.to_owned() };
                let fault = FieldFault::new(format!("result.trusted.{field}"), fault);
                return Err(ManifestError::new(&tool.name, None, fault));
            }
        }
        Ok(Self::of(compiled))
    }

    pub(super) fn of(tools: Vec<Arc<CompiledTool>>) -> Self {
        let names = tools.iter().zip(0..).map(|(tool, number)| (hash_name(&tool.name), number));
        Self { by_name: Buckets::new(names.collect()), tools: tools.into() }
    }

    #[inline]
    pub(super) fn find(&self, name: &str) -> Option<&CompiledTool> {
        let mut numbers = self.by_name.get(hash_name(name));
        numbers.find_map(|number| {
            let tool = self.tools.get(number as usize)?;
            (*tool.name == *name).then_some(&**tool)
        })
    }

    pub(super) fn all(&self) -> &[Arc<CompiledTool>] {
        &self.tools
    }
}

impl CompiledTool {
    fn new(tool: &ToolSpec, shared: &mut Shared) -> Result<Self, ManifestError> {
        let ToolSpec {
            name,
            digest,
            controls,
            asked_by,
            arguments,
            other_arguments,
            effects,
            result,
        } = tool;
        let fail = |fault| ManifestError::new(name, None, fault);
        let at = |field: &str, fault| fail(FieldFault::new(field, fault));
        if let Some(digest) = digest {
            check_digest(digest).map_err(|fault| at("digest", fault))?;
        }
        if effects.is_empty() {
            return Err(at("effect", Fault::NoEffect));
        }
        if effects.len() > MAX_TOOL_EFFECTS {
            return Err(at("effect", Fault::TooManyEffects));
        }
        let mut described = Described::new(arguments, other_arguments.is_some()).map_err(fail)?;
        each("controls", controls, |control| {
            ArgumentPath::parse(control)?;
            check_path(&mut described, control, Use::Any).map(|_| ())
        })
        .map_err(fail)?;
        let words = each("asked_by", asked_by, check_word).map_err(fail)?;
        let result = result.as_ref().map(CompiledResult::new).transpose().map_err(fail)?;
        let untrusted = match &result {
            Some(result) => result.has_outsiders(),
            None => effects.iter().any(|effect| effect.operation == Operation::Read),
        };
        let effects = effects.iter().enumerate().map(|(number, effect)| {
            CompiledEffect::new(effect, number, untrusted, &mut described, shared)
                .map_err(|fault| ManifestError::new(name, Some(number + 1), fault))
        });
        let effects = effects.collect::<Result<_, _>>()?;
        if let Some(path) = described.fields.unmapped("") {
            let fault = match path.split('.').any(|step| step == "*") {
                true => Fault::UnmappedWithin { path },
                false => Fault::Unmapped { path },
            };
            return Err(at("effect", fault));
        }
        Ok(Self {
            name: name.as_str().into(),
            digest: digest.as_deref().map(Into::into),
            content: content_of(tool),
            changed: false,
            controls: controls.iter().map(|path| path.as_str().into()).collect(),
            asked_by: words,
            described,
            effects,
            result,
        })
    }
}

/// What tells a tool from every tool of which the manifest says something else.
fn content_of(tool: &ToolSpec) -> [u8; 32] {
    let mut content = ContentDigest::new(TOOL);
    content.add(&(tool, &tool.digest));
    content.finish()
}

const TOOL: &[u8] = b"permitgate/tool/1\0";

impl CompiledEffect {
    fn new(
        effect: &EffectSpec,
        number: usize,
        untrusted: bool,
        described: &mut Described,
        shared: &mut Shared,
    ) -> Result<Self, FieldFault> {
        let EffectSpec { when, for_each, operation, resource, reach, .. } = effect;
        let EffectSpec { audience, amounts, reversible, .. } = effect;
        if when.len() > MAX_ITEMS_PER_TOOL {
            return Err(FieldFault::new("when", Fault::TooManyItems));
        }
        let list = for_each.as_deref();
        let elements = list.map(|list| list_of_elements(list, described)).transpose();
        let elements = elements.map_err(|fault| FieldFault::new("for_each", fault))?;
        let (mut tests, mut element_tests) = (Vec::new(), Vec::new());
        for (number, condition) in when.iter().enumerate() {
            let of_element = list.is_some() && is_element(&condition.argument);
            let tests = if of_element { &mut element_tests } else { &mut tests };
            tests.push(test(number, condition, list, described, shared)?);
        }
        // Conditions are asked for every call; what else it names counts where they hold.
        described.effect = Some(number);
        let in_resource = |fault| FieldFault::new("resource", fault);
        let mut template = Template::parse(resource, list).map_err(in_resource)?;
        let check = |path: &ArgumentPath, is_rest| {
            if elements.as_ref().is_some_and(|list| path.has_each() && path.list() != list.steps())
            {
                return Err(Fault::ListOfElements);
            }
            check_path(described, path.text(), if is_rest { Use::Rest } else { Use::Segment })
        };
        template.check(check).map_err(in_resource)?;
        let audience = CompiledAudience::new(audience, list, described)?;
        let amounts = each("amounts", amounts, |path| of_list(path, list, Use::Amount, described))?;
        described.effect = None;
        Ok(Self {
            bit: 1 << number,
            when: tests.into(),
            each: elements,
            when_element: element_tests.into(),
            operation: *operation,
            template,
            reach: *reach,
            audience,
            amounts: Branches::new(amounts),
            reversible: reversible.unwrap_or(!operation.is_write()),
            untrusted,
            also_updates: false,
        })
    }
}

/// A path to an argument that can be what its use asks for.
fn named(text: &str, of: Use, described: &mut Described) -> Result<ArgumentPath, Fault> {
    if is_element(text) && described.fields.find("it").is_none() {
        return Err(Fault::ElementWithoutList);
    }
    let path = ArgumentPath::parse(text)?;
    let reaches = check_path(described, text, of)?;
    Ok(path.reaching(reaches))
}

/// The same of a path that may begin at the element of a list, and whether it does.
fn of_list(
    text: &str,
    list: Option<&str>,
    of: Use,
    described: &mut Described,
) -> Result<(ArgumentPath, bool), Fault> {
    match element_path(text, list) {
        Some(path) => Ok((named(&path, of, described)?, true)),
        None => Ok((named(text, of, described)?, false)),
    }
}

/// The list that `for_each` names.
fn list_of_elements(text: &str, described: &mut Described) -> Result<ArgumentPath, Fault> {
    if described.fields.find("it").is_some() {
        return Err(Fault::ElementName);
    }
    let path = named(text, Use::List, described)?;
    if path.has_each() { Err(Fault::ListOfElements) } else { Ok(path) }
}

fn test(
    number: usize,
    condition: &Condition,
    list: Option<&str>,
    described: &mut Described,
    shared: &mut Shared,
) -> Result<Test, FieldFault> {
    if condition.origins().is_some() {
        return Err(FieldFault::new(format!("when[{number}].endorsed"), Fault::Endorsed));
    }
    if let Some(key) = condition.of_statements() {
        return Err(FieldFault::new(format!("when[{number}].{key}"), Fault::OfStatements));
    }
    let compiled = CompiledCondition::new(condition, shared, &mut Variables::default());
    let compiled = compiled.map_err(|(field, fault)| {
        let dot = if field.is_empty() { "" } else { "." };
        FieldFault::new(format!("when[{number}]{dot}{field}"), fault)
    })?;
    let at = |fault| FieldFault::new(format!("when[{number}].argument"), fault);
    let argument = condition.argument();
    let path = match (is_element(argument), element_path(argument, list)) {
        (true, None) if described.fields.find("it").is_none() => {
            return Err(at(Fault::ElementWithoutList));
        }
        (true, Some(path)) => path,
        _ => argument.to_owned(),
    };
    let reaches = check_condition(described, condition, &path).map_err(at)?;
    check_constants(described, condition, &path)
        .map_err(|(field, fault)| FieldFault::new(format!("when[{number}].{field}"), fault))?;
    let argument = ArgumentPath::parse(&path).map_err(at)?.reaching(reaches);
    Ok(Test { argument, condition: compiled })
}

impl CompiledAudience {
    fn new(
        AudienceSpec(form): &AudienceSpec,
        list: Option<&str>,
        described: &mut Described,
    ) -> Result<Self, FieldFault> {
        let mut one = |field: &str, argument: &str, of| {
            let element = element_path(argument, list);
            let path = named(element.as_deref().unwrap_or(argument), of, described);
            match path {
                Ok(path) if path.has_each() && element.is_none() => {
                    Err(FieldFault::new(field, Fault::OneValue))
                }
                path => path.map_err(|fault| FieldFault::new(field, fault)),
            }
        };
        Ok(match form {
            Form::Level(level) => Self::Level(*level),
            Form::Recipients(arguments) if arguments.is_empty() => {
                return Err(FieldFault::new("audience.recipients", Fault::NoRecipients));
            }
            Form::Recipients(arguments) => {
                let field = "audience.recipients";
                let take = |path: &str| of_list(path, list, Use::Recipient, described);
                let paths = each(field, arguments, take)?;
                Self::Recipients(Branches::new(paths))
            }
            Form::Channel(argument) => Self::Channel(one("audience.channel", argument, Use::Name)?),
            Form::Group(argument) => Self::Group(one("audience.group", argument, Use::Name)?),
            Form::Host(argument) => Self::Host(one("audience.host", argument, Use::Name)?),
            Form::Flag(_, values) if values.is_empty() => {
                return Err(FieldFault::new("audience.values", Fault::NoValues));
            }
            Form::Flag(_, values) if values.len() > MAX_ITEMS_PER_TOOL => {
                return Err(FieldFault::new("audience.values", Fault::TooManyItems));
            }
            Form::Flag(argument, values) => {
                let values = values.iter().map(|(value, level)| (value.as_str().into(), *level));
                Self::Flag(one("audience.flag", argument, Use::Flag)?, values.collect())
            }
        })
    }
}

/// Validates every entry of a list; the error names the one at fault.
fn each<T>(
    field: &str,
    entries: &[String],
    mut parse: impl FnMut(&str) -> Result<T, Fault>,
) -> Result<Box<[T]>, FieldFault> {
    if entries.len() > MAX_ITEMS_PER_TOOL {
        return Err(FieldFault::new(field, Fault::TooManyItems));
    }
    let entry = |(number, entry): (usize, &String)| {
        parse(entry).map_err(|fault| FieldFault::new(format!("{field}[{number}]"), fault))
    };
    entries.iter().enumerate().map(entry).collect()
}

fn check_digest(text: &str) -> Result<(), Fault> {
    let (form, digits) = text.rsplit_once(':').unwrap_or((text, ""));
    let is_hash =
        digits.len() == 64 && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    match form {
        "tool-v2:sha256" if is_hash => Ok(()),
        "sha256" if is_hash => Err(Fault::OldDigest),
        _ => Err(Fault::Digest),
    }
}

fn check_word(word: &str) -> Result<Box<str>, Fault> {
    let letters = word.strip_suffix('*').unwrap_or(word);
    let fits = |c: char| c.is_alphanumeric() && c.to_lowercase().eq([c]);
    if letters.is_empty() || !letters.chars().all(fits) || word.len() > MAX_CONDITION_BYTES {
        return Err(Fault::Word);
    }
    Ok(word.into())
}
