//! Blocks and chains as an issuer and holders make them, and tokens in parts that can be exchanged.

use serde_json::{Value, json};

use super::cbor::Cbor;
use super::crypto::{Key, Link, hash, key_id_of_secret, mac, nonce, secret};
use super::policy;

pub const SIGN: &[u8] = b"permitgate/token/1/sign\0";
pub const SEAL: &[u8] = b"permitgate/token/1/seal\0";
pub const TAG: &[u8] = b"permitgate/token/1/tag\0";

/// A block without what binds it to its place.
#[derive(Clone, Default)]
pub struct Block {
    fields: Vec<(u64, Cbor)>,
    holder: Option<Key>,
    granting: Option<bool>,
    statements: Value,
}

impl Block {
    pub fn new() -> Self {
        Self::default()
    }

    /// A root with a nonce.
    pub fn root(statements: Value) -> Self {
        Self::grant(statements).set(0, Cbor::bytes(nonce("root")))
    }

    pub fn grant(statements: Value) -> Self {
        let field = policy::statements(&statements);
        Self { granting: Some(true), statements, ..Self::new() }.set(1, field)
    }

    pub fn restrict(statements: Value) -> Self {
        let field = policy::statements(&statements);
        Self { granting: Some(false), statements, ..Self::new() }.set(2, field)
    }

    /// Sets a field, whatever stood there.
    pub fn set(mut self, key: u64, value: Cbor) -> Self {
        self.fields.retain(|(other, _)| *other != key);
        self.fields.push((key, value));
        self.fields.sort_by_key(|(key, _)| *key);
        self
    }

    pub fn bound_to(mut self, holder: &Key) -> Self {
        self.holder = Some(holder.clone());
        self.set(6, Cbor::bytes(holder.public()))
    }

    pub fn fields(&self) -> Vec<(u64, Cbor)> {
        self.fields.clone()
    }
}

/// A permit to read mail.
pub fn mail() -> Value {
    json!([{"id": "mail", "effect": "permit", "operations": ["read"], "resources": ["mail/{invoker}/**"]}])
}

/// A forbid of one operation.
pub fn no(operation: &str) -> Value {
    json!([{"id": format!("no-{operation}"), "effect": "forbid", "operations": [operation]}])
}

/// A chain with its secrets.
#[derive(Clone)]
pub struct Chain {
    pub issuer: [u8; 16],
    pub bodies: Vec<Vec<u8>>,
    pub links: Vec<Link>,
    /// Of a public-key chain.
    pub signatures: Vec<[u8; 64]>,
    /// Of a shared-secret chain.
    pub tags: Vec<[u8; 32]>,
    /// Who signs the next block.
    pub signer: Option<Key>,
    pub statements: Vec<(Option<bool>, Value)>,
    bound: bool,
    label: String,
}

impl Chain {
    /// A chain of the issuer that everybody trusts, without a block.
    pub fn public() -> Self {
        Self::of_issuer(&Key::of("issuer"))
    }

    pub fn of_issuer(issuer: &Key) -> Self {
        Self { signer: Some(issuer.clone()), ..Self::empty(issuer.id()) }
    }

    pub fn shared() -> Self {
        Self::empty(key_id_of_secret(&secret("shared")))
    }

    fn empty(issuer: [u8; 16]) -> Self {
        Self {
            issuer,
            bodies: Vec::new(),
            links: Vec::new(),
            signatures: Vec::new(),
            tags: Vec::new(),
            signer: None,
            statements: Vec::new(),
            bound: false,
            label: String::new(),
        }
    }

    /// Draws other keys for its blocks.
    pub fn labelled(mut self, label: &str) -> Self {
        self.label = label.to_owned();
        self
    }

    /// The next block is signed by somebody else.
    pub fn signed_by(mut self, key: Key) -> Self {
        self.signer = Some(key);
        self
    }

    /// One more block. In a public-key chain it names a fresh key, unless it names a holder's.
    pub fn add(self, block: Block) -> Self {
        let next = Key::of(&format!("next {}{}", self.label, self.bodies.len()));
        let Block { mut fields, holder, granting, statements } = block;
        let public = self.signer.is_some();
        if public && holder.is_none() {
            fields.push((13, Cbor::bytes(next.public())));
            fields.sort_by_key(|(key, _)| *key);
        }
        let bound = public && holder.is_some();
        let signer = holder.filter(|_| public).unwrap_or(next);
        let mut chain = self.add_body(Cbor::Map(fields).encode(), &signer);
        chain.bound = bound;
        chain.statements.pop();
        chain.statements.push((granting, statements));
        chain
    }

    /// One more body, whatever it holds; `next` signs what follows.
    pub fn add_body(mut self, body: Vec<u8>, next: &Key) -> Self {
        let link = match self.links.last() {
            None => hash(&[b"permitgate/token/1/root\0", &self.issuer, &body]),
            Some(last) => hash(&[b"permitgate/token/1/block\0", last, &body]),
        };
        match &self.signer {
            Some(signer) => {
                self.signatures.push(signer.sign(&[SIGN, &link]));
                self.signer = Some(next.clone());
            }
            None => {
                let key = self.tags.last().copied().unwrap_or_else(|| secret("shared"));
                self.tags.push(mac(&key, &[TAG, &link]));
            }
        }
        self.bodies.push(body);
        self.links.push(link);
        self.statements.push((None, Value::Null));
        self.bound = false;
        self
    }

    pub fn link(&self) -> &Link {
        self.links.last().unwrap()
    }

    /// The token as its end is: bound or open.
    pub fn parts(&self) -> Parts {
        let blocks =
            self.bodies.iter().enumerate().map(|(place, body)| match self.signatures.get(place) {
                Some(signature) => Cbor::List(vec![Cbor::bytes(body), Cbor::bytes(signature)]),
                None => Cbor::bytes(body),
            });
        let end = match &self.signer {
            _ if self.bound => vec![Cbor::Int(2)],
            Some(signer) => vec![Cbor::Int(0), Cbor::bytes(signer.seed())],
            None => vec![Cbor::Int(0), Cbor::bytes(self.tags.last().unwrap())],
        };
        Parts {
            version: Cbor::Int(1),
            issuer: Cbor::bytes(self.issuer),
            blocks: blocks.collect(),
            end: Cbor::List(end),
        }
    }

    pub fn token(&self) -> Vec<u8> {
        self.parts().bytes()
    }

    pub fn seal(&self) -> Vec<u8> {
        match &self.signer {
            Some(signer) => signer.sign(&[SEAL, self.link()]).to_vec(),
            None => mac(self.tags.last().unwrap(), &[SEAL, self.link()]).to_vec(),
        }
    }

    pub fn sealed(&self) -> Parts {
        self.parts().end(1, Some(&self.seal()))
    }
}

/// A token in its parts.
#[derive(Clone)]
pub struct Parts {
    pub version: Cbor,
    pub issuer: Cbor,
    pub blocks: Vec<Cbor>,
    pub end: Cbor,
}

impl Parts {
    pub fn end(mut self, kind: i128, holds: Option<&[u8]>) -> Self {
        let holds = holds.map(Cbor::bytes);
        self.end = Cbor::List(std::iter::once(Cbor::Int(kind)).chain(holds).collect());
        self
    }

    pub fn list(self) -> Vec<Cbor> {
        vec![self.version, self.issuer, Cbor::List(self.blocks), self.end]
    }

    pub fn bytes(self) -> Vec<u8> {
        Cbor::List(self.list()).encode()
    }
}

/// A body with its signature, as it is sent.
pub fn signed(domain: &[u8], body: Vec<u8>, by: &Key) -> Vec<u8> {
    let signature = by.sign(&[domain, &body]);
    Cbor::List(vec![Cbor::bytes(body), Cbor::bytes(signature)]).encode()
}
