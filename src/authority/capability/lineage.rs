//! What a lineage says, as digests: the same authority that is minted again has the same, whatever its identity.

use super::{Above, Capability, Node};
use crate::base::content::ContentDigest;

const DOMAIN: &[u8] = b"permitgate/lineage/1\0";

impl Capability {
    /// A digest for this capability and each that it was attenuated from, the root's first. Each says all that stands above it as
    /// well: policies and what they are used in place of, holders and keys, the name and the issuer of the root. When it is valid,
    /// and what its budgets leave, is asked when it is used.
    pub(crate) fn lineage_digests(&self) -> Vec<[u8; 32]> {
        let mut nodes: Vec<&Node> = self.ancestry().map(|capability| &*capability.0).collect();
        nodes.reverse();
        let mut digest = ContentDigest::new(DOMAIN);
        nodes
            .into_iter()
            .map(|node| {
                digest.add(&(
                    &node.layer.as_ref().map(|policy| policy.digest()),
                    &node.using.as_ref().map(|policy| policy.digest()),
                    &node.holder.as_deref(),
                    &node.key.as_ref().map(|key| key.as_bytes()),
                ));
                if let Above::Root(root) = &node.above {
                    let issuer = root.issuer.as_ref();
                    digest.add(&root.name.as_deref());
                    digest.add(&issuer.map(|issuer| issuer.key.as_bytes()));
                    let ceiling = issuer.iter().flat_map(|issuer| &issuer.ceiling);
                    digest.add(&ceiling.map(|policy| policy.digest()).collect::<Vec<_>>());
                }
                digest.clone().finish()
            })
            .collect()
    }

    /// The last of these: of this capability itself.
    pub(crate) fn lineage_digest(&self) -> [u8; 32] {
        self.lineage_digests().pop().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::authority::capability::{Attenuation, Grant, ambient_authority};
    use crate::model::action::{Operation, Operations};
    use crate::policy::{Policy, Restrictions, Statement};

    fn policy(resource: &str) -> Policy {
        let statement = Statement::permit("p").operations(Operations::ALL).resources([resource]);
        Policy::new([statement]).unwrap()
    }

    fn no_writes() -> Attenuation {
        let forbid = Statement::forbid("no-writes").operations(Operations::WRITES);
        Restrictions::new([forbid]).unwrap().into()
    }

    fn root(grant: Grant) -> Capability {
        Capability::root(grant, ambient_authority())
    }

    #[test]
    fn the_same_authority_has_the_same_digest_and_no_other_has() {
        let plain = || root(Grant::new(policy("a/**")));
        let reads = Statement::permit("p").operations(Operation::Read).resources(["a/**"]);
        let all = [
            plain(),
            root(Grant::new(policy("b/**"))),
            root(Policy::new([reads]).unwrap().into()),
            root(Grant::new(policy("a/**")).named("dana")),
            root(Grant::new(policy("a/**")).held_by("bot")),
            root(Grant::new(policy("a/**")).held_by("bot")).attenuate(no_writes()).unwrap(),
            plain().attenuate(no_writes()).unwrap(),
            plain().attenuate(Attenuation::new()).unwrap(),
            plain().attenuate(no_writes()).unwrap().attenuate(no_writes()).unwrap(),
            plain().attenuate(no_writes().held_by("bot")).unwrap(),
            plain().attenuate(Attenuation::new().at_most(policy("a/**"))).unwrap(),
        ];
        let digests: HashSet<_> = all.iter().map(Capability::lineage_digest).collect();
        assert_eq!(digests.len(), all.len());
        assert_ne!(plain().id(), plain().id());
        assert_eq!(plain().lineage_digest(), plain().lineage_digest());
        let child = plain().attenuate(no_writes()).unwrap();
        assert_eq!(child.lineage_digests()[0], plain().lineage_digest());
    }

    /// What was handed on stands in place of the grant, so it counts for what it is.
    #[test]
    fn what_is_used_in_place_of_the_grant_counts() {
        let owner = root(Grant::new(policy("a/**")).hand_on("x", policy("b/**")));
        let other = root(Grant::new(policy("a/**")).hand_on("x", policy("c/**")));
        let using = |root: &Capability| root.attenuate(Attenuation::new().using("x")).unwrap();
        assert_ne!(using(&owner).lineage_digest(), using(&other).lineage_digest());
        assert_eq!(using(&owner).lineage_digest(), using(&owner).lineage_digest());
    }
}
