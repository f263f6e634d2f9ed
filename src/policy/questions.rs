//! Conditions about hosts, folders, lists and other values, as an author writes them.

use super::condition::{Condition, Quantifier, Texts, text};

/// What a value must lie in, look like or be the same as, and of how many elements of a list that must hold.
impl Condition {
    /// The argument is a host, and one of `hosts` or a name below one: `docs.example.com` is under `example.com`,
    /// `evilexample.com` is not. Hosts stand in the canonical form that the kinds `host` and `url` (as `url.host`) give them.
    ///
    /// Cannot be evaluated of a text that is no canonical host. Nor of an address where names are asked for and of a name
    /// where addresses are, since a name can lead to any address.
    ///
    /// ```
    /// use permitgate::policy::Condition;
    ///
    /// let ours = Condition::under("url.host", ["example.com", "example.org"]);
    /// let no_tracker = !Condition::under("urls.*.host", ["ads.example"]).for_some();
    /// # let _ = (ours, no_tracker);
    /// ```
    pub fn under<T: Into<String>>(
        argument: impl Into<String>,
        hosts: impl IntoIterator<Item = T>,
    ) -> Self {
        Self { under: Some(texts(hosts)), ..Self::on(argument) }
    }

    /// The argument is a path, and one of `folders` or below one, by whole names: `src/a.rs` is below `src`, `srcs` is not.
    /// `.` is the root of the kind `path`, below which every path without a leading `/` is.
    ///
    /// Cannot be evaluated of a text that could be read in several ways: with `.`, `..` or an empty name, with a character that a
    /// shell or a server expands (`*`, `$`, `%`, `\\`), or relative where the folder is absolute. What the kind `path` read
    /// has none of these.
    ///
    /// ```
    /// use permitgate::policy::Condition;
    ///
    /// let sources = Condition::below("path", ["src", "tests"]);
    /// # let _ = sources;
    /// ```
    pub fn below<T: Into<String>>(
        argument: impl Into<String>,
        folders: impl IntoIterator<Item = T>,
    ) -> Self {
        Self { below: Some(texts(folders)), ..Self::on(argument) }
    }

    /// The argument is a host that is an address in one of `ranges`, such as `10.0.0.0/8`, `fd00::/8` or `192.0.2.7`.
    /// Cannot be evaluated of a name, which can lead to any address.
    ///
    /// ```
    /// use permitgate::policy::Condition;
    ///
    /// let inside = Condition::in_network("host", ["10.0.0.0/8", "fd00::/8"]);
    /// # let _ = inside;
    /// ```
    pub fn in_network<T: Into<String>>(
        argument: impl Into<String>,
        ranges: impl IntoIterator<Item = T>,
    ) -> Self {
        Self { in_network: Some(texts(ranges)), ..Self::on(argument) }
    }

    /// The argument is a list of at most `most` elements, as its kind counts them: a text of two mailboxes has two.
    pub fn at_most_elements(argument: impl Into<String>, most: u64) -> Self {
        Self { at_most_elements: Some(most), ..Self::on(argument) }
    }

    /// The argument is a text that the regular expression matches as a whole, whether or not that has anchors.
    ///
    /// It is matched in time that is linear in the text. It reads bytes: `\d`, `\w`, `\s`, `\b` and `(?i)` are about ASCII, and `.`
    /// stands for one byte, so that `é` is two. One that would need more than 256 KiB is refused when the policy is
    /// compiled.
    ///
    /// ```
    /// use permitgate::policy::Condition;
    ///
    /// let ticket = Condition::regex("ticket", "[A-Z]{2,5}-[0-9]{1,6}");
    /// # let _ = ticket;
    /// ```
    pub fn regex(argument: impl Into<String>, expression: impl Into<String>) -> Self {
        Self { regex: text(expression), ..Self::on(argument) }
    }

    /// The argument equals another one: both texts, numbers or truth values. Where kinds read them, their canonical forms
    /// are compared; a text that a kind read cannot be compared with one that none read.
    pub fn equals_argument(argument: impl Into<String>, other: impl Into<String>) -> Self {
        Self { equals_argument: text(other), ..Self::on(argument) }
    }

    /// The argument is the text that the scope binds to a name, such as `invoker` or `agent`.
    ///
    /// ```
    /// use permitgate::policy::Condition;
    ///
    /// let own = Condition::equals_bound("owner", "invoker");
    /// # let _ = own;
    /// ```
    pub fn equals_bound(argument: impl Into<String>, name: impl Into<String>) -> Self {
        Self { equals_bound: text(name), ..Self::on(argument) }
    }

    /// The test must hold for every element that the path names, in which `*` stands for every place of a list. Of an empty list
    /// it does. Where it fails for one element it fails; otherwise, where it cannot be evaluated for one, it cannot at all.
    ///
    /// A list that is missing, another shape, and more than
    /// [`MAX_QUANTIFIED_VALUES`](crate::base::limits::MAX_QUANTIFIED_VALUES) elements cannot be evaluated.
    /// [`optional`](Self::optional) is about the list as a whole, and negation as well: `!` says that it does not hold for all.
    ///
    /// ```
    /// use permitgate::policy::Condition;
    ///
    /// let hosts = Condition::under("urls.*.host", ["example.com"]).for_all();
    /// # let _ = hosts;
    /// ```
    pub fn for_all(mut self) -> Self {
        self.holds_for = Some(Quantifier::All);
        self
    }

    /// The test must hold for some element. Of an empty list it does not. See [`for_all`](Self::for_all).
    pub fn for_some(mut self) -> Self {
        self.holds_for = Some(Quantifier::Some);
        self
    }

    /// The test must hold for no element. See [`for_all`](Self::for_all).
    ///
    /// ```
    /// use permitgate::policy::Condition;
    ///
    /// let gently = Condition::equals("command.commands.*.words.*", "--force").for_none();
    /// # let _ = gently;
    /// ```
    pub fn for_none(mut self) -> Self {
        self.holds_for = Some(Quantifier::None);
        self
    }

    /// The time is in a window: on these days of the week, between these hours, as clocks show them in a zone.
    ///
    /// `zone` is a name of the IANA database, such as `Europe/Berlin`, or `UTC`. `days` are `mon` to `sun`, or ranges such as `mon-fri`.
    /// Both hours are written `HH:MM`; `until` is the first minute that is no longer in the window, up to `24:00`. A window that ends
    /// before it begins lasts over midnight, and belongs to the day on which it begins. It is asked when an action is decided and again when the effect begins, of the
    /// gate's clock.
    ///
    /// ```
    /// use permitgate::policy::Condition;
    ///
    /// let office = Condition::within_hours("Europe/Berlin", ["mon-fri"], "08:00", "18:00");
    /// let not_at_night = !Condition::within_hours("UTC", ["mon-sun"], "22:00", "06:00");
    /// # let _ = (office, not_at_night);
    /// ```
    pub fn within_hours<T: Into<String>>(
        zone: impl Into<String>,
        days: impl IntoIterator<Item = T>,
        from: impl Into<String>,
        until: impl Into<String>,
    ) -> Self {
        let on_days = Self::on_days(zone, days);
        Self { from: text(from), until: text(until), ..on_days }
    }

    /// It is one of these days of the week in a zone. See [`within_hours`](Self::within_hours).
    ///
    /// ```
    /// use permitgate::policy::Condition;
    ///
    /// let weekend = Condition::on_days("America/New_York", ["sat", "sun"]);
    /// # let _ = weekend;
    /// ```
    pub fn on_days<T: Into<String>>(
        zone: impl Into<String>,
        days: impl IntoIterator<Item = T>,
    ) -> Self {
        Self { clock: text(zone), days: Some(texts(days)), ..Self::on("") }
    }

    /// The key by which it asks what only a statement can: of several values of the call, of what the scope binds, or of the time.
    pub(crate) fn of_statements(&self) -> Option<&'static str> {
        let keys = [
            ("holds_for", self.holds_for.is_some()),
            ("equals_argument", self.equals_argument.is_some()),
            ("equals_bound", self.equals_bound.is_some()),
            ("clock", self.clock.is_some()),
        ];
        keys.into_iter().find(|(_, is_there)| *is_there).map(|(key, _)| key)
    }

    /// `equals`, `one_of` and `matches` take capital and small letters for one, of Latin, Greek, Cyrillic and Armenian
    /// script. A text with a letter of which systems disagree (`ß`, `ſ`, `ı`, `İ`, `ς`, the Kelvin sign) cannot be evaluated.
    ///
    /// ```
    /// use permitgate::policy::Condition;
    ///
    /// let named = Condition::one_of("branch", ["main", "master"]).case_blind();
    /// # let _ = named;
    /// ```
    pub fn case_blind(mut self) -> Self {
        self.case_blind = true;
        self
    }
}

fn texts<T: Into<String>>(texts: impl IntoIterator<Item = T>) -> Texts {
    Texts(texts.into_iter().map(Into::into).collect())
}
