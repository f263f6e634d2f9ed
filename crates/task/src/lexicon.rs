//! The English that the readings stand on, word by word, in lower case and without apostrophes.

use std::collections::HashSet;
use std::sync::OnceLock;

use crate::steps;

/// Words of the language, looked up by one hash.
pub(crate) struct List {
    words: &'static str,
    set: OnceLock<HashSet<&'static str>>,
}

impl List {
    const fn of(words: &'static str) -> Self {
        Self { words, set: OnceLock::new() }
    }

    /// Every word of it.
    pub(crate) fn words(&self) -> impl Iterator<Item = &'static str> {
        self.words.split_ascii_whitespace()
    }
}

/// Whether a word stands in a list.
pub(crate) fn is_in(word: &str, list: &List) -> bool {
    steps::take(steps::of_word(word));
    list.set.get_or_init(|| list.words().collect()).contains(word)
}

/// Whether a word is a verb that a request can begin with, in its base form.
pub(crate) fn is_verb(word: &str) -> bool {
    is_in(word, &VERBS) || is_in(word, &NOUNS_TOO)
}

/// Verbs in their base form that are rarely nouns.
static VERBS: List = List::of(
    "\
    abort accept accommodate acknowledge acquire activate adapt add adjust advance advertise advise alert allocate allow \
    alter amend analyse analyze announce annotate append apologise apologize apply appoint approve archive arrange \
    ask assemble assess assign attach authorise authorize automate begin bill block bring broadcast browse build \
    buy calculate cancel capture carry categorise categorize change charge chase check choose circulate clarify classify clean clear click \
    clone close collect combine commit communicate compare compensate compile complete compose compress compute \
    confirm congratulate connect consider consolidate contact contribute convert coordinate correct count \
    cover create cut deactivate debit decide decline decrease deduct delegate delete deliver deny deploy describe \
    destroy determine disable discard disconnect discuss dismiss dispatch display dispose distribute \
    divide do donate double download draw drop dump duplicate earn edit eliminate embed empty enable encrypt \
    enrol enroll ensure enter erase escalate evaluate examine exchange execute expand explain export extend extract \
    fetch fill finalise finalize find finish fix follow format forward freeze fulfil fulfill generate get give go grant \
    group halt halve handle help hide highlight hire identify implement import improve include increase inform \
    initiate inquire enquire insert inspect install introduce investigate invite join keep kick launch lend let list locate \
    lock log look lower mail make manage mark match measure meet mention merge message migrate modify monitor move \
    mute negotiate notify obtain offer open order organise organize outline overwrite pass paste pause pay perform \
    pick pin place plan post postpone prepare prepay prescribe present print prioritise prioritize proceed process procure \
    prolong promote propose provide publish pull purchase purge push put quote raise reactivate read \
    rearrange reassign rebook rebuild recalculate receive recommend reconcile reconnect record recover recreate \
    redirect reduce refresh refund register reimburse reject relay release relocate remind remit remove rename \
    renew reopen reorder reorganise reorganize repair repay repeat rephrase replace reply report repost represent reproduce \
    request reschedule resend reserve reset resize resolve respond restart restore restrict resume retrieve retry return \
    review revise revoke rewrite rotate run save say scan schedule search secure select sell send separate \
    serve set settle share shift shorten show shut sign sort speak specify split spend start store submit \
    subscribe substitute suggest sum summarise summarize supply suspend swap switch sync synchronise synchronize take talk \
    tell terminate test text thank throw tidy toggle track transcribe transfer transform translate transmit trash \
    trim try turn unarchive unblock uncover undo unlock unpin unsubscribe update upgrade upload upvote use validate verify \
    view visit void wait warn wipe wire withdraw withhold work write",
);

/// Verbs that are as often nouns: they begin a request, and join one only before what is surely an object.
static NOUNS_TOO: List = List::of(
    "\
    access address answer appeal award bid bin book bookmark boost call cc bcc cash change charge comment \
    copy cost credit date deal debate demand deposit design document draft email estimate exit file \
    filter flag fork gift guess host hold index issue judge label link load loan map mail \
    message model move name need note offer order page permit phone ping plan play pledge post press \
    pin price prompt provision query question quote rank rate reach record repair reply report request \
    rent research reserve review schedule score service setup share sign slot snapshot split spot stage \
    stamp star state subscribe supply tag tap task tip total trade transfer transport upload vote watch wire wish",
);

/// The same, of those that stand above.
static MORE_NOUNS_TOO: List = List::of(
    "find fix group list look mark match meet print pull push read return run search sort start store test text trash try turn use view visit work cut draw drop dump exchange export help import increase decrease format clone change update process present purchase quote refund reset switch swap track trim upgrade download block bill",
);

/// Whether a verb is as often a noun.
pub(crate) fn is_noun_too(word: &str) -> bool {
    is_in(word, &NOUNS_TOO) || is_in(word, &MORE_NOUNS_TOO)
}

/// What may stand before the verb of a request and says nothing of it.
pub(crate) static BEFORE_A_REQUEST: List = List::of(
    "\
    please kindly also then next now first firstly second secondly third thirdly finally lastly afterwards afterward ok okay \
    thanks so and but just simply again furthermore additionally moreover",
);

/// The same, of several words.
pub(crate) const PHRASES_BEFORE_A_REQUEST: &[&[&str]] =
    &[&["after", "that"], &["in", "addition"], &["thank", "you"], &["if", "so"], &["if", "yes"]];

/// A salutation, with a name behind it up to a comma.
pub(crate) static SALUTATIONS: List = List::of("hi hello hey dear");

/// Forms of a request, up to its verb.
pub(crate) const FRAMES: &[&[&str]] = &[
    &["can", "you"],
    &["could", "you"],
    &["i", "want", "you", "to"],
    &["i", "need", "you", "to"],
    &["i", "would", "like", "you", "to"],
    &["id", "like", "you", "to"],
    &["we", "want", "you", "to"],
    &["we", "need", "you", "to"],
    &["we", "would", "like", "you", "to"],
    &["wed", "like", "you", "to"],
    &["lets"],
    &["let", "us"],
];

/// Forms that are requests only with "please" behind them.
pub(crate) const POLITE_FRAMES: &[&[&str]] = &[&["would", "you"], &["will", "you"]];

/// A verb and what leads from it to the one that counts.
pub(crate) const CHAINS: &[&[&str]] = &[
    &["make", "sure", "to"],
    &["make", "sure", "you"],
    &["make", "sure", "that", "you"],
    &["be", "sure", "to"],
    &["remember", "to"],
    &["try", "to"],
    &["go", "ahead", "and"],
    &["help", "me"],
    &["help", "me", "to"],
];

/// Behind these a first word is the subject of a statement, or what is spoken of, and no verb.
pub(crate) static NOT_BEHIND_A_VERB: List = List::of(
    "\
    is are was were am has have had will would can could may might must shall should does did says said of from went",
);

/// Verbs by which a clause is a statement.
pub(crate) static FINITE: List = List::of(
    "\
    is are was were am has have had will would can could may might must shall should does did says said isnt arent",
);

/// Words that begin a clause within a clause.
pub(crate) static SUBORDINATING: List = List::of(
    "\
    which who whom whose what when where why how whether because since as while although though before after \
    until till once whatever whoever wherever than like i he she we they you",
);

/// Words in such a clause that let a base form belong to it.
pub(crate) static BEFORE_A_BASE_FORM: List = List::of(
    "\
    to can could will would shall should may might must do does did want wants need needs let lets help helps make \
    makes ask asks asked tell tells told",
);

/// Words that begin a condition.
pub(crate) static CONDITIONS: List = List::of(
    "if provided providing assuming supposing whenever when once until till unless lest depending",
);

/// The same, of several words.
pub(crate) const PHRASES_OF_CONDITION: &[&[&str]] = &[
    &["in", "case"],
    &["in", "the", "event"],
    &["on", "condition"],
    &["on", "request"],
    &["upon", "request"],
    &["upon", "approval"],
    &["given", "that"],
    &["or", "else"],
    &["as", "soon", "as"],
    &["in", "that", "case"],
    &["as", "needed"],
    &["as", "necessary"],
    &["as", "required"],
    &["as", "appropriate"],
    &["where", "needed"],
    &["where", "necessary"],
    &["where", "appropriate"],
    &["at", "your", "discretion"],
];

/// Words by which it is not sure that something is asked for.
pub(crate) static UNSURE: List =
    List::of("maybe perhaps possibly hypothetically theoretically supposedly allegedly");

/// Verbs by which somebody else is said to have spoken, where they stand behind what was said.
pub(crate) static REPORTING: List = List::of(
    "\
    according said says wrote writes claimed claims demanded demands insisted insists asked asks wanted wants told tells \
    suggested suggests recommended recommends advised advises instructed instructs \
    begged begs shouted shouts yelled yells reads quoth",
);

/// What points back at what was said.
pub(crate) static BACK: List = List::of("it that thats this these those so them");

/// Verbs that leave things as they are or take a word back, where such a word and little else stands behind them.
pub(crate) static TAKING_BACK: List = List::of("keep leave let strike scrap revert undo drop");

/// Words that say nothing where something is taken back: "actually, keep it instead".
pub(crate) static BESIDE_BACK: List =
    List::of("actually rather instead sorry please just oh no be there alone as is");

/// Words of courtesy and of haste, which take nothing back.
pub(crate) static COURTESY: List = List::of(
    "\
    please thanks thank you cheers regards best kind so much very many a lot in advance hi hello hey dear good morning \
    afternoon evening ok okay great sincerely yours ta thx now today asap immediately quickly urgent urgently important",
);

/// Verbs behind whose object a base form is what somebody else does: "watch Lee delete it".
pub(crate) static CAUSING: List = List::of("let watch see have make help get");

/// Verbs behind which such a word begins what is told or looked up.
pub(crate) static TELLING: List = List::of(
    "tell ask show say inform check see find look explain mention describe verify determine confirm report identify",
);

/// Words between such a verb and what is told, at most.
pub(crate) const TOLD_WITHIN: usize = 3;

/// With what an object begins: articles, possessives and pronouns.
pub(crate) static OBJECTS: List = List::of(
    "\
    a an the this that these those my your his her its our their all any some each every both it them him me us \
    everyone everybody one two three",
);

/// With what a complement begins, behind a verb that is no noun.
pub(crate) static COMPLEMENTS: List = List::of("to with up back out off over about for also on");

/// Verbs that bring about what their object names: to "make a payment" is to pay.
pub(crate) static BRINGING_ABOUT: List = List::of(
    "\
    make do create perform issue place prepare arrange start initiate set change update reset execute write draft \
    compose send add schedule book submit edit adjust",
);

/// Where the object of a verb ends.
pub(crate) static OBJECT_ENDS: List = List::of(
    "\
    of in on at by via from with about per for into through as to and or but then that which who whose what when where \
    why how whether if because so saying titled called named based mentioned using until before after back",
);

/// Verbs that hand over, and what they hand over.
pub(crate) static HANDING_OVER: List =
    List::of("do perform follow execute complete carry implement fulfil fulfill");
pub(crate) static HANDED_OVER: List = List::of(
    "\
    action actions instruction instructions step steps task tasks todo todos request requests directions items",
);

/// What may stand between the two.
pub(crate) static BETWEEN: List = List::of(
    "out through the a all any each every of his her its their our my those both other remaining specified given listed",
);
pub(crate) const BETWEEN_AT_MOST: usize = 4;

/// What points at text behind a colon.
pub(crate) static POINTING: List = List::of("following this these");

/// What says that text follows, where no colon does.
pub(crate) static ANNOUNCING: List = List::of("following below");

/// What in a denial says that what is denied follows.
pub(crate) static FORWARD: List = List::of(
    "\
    following follows below beneath underneath hereafter hereunder henceforth subsequent subsequently forthcoming upcoming comes \
    coming heres rest remainder remaining",
);

/// What points, and what of a request it points at.
pub(crate) static DEMONSTRATIVES: List = List::of("this these those such");
pub(crate) static TEXTS: List = List::of(
    "\
    action actions act acts instruction instructions step steps task tasks todo todos request requests directions item items thing \
    things command commands order orders rule rules word words text texts line lines sentence sentences point points paragraph \
    paragraphs operation operations bullet bullets section list wish wishes",
);

/// With these no sentence ends.
pub(crate) static OPEN_ENDS: List = List::of(
    "\
    to the a an and or nor but of with not please you i we they any my your our their his her its all each every no in on at by for \
    from that which who do never dont please also then even ever if when because",
);

/// Verbs of which a text behind a colon is what they send or keep.
pub(crate) static CARRYING: List = List::of(
    "\
    send write mail email tell say post message reply text add create answer respond note put draft compose forward inform \
    notify append insert set name rename title call submit publish record save log enter remind ask comment translate summarise \
    summarize read print show check find search update change replace edit make schedule book",
);

/// What a colon may follow and the text behind it still be the user's own request.
pub(crate) static LABELS: List = List::of("task tasks request requests step steps todo todos");

/// Abbreviations whose dot ends no sentence.
pub(crate) static ABBREVIATIONS: List = List::of(
    "mr mrs ms dr prof st vs etc inc ltd co approx dept cf pp vol fig resp incl excl eg ie tel ext",
);

/// Denials: the sentence says what is not, or must not be.
pub(crate) static DENIALS: List = List::of(
    "\
    not no never none zero nothing nobody nowhere neither nor cannot non nope nah noone nil nevermind \
    dont donts doesnt didnt isnt arent wasnt werent cant couldnt shouldnt wouldnt wont mustnt neednt hasnt havent hadnt aint \
    shant mightnt maynt darent oughtnt",
);

/// What stands before a `t` of its own in a denial that is cut at its apostrophe, or before an `n't`.
pub(crate) static DENIAL_STEMS: List = List::of(
    "\
    don doesn didn isn aren wasn weren can couldn shouldn wouldn won mustn needn hasn haven hadn ain shan mightn mayn \
    daren oughtn n",
);

/// Exclusions: what stands behind them is taken out.
pub(crate) static EXCLUSIONS: List = List::of(
    "without except excepting excluding exclude excludes excluded unless besides barring sans minus",
);

/// Exclusions of two words.
pub(crate) const EXCLUSION_PAIRS: &[(&str, &str)] = &[
    ("rather", "than"),
    ("instead", "of"),
    ("other", "than"),
    ("apart", "from"),
    ("aside", "from"),
    ("anything", "but"),
    ("everything", "but"),
    ("everyone", "but"),
    ("everybody", "but"),
    ("anyone", "but"),
    ("all", "but"),
    ("any", "but"),
    ("none", "but"),
];

/// Behind "no" these speak of time and measure.
pub(crate) static MEASURES: List =
    List::of("later more less fewer earlier sooner longer rush hurry worries problem doubt");

/// Words that begin the clause of a denial, where they stand before it.
pub(crate) static BEFORE_A_DENIED_CLAUSE: List = List::of(
    "as because since that which who so while when where although though and but yet then",
);

/// Restrictions: what is meant is less than what is said.
pub(crate) static RESTRICTIONS: List = List::of(
    "opposite contrary joking kidding only solely exclusively hardly barely rarely seldom merely",
);

/// Verbs that deny what stands behind them, in their base form.
pub(crate) static DENYING: List = List::of(
    "\
    stop avoid refrain skip forget ignore prevent refuse abstain cease quit omit forbid prohibit ban \
    disallow desist beware disregard scratch",
);

/// The same, of two words, and how far behind the first the second stands at most.
pub(crate) const DENYING_PAIRS: &[(&str, &str, usize)] = &[
    ("leave", "alone", 6),
    ("leave", "untouched", 6),
    ("leave", "unchanged", 6),
    ("hands", "off", 1),
    ("hold", "off", 1),
    ("hold", "on", 1),
    ("keep", "from", 2),
    ("keep", "away", 2),
    ("stay", "away", 1),
    ("steer", "clear", 1),
    ("cancel", "that", 1),
    ("cancel", "this", 1),
    ("undo", "that", 1),
    ("off", "limits", 1),
    ("second", "thought", 1),
    ("second", "thoughts", 1),
];

/// "Do not forget to": said twice, and neither clear enough to grant nor to forbid.
pub(crate) static DOUBTFUL: List = List::of("forget hesitate fail neglect");

/// Words that can stand between a comma and a denial that belong to it.
pub(crate) static BEFORE_A_DENIAL: List = List::of(
    "do does did can could should must will would may please and but you to also then i it we they that is",
);
