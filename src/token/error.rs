//! Why a token is refused: one table, and where in the token.

use std::fmt;

use crate::base::codes::{code_table, fault_table};
use crate::base::name::NameFault;

code_table! {
    /// Why a token, a proof, an attestation or a revocation list is refused.
    ///
    /// Numbers and codes are stable and never used again, and the test vectors of the format name them; later versions add some.
    /// The hundreds tell what it is about: 1 the form, 2 keys and signatures, 3 blocks, 4 validity, 5 proofs of possession,
    /// 6 attestations, 7 the verifier's memory, 8 revocation lists, 9 the system.
    ///
    /// ```
    /// use permitgate::token::TokenReason;
    ///
    /// assert_eq!(TokenReason::WrongSignature.code(), "wrong-signature");
    /// assert_eq!(TokenReason::from_number(204), Some(TokenReason::WrongSignature));
    /// ```
    #[non_exhaustive]
    pub enum TokenReason {
        /// More bytes than [`MAX_TOKEN_BYTES`](crate::base::limits::MAX_TOKEN_BYTES).
        TooLong = 101, "too-long", "it is longer than the limit",
            "Attenuate less often, or with fewer and shorter statements.";
        /// The text form has another prefix, a character outside of its alphabet, or a wrong checksum.
        WrongText = 102, "wrong-text", "prefix, alphabet or checksum of the text is wrong",
            "Copy the text again, whole and unchanged.";
        /// The bytes are not of the form that the specification gives.
        Malformed = 103, "malformed", "the bytes are not a token",
            "Ask the issuer for the token again; these bytes are none.";
        /// The bytes mean something, but there is another way to write it, which is the only one that counts.
        NotCanonical = 104, "not-canonical", "it is not in canonical form",
            "Let this library write the token, or follow the format to the byte.";
        /// The version is not 1.
        UnknownVersion = 105, "unknown-version", "its format version is not known here",
            "Update whichever of issuer and verifier is older.";
        /// More blocks than [`MAX_TOKEN_BLOCKS`](crate::base::limits::MAX_TOKEN_BLOCKS).
        TooManyBlocks = 106, "too-many-blocks", "it has too many blocks",
            "Ask the issuer for a token with fewer attenuations.";
        /// A public-key chain names a shared secret, or the other way round.
        WrongKind = 201, "wrong-kind", "its blocks are of a kind that its issuer's key does not sign",
            "Ask the issuer for a token that its own kind of key signs.";
        /// The issuer's key is not among those that the verifier trusts.
        UnknownKey = 202, "unknown-key", "no issuer that is trusted here issued it",
            "Trust the issuer's key at the verifier, or ask one who is trusted.";
        /// The issuer's key is trusted, but not at this time.
        KeyNotValid = 203, "key-not-valid", "the issuer's key is not valid now",
            "Ask the issuer for a token of its present key.";
        /// The signature of a block is not that of the key before it, over this block at this place; or the last tag or the
        /// seal of a shared-secret chain does not follow from the secret and every block.
        WrongSignature = 204, "wrong-signature", "a signature of it does not verify",
            "Refuse whoever sent it; ask the issuer for the token again.";
        /// What closes a public-key chain (secret or seal) is not that of the last block, or no chain of its kind ends so.
        WrongEnd = 205, "wrong-end", "its end does not match its last block: it was cut or altered",
            "Refuse whoever sent it; ask the holder for the whole token.";
        /// A root without a nonce or grant, an attenuation with one, a right that is not there, a malformed name.
        InvalidBlock = 301, "invalid-block", "a block says something that is not allowed at its place in the chain",
            "Write the named block as its place in the chain demands.";
        /// The statements of a block do not compile.
        InvalidStatement = 302, "invalid-statement", "a statement is not valid",
            "Correct the statement of the named block, and issue or attenuate again.";
        /// A block stands behind one that may not be delegated any further.
        TooDeep = 303, "too-deep", "it was delegated more often than it allows",
            "Ask for a token that may be delegated further.";
        /// A shared-secret chain that is bound to a holder's key names one again.
        HolderRebound = 304, "holder-rebound", "a later block names another holder's key",
            "Leave the holder's key out of the later block.";
        /// Something was to be added to a sealed token.
        Sealed = 305, "sealed", "it is sealed, so nothing can be added",
            "Ask for the token before it was sealed.";
        /// Something was to be added to a token that is bound to a key, without that key.
        HolderKeyNeeded = 306, "holder-key-needed", "only its holder can add to it, with the holder's key",
            "Let the holder add to it.";
        /// Its validity begins later.
        NotYetValid = 401, "not-yet-valid", "it is not valid yet",
            "Wait until it begins, and compare the clocks of issuer and verifier.";
        /// Its validity has ended.
        Expired = 402, "expired", "it has expired",
            "Ask the issuer for a new token.";
        /// A block, a holder or a key of it was revoked.
        Revoked = 403, "revoked", "it was revoked",
            "Ask the issuer whether there is to be a new token.";
        /// The feed of revocations is older than its bound.
        RevocationsStale = 404, "revocations-stale", "no fresh revocation list arrived in time",
            "See why the feed of revocations does not arrive.";
        /// It was presented without a proof of possession.
        ProofNeeded = 501, "proof-needed", "it needs a proof of possession of its holder's key",
            "Prove possession of the holder's key when the token is presented.";
        /// The proof is not the holder's, or is for another token, action or verifier.
        WrongProof = 502, "wrong-proof", "the proof of possession does not verify",
            "Make the proof with the holder's key, for this token, action and verifier.";
        /// The proof was made too long ago, or is dated ahead.
        ProofExpired = 503, "proof-expired", "the proof of possession is too old, or dated in the future",
            "Make a new proof, and compare the clocks of holder and verifier.";
        /// The proof was used before.
        ProofReplayed = 504, "proof-replayed", "the proof of possession was used before",
            "Make a new proof for each presentation.";
        /// The proof answers a challenge that was not given here, has ended, or was answered.
        UnknownChallenge = 505, "unknown-challenge", "the challenge was not given here, or was answered already",
            "Ask for a new challenge, and answer it once.";
        /// A proof or attestation is for one action, and none was given.
        ActionNeeded = 506, "action-needed", "it is presented for one action, and the action is missing",
            "Present the token with its action.";
        /// The arguments of the action are too large or contradict themselves.
        ActionNotFrozen = 507, "action-not-frozen", "the action's arguments cannot be digested",
            "Give fewer or smaller arguments, each name once.";
        /// A demanded attestation was not presented.
        AttestationMissing = 601, "attestation-missing", "an attestation that it demands is missing",
            "Ask the attester that the token names, and present what it says.";
        /// The attestation is malformed, or its signature is.
        WrongAttestation = 602, "wrong-attestation", "the attestation does not verify",
            "Ask the attester for a new attestation, for this token.";
        /// The attestation has expired.
        AttestationExpired = 603, "attestation-expired", "the attestation has expired",
            "Ask the attester for a new attestation.";
        /// An attestation for one action was used before.
        AttestationReplayed = 604, "attestation-replayed", "the attestation was used before",
            "Ask the attester for a new attestation for each action.";
        /// There is no room to remember one more proof or challenge, so it is refused.
        TooManyPending = 701, "too-many-pending", "too many proofs or challenges are remembered",
            "Wait until older proofs and challenges have expired.";
        /// The revocation list is malformed, or its signature is.
        WrongList = 801, "wrong-list", "the revocation list does not verify",
            "Fetch the revocation list again, from the one who signs it.";
        /// The revocation list goes back behind what was applied before.
        OldList = 802, "old-list", "the revocation list is older than what was heard before",
            "Fetch the newest revocation list.";
        /// The list continues one that was not applied.
        ListGap = 803, "list-gap", "revocations between the lists are missing",
            "Fetch the lists between, or a complete one.";
        /// The system gives no random bytes.
        NoEntropy = 901, "no-entropy", "the system gives no random bytes",
            "Repair the random source of the system.";
    }
}

/// Why a token is refused, and at which block where it is one block's fault.
///
/// ```
/// use permitgate::token::{Token, TokenReason};
///
/// let error = Token::decode(b"not a token").unwrap_err();
/// assert_eq!(error.reason(), TokenReason::Malformed);
/// assert_eq!(error.to_string(), "token: the bytes are not a token");
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
    pub(super) fn grounds(mut self, detail: impl fmt::Display) -> Self {
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

/// Why there is no verifier.
///
/// ```
/// use permitgate::kinds::VerifierErrorKind;
/// use permitgate::token::Verifier;
///
/// let error = Verifier::builder("").build().unwrap_err();
/// assert_eq!(error.kind(), VerifierErrorKind::MalformedName);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("verifier: {0}")]
pub struct VerifierError(#[from] VerifierFault);

impl VerifierError {
    /// What is wrong, as a code.
    pub const fn kind(&self) -> VerifierErrorKind {
        self.0.kind()
    }
}

fault_table! {
    /// Why there is no verifier ([`VerifierError::kind`](crate::token::VerifierError::kind)).
    pub enum VerifierErrorKind;

    #[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
    pub(super) enum VerifierFault {
        #[error("its name: {0}")]
        Name(NameFault) => MalformedName, "malformed-name",
    }
}
