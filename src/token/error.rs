//! Why a token is refused: one exhaustive list, and where in the token.

use std::fmt;

/// Why a token, a proof, an attestation or a revocation list is refused.
///
/// The enum is exhaustive and its codes are stable; the test vectors of the format name them.
///
/// ```
/// use permitgate::TokenReason;
///
/// assert_eq!(TokenReason::WrongSignature.code(), "wrong-signature");
/// let mut codes: Vec<_> = TokenReason::ALL.iter().map(|reason| reason.code()).collect();
/// codes.dedup();
/// assert_eq!(codes.len(), TokenReason::ALL.len());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TokenReason {
    /// More bytes than [`MAX_TOKEN_BYTES`](crate::limits::MAX_TOKEN_BYTES).
    TooLong,
    /// The text form has another prefix, a character outside of its alphabet, or a wrong checksum.
    WrongText,
    /// The bytes are not of the form that the specification gives.
    Malformed,
    /// The bytes mean something, but there is another way to write it, which is the only one that counts.
    NotCanonical,
    /// The version is not 1.
    UnknownVersion,
    /// More blocks than [`MAX_TOKEN_BLOCKS`](crate::limits::MAX_TOKEN_BLOCKS).
    TooManyBlocks,
    /// A public-key chain names a shared secret, or the other way round.
    WrongKind,
    /// The issuer's key is not among those that the verifier trusts.
    UnknownKey,
    /// The issuer's key is trusted, but not at this time.
    KeyNotValid,
    /// The signature of a block is not that of the key before it, over this block at this place; or the last tag or the
    /// seal of a shared-secret chain does not follow from the secret and every block.
    WrongSignature,
    /// What closes a public-key chain (secret or seal) is not that of the last block, or no chain of its kind ends so.
    WrongEnd,
    /// A root without a nonce or grant, an attenuation with one, a right that is not there, a malformed name.
    InvalidBlock,
    /// The statements of a block do not compile.
    InvalidStatement,
    /// A block stands behind one that may not be delegated any further.
    TooDeep,
    /// A shared-secret chain that is bound to a holder's key names one again.
    HolderRebound,
    /// Something was to be added to a sealed token.
    Sealed,
    /// Something was to be added to a token that is bound to a key, without that key.
    HolderKeyNeeded,
    /// Its validity begins later.
    NotYetValid,
    /// Its validity has ended.
    Expired,
    /// A block, a holder or a key of it was revoked.
    Revoked,
    /// The feed of revocations is older than its bound.
    RevocationsStale,
    /// It was presented without a proof of possession.
    ProofNeeded,
    /// The proof is not the holder's, or is for another token, action or verifier.
    WrongProof,
    /// The proof was made too long ago, or is dated ahead.
    ProofExpired,
    /// The proof was used before.
    ProofReplayed,
    /// The proof answers a challenge that was not given here, has ended, or was answered.
    UnknownChallenge,
    /// A proof or attestation is for one action, and none was given.
    ActionNeeded,
    /// The arguments of the action are too large or contradict themselves.
    ActionNotFrozen,
    /// A demanded attestation was not presented.
    AttestationMissing,
    /// The attestation is malformed, or its signature is.
    WrongAttestation,
    /// The attestation has expired.
    AttestationExpired,
    /// An attestation for one action was used before.
    AttestationReplayed,
    /// There is no room to remember one more proof or challenge, so it is refused.
    TooManyPending,
    /// The revocation list is malformed, or its signature is.
    WrongList,
    /// The revocation list goes back behind what was applied before.
    OldList,
    /// The list continues one that was not applied.
    ListGap,
    /// The system gives no random bytes.
    NoEntropy,
}

impl TokenReason {
    /// Every reason.
    pub const ALL: [Self; 37] = [
        Self::TooLong,
        Self::WrongText,
        Self::Malformed,
        Self::NotCanonical,
        Self::UnknownVersion,
        Self::TooManyBlocks,
        Self::WrongKind,
        Self::UnknownKey,
        Self::KeyNotValid,
        Self::WrongSignature,
        Self::WrongEnd,
        Self::InvalidBlock,
        Self::InvalidStatement,
        Self::TooDeep,
        Self::HolderRebound,
        Self::Sealed,
        Self::HolderKeyNeeded,
        Self::NotYetValid,
        Self::Expired,
        Self::Revoked,
        Self::RevocationsStale,
        Self::ProofNeeded,
        Self::WrongProof,
        Self::ProofExpired,
        Self::ProofReplayed,
        Self::UnknownChallenge,
        Self::ActionNeeded,
        Self::ActionNotFrozen,
        Self::AttestationMissing,
        Self::WrongAttestation,
        Self::AttestationExpired,
        Self::AttestationReplayed,
        Self::TooManyPending,
        Self::WrongList,
        Self::OldList,
        Self::ListGap,
        Self::NoEntropy,
    ];

    /// The stable code.
    pub const fn code(self) -> &'static str {
        self.wording().0
    }

    /// The reason as a clause.
    pub const fn clause(self) -> &'static str {
        self.wording().1
    }

    const fn wording(self) -> (&'static str, &'static str) {
        match self {
            Self::TooLong => ("too-long", "it is longer than a token may be"),
            Self::WrongText => ("wrong-text", "prefix, alphabet or checksum of the text is wrong"),
            Self::Malformed => ("malformed", "it does not have the form of a token"),
            Self::NotCanonical => {
                ("not-canonical", "it is not written in the one form that tokens have")
            }
            Self::UnknownVersion => {
                ("unknown-version", "it is of a version that is not known here")
            }
            Self::TooManyBlocks => ("too-many-blocks", "it has too many blocks"),
            Self::WrongKind => ("wrong-kind", "its blocks are not of the kind that its key signs"),
            Self::UnknownKey => ("unknown-key", "nobody who is trusted here issued it"),
            Self::KeyNotValid => ("key-not-valid", "its issuer's key is not valid now"),
            Self::WrongSignature => ("wrong-signature", "its signature is wrong"),
            Self::WrongEnd => ("wrong-end", "its end does not belong to its last block"),
            Self::InvalidBlock => ("invalid-block", "it states what no block of its place can"),
            Self::InvalidStatement => ("invalid-statement", "a statement is not valid"),
            Self::TooDeep => ("too-deep", "it was delegated further than it may be"),
            Self::HolderRebound => ("holder-rebound", "a later block names another holder's key"),
            Self::Sealed => ("sealed", "it is sealed, so nothing can be added"),
            Self::HolderKeyNeeded => {
                ("holder-key-needed", "only its holder can add to it, with the holder's key")
            }
            Self::NotYetValid => ("not-yet-valid", "it is not valid yet"),
            Self::Expired => ("expired", "it has expired"),
            Self::Revoked => ("revoked", "it was revoked"),
            Self::RevocationsStale => {
                ("revocations-stale", "the revocations were not heard for too long")
            }
            Self::ProofNeeded => {
                ("proof-needed", "it needs a proof of possession of its holder's key")
            }
            Self::WrongProof => ("wrong-proof", "the proof of possession is wrong"),
            Self::ProofExpired => {
                ("proof-expired", "the proof of possession is too old, or of the future")
            }
            Self::ProofReplayed => ("proof-replayed", "the proof of possession was used before"),
            Self::UnknownChallenge => {
                ("unknown-challenge", "the challenge is not one that was given here and is open")
            }
            Self::ActionNeeded => {
                ("action-needed", "it is presented for an action that is not said")
            }
            Self::ActionNotFrozen => ("action-not-frozen", "the action has no digest"),
            Self::AttestationMissing => {
                ("attestation-missing", "somebody else's demanded word is missing")
            }
            Self::WrongAttestation => ("wrong-attestation", "the attestation is wrong"),
            Self::AttestationExpired => ("attestation-expired", "the attestation has expired"),
            Self::AttestationReplayed => {
                ("attestation-replayed", "the attestation was used before")
            }
            Self::TooManyPending => {
                ("too-many-pending", "too many proofs or challenges are remembered")
            }
            Self::WrongList => ("wrong-list", "the revocation list is wrong"),
            Self::OldList => {
                ("old-list", "the revocation list is older than what was heard before")
            }
            Self::ListGap => ("list-gap", "revocations between the lists are missing"),
            Self::NoEntropy => ("no-entropy", "the system gives no random bytes"),
        }
    }
}

impl fmt::Display for TokenReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// Why a token is refused, and at which block where it is one block's fault.
///
/// ```
/// use permitgate::{Token, TokenReason};
///
/// let error = Token::decode(b"not a token").unwrap_err();
/// assert_eq!(error.reason(), TokenReason::Malformed);
/// assert_eq!(error.to_string(), "token: it does not have the form of a token");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct TokenError(Box<Fault>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Fault {
    reason: TokenReason,
    block: Option<usize>,
    detail: Option<String>,
}

impl TokenError {
    pub(super) fn at(reason: TokenReason, block: usize) -> Self {
        Self(Box::new(Fault { reason, block: Some(block), detail: None }))
    }

    /// The same, at this block.
    pub(super) fn at_block(mut self, block: usize) -> Self {
        self.0.block = Some(block);
        self
    }

    /// With a text that says more; never one that holds a secret.
    pub(super) fn because(mut self, detail: impl fmt::Display) -> Self {
        self.0.detail = Some(detail.to_string());
        self
    }

    /// The reason as a code.
    pub fn reason(&self) -> TokenReason {
        self.0.reason
    }

    /// The block at fault: 0 for the root block, 1 for its first attenuation, and so on.
    pub fn block(&self) -> Option<usize> {
        self.0.block
    }
}

impl From<TokenReason> for TokenError {
    fn from(reason: TokenReason) -> Self {
        Self(Box::new(Fault { reason, block: None, detail: None }))
    }
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Fault { reason, block, detail } = &*self.0;
        f.write_str("token")?;
        if let Some(block) = block {
            write!(f, ", block {block}")?;
        }
        write!(f, ": {}", reason.clause())?;
        detail.as_ref().map_or(Ok(()), |detail| write!(f, ": {detail}"))
    }
}
