//! What a block demands of somebody else.

use minicbor::Decoder;

use super::key::PublicKey;
use super::wire::{Out, Read, Written, fault, read_key, read_text};

/// A block's demand for an [`Attestation`](crate::token::Attestation): whose, of which claim, and bound to what.
///
/// ```
/// use permitgate::token::{Demand, SigningKey};
///
/// # let (approver, directory) = (SigningKey::generate()?, SigningKey::generate()?);
/// let on_duty = Demand::for_token("on-duty", directory.public_key());
/// let four_eyes = Demand::for_action("approved", approver.public_key());
/// # let _ = (on_duty, four_eyes);
/// # Ok::<(), permitgate::token::TokenError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demand {
    pub(super) claim: String,
    pub(super) attester: PublicKey,
    pub(super) binding: Binding,
}

/// What an attestation is bound to.
///
/// ```
/// use permitgate::token::{Binding, Demand, SigningKey};
///
/// let approver = SigningKey::generate()?;
/// assert_eq!(Demand::for_token("on-duty", approver.public_key()).binding(), Binding::Token);
/// assert_eq!(Demand::for_action("approved", approver.public_key()).binding(), Binding::Action);
/// # Ok::<(), permitgate::token::TokenError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binding {
    /// To the token, and to what is attenuated from it; good until it expires.
    Token,
    /// To the token and to one action; good once.
    Action,
}

impl Demand {
    /// Somebody must say so about the token; what is said holds for every action until it expires.
    pub fn for_token(claim: impl Into<String>, attester: PublicKey) -> Self {
        Self { claim: claim.into(), attester, binding: Binding::Token }
    }

    /// Somebody must say so about each single action.
    pub fn for_action(claim: impl Into<String>, attester: PublicKey) -> Self {
        Self { claim: claim.into(), attester, binding: Binding::Action }
    }

    /// What must be said.
    pub fn claim(&self) -> &str {
        &self.claim
    }

    /// Who must say it.
    pub fn attester(&self) -> PublicKey {
        self.attester
    }

    /// What the answer is bound to.
    pub fn binding(&self) -> Binding {
        self.binding
    }
}

pub(super) fn write_demand(out: &mut Out, demand: &Demand) -> Written {
    let Demand { claim, attester, binding } = demand;
    out.array(3)?.str(claim)?.bytes(attester.as_bytes())?.u8(*binding as u8)?;
    Ok(())
}

pub(super) fn read_demand(input: &mut Decoder<'_>) -> Read<Demand> {
    if input.array()? != Some(3) {
        return Err(fault(input, "a demand that has no three parts"));
    }
    let (claim, attester) = (read_text(input)?, read_key(input)?);
    let binding = read_binding(input)?;
    Ok(Demand { claim, attester, binding })
}

pub(super) fn read_binding(input: &mut Decoder<'_>) -> Read<Binding> {
    match input.u8()? {
        0 => Ok(Binding::Token),
        1 => Ok(Binding::Action),
        _ => Err(fault(input, "a binding that is not known")),
    }
}
