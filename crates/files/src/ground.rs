//! What a session may act on before anything is read: the same for tests, cases, lines of `decide` and `explain`.

use std::collections::HashMap;
use std::sync::Arc;

use permitgate::flow::{Endorsements, Origin};
use permitgate::model::{Value, ValueKind};
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
}

impl Ground {
    pub(crate) fn new<'n>(
        directory: Arc<Directory>,
        names: impl IntoIterator<Item = (&'n str, ValueKind<'static>)>,
        own: &[OwnSet],
    ) -> Self {
        let known = Session::new();
        for (name, kind) in names {
            // What finds no room is not endorsed, as in any session.
            known.endorse_name(kind, name);
        }
        let mut of_some = HashMap::<String, Session>::new();
        for set in own {
            let session = match &set.of {
                None => &known,
                Some(of) => of_some.entry(of.clone()).or_insert_with(|| below(&known)),
            };
            session.endorse_all(&set.values);
        }
        Self { directory, known, own: of_some }
    }

    /// A new session, which knows the directory and what is everybody's own, and has read nothing.
    pub fn session(&self) -> Session {
        below(&self.known)
    }

    /// The same for a session of this invoker, which knows what is his own as well.
    pub fn session_of(&self, invoker: &str) -> Session {
        below(self.own.get(invoker).unwrap_or(&self.known))
    }

    /// What a request endorses: words of the user, and facts of the program, each a text or a number.
    pub fn request<'v>(
        &self,
        user_says: Option<&str>,
        facts: impl IntoIterator<Item = Value<'v>>,
    ) -> Endorsements {
        let mut given = Endorsements::new();
        if let Some(said) = user_says {
            given.words(Origin::User, said);
            for value in self.directory.values_named(said) {
                given.value(Origin::Directory, Value::from(value));
            }
        }
        for fact in facts {
            given.value(Origin::Program, fact);
        }
        given
    }

    /// The most that a result of a tool endorses, by which a session is asked for room before the call begins. A value that
    /// no session takes, such as an empty text, endorses nothing, and the others count.
    pub fn result(&self, manifest: &Manifest, tool: &str, result: Value<'_>) -> Endorsements {
        manifest.endorsed_by(tool, result)
    }
}

/// Values that are always somebody's own, or everybody's.
#[derive(Clone, Debug)]
pub(crate) struct OwnSet {
    pub(crate) of: Option<String>,
    pub(crate) values: Endorsements,
}

fn below(known: &Session) -> Session {
    // Three below one another are never too deep.
    Session::knowing(known).unwrap_or_default()
}
