//! The same things done the allowed way: mint with authority, attenuate, authorize, detach, begin,
//! and a gate of one's own that forwards.

use permitgate::prelude::*;
use permitgate::Verdict;
use permitgate::authority::{Attenuation, Grant};
use permitgate::gate::{OwnedRunning, RuleContext};
use permitgate::model::Operations;

struct Forward(Gate);

impl ActionGate for Forward {
    fn authorize<'p>(
        &'p self,
        action: &Action<'p>,
        scope: &'p Scope,
    ) -> Result<Permit<'p>, Refusal> {
        self.0.authorize(action, scope)
    }

    fn decide(&self, action: &Action<'_>, scope: &Scope) -> Decision {
        self.0.decide(action, scope)
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let permit = Statement::permit("mail").operations(Operations::ALL).resources(["mail/**"]);
    let forbid = Statement::forbid("keep").operations(Operation::Delete).resources(["mail/kept/**"]);
    let root = Capability::root(Grant::new(Policy::new([permit])?), ambient_authority());
    let narrower = root.attenuate(Attenuation::new().restrict(Restrictions::new([forbid])?))?;
    let scope = Scope::builder(&narrower).invoker("dana").agent("tidy").build()?;
    let inner = Gate::builder().rule("none", |_: &RuleContext<'_>| Verdict::Pass).build()?;
    let tool = inner.tool("mail.delete", Operation::Delete);
    let gate = Forward(inner);

    let path = String::from("mail/dana/1");
    gate.authorize(&tool.on(&path), &scope)?.begin(&tool)?.done();
    let owned = gate.authorize(&tool.on(&path), &scope)?.detach()?;
    drop(path);
    let ended = std::thread::spawn(move || owned.begin(&tool).map(OwnedRunning::done));
    ended.join().unwrap()?;
    Ok(())
}
