//! What can be wrong with a manifest, and where.

use std::fmt;

use super::kinds::WORDS;
use super::kinds::rule::PartForm;
use crate::base::codes::fault_table;
use crate::base::limits::{
    MAX_ARGUMENT_STEPS, MAX_CONDITION_BYTES, MAX_ITEMS_PER_TOOL, MAX_MANIFEST_TOOLS,
    MAX_RESOURCE_BYTES, MAX_TOOL_ARGUMENTS, MAX_TOOL_EFFECTS,
};
use crate::base::name::NameFault;
use crate::base::visible::visible;
use crate::model::arguments::kinds::Kinds;
use crate::model::resource::ResourceError;
use crate::policy::ConditionFault;

/// Why a manifest cannot be compiled: which tool, which of its effects, which field, and what to do.
///
/// ```
/// use permitgate::Manifest;
/// use permitgate::manifest::{EffectSpec, ToolSpec};
///
/// let tool = ToolSpec::new("read_file").effect(EffectSpec::read("files/{path}"));
/// let error = Manifest::new([tool]).unwrap_err();
/// assert_eq!((error.tool(), error.effect(), error.field()), (Some("read_file"), Some(1), "resource"));
/// assert_eq!(
///     error.to_string(),
///     "tool `read_file`, effect 1, resource: `{path}` is not known; write `{args.path}` for an \
///      argument, `{invoker}` or `{agent}`"
/// );
/// ```
#[derive(Debug, thiserror::Error)]
#[error("{}{}: {}", place(.0), visible(&.0.field), .0.fault)]
pub struct ManifestError(Box<Place>);

#[derive(Debug)]
struct Place {
    tool: Option<String>,
    effect: Option<usize>,
    field: String,
    fault: Fault,
}

fn place(place: &Place) -> String {
    match (&place.tool, place.effect) {
        (None, _) => "manifest, ".to_owned(),
        (Some(tool), None) => format!("tool `{}`, ", visible(tool)),
        (Some(tool), Some(number)) => format!("tool `{}`, effect {number}, ", visible(tool)),
    }
}

impl ManifestError {
    pub(super) fn of_manifest(field: &str, fault: Fault) -> Self {
        let field = field.to_owned();
        Self(Box::new(Place { tool: None, effect: None, field, fault }))
    }

    pub(super) fn new(tool: &str, effect: Option<usize>, fault: FieldFault) -> Self {
        let FieldFault { field, fault } = fault;
        Self(Box::new(Place { tool: Some(tool.to_owned()), effect, field, fault }))
    }

    /// What is wrong, as a code.
    pub fn kind(&self) -> ManifestErrorKind {
        self.0.fault.kind()
    }

    /// The name of the tool at fault, where it is one tool's.
    pub fn tool(&self) -> Option<&str> {
        self.0.tool.as_deref()
    }

    /// The number of the effect at fault, counted from 1, where it is one effect's.
    pub fn effect(&self) -> Option<usize> {
        self.0.effect
    }

    /// The field at fault, such as `resource` or `when[0].at_most`.
    pub fn field(&self) -> &str {
        &self.0.field
    }
}

/// A fault with its field, before the tool and the effect are known.
pub(super) struct FieldFault {
    field: String,
    fault: Fault,
}

impl FieldFault {
    pub(super) fn new(field: impl Into<String>, fault: impl Into<Fault>) -> Self {
        Self { field: field.into(), fault: fault.into() }
    }
}

fault_table! {
    /// What is wrong with a manifest ([`ManifestError::kind`](crate::manifest::ManifestError::kind)).
    pub enum ManifestErrorKind;

    #[derive(Debug, thiserror::Error)]
    pub(super) enum Fault {
        #[error("more than {MAX_MANIFEST_TOOLS} tools")]
        TooManyTools => TooManyTools, "too-many-tools",
        #[error("two tools have this name; one tool holds all its effects")]
        RepeatedTool => RepeatedTool, "repeated-tool",
        #[error(transparent)]
        Name(#[from] NameFault) => MalformedName, "malformed-name",
        #[error("a digest of a tool is `tool-v2:sha256:` and 64 hexadecimal digits in lower case")]
        Digest => MalformedDigest, "malformed-digest",
        #[error(
            "this digest is of an older form, which did not cover the whole tool; look at the tool and pin \
             the digest that it is listed with now"
        )]
        OldDigest => OldDigest, "old-digest",
        #[error("more than {MAX_ITEMS_PER_TOOL} entries")]
        TooManyItems => TooManyItems, "too-many-items",
        #[error("a tool needs an effect; one that is never to be called is left out")]
        NoEffect => NoEffect, "no-effect",
        #[error("more than {MAX_TOOL_EFFECTS} effects")]
        TooManyEffects => TooManyEffects, "too-many-effects",
        #[error("`{word}` is no kind; write one or several of {}", Words, word = visible(word))]
        UnknownKind { word: String } => UnknownKind, "unknown-kind",
        #[error("`{word}` stands twice", word = visible(word))]
        RepeatedKind { word: String } => RepeatedKind, "repeated-kind",
        #[error("`{word}` and `{before}` both accept {shared}, and a call could mean either; write one of them", word = visible(word), before = visible(before))]
        AlikeKinds { word: String, before: String, shared: Kinds } => AlikeKinds, "alike-kinds",
        #[error("`{word}` is the second kind that parses a text; an argument has one", word = visible(word))]
        TwoParsedKinds { word: String } => TwoParsedKinds, "two-parsed-kinds",
        #[error("{says}")]
        Option { says: String } => MalformedOption, "malformed-option",
        #[error("`{name}` is what the kind finds in a text as well, so that a path to it could mean either; describe two arguments", name = visible(name))]
        PartAndField { name: String } => PartAndField, "part-and-field",
        #[error("name at least one kind")]
        NoKind => NoKind, "no-kind",
        #[error("a list says what its elements are; write `items`")]
        ListWithoutItems => ListWithoutItems, "list-without-items",
        #[error("only a list has `items`")]
        ItemsWithoutList => ItemsWithoutList, "items-without-list",
        #[error("an object says what its fields are; write `fields`")]
        ObjectWithoutFields => ObjectWithoutFields, "object-without-fields",
        #[error("only an object has fields")]
        FieldsWithoutObject => FieldsWithoutObject, "fields-without-object",
        #[error("an argument cannot be called `*`, which stands for every element of a list")]
        ArgumentName => ReservedArgumentName, "reserved-argument-name",
        #[error("two arguments have this name; one describes all its kinds")]
        RepeatedArgument => RepeatedArgument, "repeated-argument",
        #[error("nested more than {MAX_ARGUMENT_STEPS} deep")]
        TooDeep => TooDeep, "too-deep",
        #[error("more than {MAX_TOOL_ARGUMENTS} arguments, fields and elements in all")]
        TooManyArguments => TooManyArguments, "too-many-arguments",
        #[error("an element of a list is there or not; `optional` and `default` are for arguments")]
        OptionalElement => OptionalElement, "optional-element",
        #[error(
            "a default stands for a whole argument; a field that may be left out is `optional = true`"
        )]
        NestedDefault => NestedDefault, "nested-default",
        #[error("the argument may be {kinds}, and this is something else")]
        DefaultKind { kinds: Kinds } => DefaultOfOtherKind, "default-of-other-kind",
        #[error("the kind does not accept this: {fault}")]
        DefaultNotOfKind { fault: String } => DefaultNotOfKind, "default-not-of-kind",
        #[error("{0}")]
        Undescribed(Box<Undescribed>) => UndescribedPath, "undescribed-path",
        #[error("{0}")]
        UnknownPart(Box<UnknownPart>) => UnknownPart, "unknown-part",
        #[error("`{path}` is described as {found}, and this needs {needed}", path = visible(path))]
        CannotHold { path: String, found: Kinds, needed: Kinds } => KindMismatch, "kind-mismatch",
        #[error("`{path}` is described with `no_effect = true`, so nothing may depend on it", path = visible(path))]
        NamedWithoutEffect { path: String } => NamedWithoutEffect, "named-without-effect",
        #[error("`{path}` is secret, and this would show it to people", path = visible(path))]
        ShownSecret { path: String } => ShownSecret, "shown-secret",
        #[error("not a finite number")]
        NotFinite => NotFinite, "not-finite",
        #[error("longer than {MAX_CONDITION_BYTES} bytes")]
        TooLong => ValueTooLong, "value-too-long",
        #[error("a path is one to {MAX_ARGUMENT_STEPS} names joined by `.`, none of them empty")]
        Path => MalformedPath, "malformed-path",
        #[error("`{step}` is no place of the list `{0}`; write `{0}.{place}`", visible(list), step = visible(step))]
        Place { list: String, step: String, place: usize } => MalformedPlace, "malformed-place",
        #[error("at most one step of the path may be `*`, and not the first")]
        PathStars => MisplacedStar, "misplaced-star",
        #[error("it names one argument, which may be a list, without `*`")]
        OneValue => StarInOneValue, "star-in-one-value",
        #[error("`{step}` is no place of a list; a field of this name is written `{{{step}}}`", step = visible(step))]
        ResultPlace { step: String } => MalformedResultPlace, "malformed-result-place",
        #[error(
            "`{step}` is no step; write `*` for every element of a list, `{{*}}` for every field, or the \
             name of a field", step = visible(step)
        )]
        ResultStep { step: String } => MalformedResultStep, "malformed-result-step",
        #[error("a word is letters and digits in lower case, perhaps with `*` at its end")]
        Word => MalformedWord, "malformed-word",
        #[error(transparent)]
        Condition(#[from] ConditionFault) => MalformedCondition, "malformed-condition",
        #[error("what a call means cannot depend on where a value came from; let a statement ask it")]
        Endorsed => ProvenanceInCondition, "provenance-in-condition",
        #[error("what a call means depends on one value at a time; let a statement ask it")]
        OfStatements => ConditionOfStatements, "condition-of-statements",
        #[error("longer than {MAX_RESOURCE_BYTES} bytes")]
        TemplateTooLong => TemplateTooLong, "template-too-long",
        #[error("`{{` and `}}` must enclose a whole segment, as in `mail/{{invoker}}/{{args.folder}}`")]
        Braces => MisplacedBraces, "misplaced-braces",
        #[error(
            "`{{{name}}}` is not known; write `{{args.{name}}}` for an argument, `{{invoker}}` or `{{agent}}`", name = visible(name)
        )]
        Placeholder { name: String } => UnknownPlaceholder, "unknown-placeholder",
        #[error("`{path}` names one place of a list, and what stands at the others would go unseen; write `*`, or `for_each`", path = visible(path))]
        PlaceOfPart { path: String } => PlaceOfPart, "place-of-part",
        #[error("`{path}` is a part of a name, and no recipient; write the argument itself", path = visible(path))]
        PartOfRecipient { path: String } => PartOfRecipient, "part-of-recipient",
        #[error("`{path}` is found in the text, and no effect takes it; write an effect whose `for_each` names it", path = visible(path))]
        Unmapped { path: String } => UnmappedList, "unmapped-list",
        #[error(
            "`{path}` is found in a text within a list, and `for_each` takes no list within another; describe one line as an \
             argument of its own, or what stands here as `argv` or as a `choice` of the lines that may be run"
        )]
        UnmappedWithin { path: String } => UnmappedWithinList, "unmapped-within-list",
        #[error("the kind of `{path}` writes this `{canonical}`, so it would never be equal; write that", path = visible(path), canonical = visible(canonical))]
        NotCanonical { path: String, canonical: String } => NotCanonical, "not-canonical",
        #[error("the kind of `{path}` does not accept this: {fault}", path = visible(path))]
        NotOfKind { path: String, fault: String } => NotOfKind, "not-of-kind",
        #[error("`it` stands for an element of the list that `for_each` names; add `for_each`")]
        ElementWithoutList => ElementWithoutList, "element-without-list",
        #[error("`for_each` names a list without `*`, and the effect names no other list")]
        ListOfElements => ListOfElements, "list-of-elements",
        #[error("an argument cannot be called `it` where `for_each` stands")]
        ElementName => ReservedElementName, "reserved-element-name",
        #[error("`{{args.…/**}}` must be the last segment")]
        RestNotLast => RestNotLast, "rest-not-last",
        #[error("at most one placeholder may hold `*`")]
        ManyLists => SeveralLists, "several-lists",
        #[error("an effect names one resource; `*` belongs into the patterns of a policy")]
        Star => StarInResource, "star-in-resource",
        #[error(transparent)]
        Resource(#[from] ResourceError) => MalformedResource, "malformed-resource",
        #[error("name at least one argument")]
        NoRecipients => NoArgument, "no-argument",
        #[error("name at least one value")]
        NoValues => NoValues, "no-values",
        #[error(
            "`{trusted}` lies in what `{outsider}` says outsiders can write; take one of them away", trusted = visible(trusted), outsider = visible(outsider)
        )]
        Overlap { trusted: String, outsider: String } => Overlap, "overlap",
        #[error("the field stands twice; write it once, with all that it gives")]
        RepeatedField => RepeatedField, "repeated-field",
        #[error("name the tools for which the value counts, or leave `counts_for` out")]
        CountsForNothing => CountsForNothing, "counts-for-nothing",
        #[error(
            "what is given back endorses nothing by itself, so leave `counts_for` out, or `given_back`"
        )]
        CountsForGivenBack => CountsForGivenBack, "counts-for-given-back",
        #[error("what is given back at the other places of the list would go unseen; write `*`")]
        GivenBackAtPlace => GivenBackAtPlace, "given-back-at-place",
        #[error("`counts_for` names `{tool}`, which is no tool of this manifest", tool = visible(tool))]
        CountsForUnknown { tool: String } => CountsForUnknown, "counts-for-unknown",
    }
}

/// A path that leads to what the tool does not describe.
#[derive(Debug)]
pub(super) struct Undescribed {
    pub(super) path: String,
    pub(super) name: String,
    pub(super) near: Option<String>,
}

impl fmt::Display for Undescribed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (path, name) = (visible(&self.path), visible(&self.name));
        write!(f, "`{path}` leads to what the tool does not describe; ")?;
        match &self.near {
            Some(near) => write!(f, "did you mean `{}` for `{name}`?", visible(near)),
            None if self.path == self.name => write!(f, "write `args.{name} = …`"),
            None => write!(f, "describe `{name}` in `args`"),
        }
    }
}

/// A path that leads to what the kind of an argument does not find.
#[derive(Debug)]
pub(super) struct UnknownPart {
    pub(super) argument: String,
    pub(super) part: String,
    pub(super) parts: &'static [PartForm],
}

impl fmt::Display for UnknownPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (argument, part) = (visible(&self.argument), visible(&self.part));
        write!(f, "the kind of `{argument}` finds no `{part}`")?;
        match self.parts {
            [] => f.write_str("; it has no parts"),
            parts => {
                f.write_str("; it finds ")?;
                for (number, part) in parts.iter().enumerate() {
                    write!(f, "{}`{}`", if number == 0 { "" } else { ", " }, part.name)?;
                }
                Ok(())
            }
        }
    }
}

/// The words of all kinds.
struct Words;

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = Kinds::ALL.words().chain(WORDS.iter().copied());
        for (number, word) in words.enumerate() {
            write!(f, "{}`{word}`", if number == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}
