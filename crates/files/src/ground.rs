//! What a session may act on before anything is read: the same for tests, cases, lines of `decide` and `explain`.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use permitgate::flow::{Endorsements, Origin};
use permitgate::model::{Value, ValueKind};
use permitgate::text::visible;
use permitgate::{Directory, Manifest, Session};

/// What every session under a policy knows, and what a request adds to it.
///
/// A session begins with the names of the directory, endorsed by the `directory`, and with the values that the directory calls
/// the invoker's own, endorsed by the `program`. A request adds the values in the user's
/// words (`user`), those of the things that the words name (`directory`), and facts of the program (`program`). What a tool
/// gives back adds what the manifest trusts in it (`result`).
///
/// ```
/// use permitgate::model::Value;
/// use permitgate_files::Bundle;
///
/// let bundle = Bundle::parse("people.toml", "[directory]\nprincipals = [\"lee@example.com\"]\n")?;
/// let ground = bundle.ground();
/// let session = ground.session();
/// let given = ground.request(Some("refund order 66"), [Value::from("acct-7")]);
/// assert!(session.endorse_all(&given));
/// assert!(session.is_endorsed("lee@example.com") && session.is_endorsed("acct-7"));
/// # Ok::<(), permitgate_files::LoadError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Ground {
    directory: Arc<Directory>,
    known: Session,
    /// What some know beside that, by name.
    own: HashMap<String, Session>,
    bound: Arc<BoundForms>,
}

/// By the name that patterns bind: the tools, and the paths of the arguments whose values stand in its place.
pub(crate) type BoundPlaces = HashMap<String, Vec<(String, String)>>;

/// How calls write what stands where patterns bind a name.
#[derive(Debug)]
pub(crate) struct BoundForms {
    pub(crate) manifest: Manifest,
    pub(crate) places: BoundPlaces,
}

impl BoundForms {
    /// The form in which some tool writes a value that is bound to a name, where that is another one.
    fn other(&self, name: &str, value: &str) -> Option<String> {
        let places = self.places.get(name)?;
        let (lower, upper) = (value.to_lowercase(), value.to_uppercase());
        let form = |(tool, path): &(String, String)| {
            let tool = self.manifest.tool(tool)?;
            let each = format!("{path}.*");
            let of = |text: &str| {
                let form = tool.canonical(path, text).or_else(|| tool.canonical(&each, text));
                form?.ok()
            };
            // Of an alias in other letters, nobody means another thing.
            let of_alias = |text: &str| of(text).filter(|form| form.to_lowercase() != lower);
            let own = of(value).filter(|form| form != value);
            own.or_else(|| of_alias(&lower)).or_else(|| of_alias(&upper))
        };
        places.iter().find_map(form)
    }
}

/// A value that is bound to a name of patterns, and that no call has as it is written. See [`Ground::check_bound`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoundError {
    name: String,
    value: String,
    form: String,
}

impl BoundError {
    /// How calls write it.
    pub fn form(&self) -> &str {
        &self.form
    }
}

impl fmt::Display for BoundError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, value, form } = self;
        let (name, value, form) = (visible(name), visible(value), visible(form));
        write!(
            f,
            "`{name}` is `{value}`, and calls that mean it are compared as `{form}`; say that"
        )
    }
}

impl std::error::Error for BoundError {}

impl Ground {
    pub(crate) fn new<'n>(
        directory: Arc<Directory>,
        names: impl IntoIterator<Item = (&'n str, ValueKind<'static>)>,
        own: &[OwnSet],
        bound: BoundForms,
    ) -> (Self, Overflow) {
        let known = Session::new();
        let mut overflow = Overflow::default();
        for (name, kind) in names {
            // What finds no room is not endorsed, as in any session.
            if !known.endorse_name(kind, name) {
                overflow.names += usize::from(!has_room(&known, name));
            }
        }
        let mut of_some = HashMap::<String, Session>::new();
        for (number, set) in own.iter().enumerate() {
            let session = match &set.of {
                None => &known,
                Some(of) => of_some.entry(of.clone()).or_insert_with(|| below(&known)),
            };
            if !session.endorse_all(&set.values) {
                overflow.sets.push(number);
            }
        }
        (Self { directory, known, own: of_some, bound: bound.into() }, overflow)
    }

    /// Checks what a scope binds to a name of patterns, or to `invoker` or `agent`: patterns compare it with what calls write, which
    /// have one form for each thing. Neither an alias of the directory nor `dana@Example.com` would be found.
    ///
    /// Use it before a scope is built of texts that did not come from where the policy's names come from.
    ///
    /// ```
    /// use permitgate_files::Bundle;
    ///
    /// let bundle = Bundle::parse("policy.toml", r##"
    /// [directory]
    /// principals = ["dana@example.com"]
    /// aliases = { U0042 = "dana@example.com" }
    ///
    /// [[statement]]
    /// id = "own"
    /// effect = "permit"
    /// operations = "read"
    /// resources = ["web/{mine}"]
    ///
    /// [[tool]]
    /// name = "fetch"
    /// args.url = "url"
    /// effect = [{ operation = "read", resource = "web/{args.url.host}" }]
    /// "##)?;
    /// let ground = bundle.ground();
    /// assert!(ground.check_bound("mine", "dana.example").is_ok());
    /// let error = ground.check_bound("mine", "Dana.example").unwrap_err();
    /// assert_eq!(error.form(), "dana.example");
    /// assert_eq!(ground.check_bound("invoker", "U0042").unwrap_err().form(), "dana@example.com");
    /// # Ok::<(), permitgate_files::LoadError>(())
    /// ```
    ///
    /// # Errors
    /// [`BoundError`] with the form that calls have.
    pub fn check_bound(&self, name: &str, value: &str) -> Result<(), BoundError> {
        let known = || {
            let form = self.directory.canonical(ValueKind::PERSON, value)?;
            let is_known = form != value && self.known.is_endorsed_as(ValueKind::PERSON, &form);
            is_known.then_some(form)
        };
        let form = match name {
            "invoker" => known().or_else(|| self.bound.other(name, value)),
            _ => self.bound.other(name, value),
        };
        match form {
            None => Ok(()),
            Some(form) => Err(BoundError { name: name.to_owned(), value: value.to_owned(), form }),
        }
    }

    /// A new session, which knows the directory and what is everybody's own, and has read nothing.
    ///
    /// ```
    /// use permitgate_files::Bundle;
    ///
    /// let bundle = Bundle::parse("people.toml", "[directory]\nprincipals = [\"lee@example.com\"]\n")?;
    /// let ground = bundle.ground();
    /// let (one, other) = (ground.session(), ground.session());
    /// one.endorse(permitgate::flow::Origin::User, "acct-7");
    /// assert!(one.is_endorsed("lee@example.com") && other.is_endorsed("lee@example.com"));
    /// assert!(one.is_endorsed("acct-7") && !other.is_endorsed("acct-7"));
    /// # Ok::<(), permitgate_files::LoadError>(())
    /// ```
    pub fn session(&self) -> Session {
        below(&self.known)
    }

    /// The same for a session of this invoker, which knows what is his own as well.
    ///
    /// ```
    /// use permitgate::model::ValueKind;
    /// use permitgate_files::Bundle;
    ///
    /// let bundle = Bundle::parse(
    ///     "people.toml",
    ///     "[directory]\nprincipals = [\"dana@example.com\", \"lee@example.com\"]\n\
    ///      own = [{ kind = \"repository\", values = [\"web-shop\"], of = \"dana@example.com\" }]\n",
    /// )?;
    /// let knows = |invoker| {
    ///     bundle.ground().session_of(invoker).is_endorsed_as(ValueKind::id("repository"), "web-shop")
    /// };
    /// assert!(knows("dana@example.com") && !knows("lee@example.com"));
    /// # Ok::<(), permitgate_files::LoadError>(())
    /// ```
    pub fn session_of(&self, invoker: &str) -> Session {
        below(self.own.get(invoker).unwrap_or(&self.known))
    }

    /// What a request endorses: words of the user, and facts of the program, each a text or a number.
    ///
    /// ```
    /// use permitgate::model::Value;
    /// use permitgate_files::Bundle;
    ///
    /// let bundle = Bundle::parse("things.toml", "[directory]\nthings = { rent = [\"7\"] }\n")?;
    /// let (ground, session) = (bundle.ground(), permitgate::Session::new());
    /// assert!(session.endorse_all(&ground.request(Some("Raise the rent"), [Value::from("acct-7")])));
    /// assert!(session.is_endorsed(7) && session.is_endorsed("acct-7") && !session.is_endorsed(8));
    /// # Ok::<(), permitgate_files::LoadError>(())
    /// ```
    pub fn request<'v>(
        &self,
        user_says: Option<&str>,
        facts: impl IntoIterator<Item = Value<'v>>,
    ) -> Endorsements {
        let mut given = Endorsements::new();
        if let Some(said) = user_says {
            given.words(Origin::User, said);
            given.named(&self.directory, said);
        }
        for fact in facts {
            given.value(Origin::Program, fact);
        }
        given
    }

    /// The most that a result of a tool endorses, by which a session is asked for room before the call begins. A value that
    /// no session takes, such as an empty text, endorses nothing, and the others count. Where the tool gives back what calls put in, only what
    /// needs no such record is among them: what does depends on what the session knows.
    ///
    /// ```
    /// use permitgate::Manifest;
    /// use permitgate::manifest::{EffectSpec, ResultSpec, ToolSpec};
    /// use permitgate::model::{Value, ValueKind};
    /// use permitgate_files::Bundle;
    ///
    /// let manifest = Manifest::new([ToolSpec::new("get_email")
    ///     .effect(EffectSpec::read("mail"))
    ///     .result(ResultSpec::new().gives("id", ValueKind::id("mail")))])?;
    /// let ground = Bundle::parse("empty.toml", "")?.ground();
    /// let given = ground.result(&manifest, "get_email", Value::Object(&[("id", Value::from(16))]));
    /// let session = ground.session();
    /// assert!(session.endorse_all(&given));
    /// assert!(session.is_endorsed_as(ValueKind::id("mail"), "16"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn result(&self, manifest: &Manifest, tool: &str, result: Value<'_>) -> Endorsements {
        manifest.endorsed_by(tool, result)
    }
}

/// What found no room in a session.
#[derive(Debug, Default)]
pub(crate) struct Overflow {
    /// How many names of the directory.
    pub(crate) names: usize,
    /// Which sets of own values, by their place.
    pub(crate) sets: Vec<usize>,
}

/// Values that are always somebody's own, or everybody's.
#[derive(Clone, Debug)]
pub(crate) struct OwnSet {
    pub(crate) of: Option<String>,
    pub(crate) values: Endorsements,
}

/// Whether a session has room for one more text of this length. A name whose form no argument has is endorsed as less, and that
/// is no want of room.
fn has_room(session: &Session, text: &str) -> bool {
    let mut one = Endorsements::new();
    one.value(Origin::Directory, Value::from(text));
    session.has_room_for(&one)
}

fn below(known: &Session) -> Session {
    // Three below one another are never too deep.
    Session::knowing(known).unwrap_or_default()
}
