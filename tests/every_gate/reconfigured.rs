//! A permit from before a change of the configuration is decided again when its effect begins, both ways.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use permitgate::flow::{Integrity, LabelRule, Labels};
use permitgate::gate::{
    CallHandle, CallRunning, Configuration, Halt, OwnedCallRunning, OwnedPermit, OwnedRunning,
    RuleContext, Running, ToolHandle,
};
use permitgate::manifest::{ArgumentSpec, AudienceSpec, EffectSpec, ToolSpec};
use permitgate::model::{NoArguments, Operations, Readers};
use permitgate::prelude::*;
use permitgate::record::{MemorySink, Outcome};
use permitgate::{Directory, Reason, Verdict};

use crate::draw::Draw;
use crate::{deny, forbid, outcomes, scope};

const KINDS: [Kind; 4] = [Kind::Borrowed, Kind::Detached, Kind::Call, Kind::DetachedCall];

#[derive(Clone, Copy, Debug)]
enum Kind {
    Borrowed,
    Detached,
    Call,
    DetachedCall,
}

fn directory(outsider: bool) -> Directory {
    let team: &[&str] = if outsider { &["dana", "spy@evil.example"] } else { &["dana"] };
    Directory::builder()
        .internal_principal("dana")
        .outside_principal("spy@evil.example")
        .group("team", team.iter().copied())
        .build()
        .unwrap()
}

/// Posts for the team, which must be inside.
struct World {
    gate: Gate,
    sink: Arc<MemorySink>,
    scope: Scope,
    post: ToolHandle,
    post_call: CallHandle,
    manifest: Manifest,
}

impl World {
    fn new() -> Self {
        let permit = Statement::permit("inside").operations(Operations::ALL).resources(["**"]);
        let policy = Policy::new([permit.readers(Readers::internal())]).unwrap();
        let capability = Capability::root(policy, ambient_authority());
        let scope = Scope::builder(&capability).invoker("dana").agent("triage").build().unwrap();
        let sink = Arc::new(MemorySink::last(16));
        let gate = Gate::builder().sink(sink.clone()).directory(directory(false)).build().unwrap();
        let team = AudienceSpec::group("team");
        let effect = EffectSpec::create("forum/1").audience(team);
        let team = ArgumentSpec::text().default("team");
        let post = ToolSpec::new("post").argument("team", team).effect(effect);
        let manifest = Manifest::new([post]).unwrap();
        let (post, post_call) = (gate.tool("post", Operation::Create), gate.call_handle("post"));
        Self { gate, sink, scope, post, post_call, manifest }
    }

    fn action(&self) -> Action<'_> {
        self.post.on("forum/1").visible_to(Audience::Group("team"))
    }

    fn change(&self, change: impl FnOnce(Configuration) -> Configuration) {
        self.gate.reconfigure(change).unwrap();
    }

    /// Authorizes one of a kind, does something, and begins it.
    fn begin(&self, kind: Kind, between: impl FnOnce()) -> Result<(), Refusal> {
        match kind {
            Kind::Borrowed => {
                let permit = self.gate.authorize(&self.action(), &self.scope)?;
                between();
                permit.begin(&self.post).map(Running::done)
            }
            Kind::Detached => {
                let permit = self.gate.authorize(&self.action(), &self.scope)?.detach()?;
                between();
                permit.begin(&self.post).map(OwnedRunning::done)
            }
            Kind::Call => {
                let call = self.manifest.map("post", &NoArguments, &self.scope);
                let permit = self.gate.authorize_call(&call, &self.scope)?;
                between();
                permit.begin(&self.post_call).map(CallRunning::done)
            }
            Kind::DetachedCall => {
                let call = self.manifest.map("post", &NoArguments, &self.scope);
                let permit = self.gate.authorize_call(&call, &self.scope)?.detach()?;
                between();
                permit.begin(&self.post_call).map(OwnedCallRunning::done)
            }
        }
    }
}

fn confined() -> Labels {
    let rules = [LabelRule::on(["forum/**"]).readers(Readers::group("hr"))];
    Labels::new(rules).unwrap()
}

#[test]
fn what_is_stricter_now_is_refused_with_its_own_reason() {
    type Change = fn(Configuration) -> Configuration;
    let changes: [(Change, Reason, Option<&str>); 6] = [
        (|c| c.guardrails(forbid(Operations::WRITES)), Reason::GuardrailForbids, Some("frozen")),
        (|c| c.rule("no", deny), Reason::RuleDenied, Some("no")),
        (|c| c.directory(directory(true)), Reason::AudienceTooWide, Some("inside")),
        (|c| c.directory(Directory::empty()), Reason::AudienceTooWide, Some("inside")),
        (|c| c.labels(confined()), Reason::BeyondReaders, None),
        (
            |c| c.rule("ask", |_: &RuleContext<'_>| Verdict::require_approval("a person")),
            Reason::RuleApproval,
            Some("ask"),
        ),
    ];
    for kind in KINDS {
        for (change, reason, who) in changes {
            let world = World::new();
            let refusal = world.begin(kind, || world.change(change)).unwrap_err();
            let because = refusal.grounds();
            let named = because.statement().or(because.rule());
            assert_eq!((because.reason(), named), (reason, who), "{kind:?}");
            assert_eq!(matches!(refusal, Refusal::Held(_)), reason == Reason::RuleApproval);
            assert_eq!(outcomes(&world.sink), [Some(Outcome::Refused(reason))], "{kind:?}");
            assert_eq!(world.gate.halt_and_wait(Halt::Everything, Duration::ZERO), Ok(()));
        }
    }
}

#[test]
fn what_is_looser_now_begins() {
    let hold = || Restrictions::new([Statement::forbid("no-shares").operations(Operation::Share)]);
    for kind in KINDS {
        let world = World::new();
        world.change(|c| {
            c.guardrails(hold().unwrap()).rule("pass", |_: &RuleContext<'_>| Verdict::Pass)
        });
        let looser = || world.change(|c| c.without_guardrails().without_rule("pass"));
        world.begin(kind, looser).unwrap();
        assert_eq!(outcomes(&world.sink), [Some(Outcome::Done)]);
    }
}

/// Counts how often a rule is asked when the effect begins.
fn asked_at_begin(kind: Kind, change: impl Fn(&World)) -> usize {
    let (world, asked) = (World::new(), Arc::new(AtomicUsize::new(0)));
    let counter = asked.clone();
    let count = move |_: &RuleContext<'_>| {
        counter.fetch_add(1, SeqCst);
        Verdict::Pass
    };
    world.change(move |c| c.rule("count", count));
    world
        .begin(kind, || {
            asked.store(0, SeqCst);
            change(&world);
        })
        .unwrap();
    asked.load(SeqCst)
}

#[test]
fn a_change_and_back_is_decided_again_and_begins() {
    for kind in KINDS {
        let there_and_back = |world: &World| {
            world.change(|c| c.guardrails(forbid(Operations::ALL)));
            world.change(Configuration::without_guardrails);
        };
        assert_eq!(asked_at_begin(kind, there_and_back), 1, "{kind:?}");
        // The same in other words is a change as well.
        let equal = |world: &World| world.change(|c| c.directory(directory(false)));
        assert_eq!(asked_at_begin(kind, equal), 1, "{kind:?}");
    }
}

#[test]
fn where_nothing_that_decides_has_changed_nothing_is_asked_again() {
    for kind in KINDS {
        assert_eq!(asked_at_begin(kind, |_| ()), 0);
        assert_eq!(asked_at_begin(kind, |world| world.change(|c| c)), 0, "the same parts");
        let shadow = |world: &World| {
            world.change(|c| c.shadow_guardrails(forbid(Operations::ALL)));
            world.change(Configuration::without_shadow);
            world.change(|c| c.shadow_guardrails(forbid(Operations::ALL)));
        };
        assert_eq!(asked_at_begin(kind, shadow), 0, "a shadow changes no answer");
        let refused = |world: &World| {
            let twice = world.gate.reconfigure(|c| c.rule("count", deny));
            assert!(twice.is_err(), "two rules of one name");
        };
        assert_eq!(asked_at_begin(kind, refused), 0, "a change that was not made");
    }
}

/// Behind a shadow, a change that decides is still seen.
#[test]
fn a_shadow_hides_no_change() {
    for kind in KINDS {
        let world = World::new();
        let change = || {
            world.change(|c| c.rule("no", deny));
            world.change(|c| c.shadow_guardrails(forbid(Operations::ALL)));
            world.change(Configuration::without_shadow);
        };
        assert_eq!(world.begin(kind, change).unwrap_err().reason(), Reason::RuleDenied);
    }
}

/// The rule of the new configuration is asked when the effect begins, and there puts a newer one in force.
#[test]
fn a_change_between_the_second_decision_and_the_beginning_is_seen() {
    for kind in KINDS {
        let (world, gate) = (World::new(), Arc::new(OnceLock::<Gate>::new()));
        gate.set(world.gate.clone()).unwrap();
        let (changed, inner) = (AtomicBool::new(false), gate.clone());
        let changes = move |_: &RuleContext<'_>| {
            if !changed.swap(true, SeqCst) {
                let gate = inner.get().unwrap();
                gate.reconfigure(|c| c.guardrails(forbid(Operations::ALL))).unwrap();
            }
            Verdict::Pass
        };
        let refused = world.begin(kind, || world.change(|c| c.rule("changes", changes)));
        assert_eq!(refused.unwrap_err().reason(), Reason::GuardrailForbids, "{kind:?}");
    }
}

/// Changes without an end end the permit, not the thread.
#[test]
fn an_endless_change_ends_the_permit() {
    let (world, gate) = (World::new(), Arc::new(OnceLock::<Gate>::new()));
    gate.set(world.gate.clone()).unwrap();
    let changes = move |_: &RuleContext<'_>| {
        let gate: &Gate = gate.get().unwrap();
        gate.reconfigure(|c| c.directory(directory(false))).unwrap();
        Verdict::Pass
    };
    let refused = world.begin(Kind::Borrowed, || world.change(|c| c.rule("changes", changes)));
    assert_eq!(refused.unwrap_err().reason(), Reason::DecisionUnsettled);
    world.change(|c| c.without_rule("changes"));
    world.begin(Kind::Borrowed, || ()).unwrap();
}

#[test]
fn what_a_call_reads_is_asked_of_the_new_labels() {
    let sink = Arc::new(MemorySink::last(8));
    let gate = Gate::builder().sink(sink.clone()).build().unwrap();
    let copy = ToolSpec::new("copy")
        .effect(EffectSpec::read("web/x").audience(AudienceSpec::public()))
        .effect(EffectSpec::read("hr/salaries"));
    let (manifest, scope) = (Manifest::new([copy]).unwrap(), scope());
    let call = manifest.map("copy", &NoArguments, &scope);
    let permit = gate.authorize_call(&call, &scope).unwrap();
    let labels = Labels::new([LabelRule::on(["hr/**"]).readers(Readers::invoker())]).unwrap();
    let labels = labels.otherwise(Readers::public(), Integrity::Trusted).unwrap();
    gate.reconfigure(|c| c.labels(labels)).unwrap();
    let begun = permit.begin(&gate.call_handle("copy"));
    assert_eq!(begun.unwrap_err().reason(), Reason::BeyondReaders);
    assert!(!scope.session().is_confined(), "nothing began, so nothing was read");
}

/// What the configuration of the moment says of the one action, worked out without the crate.
#[derive(Clone, Copy, Debug, Default)]
struct Expected {
    forbids: bool,
    denies: bool,
    outsider: bool,
    confines: bool,
}

impl Expected {
    fn reason(self) -> Reason {
        match self {
            Self { forbids: true, .. } => Reason::GuardrailForbids,
            Self { outsider: true, .. } => Reason::AudienceTooWide,
            Self { denies: true, .. } => Reason::RuleDenied,
            Self { confines: true, .. } => Reason::BeyondReaders,
            _ => Reason::Permitted,
        }
    }

    fn flip(&mut self, world: &World, what: usize) {
        match what {
            0 => {
                self.forbids = !self.forbids;
                let forbids = self.forbids;
                world.change(|c| {
                    let plain = c.without_guardrails();
                    if forbids { plain.guardrails(forbid(Operations::WRITES)) } else { plain }
                });
            }
            1 => {
                self.denies = !self.denies;
                let denies = self.denies;
                world.change(|c| {
                    let plain = c.without_rule("no");
                    if denies { plain.rule("no", deny) } else { plain }
                });
            }
            2 => {
                self.outsider = !self.outsider;
                let outsider = self.outsider;
                world.change(|c| c.directory(directory(outsider)));
            }
            3 => {
                self.confines = !self.confines;
                let confines = self.confines;
                world.change(|c| {
                    let plain = c.without_labels();
                    if confines { plain.labels(confined()) } else { plain }
                });
            }
            4 => world.change(|c| c.shadow_guardrails(forbid(Operations::ALL))),
            _ => world.change(Configuration::without_shadow),
        }
    }
}

/// Random sequences of changes, permits and beginnings: a beginning says what the configuration of its moment says.
#[test]
fn random_changes_between_permit_and_beginning() {
    let (mut began, mut refused) = (0, 0);
    for seed in 0..300_u64 {
        let mut draw = Draw(seed);
        let (world, mut expected) = (World::new(), Expected::default());
        let mut owned = Vec::new();
        for _ in 0..40 {
            match draw.below(4) {
                0 => expected.flip(&world, draw.below(6)),
                1 => {
                    let permit = world.gate.authorize(&world.action(), &world.scope);
                    assert_eq!(permit.is_ok(), expected.reason() == Reason::Permitted);
                    owned.extend(permit.map(|permit| permit.detach().unwrap()));
                }
                2 if !owned.is_empty() => {
                    let permit: OwnedPermit = owned.swap_remove(draw.below(owned.len()));
                    let begun = permit.begin(&world.post).map(OwnedRunning::done);
                    let reason = begun.map_or_else(|no| no.reason(), |()| Reason::Permitted);
                    assert_eq!(reason, expected.reason(), "seed {seed}, {expected:?}");
                    *(if reason == Reason::Permitted { &mut began } else { &mut refused }) += 1;
                }
                _ => {
                    let kind = KINDS[draw.below(KINDS.len())];
                    let before = expected.reason();
                    let change = (draw.below(2) == 0).then(|| draw.below(6));
                    let begun = world.begin(kind, || {
                        if let Some(change) = change {
                            expected.flip(&world, change);
                        }
                    });
                    let reason = begun.map_or_else(|no| no.reason(), |()| Reason::Permitted);
                    let now = if before == Reason::Permitted { expected.reason() } else { before };
                    assert_eq!(reason, now, "seed {seed}, {kind:?}, {expected:?}");
                    *(if reason == Reason::Permitted { &mut began } else { &mut refused }) += 1;
                }
            }
        }
    }
    println!("{began} began, {refused} refused");
    assert!(began > 500 && refused > 500);
}
