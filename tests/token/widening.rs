//! A token that was narrowed, sent and verified allows nothing that its parent does not, and decides exactly as the same
//! capability made in the process, which never was bytes.

use std::collections::BTreeMap;

use permitgate::decision::Ruling;
use permitgate::prelude::*;
use permitgate::time::ManualClock;
use permitgate::token::{IssuerKey, Token, TokenReason, Verifier};

use crate::draw::{Draft, Draw, Kind, directory};
use crate::*;

/// A level of a chain: as a token that was verified, and as it is made in the process.
struct Level {
    drafted: Draft,
    token: Token,
    verified: Capability,
    local: Capability,
}

/// How many cases were what.
type Counts = BTreeMap<&'static str, u64>;

fn count(counts: &mut Counts, what: &'static str) {
    *counts.entry(what).or_default() += 1;
}

/// Mints and narrows as far as it goes; every level passes through bytes.
fn chain(draw: &mut Draw, kind: Kind, verifier: &Verifier, counts: &mut Counts) -> Vec<Level> {
    let (public, shared) = (key(1), secret(1));
    let issuer: IssuerKey<'_> =
        if kind == Kind::Public { (&public).into() } else { (&shared).into() };
    let drafted = draw.root();
    let (token, local) = (Token::mint(issuer, drafted.block()), drafted.grant());
    let (Ok(token), Some(grant)) = (&token, &local) else {
        assert!(token.is_err() && local.is_none(), "{token:?} {drafted:?}");
        count(counts, "roots that are no policy");
        return Vec::new();
    };
    let local = Capability::root(grant.clone(), ambient_authority());
    let (mut levels, mut next) = (Vec::new(), Some((drafted, token.clone(), local)));
    while let Some((drafted, token, local)) = next {
        let (sent, now) = (token.to_bytes().unwrap(), local.not_before());
        let verified = match verifier.verify(&sent, now) {
            Ok(verified) => verified,
            Err(error) => {
                assert_eq!(error.reason(), TokenReason::Expired, "{error}");
                assert!(local.expires() <= local.not_before());
                count(counts, "never valid");
                return levels;
            }
        };
        same_terms(&verified, &local);
        if let Some(Level { verified: parent, .. }) = levels.last() {
            no_wider(&verified, parent);
        }
        let received = Token::decode(&sent).unwrap();
        levels.push(Level { drafted, token: received, verified, local });
        next =
            if levels.len() < 5 { further(draw, &levels[levels.len() - 1], counts) } else { None };
    }
    levels
}

/// One more level, where both ways allow it; they agree on that.
fn further(
    draw: &mut Draw,
    level: &Level,
    counts: &mut Counts,
) -> Option<(Draft, Token, Capability)> {
    let drafted = draw.further();
    let token = level.token.attenuate(drafted.block());
    let local = drafted.attenuation().map(|attenuation| level.local.attenuate(attenuation));
    match (token, local) {
        (Ok(token), Some(Ok(local))) => Some((drafted, token, local)),
        (Err(error), local) => {
            let expected = match &local {
                None => vec![TokenReason::InvalidStatement],
                Some(Err(_)) => vec![TokenReason::InvalidBlock, TokenReason::TooDeep],
                Some(Ok(_)) => panic!("only the token is refused: {error}"),
            };
            assert!(expected.contains(&error.reason()), "{error}");
            count(counts, "attenuations refused");
            None
        }
        (Ok(_), local) => panic!("only the process refuses: {local:?}"),
    }
}

fn same_terms(verified: &Capability, local: &Capability) {
    let terms = |of: &Capability| {
        let holder = of.holder().map(str::to_owned);
        let hand_on: Vec<_> = of.hand_on().map(str::to_owned).collect();
        let budgets: Vec<_> = of.budgets().cloned().collect();
        (of.not_before(), of.expires(), holder, of.delegable(), of.depth(), hand_on, budgets)
    };
    assert_eq!(terms(verified), terms(local));
}

fn no_wider(child: &Capability, parent: &Capability) {
    assert!(child.descends_from(parent) && child.depth() == parent.depth() + 1);
    assert!(child.not_before() >= parent.not_before() && child.expires() <= parent.expires());
    assert!(child.delegable() < parent.delegable());
    assert!(child.hand_on().all(|name| parent.hand_on().any(|of| of == name)));
    let (before, after): (Vec<_>, Vec<_>) = (parent.budgets().collect(), child.budgets().collect());
    assert_eq!(before[..], after[..before.len()], "budgets only grow");
    assert!(parent.holder().is_none() || child.holder().is_some());
}

fn scope_for(capability: &Capability, agent: &str) -> Scope {
    let agent = capability.holder().unwrap_or(agent);
    Scope::builder(capability).invoker(DANA).agent(agent).build().unwrap()
}

/// The rights that a level takes from those that were laid out for it, alone.
fn right_alone(levels: &[Level], place: usize) -> Option<Capability> {
    let name = levels[place].drafted.using?;
    let (_, right) = levels[0].drafted.hand_on.iter().find(|(of, _)| *of == name).unwrap();
    Some(Capability::root(Policy::new(right.clone()).unwrap(), ambient_authority()))
}

/// Decides actions at every level in both ways; gives how many were compared with a parent.
fn decide(draw: &mut Draw, levels: &[Level], counts: &mut Counts) -> u64 {
    let clock = Arc::new(ManualClock::default());
    let gate = Gate::builder().clock(clock.clone()).directory(directory()).build().unwrap();
    let agent = draw.pick(&["triage", "tidy"]);
    let scopes: Vec<_> = (levels.iter())
        .map(|level| (scope_for(&level.verified, agent), scope_for(&level.local, agent)))
        .collect();
    let alone: Vec<_> = (0..levels.len())
        .map(|place| {
            right_alone(levels, place).map(|right| scope_for(&right, scopes[place].0.agent()))
        })
        .collect();
    let (mut compared, mut now) = (0, 0);
    for _ in 0..8 {
        now += draw.below(60);
        clock.set(at(now));
        let attempt = draw.attempt();
        let action = attempt.action();
        let mut above: Option<Decision> = None;
        for (place, (verified, local)) in scopes.iter().enumerate() {
            let (one, other) = (gate.decide(&action, verified), gate.decide(&action, local));
            assert_eq!(
                (one.ruling(), one.grounds()),
                (other.ruling(), other.grounds()),
                "{attempt:?}"
            );
            count(
                counts,
                match one.ruling() {
                    Ruling::Allow => "allowed",
                    Ruling::Hold => "held",
                    Ruling::Deny => "denied",
                },
            );
            if let Some(parent) = &above {
                compared += 1;
                if let Some(right) = &alone[place] {
                    count(counts, "through a right handed on");
                    let right = gate.decide(&action, right).ruling();
                    assert!(one.ruling() >= right, "{attempt:?}: wider than the right handed on");
                } else if scopes[place].0.agent() == scopes[place - 1].0.agent() {
                    assert!(
                        one.ruling() >= parent.ruling(),
                        "{attempt:?}: {one:?} after {parent:?}"
                    );
                }
                count(counts, if one.ruling() > parent.ruling() { "narrowed" } else { "alike" });
            }
            above = Some(one);
        }
    }
    compared
}

#[test]
fn no_token_is_wider_than_its_parent_and_each_decides_like_its_twin() {
    let most = told("PERMITGATE_SEQUENCES", 4_000);
    let verifier = builder().cache(64).build().unwrap();
    let (mut counts, mut compared, mut seed) = (Counts::new(), 0, 0);
    while compared < most {
        let mut draw = Draw::new(seed);
        let kind = if draw.one_in(3) { Kind::Public } else { Kind::Shared };
        let levels = chain(&mut draw, kind, &verifier, &mut counts);
        if !levels.is_empty() {
            compared += decide(&mut draw, &levels, &mut counts);
        }
        seed += 1;
    }
    println!("{compared} decisions beside their parents', {seed} chains: {counts:?}");
    for what in [
        "allowed",
        "held",
        "denied",
        "narrowed",
        "through a right handed on",
        "attenuations refused",
    ] {
        let often = counts.get(what).copied().unwrap_or_default();
        assert!(often * 1000 > compared, "{what}: {often} of {compared}");
    }
}
