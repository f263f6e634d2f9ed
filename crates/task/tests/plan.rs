//! Plans: what they allow, and that they only narrow.

use permitgate::decision::Ruling;
use permitgate::flow::Origin;
use permitgate::model::{Operations, Readers};
use permitgate::prelude::*;
use permitgate_files::Bundle;
use permitgate_task::{MAX_PLAN_STEPS, Plan, PlanArgument, PlanErrorKind, PlanStep};
use proptest::prelude::*;
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    policy: String,
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    why: String,
    plan: Option<Json>,
    json: Option<String>,
    #[serde(default)]
    endorse: Vec<String>,
    #[serde(default)]
    allow: Vec<Line>,
    #[serde(default)]
    deny: Vec<Line>,
    fault: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    tool: String,
    args: Map<String, Json>,
}

fn table() -> (Bundle, Vec<Case>) {
    let table: Table = toml::from_str(include_str!("data/plan.toml")).unwrap();
    (Bundle::parse("plan.toml", table.policy.as_str()).unwrap(), table.case)
}

/// The plan of a case; `format` stands in the table only where it is the matter.
fn plan(case: &Case) -> Result<Plan, String> {
    let text = case.json.clone().unwrap_or_else(|| {
        let mut plan = case.plan.clone().expect("a plan");
        plan["format"] = json!(1);
        plan.to_string()
    });
    serde_json::from_str(&text).map_err(|error| error.to_string())
}

struct World {
    bundle: Bundle,
    gate: Gate,
}

impl World {
    fn new(bundle: Bundle) -> Self {
        let gate = Gate::builder().directory(bundle.directory().clone()).build().unwrap();
        Self { bundle, gate }
    }

    fn owner(&self) -> Capability {
        Capability::root(self.bundle.policy().clone(), ambient_authority())
    }

    fn ruling(&self, capability: &Capability, endorse: &[String], line: &Line) -> Ruling {
        let scope = Scope::builder(capability).invoker("dana@example.com").agent("assistant");
        let scope = scope.build().unwrap();
        for value in endorse {
            scope.session().endorse(Origin::User, value.as_str());
        }
        let call = self.bundle.manifest().map(&line.tool, &line.args, &scope);
        self.gate.decide_call(&call, &scope).ruling()
    }
}

#[test]
fn plans_allow_what_they_say_and_no_more() {
    let (bundle, cases) = table();
    let world = World::new(bundle);
    for case in &cases {
        let built = plan(case).and_then(|plan| {
            plan.policy(world.bundle.manifest()).map_err(|error| error.to_string())
        });
        let policy = match (built, &case.fault) {
            (Ok(policy), None) => policy,
            (Err(error), Some(fault)) => {
                assert!(error.contains(fault.as_str()), "{}: {error}", case.why);
                continue;
            }
            (Ok(_), Some(fault)) => panic!("{}: no fault, expected {fault}", case.why),
            (Err(error), None) => panic!("{}: {error}", case.why),
        };
        let owner = world.owner();
        let task = owner.attenuate(policy).unwrap();
        for (lines, ruling) in [(&case.allow, Ruling::Allow), (&case.deny, Ruling::Deny)] {
            for line in lines {
                let shown = format!("{}: {} {}", case.why, line.tool, json!(line.args));
                assert_eq!(world.ruling(&owner, &case.endorse, line), Ruling::Allow, "{shown}");
                assert_eq!(world.ruling(&task, &case.endorse, line), ruling, "{shown}");
            }
        }
    }
}

#[test]
fn a_plan_is_written_as_it_is_read_and_to_a_policy_file() {
    let (bundle, cases) = table();
    for case in cases.iter().filter(|case| case.fault.is_none()) {
        let plan = plan(case).unwrap();
        let text = serde_json::to_string(&plan).unwrap();
        assert_eq!(serde_json::from_str::<Plan>(&text).unwrap(), plan, "{}", case.why);
        if case.json.is_none() {
            let text = toml::to_string(&plan).unwrap();
            assert_eq!(toml::from_str::<Plan>(&text).unwrap(), plan, "{}", case.why);
        }
        let statements = plan.statements(bundle.manifest()).unwrap();
        let file = json!({ "statement": statements }).to_string();
        let layer = permitgate_files::Options::new();
        let layer = layer.parse_layer(&bundle, "task.json", file.as_str());
        let layer = layer.unwrap_or_else(|error| panic!("{}: {error}", case.why));
        assert_eq!(layer.statements(), statements, "{}", case.why);
    }
}

#[test]
fn bounds_are_faults_with_a_kind() {
    let (bundle, _) = table();
    let long = Plan::new(vec![PlanStep::new("fetch"); MAX_PLAN_STEPS + 1]);
    let error = long.policy(bundle.manifest()).unwrap_err();
    assert_eq!((error.kind(), error.step()), (PlanErrorKind::TooManySteps, None));
    let full = Plan::new(vec![PlanStep::new("fetch"); MAX_PLAN_STEPS]);
    assert_eq!(full.statements(bundle.manifest()).unwrap().len(), MAX_PLAN_STEPS);

    let mut tool =
        "[[tool]]\nname = \"many\"\neffect = [{ operation = \"read\", resource = \"x\" }]\n"
            .to_owned();
    for name in ["a", "b", "c", "d", "e"] {
        tool += &format!(
            "args.{name} = {{ kind = [\"text\", \"list\"], items = \"text\", no_effect = true }}\n"
        );
    }
    let bundle = Bundle::parse("many.toml", tool.as_str()).unwrap();
    let step = |names: &[&str]| {
        let step = PlanStep::new("many");
        let step =
            names.iter().fold(step, |step, name| step.argument(*name, PlanArgument::one_of(["x"])));
        Plan::new([step]).statements(bundle.manifest())
    };
    assert_eq!(step(&["a", "b", "c", "d"]).unwrap().len(), 16);
    let error = step(&["a", "b", "c", "d", "e"]).unwrap_err();
    assert_eq!((error.kind(), error.step()), (PlanErrorKind::TooManyForms, Some(1)));
}

/// What the generated plans say of a payment: who, and how much at most; by itself, as the reference reads it.
type Payment = (Option<Vec<u8>>, Option<u8>);

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_call_passes_if_a_step_allows_it_and_the_owner_does(
        steps in prop::collection::vec((prop::option::of(prop::collection::vec(0_u8..4, 1..3)), prop::option::of(0_u8..6)), 0..4),
        to in 0_u8..4,
        cents in 0_u8..6,
        endorsed in prop::collection::vec(0_u8..4, 0..2),
        most in 0_u8..6,
    ) {
        let (bundle, _) = table();
        let world = World::new(bundle);
        let small = Statement::permit("small").operations(Operations::ALL).resources(["**"]).readers(Readers::public());
        let small = small.when(permitgate::policy::Condition::at_most("cents", u32::from(most)));
        let owner = Capability::root(Policy::new([small]).unwrap(), ambient_authority());
        let name = |of: u8| format!("DE{of}");
        let plan = Plan::new(steps.iter().map(|(who, at_most): &Payment| {
            let mut step = PlanStep::new("pay");
            if let Some(who) = who {
                step = step.argument("to", PlanArgument::one_of(who.iter().map(|of| name(*of))));
            }
            if let Some(at_most) = at_most {
                step = step.argument("cents", PlanArgument::between(0, u32::from(*at_most)));
            }
            step
        }));
        let task = owner.attenuate(plan.policy(world.bundle.manifest()).unwrap()).unwrap();
        let args = json!({ "to": name(to), "cents": cents }).as_object().unwrap().clone();
        let endorse: Vec<String> = endorsed.iter().map(|of| name(*of)).collect();
        let found = world.ruling(&task, &endorse, &Line { tool: "pay".into(), args });
        let by_a_step = steps.iter().any(|(who, at_most)| {
            let who = who.as_ref().map_or_else(|| endorsed.contains(&to), |who| who.contains(&to));
            who && at_most.is_none_or(|at_most| cents <= at_most)
        });
        prop_assert_eq!(found == Ruling::Allow, by_a_step && cents <= most);
    }
}
