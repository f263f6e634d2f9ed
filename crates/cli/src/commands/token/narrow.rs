//! What a block narrowed, compared with those before it: only what can be told exactly.

use std::collections::{BTreeMap, BTreeSet};

use permitgate::limits::MAX_TOKEN_BLOCKS;
use permitgate::policy::Effect;
use permitgate::time::Timestamp;
use permitgate::token::{Demand, PublicKey, TokenBlock};
use permitgate::{Operation, Statement};
use serde::{Deserialize, Serialize};

use super::pattern::{covers, meet, reduced};
use super::{moment, shown, terms};

/// One way in which a block narrows.
#[derive(Debug, Serialize)]
pub(super) struct Narrowed {
    pub(super) kind: &'static str,
    pub(super) text: String,
}

/// A statement, as far as it is compared.
#[derive(Clone, Deserialize)]
struct Shape {
    id: String,
    effect: Effect,
    operations: Vec<Operation>,
    #[serde(default)]
    tools: Vec<String>,
    #[serde(default)]
    resources: Vec<String>,
    #[serde(default)]
    except_resources: Vec<String>,
    readers: Option<Vec<String>>,
    beyond: Option<Vec<String>>,
    #[serde(default)]
    when: Vec<serde_json::Value>,
    #[serde(default)]
    after_untrusted: bool,
    #[serde(default)]
    otherwise: bool,
}

impl Shape {
    fn of(statements: &[Statement]) -> Vec<Self> {
        let shape = |one| serde_json::to_value(one).and_then(serde_json::from_value).ok();
        statements.iter().filter_map(shape).collect()
    }

    /// Whether it grants, within statements that can grant.
    fn grants(&self) -> bool {
        self.effect != Effect::Forbid && !self.after_untrusted
    }

    /// Whether it applies to every call of its operations and resources.
    fn is_plain(&self) -> bool {
        let Self { tools, except_resources, beyond, when, after_untrusted, .. } = self;
        let everywhere = tools.is_empty() && except_resources.is_empty();
        everywhere && beyond.is_none() && when.is_empty() && !after_untrusted
    }
}

/// Which resources an operation may reach; `None` where that is not told exactly.
type Reach = BTreeMap<Operation, Option<Vec<String>>>;

struct Layer {
    granting: bool,
    shapes: Vec<Shape>,
}

/// What the blocks up to one state together.
pub(super) struct Until<'t> {
    not_before: Timestamp,
    expires: Timestamp,
    holder: Option<&'t str>,
    key: Option<PublicKey>,
    further: u8,
    rights: BTreeMap<&'t str, &'t [Statement]>,
    demands: Vec<&'t Demand>,
    base: Vec<Shape>,
    layers: Vec<Layer>,
    readers: BTreeSet<String>,
}

impl<'t> Until<'t> {
    /// What the root states.
    pub(super) fn root(block: &'t TokenBlock) -> Self {
        let most = (MAX_TOKEN_BLOCKS - 1) as u8;
        let base = Shape::of(block.statements().unwrap_or_default());
        Self {
            not_before: block.not_before(),
            expires: block.expires(),
            holder: block.holder(),
            key: block.holder_key(),
            further: block.further().map_or(most, |blocks| blocks.min(most)),
            rights: block.rights().collect(),
            demands: block.demands().iter().collect(),
            readers: readers(&base),
            base,
            layers: Vec::new(),
        }
    }

    /// How many blocks may follow.
    pub(super) fn further(&self) -> u8 {
        self.further
    }

    /// Adds a block, and tells what it narrowed.
    pub(super) fn narrow(&mut self, block: &'t TokenBlock) -> Vec<Narrowed> {
        let mut told = Vec::new();
        let mut tell = |kind, text: String| told.push(Narrowed { kind, text });
        self.validity(block, &mut tell);
        self.holder(block, &mut tell);
        self.delegations(block, &mut tell);
        self.statements(block, &mut tell);
        for budget in block.budgets() {
            tell("budget", format!("one more budget: {}", terms::budget_text(budget)));
        }
        for demand in block.demands().iter().filter(|demand| !self.demands.contains(demand)) {
            tell("demand", format!("demands {}", demand_text(demand)));
        }
        self.demands.extend(block.demands());
        told
    }

    fn validity(&mut self, block: &TokenBlock, tell: &mut impl FnMut(&'static str, String)) {
        let (begins, ends) = (block.not_before(), block.expires());
        if ends < self.expires {
            let before = moment::ends(self.expires).unwrap_or_else(|| "without an end".to_owned());
            tell("expires", format!("ends {} (before: {before})", moment::shown(ends)));
        }
        if begins > self.not_before {
            let before = moment::begins(self.not_before).unwrap_or_else(|| "at once".to_owned());
            tell("not-before", format!("begins {} (before: {before})", moment::shown(begins)));
        }
        self.not_before = self.not_before.max(begins);
        self.expires = self.expires.min(ends);
    }

    fn holder(&mut self, block: &'t TokenBlock, tell: &mut impl FnMut(&'static str, String)) {
        if let Some(holder) = block.holder().filter(|holder| self.holder != Some(holder)) {
            let before =
                self.holder.map_or_else(|| "anybody".to_owned(), |name| shown(name).to_string());
            tell("holder", format!("held by {} (before: {before})", shown(holder)));
            self.holder = Some(holder);
        }
        if let Some(key) = block.holder_key().filter(|key| self.key != Some(*key)) {
            tell("bound-to", format!("bound to the key {}", key.id()));
            self.key = Some(key);
        }
    }

    fn delegations(&mut self, block: &'t TokenBlock, tell: &mut impl FnMut(&'static str, String)) {
        let left = self.further.saturating_sub(1);
        if let Some(blocks) = block.further().filter(|blocks| *blocks < left) {
            tell("delegable", format!("at most {blocks} further blocks (before: {left})"));
        }
        self.further = block.further().map_or(left, |blocks| blocks.min(left));
        if let Some(name) = block.used() {
            let text = format!("uses the right `{}` in place of the root's grant", shown(name));
            tell("using", text);
            self.base = Shape::of(self.rights.get(name).copied().unwrap_or_default());
            self.readers = readers(&self.base);
        }
        let kept: Vec<&str> = block.kept().collect();
        for name in self.rights.keys().filter(|name| !kept.contains(*name)) {
            tell("right", format!("no longer hands on `{}`", shown(name)));
        }
        self.rights.retain(|name, _| kept.contains(name));
    }

    fn statements(&mut self, block: &TokenBlock, tell: &mut impl FnMut(&'static str, String)) {
        let Some(statements) = block.statements() else { return };
        let before = reach(&self.base, &self.layers);
        let layer = Layer { granting: block.is_granting(), shapes: Shape::of(statements) };
        for shape in layer.shapes.iter().filter(|shape| shape.effect != Effect::Permit) {
            let kind = if shape.effect == Effect::Forbid { "forbids" } else { "approval" };
            tell(kind, restriction(shape));
        }
        if layer.granting {
            let now = readers(&layer.shapes);
            if !now.contains("public") && !self.readers.is_subset(&now) {
                let (now, before) = (listed(&now), listed(&self.readers));
                tell("readers", format!("seen by at most {now} (before: {before})"));
                self.readers = readers(&layer.shapes);
            }
        }
        self.layers.push(layer);
        tell_reach(&before, &reach(&self.base, &self.layers), tell);
    }
}

/// What is left of the reach: operations that went, and resources that are fewer.
fn tell_reach(before: &Reach, after: &Reach, tell: &mut impl FnMut(&'static str, String)) {
    let gone: Vec<&str> =
        before.keys().filter(|one| !after.contains_key(one)).map(|one| one.as_str()).collect();
    if !gone.is_empty() {
        tell("operations", format!("no longer {}", gone.join(", ")));
    }
    let mut fewer: BTreeMap<(&[String], &[String]), Vec<&str>> = BTreeMap::new();
    for (operation, before) in before {
        if let (Some(before), Some(Some(after))) = (before, after.get(operation))
            && before != after
        {
            fewer.entry((after, before)).or_default().push(operation.as_str());
        }
    }
    for ((after, before), operations) in fewer {
        let text = format!(
            "{}: only {} (before: {})",
            operations.join(", "),
            patterns(after),
            patterns(before)
        );
        tell("resources", text);
    }
}

/// What the statements of all layers leave, without a look at conditions, tools and readers.
fn reach(base: &[Shape], layers: &[Layer]) -> Reach {
    let mut reach = granted(base);
    let base = Layer { granting: false, shapes: base.to_vec() };
    for layer in std::iter::once(&base).chain(layers) {
        if layer.granting {
            let granted = granted(&layer.shapes);
            reach.retain(|operation, patterns| {
                let Some(now) = granted.get(operation) else { return false };
                let both = patterns.as_ref().zip(now.as_ref());
                *patterns = both.and_then(|(before, now)| meet(before, now));
                patterns.as_ref().is_none_or(|left| !left.is_empty())
            });
        }
        let forbids = layer.shapes.iter().filter(|one| one.effect == Effect::Forbid);
        for shape in forbids.filter(|one| one.is_plain()) {
            reach.retain(|operation, patterns| {
                if !shape.operations.contains(operation) {
                    return true;
                }
                let everywhere =
                    shape.resources.is_empty() || shape.resources.iter().any(|one| one == "**");
                let hit = |pattern: &String| shape.resources.iter().any(|one| covers(one, pattern));
                if let Some(patterns) = patterns {
                    patterns.retain(|pattern| !hit(pattern));
                }
                !everywhere && patterns.as_ref().is_none_or(|left| !left.is_empty())
            });
        }
    }
    reach
}

/// Which resources the statements grant, by operation.
fn granted(shapes: &[Shape]) -> Reach {
    let mut granted: BTreeMap<Operation, Option<Vec<String>>> = BTreeMap::new();
    for shape in shapes.iter().filter(|shape| shape.grants()) {
        for operation in &shape.operations {
            let known = granted.entry(*operation).or_insert_with(|| Some(Vec::new()));
            match known {
                Some(patterns) if shape.except_resources.is_empty() => {
                    patterns.extend(shape.resources.iter().cloned());
                }
                // What patterns leave of others is no list of patterns.
                known => *known = None,
            }
        }
    }
    granted.into_iter().map(|(operation, patterns)| (operation, patterns.map(reduced))).collect()
}

fn readers(shapes: &[Shape]) -> BTreeSet<String> {
    let invoker = || vec!["invoker".to_owned()];
    let granting = shapes.iter().filter(|shape| shape.grants());
    granting.flat_map(|shape| shape.readers.clone().unwrap_or_else(invoker)).collect()
}

/// A statement that restricts, in one line.
fn restriction(shape: &Shape) -> String {
    let Shape { id, effect, operations, tools, resources, except_resources, .. } = shape;
    let Shape { beyond, when, after_untrusted, otherwise, .. } = shape;
    let does = if *effect == Effect::Forbid { "forbids" } else { "asks for approval of" };
    let operations: Vec<&str> = operations.iter().map(|one| one.as_str()).collect();
    let mut text = format!("{does} {}", operations.join(", "));
    if !resources.is_empty() {
        text.push_str(&format!(" on {}", patterns(resources)));
    }
    if !except_resources.is_empty() {
        text.push_str(&format!(" except {}", patterns(except_resources)));
    }
    if !tools.is_empty() {
        text.push_str(&format!(" by {}", patterns(tools)));
    }
    if let Some(beyond) = beyond {
        text.push_str(&format!(" beyond {}", shown(&beyond.join(", "))));
    }
    if *after_untrusted {
        text.push_str(" after untrusted input");
    }
    if *otherwise {
        text.push_str(" where nothing else grants it");
    }
    if !when.is_empty() {
        text.push_str(" under its conditions");
    }
    format!("{text} (statement `{}`)", shown(id))
}

/// What is demanded, of whom, and for what.
pub(super) fn demand_text(demand: &Demand) -> String {
    let (claim, key) = (shown(demand.claim()), demand.attester().id());
    match terms::binding_text(demand) {
        "action" => format!("`{claim}`, said by the key {key} about each action"),
        _ => format!("`{claim}`, said by the key {key} about the token"),
    }
}

fn patterns(patterns: &[String]) -> String {
    let quoted: Vec<String> = patterns.iter().map(|one| format!("`{}`", shown(one))).collect();
    quoted.join(", ")
}

fn listed(names: &BTreeSet<String>) -> String {
    let names: Vec<String> = names.iter().map(|one| shown(one).to_string()).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use permitgate::model::Readers;

    const MAIL: &str = "mail/{invoker}/**";

    fn root() -> TokenBlock {
        TokenBlock::grant([
            Statement::permit("mail")
                .operations(Operation::Read | Operation::Delete)
                .resources([MAIL])
                .readers(Readers::internal()),
            Statement::permit("web").operations(Operation::Read).resources(["web/**"]),
        ])
        .hand_on(
            "clean",
            [Statement::permit("c").operations(Operation::Update).resources(["a/**"])],
        )
        .hand_on(
            "other",
            [Statement::permit("o").operations(Operation::Update).resources(["o/**"])],
        )
    }

    fn told(blocks: &[TokenBlock]) -> Vec<String> {
        let (first, further) = blocks.split_first().unwrap();
        let mut until = Until::root(first);
        let mut told = Vec::new();
        for block in further {
            told = until.narrow(block);
        }
        told.into_iter().map(|one| format!("{}: {}", one.kind, one.text)).collect()
    }

    #[test]
    fn an_attenuation_that_permits_less_says_what() {
        let read = Statement::permit("r")
            .operations(Operation::Read)
            .resources(["mail/{invoker}/inbox/**"]);
        let block = TokenBlock::at_most([read]).keeping(["clean", "other"]);
        assert_eq!(
            told(&[root(), block.clone()]),
            [
                "readers: seen by at most invoker (before: internal, invoker)",
                "operations: no longer delete",
                "resources: read: only `mail/{invoker}/inbox/**` (before: `mail/{invoker}/**`, `web/**`)",
            ]
        );
        // The same once more narrows nothing.
        assert_eq!(told(&[root(), block.clone(), block]), [""; 0]);
        // What permits more narrows nothing either.
        let all = Statement::permit("all")
            .operations(permitgate::model::Operations::ALL)
            .resources(["**"])
            .readers(Readers::public());
        let wide = TokenBlock::at_most([all]).keeping(["clean", "other"]);
        assert_eq!(told(&[root(), wide]), [""; 0]);
        // What has nothing in common with the grant leaves nothing of it.
        let apart = Statement::permit("apart").operations(Operation::Read).resources(["other/**"]);
        let apart = TokenBlock::at_most([apart.readers(Readers::public())]);
        let apart = apart.keeping(["clean", "other"]);
        assert_eq!(told(&[root(), apart]), ["operations: no longer read, delete"]);
        // What cannot be told is not.
        let odd = Statement::permit("odd")
            .operations(Operation::Read | Operation::Delete)
            .resources(["*/x/y", "mail/**/z"])
            .readers(Readers::public());
        let odd = TokenBlock::at_most([odd]).keeping(["clean", "other"]);
        assert_eq!(told(&[root(), odd]), [""; 0]);
    }

    #[test]
    fn what_is_forbidden_is_told() {
        let keeping = |block: TokenBlock| block.keeping(["clean", "other"]);
        let delete =
            keeping(TokenBlock::restrict([Statement::forbid("d").operations(Operation::Delete)]));
        let expected = ["forbids: forbids delete (statement `d`)", "operations: no longer delete"];
        assert_eq!(told(&[root(), delete]), expected);
        let web = Statement::forbid("w").operations(Operation::Read).resources(["web/**"]);
        let expected = [
            "forbids: forbids read on `web/**` (statement `w`)",
            "resources: read: only `mail/{invoker}/**` (before: `mail/{invoker}/**`, `web/**`)",
        ];
        assert_eq!(told(&[root(), keeping(TokenBlock::restrict([web]))]), expected);
        let ask = Statement::require_approval("a")
            .operations(Operation::Delete)
            .tools(["rm"])
            .beyond(Readers::internal())
            .after_untrusted()
            .when(permitgate::policy::Condition::present("x"));
        let expected =
            ["approval: asks for approval of delete by `rm` beyond internal after untrusted \
                         input under its conditions (statement `a`)"];
        assert_eq!(told(&[root(), keeping(TokenBlock::restrict([ask]))]), expected);
    }

    #[test]
    fn what_applies_at_times_takes_nothing_away_for_good() {
        let later = Statement::require_approval("later")
            .operations(Operation::Share)
            .resources(["**"])
            .after_untrusted();
        let mail = Statement::permit("mail").operations(Operation::Read).resources([MAIL]);
        let root = TokenBlock::grant([mail.clone(), later]);
        // It never granted, so it is not lost.
        assert_eq!(told(&[root.clone(), TokenBlock::at_most([mail])]), [""; 0]);
        let at_times = Statement::forbid("large")
            .operations(Operation::Read)
            .when(permitgate::policy::Condition::at_least("size", 10));
        let expected = ["forbids: forbids read under its conditions (statement `large`)"];
        assert_eq!(told(&[root, TokenBlock::restrict([at_times])]), expected);
    }

    #[test]
    fn terms_that_are_narrower_are_told() {
        let at = Timestamp::from_unix_seconds;
        let first = root().expires_at(at(2_000_000_000)).held_by("ops").delegable(3);
        let block = TokenBlock::new()
            .expires_at(at(1_900_000_000))
            .valid_from(at(1_800_000_000))
            .held_by("triage")
            .delegable(1)
            .keeping(["clean"])
            .budget(permitgate::authority::Budget::actions("mails", 20));
        assert_eq!(
            told(&[first.clone(), block.clone()]),
            [
                "expires: ends 2030-03-17T17:46:40Z (before: 2033-05-18T03:33:20Z)",
                "not-before: begins 2027-01-15T08:00:00Z (before: at once)",
                "holder: held by triage (before: ops)",
                "delegable: at most 1 further blocks (before: 2)",
                "right: no longer hands on `other`",
                "budget: one more budget: mails=20",
            ]
        );
        // Later and wider terms change nothing.
        let wider = TokenBlock::new().expires_at(at(2_100_000_000)).delegable(9).keeping(["clean"]);
        assert_eq!(told(&[first.clone(), block.clone(), wider]), [""; 0]);
        let uses = TokenBlock::new().using("clean");
        let expected = [
            "using: uses the right `clean` in place of the root's grant",
            "right: no longer hands on `clean`",
        ];
        assert_eq!(told(&[first.clone(), block.clone(), uses.clone()]), expected);
        let update = Statement::permit("u").operations(Operation::Update).resources(["a/b"]);
        let expected = ["resources: update: only `a/b` (before: `a/**`)"];
        assert_eq!(told(&[first, block, uses, TokenBlock::at_most([update])]), expected);
    }
}
