//! Random tools and calls, and an oracle that lists the described places of a tool, one by one.

use permitgate::manifest::{ArgumentSpec, EffectSpec, ToolSpec};

use crate::world::Any;

/// Decisions, read from bytes; zeros behind their end.
pub(crate) struct Source<'b>(pub(crate) &'b [u8]);

impl Source<'_> {
    fn next(&mut self) -> u8 {
        let (first, rest) =
            self.0.split_first().map_or((0, &[][..]), |(first, rest)| (*first, rest));
        self.0 = rest;
        first
    }

    fn pick<T: Copy>(&mut self, all: &[T]) -> T {
        all[usize::from(self.next()) % all.len()]
    }

    /// Once in so many.
    fn one_in(&mut self, count: u8) -> bool {
        self.next() % count == count - 1
    }
}

/// Names that are easily taken for each other.
const NAMES: [&str; 12] =
    ["a", "b", "A", "a.b", "a ", "0", "1", "\u{430}", "__proto__", "items", "fields", "{*}"];

const SCALARS: [&str; 5] = ["text", "integer", "number", "flag", "null"];

/// What one place may hold.
#[derive(Clone, Debug, Default)]
pub(crate) struct Spec {
    kinds: Vec<&'static str>,
    items: Option<Box<Spec>>,
    fields: Vec<(&'static str, Spec)>,
    others: bool,
    optional: bool,
}

impl Spec {
    /// A tool: an object of its arguments.
    pub(crate) fn of_tool(source: &mut Source<'_>) -> Self {
        let mut tool = Self { kinds: vec!["object"], ..Self::default() };
        tool.add_fields(source, 3);
        tool
    }

    fn new(source: &mut Source<'_>, depth: u8) -> Self {
        let mut spec = Self { optional: source.one_in(2), ..Self::default() };
        for kind in SCALARS {
            if source.one_in(4) {
                spec.kinds.push(kind);
            }
        }
        if depth > 0 && source.one_in(3) {
            spec.kinds.push("list");
            let items = Self { optional: false, ..Self::new(source, depth - 1) };
            spec.items = Some(Box::new(items));
        }
        if depth > 0 && source.one_in(3) {
            spec.kinds.push("object");
            spec.add_fields(source, depth);
        }
        if spec.kinds.is_empty() {
            spec.kinds.push("text");
        }
        spec
    }

    fn add_fields(&mut self, source: &mut Source<'_>, depth: u8) {
        self.others = source.one_in(16);
        for name in NAMES {
            if source.one_in(4) {
                self.fields.push((name, Self::new(source, depth - 1)));
            }
        }
    }

    pub(crate) fn tool(&self) -> ToolSpec {
        let tool = ToolSpec::new("t").effect(EffectSpec::read("x"));
        let add = |tool: ToolSpec, (name, field): &(&str, Self)| tool.argument(*name, field.data());
        let tool = self.fields.iter().fold(tool, add);
        if self.others { tool.other_arguments() } else { tool }
    }

    fn data(&self) -> ArgumentSpec {
        let kinds = self.kinds.iter().map(|kind| match *kind {
            "text" => ArgumentSpec::text(),
            "integer" => ArgumentSpec::integer(),
            "number" => ArgumentSpec::number(),
            "flag" => ArgumentSpec::flag(),
            "list" => ArgumentSpec::list(self.items.as_ref().unwrap().data()),
            "object" => {
                let fields = self.fields.iter().map(|(name, field)| (*name, field.data()));
                let object = ArgumentSpec::object(fields);
                if self.others { object.other_fields() } else { object }
            }
            _ => ArgumentSpec::any_of([]).or_null(),
        });
        let data = ArgumentSpec::any_of(kinds);
        if self.optional { data.optional() } else { data }
    }

    /// A value that mostly is as described.
    pub(crate) fn value(&self, source: &mut Source<'_>) -> Any {
        if source.one_in(24) {
            let other = Self::new(source, 2);
            return other.value(source);
        }
        match source.pick(&self.kinds) {
            "text" => Any::Text(source.pick(&["", "a", "{}", "[\"a\"]"]).to_owned()),
            "integer" => Any::Integer(i64::from(source.next()) - 100),
            "number" => Any::Float(source.pick(&[0.5, -0.0, 1e300, 7.0, f64::NAN, f64::INFINITY])),
            "flag" => Any::Bool(source.one_in(2)),
            "list" => {
                let items = self.items.as_ref().unwrap();
                Any::List((0..source.next() % 3).map(|_| items.value(source)).collect())
            }
            "object" => self.object(source),
            _ => Any::Null,
        }
    }

    pub(crate) fn object(&self, source: &mut Source<'_>) -> Any {
        let mut fields: Vec<(String, Any)> = Vec::new();
        for (name, field) in &self.fields {
            let is_left_out = if field.optional { source.one_in(2) } else { source.one_in(24) };
            if !is_left_out {
                fields.push(((*name).to_owned(), field.value(source)));
            }
        }
        if source.one_in(12) {
            let name = source.pick(&NAMES);
            if fields.iter().all(|(other, _)| other != name) {
                fields.push((name.to_owned(), Any::Text("hidden".to_owned())));
            }
        }
        Any::Object(fields)
    }

    /// Every place that is described, with what may stand there.
    fn places<'s>(&'s self, at: &[Step], found: &mut Vec<(Vec<Step>, &'s Self)>) {
        found.push((at.to_vec(), self));
        let below = |step: Step| at.iter().cloned().chain([step]).collect::<Vec<_>>();
        if let Some(items) = &self.items {
            items.places(&below(Step::Place), found);
        }
        for (name, field) in &self.fields {
            field.places(&below(Step::Name((*name).to_owned())), found);
        }
    }

    /// Whether a call is as the tool describes it: what stands in it stands at described places, and what must be
    /// there is.
    pub(crate) fn describes(&self, arguments: &Any) -> bool {
        let (mut described, mut given) = (Vec::new(), Vec::new());
        self.places(&[], &mut described);
        places_of(arguments, &[], &mut given);
        let spec_at = |at: &[Step]| described.iter().find(|(place, _)| place == at);
        let is_let_through = |at: &[Step]| {
            (0..at.len()).any(|end| {
                let (_, Some(Step::Name(name))) = (&at[..end], at.get(end)) else { return false };
                spec_at(&at[..end]).is_some_and(|(_, spec)| {
                    spec.others && spec.fields.iter().all(|(field, _)| field != name)
                })
            })
        };
        given.iter().all(|(at, value)| match spec_at(at) {
            Some((_, spec)) => spec.takes(value),
            None => is_let_through(at),
        })
    }

    /// Whether the value is of one of the kinds, and an object has what it must have.
    fn takes(&self, value: &Any) -> bool {
        let any = |kinds: &[&str]| kinds.iter().any(|kind| self.kinds.contains(kind));
        match value {
            Any::Null => any(&["null"]),
            Any::Bool(_) => any(&["flag"]),
            Any::Integer(_) => any(&["integer", "number"]),
            Any::Float(number) if is_whole(*number) => any(&["integer", "number"]),
            Any::Float(number) => any(&["number"]) && number.is_finite(),
            Any::Text(_) => any(&["text"]),
            Any::List(_) => any(&["list"]),
            Any::Object(fields) => {
                let is_there = |name: &str| fields.iter().any(|(field, _)| field == name);
                any(&["object"])
                    && self.fields.iter().all(|(name, field)| field.optional || is_there(name))
            }
        }
    }
}

/// Whether a float is surely a whole number.
fn is_whole(number: f64) -> bool {
    number.trunc() == number && number.abs() < 2_f64.powi(53)
}

#[derive(Clone, Debug, PartialEq)]
enum Step {
    Name(String),
    /// Any element of a list.
    Place,
}

fn places_of<'a>(value: &'a Any, at: &[Step], found: &mut Vec<(Vec<Step>, &'a Any)>) {
    found.push((at.to_vec(), value));
    let below = |step: Step| at.iter().cloned().chain([step]).collect::<Vec<_>>();
    match value {
        Any::List(values) => {
            values.iter().for_each(|value| places_of(value, &below(Step::Place), found));
        }
        Any::Object(fields) => fields
            .iter()
            .for_each(|(name, value)| places_of(value, &below(Step::Name(name.clone())), found)),
        _ => {}
    }
}
