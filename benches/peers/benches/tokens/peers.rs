//! The same task in other engines, as their own documents write it.
#![expect(deprecated, reason = "the type with which tenuo's own bench verifies chains")]

use std::collections::HashMap;
use std::str::FromStr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use biscuit_auth::macros::{authorizer, biscuit, block};
use cedar_policy::{Authorizer, Context, Decision, Entities, EntityUid, PolicySet, Request};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use tenuo::planes::DataPlane;
use tenuo::{ConstraintSet, ConstraintValue, Pattern, SigningKey, Warrant};

const HOUR: Duration = Duration::from_secs(3600);

/// Facts in the authority block, checks in every further one. The last key travels with the token.
pub(crate) struct Biscuit {
    bytes: Vec<u8>,
    root: biscuit_auth::PublicKey,
    token: biscuit_auth::Biscuit,
}

impl Biscuit {
    pub(crate) fn chain(blocks: usize) -> Self {
        let root = biscuit_auth::KeyPair::new();
        let authority = biscuit!(
            r#"
            right("mail/dana/", "read");
            right("mail/dana/", "delete");
            check if time($time), $time < 2030-03-17T17:46:40Z;
            "#
        );
        let mut token = authority.build(&root).expect("a token");
        for _ in 1..blocks {
            token = token.append(narrower()).expect("it can be narrowed");
        }
        Self { bytes: token.to_vec().expect("bytes"), root: root.public(), token }
    }

    pub(crate) fn verify(&self) -> biscuit_auth::Biscuit {
        biscuit_auth::Biscuit::from(&self.bytes, self.root).expect("valid")
    }

    pub(crate) fn attenuate(&self) -> biscuit_auth::Biscuit {
        self.token.append(narrower()).expect("it can be narrowed")
    }

    pub(crate) fn verified(self) -> Self {
        Self { token: self.verify(), ..self }
    }

    pub(crate) fn decide(&self, operation: &str) -> bool {
        let asked = authorizer!(
            r#"
            time(2027-01-15T08:00:00Z);
            resource("mail/dana/7");
            operation({operation});
            allow if resource($path), operation($operation), right($prefix, $operation), $path.starts_with($prefix);
            "#
        );
        let limits = biscuit_auth::AuthorizerLimits {
            max_time: Duration::from_secs(1),
            ..Default::default()
        };
        let asked = asked.set_limits(limits).build(&self.token);
        asked.is_ok_and(|mut asked| asked.authorize().is_ok())
    }
}

fn narrower() -> biscuit_auth::builder::BlockBuilder {
    block!(
        r#"
        check if operation("read");
        check if time($time), $time < 2027-01-15T09:00:00Z;
        "#
    )
}

/// Warrants with a holder each, handed on as a stack.
pub(crate) struct Tenuo {
    bytes: Vec<u8>,
    chain: Vec<Warrant>,
    plane: DataPlane,
    keys: Vec<SigningKey>,
}

impl Tenuo {
    pub(crate) fn chain(blocks: usize) -> Self {
        let keys: Vec<_> = (0..=blocks).map(|_| SigningKey::generate()).collect();
        let root = Warrant::builder()
            .capability("mail.read", mail())
            .capability("mail.delete", mail())
            .ttl(HOUR * 24)
            .holder(keys[1].public_key())
            .build(&keys[0])
            .expect("a warrant");
        let mut chain = vec![root];
        for n in 1..blocks {
            let next = narrowed(&chain[n - 1], &keys[n], &keys[n + 1]);
            chain.push(next);
        }
        let mut plane = DataPlane::new();
        plane.trust_issuer("root", keys[0].public_key());
        let stack = tenuo::wire::WarrantStack::new(chain.clone());
        let bytes = tenuo::wire::encode_stack(&stack).expect("bytes");
        Self { bytes, chain, plane, keys }
    }

    pub(crate) fn verify(&self) -> usize {
        let stack = tenuo::wire::decode_stack(&self.bytes).expect("a stack");
        self.plane.verify_chain(&stack.0).expect("valid");
        stack.0.len()
    }

    pub(crate) fn attenuate(&self) -> Warrant {
        narrowed(&self.chain[0], &self.keys[1], &self.keys[0])
    }

    pub(crate) fn decide(&self, tool: &str) -> bool {
        let path = ConstraintValue::from("mail/dana/7");
        let arguments = HashMap::from([("path".to_owned(), path)]);
        let leaf = &self.chain[self.chain.len() - 1];
        leaf.check_constraints(tool, &arguments).is_ok()
    }
}

fn mail() -> ConstraintSet {
    ConstraintSet::from_iter([(
        "path".to_owned(),
        Pattern::new("mail/dana/*").expect("a pattern").into(),
    )])
}

fn narrowed(parent: &Warrant, key: &SigningKey, next: &SigningKey) -> Warrant {
    parent
        .attenuate()
        .capability("mail.read", mail())
        .holder(next.public_key())
        .build(key)
        .expect("it can be narrowed")
}

/// Claims in a token that the issuer signs, and Cedar policies that read them.
pub(crate) struct JwtAndCedar {
    token: String,
    encoding: EncodingKey,
    decoding: DecodingKey,
    claims: Claims,
    policies: PolicySet,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Claims {
    sub: String,
    exp: u64,
    prefix: String,
    operations: Vec<String>,
}

impl JwtAndCedar {
    pub(crate) fn new() -> Self {
        let seed = [7; 32];
        let key = ed25519_dalek::SigningKey::from_bytes(&seed);
        // PKCS #8 (RFC 5958) around an Ed25519 seed (RFC 8410).
        let head = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
        let encoding = EncodingKey::from_ed_der(&[head.as_slice(), &seed].concat());
        let decoding = DecodingKey::from_ed_der(key.verifying_key().as_bytes());
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
        let claims = Claims {
            sub: "dana".to_owned(),
            exp: now + 86_400,
            prefix: "mail/dana/".to_owned(),
            operations: vec!["read".to_owned()],
        };
        let policies = r#"permit (principal, action, resource) when {
            context.path like "mail/dana/*" && context.operations.contains(context.operation)
        };"#;
        let policies = PolicySet::from_str(policies).expect("a policy");
        let mut jwt = Self { token: String::new(), encoding, decoding, claims, policies };
        jwt.token = jwt.issue();
        assert_eq!(jwt.verify().sub, "dana");
        jwt
    }

    pub(crate) fn issue(&self) -> String {
        let header = Header::new(Algorithm::EdDSA);
        jsonwebtoken::encode(&header, &self.claims, &self.encoding).expect("a token")
    }

    pub(crate) fn verify(&self) -> Claims {
        let validation = Validation::new(Algorithm::EdDSA);
        jsonwebtoken::decode(&self.token, &self.decoding, &validation).expect("valid").claims
    }

    pub(crate) fn decide(&self, operation: &str) -> bool {
        use cedar_policy::RestrictedExpression as Of;
        let operations = self.claims.operations.iter().cloned().map(Of::new_string);
        let context = Context::from_pairs([
            ("path".to_owned(), Of::new_string("mail/dana/7".to_owned())),
            ("operation".to_owned(), Of::new_string(operation.to_owned())),
            ("operations".to_owned(), Of::new_set(operations)),
        ])
        .expect("a context");
        let id = |text| EntityUid::from_str(text).expect("an id");
        let request = Request::new(
            id(r#"Agent::"a""#),
            id(r#"Action::"any""#),
            id(r#"Record::"any""#),
            context,
            None,
        )
        .expect("a request");
        let answer = Authorizer::new().is_authorized(&request, &self.policies, &Entities::empty());
        answer.decision() == Decision::Allow
    }
}
