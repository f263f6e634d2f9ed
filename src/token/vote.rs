//! A vote as bytes, for an approver who answers from elsewhere.

use std::fmt;

use super::key::{PublicKey, SigningKey};
use crate::authority::capability::KeyId;
use crate::state::approval::{Answer, ApprovalId, RequestDigest};

const DOMAIN: &[u8] = b"permitgate/vote/1\0";
const VERSION: u8 = 1;
/// Version, id, digest, answer, key.
const BODY: usize = 1 + 16 + 32 + 1 + 16;
const BYTES: usize = BODY + 64;

/// An approver's answer, signed: to one request, by its id and its digest.
///
/// Make it where the approver's key is, of what the approver was shown, and hand its bytes to
/// [`Approvals::vote_signed`](crate::gate::Approvals::vote_signed). It counts for that request alone. Asked for again, the same thing has
/// another id, so a vote that was kept is none for it.
///
/// ```
/// use permitgate::gate::{Answer, ApprovalId, RequestDigest};
/// use permitgate::token::{SignedVote, SigningKey};
///
/// let lee = SigningKey::generate()?;
/// let (id, digest) = (ApprovalId::from_bytes([7; 16]), RequestDigest::from_bytes([8; 32]));
/// let vote = SignedVote::new(&lee, id, digest, Answer::Approve);
/// assert_eq!(vote.as_bytes().len(), 130);
/// # Ok::<(), permitgate::token::TokenError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct SignedVote([u8; BYTES]);

impl SignedVote {
    /// Signs an answer.
    pub fn new(
        key: &SigningKey,
        request: ApprovalId,
        digest: RequestDigest,
        answer: Answer,
    ) -> Self {
        let mut body = Vec::with_capacity(BODY);
        body.push(VERSION);
        body.extend(request.to_bytes());
        body.extend(digest.as_bytes());
        body.push(u8::from(answer == Answer::Approve));
        body.extend(key.id().as_bytes());
        let signature = key.sign(&message(&body));
        let mut bytes = [0; BYTES];
        for (place, byte) in bytes.iter_mut().zip(body.into_iter().chain(signature)) {
            *place = byte;
        }
        Self(bytes)
    }

    /// The bytes, as they are sent.
    pub const fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for SignedVote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedVote").finish_non_exhaustive()
    }
}

fn message(body: &[u8]) -> Vec<u8> {
    [DOMAIN, body].concat()
}

/// What the bytes of a vote say, before anybody knows whether it is true.
pub(crate) struct ClaimedVote<'b> {
    body: &'b [u8],
    signature: [u8; 64],
    pub(crate) request: ApprovalId,
    pub(crate) digest: RequestDigest,
    pub(crate) answer: Answer,
    pub(crate) key: KeyId,
}

impl<'b> ClaimedVote<'b> {
    /// `None` where they are not exactly the bytes of a vote.
    pub(crate) fn read(bytes: &'b [u8]) -> Option<Self> {
        let (body, signature) = bytes.split_at_checked(BODY)?;
        let ([VERSION], rest) = body.split_first_chunk()? else { return None };
        let (request, rest) = rest.split_first_chunk()?;
        let (digest, rest) = rest.split_first_chunk()?;
        let ([answer], rest) = rest.split_first_chunk()?;
        let answer = match answer {
            1 => Answer::Approve,
            0 => Answer::Decline,
            _ => return None,
        };
        Some(Self {
            body,
            signature: signature.try_into().ok()?,
            request: ApprovalId::from_bytes(*request),
            digest: RequestDigest::from_bytes(*digest),
            answer,
            key: KeyId::from_bytes(rest.try_into().ok()?),
        })
    }

    /// Whether it is signed with this key.
    pub(crate) fn is_by(&self, key: &PublicKey) -> bool {
        key.id() == self.key && key.verifies(&message(self.body), &self.signature)
    }
}
