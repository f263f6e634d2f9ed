//! A random tree of capabilities, with what each of them permits by the oracle.

use std::fmt;

use permitgate::authority::{Attenuation, Budget, Grant};
use permitgate::decision::Ruling;
use permitgate::prelude::*;
use permitgate::time::Timestamp;

use super::check_terms;
use super::world::{Attempt, DANA, Draw, Layer, budget};

pub const NODES: usize = 8;
/// Milliseconds that the actions of one tree span.
pub const WINDOW: u64 = 6_400;

const RIGHTS: [&str; 2] = ["clean", "purge"];

pub struct Tree<'p> {
    pub nodes: Vec<Node<'p>>,
    /// What the root lays out to be handed on.
    rights: [&'p Layer; RIGHTS.len()],
    /// Attenuations that had to fail, and did.
    pub refused: u64,
}

pub struct Node<'p> {
    pub parent: Option<usize>,
    pub layer: &'p Layer,
    /// The right that it uses in place of the root's policy.
    pub using: Option<usize>,
    pub scope: Scope,
    keeps: [bool; RIGHTS.len()],
    left: u8,
    window: (u64, u64),
    budget: Option<Operation>,
}

/// What is drawn for a node, before the crate is asked.
struct Wish {
    using: Option<usize>,
    keeps: [bool; RIGHTS.len()],
    times: Option<u8>,
    window: (u64, u64),
    budget: Option<Budget>,
}

impl Wish {
    fn draw(draw: &mut Draw, start: u64) -> Self {
        let from = if draw.once_in(4) { start + draw.below(3_000) as u64 } else { 0 };
        let to = if draw.once_in(4) { start + 3_000 + draw.below(3_000) as u64 } else { u64::MAX };
        Self {
            using: draw.once_in(6).then(|| draw.below(RIGHTS.len())),
            keeps: [(); RIGHTS.len()].map(|()| draw.once_in(3)),
            times: draw.once_in(5).then(|| draw.below(4) as u8),
            window: (from, to),
            budget: draw.once_in(5).then(|| budget(draw)),
        }
    }

    fn attenuation(&self, layer: &Layer) -> Attenuation {
        let kept = RIGHTS.iter().zip(self.keeps).filter(|(_, keeps)| *keeps);
        let mut attenuation = layer
            .attenuation()
            .keeping(kept.map(|(name, _)| *name))
            .valid_from(Timestamp::from_unix_millis(self.window.0))
            .expires_at(Timestamp::from_unix_millis(self.window.1));
        if let Some(right) = self.using {
            attenuation = attenuation.using(RIGHTS[right]);
        }
        if let Some(times) = self.times {
            attenuation = attenuation.delegable(times);
        }
        match &self.budget {
            Some(budget) => attenuation.budget(budget.clone()),
            None => attenuation,
        }
    }

    /// Whether the parent has all that it takes.
    fn fits(&self, parent: &Node<'_>) -> bool {
        let takes = |right: usize| self.keeps[right] || self.using == Some(right);
        parent.left > 0 && (0..RIGHTS.len()).all(|right| !takes(right) || parent.keeps[right])
    }
}

impl<'p> Tree<'p> {
    pub fn draw(draw: &mut Draw, policies: &'p [Layer], start: u64) -> Self {
        let granting: Vec<&Layer> =
            policies.iter().filter(|layer| layer.policy.is_some()).collect();
        let of = |draw: &mut Draw| granting[draw.below(granting.len())];
        let (own, rights) = (of(draw), [of(draw), of(draw)]);
        let mut tree = Self { nodes: Vec::with_capacity(NODES), rights, refused: 0 };
        tree.nodes.push(root(own, rights));
        for _ in 0..64 {
            if tree.nodes.len() == NODES {
                break;
            }
            // Rather deep than wide.
            let (one, other) = (draw.below(tree.nodes.len()), draw.below(tree.nodes.len()));
            let layer = &policies[draw.below(policies.len())];
            tree.grow(one.max(other), layer, &Wish::draw(draw, start));
        }
        tree
    }

    fn grow(&mut self, place: usize, layer: &'p Layer, wish: &Wish) {
        let parent = &self.nodes[place];
        let agent = ["triage", "tidy", "scribe"][self.nodes.len() % 3];
        let of = parent.scope.capability();
        let child = match of.delegate(agent, wish.attenuation(layer)) {
            Ok(child) => child,
            Err(error) => {
                assert!(!wish.fits(parent), "{error}");
                self.refused += 1;
                return;
            }
        };
        assert!(wish.fits(parent), "more was delegated than there was");
        check_terms(of, &child);
        assert_eq!(child.holder(), Some(agent));
        let node = Node {
            parent: Some(place),
            layer,
            using: wish.using,
            scope: Scope::builder(&child).invoker(DANA).agent(agent).build().unwrap(),
            keeps: wish.keeps,
            left: wish.times.map_or(parent.left - 1, |times| times.min(parent.left - 1)),
            window: (wish.window.0.max(parent.window.0), wish.window.1.min(parent.window.1)),
            budget: wish.budget.as_ref().and_then(|budget| budget.operations().iter().next()),
        };
        assert_eq!(child.delegable(), node.left);
        self.nodes.push(node);
    }

    /// What the sets say: the right in use or else the root's policy, and every attenuation since.
    pub fn expected(&self, node: &Node<'_>, attempt: &Attempt) -> Ruling {
        if attempt.at < node.window.0 || attempt.at >= node.window.1 {
            return Ruling::Deny;
        }
        let (mut strictest, mut using, mut at) = (Ruling::Allow, None, Some(node));
        while let Some(node) = at {
            if node.budget == Some(attempt.operation) {
                return Ruling::Deny;
            }
            using = using.or(node.using);
            let layer = match (node.parent, using) {
                (None, Some(right)) => self.rights[right],
                _ => node.layer,
            };
            strictest = strictest.max(layer.say(attempt).ruling);
            at = node.parent.map(|parent| &self.nodes[parent]);
        }
        strictest
    }
}

fn root<'p>(own: &'p Layer, rights: [&Layer; RIGHTS.len()]) -> Node<'p> {
    let grant = Grant::new(own.policy.clone().unwrap()).delegable(6);
    let grant = RIGHTS
        .iter()
        .zip(rights)
        .fold(grant, |grant, (name, right)| grant.hand_on(*name, right.policy.clone().unwrap()));
    let capability = Capability::root(grant, ambient_authority());
    Node {
        parent: None,
        layer: own,
        using: None,
        scope: Scope::builder(&capability).invoker(DANA).agent("owner").build().unwrap(),
        keeps: [true; RIGHTS.len()],
        left: 6,
        window: (0, u64::MAX),
        budget: None,
    }
}

impl fmt::Debug for Tree<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nodes = self.nodes.iter().map(|node| {
            (
                node.parent,
                node.using,
                node.window,
                node.budget,
                &node.layer.policy,
                &node.layer.restrictions,
            )
        });
        f.debug_list().entries(nodes).finish()
    }
}
