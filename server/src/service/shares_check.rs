//! What is wrong with a change of accounts, users, QOS (see [`qos_check`](super::qos_check) too) or reservations, before Slurm is told: with what was asked for by
//! itself, and with what is there. Slurm itself says little, deletes what hangs on an account with it, and stops answering
//! when accounts are put into a circle.

use app::explain::{RefusalText, refusal};
use app::i18n::{Language, Text};
use app::model::error::{Error, FieldError, Result};
use app::model::shares::*;
use app::rules::shares as rules;

use super::qos_check::check_qos;

pub fn needs_accounting(change: &SharesChange) -> bool {
    !matches!(
        change,
        SharesChange::PutReservation(_) | SharesChange::DeleteReservation { .. }
    )
}

/// What can be told without Slurm.
pub fn well_formed(t: &'static Text, change: &SharesChange) -> Result<()> {
    let mut found = Found { t, wrong: vec![] };
    match change {
        SharesChange::PutShare(wanted) => found.share(wanted),
        SharesChange::DeleteShare { account, user } => {
            found.name("account", account);
            if !user.is_empty() {
                found.name("user", user);
            }
        }
        SharesChange::PutQos(wanted) => found.qos(wanted),
        SharesChange::PutReservation(wanted) => found.reservation(wanted),
        SharesChange::DeleteQos { name } | SharesChange::DeleteReservation { name } => {
            found.name("name", name);
        }
    }
    match found.wrong.is_empty() {
        true => Ok(()),
        false => Err(Error::fields(found.wrong)),
    }
}

struct Found {
    t: &'static Text,
    wrong: Vec<FieldError>,
}

impl Found {
    fn field(&mut self, name: impl Into<String>, checked: std::result::Result<(), String>) {
        if let Err(message) = checked {
            let name = name.into();
            self.wrong.push(FieldError { name, message });
        }
    }

    fn name(&mut self, field: &str, name: &str) {
        self.field(field, rules::check_name(self.t, name));
    }

    fn names(&mut self, field: &str, names: &[String]) {
        for name in names {
            self.name(field, name);
        }
    }

    fn new_name(&mut self, field: &str, name: &str, is_new: bool) {
        match is_new {
            true => self.field(field, rules::check_new_name(self.t, name)),
            false => self.name(field, name),
        }
    }

    fn limits(&mut self, limits: &Limits, meant: &[Limit]) {
        for (limit, value) in limits {
            let field = format!("limits.{}", limit.field());
            match meant.contains(limit) {
                true => self.field(field, rules::check_limit(self.t, *limit, value)),
                false => self.field(field, Err(self.t.share_rules.other_limit.into())),
            }
        }
    }

    fn share(&mut self, wanted: &PutShare) {
        let is_account = wanted.user.is_empty();
        self.new_name("account", &wanted.account, wanted.is_new && is_account);
        if !is_account {
            self.new_name("user", &wanted.user, wanted.is_new);
        }
        if is_account && !wanted.parent.is_empty() {
            self.name("parent", &wanted.parent);
        }
        let shares = rules::check_fair_share(self.t, &wanted.fair_share);
        self.field("fairShare", shares);
        self.names("qos", &wanted.qos);
        if !wanted.default_qos.is_empty() {
            self.name("defaultQos", &wanted.default_qos);
        }
        self.names("coordinators", &wanted.coordinators);
        self.limits(&wanted.limits, &Limit::OF_ACCOUNTS);
    }

    fn qos(&mut self, wanted: &PutQos) {
        self.new_name("name", &wanted.name, wanted.is_new);
        self.field("priority", rules::check_number(self.t, &wanted.priority));
        self.names("preempts", &wanted.preempts);
        self.names("flags", &wanted.flags);
        self.limits(&wanted.limits, &Limit::OF_QOS);
    }

    fn reservation(&mut self, wanted: &PutReservation) {
        self.name("name", &wanted.name);
        self.field("minutes", rules::check_minutes(self.t, &wanted.minutes));
        if !wanted.licenses.is_empty() {
            let checked = rules::check_licenses(self.t, &wanted.licenses);
            self.field("licenses", checked);
        }
        if !wanted.nodes.is_empty() || wanted.licenses.is_empty() {
            self.field("nodes", rules::check_nodes(self.t, &wanted.nodes));
        }
        if !wanted.queue.is_empty() {
            self.name("queue", &wanted.queue);
        }
        self.names("users", &wanted.users);
        self.names("accounts", &wanted.accounts);
        if wanted.users.is_empty() && wanted.accounts.is_empty() {
            self.field("users", Err(self.t.share_rules.for_whom.into()));
        }
    }
}

/// The account, or the user in it, as it is; none if it is to be made.
pub fn share<'s>(
    language: Language,
    shares: &'s [Share],
    qos: &[Qos],
    wanted: &PutShare,
) -> Result<Option<&'s Share>> {
    let (account, user) = (wanted.account.as_str(), wanted.user.as_str());
    let before = find(shares, account, user);
    match (wanted.is_new, before) {
        (true, Some(_)) => return Err(taken(language, account, user)),
        (false, None) => return Err(no_share(language, account, user)),
        _ => {}
    }
    if user.is_empty() {
        check_parent(language, shares, before, wanted)?;
    } else if find(shares, account, "").is_none() {
        return Err(unknown(language, "account", account));
    }
    check_coordinators(language, shares, &wanted.coordinators)?;
    check_qos(language, qos, "qos", &wanted.qos)?;
    let default = std::slice::from_ref(&wanted.default_qos);
    check_qos(language, qos, "defaultQos", default)?;
    Ok(before)
}

/// Slurm has nobody coordinate whom it does not know.
fn check_coordinators(language: Language, shares: &[Share], wanted: &[String]) -> Result<()> {
    let is_known = |user: &String| shares.iter().any(|share| share.user == *user);
    match wanted.iter().find(|user| !is_known(user)) {
        None => Ok(()),
        Some(user) => {
            let message = refusal(language, |t| t.no_coordinator, &[("user", user.clone())]);
            Err(Error::field("coordinators", message))
        }
    }
}

/// The tree stays one: Slurm looks for the root of a circle without end, and answers nobody meanwhile.
fn check_parent(
    language: Language,
    shares: &[Share],
    before: Option<&Share>,
    wanted: &PutShare,
) -> Result<()> {
    let parent = wanted.parent.as_str();
    if before.is_some_and(|before| before.parent == parent) || parent.is_empty() {
        return Ok(());
    }
    let refuse = |of: fn(&'static RefusalText) -> &'static str| {
        let values = [
            ("account", wanted.account.clone()),
            ("parent", parent.into()),
        ];
        Err(Error::field("parent", refusal(language, of, &values)))
    };
    if wanted.account == ROOT {
        return refuse(|t| t.root_account);
    }
    if find(shares, parent, "").is_none() {
        return Err(unknown(language, "parent", parent));
    }
    let above = |account: &Share| find(shares, &account.parent, "");
    let mut path = std::iter::successors(find(shares, parent, ""), |one| above(one));
    // A path that is longer than there are accounts is a circle by itself.
    match path
        .by_ref()
        .take(shares.len())
        .any(|one| one.account == wanted.account)
    {
        true => refuse(|t| t.account_below_itself),
        false => Ok(()),
    }
}

/// Whether it is all that Slurm knows of the user. `of_queues` has account and user of each row that is of one queue alone.
pub fn deletable_share(
    language: Language,
    shares: &[Share],
    of_queues: &[(String, String)],
    account: &str,
    user: &str,
) -> Result<bool> {
    let Some(found) = find(shares, account, user) else {
        return Err(no_share(language, account, user));
    };
    let values = [("account", account.to_owned()), ("user", user.to_owned())];
    let refuse = |of: fn(&'static RefusalText) -> &'static str| {
        Err(Error::conflict(
            "ACCOUNT",
            account,
            refusal(language, of, &values),
        ))
    };
    if account == ROOT && [ROOT, ""].contains(&user) {
        return refuse(|t| t.root_account);
    }
    if user.is_empty() {
        let hangs_on_it = |one: &Share| match one.is_account() {
            true => one.parent == account,
            false => one.account == account,
        };
        let has_queue = of_queues.iter().any(|(of, _)| of == account);
        return match has_queue || shares.iter().any(hangs_on_it) {
            true => refuse(|t| t.account_in_use),
            false => Ok(false),
        };
    }
    let rows = shares.iter().map(|one| (&one.account, &one.user));
    let mut rows = rows.chain(of_queues.iter().map(|(of, who)| (of, who)));
    let is_last = !rows.any(|(of, who)| who == user && of != account);
    match found.is_default && !is_last {
        true => refuse(|t| t.default_account),
        false => Ok(is_last),
    }
}

fn find<'s>(shares: &'s [Share], account: &str, user: &str) -> Option<&'s Share> {
    let is_it = |one: &&Share| one.account == account && one.user == user;
    shares.iter().find(is_it)
}

fn taken(language: Language, account: &str, user: &str) -> Error {
    let values = [("account", account.to_owned()), ("user", user.to_owned())];
    match user.is_empty() {
        true => Error::field("account", refusal(language, |t| t.account_taken, &values)),
        false => Error::field("user", refusal(language, |t| t.user_taken, &values)),
    }
}

fn no_share(language: Language, account: &str, user: &str) -> Error {
    let values = [("account", account.to_owned()), ("user", user.to_owned())];
    match user.is_empty() {
        true => {
            let message = refusal(language, |t| t.no_account, &values);
            Error::not_found("ACCOUNT", account, message)
        }
        false => {
            let message = refusal(language, |t| t.no_user, &values);
            Error::not_found("USER", user, message)
        }
    }
}

fn unknown(language: Language, field: &str, account: &str) -> Error {
    let values = [("account", account.to_owned())];
    Error::field(field, refusal(language, |t| t.no_account, &values))
}

#[cfg(test)]
mod tests {
    use super::*;
    use app::rules::english;

    const LANGUAGE: Language = Language::English;

    fn one(account: &str, user: &str, parent: &str, is_default: bool) -> Share {
        Share {
            account: account.into(),
            user: user.into(),
            parent: parent.into(),
            fair_share: "1".into(),
            is_default,
            ..Share::default()
        }
    }

    fn tree() -> Vec<Share> {
        vec![
            one("root", "", "", false),
            one("root", "root", "", true),
            one("science", "", "root", false),
            one("optics", "", "science", false),
            one("optics", "jane", "", true),
            one("chem", "", "root", false),
            one("chem", "jane", "", false),
        ]
    }

    #[test]
    fn accounts_stay_a_tree() {
        let tree = tree();
        let move_to = |account: &str, parent: &str| {
            let wanted = PutShare {
                account: account.into(),
                parent: parent.into(),
                fair_share: "1".into(),
                ..PutShare::default()
            };
            share(LANGUAGE, &tree, &[], &wanted)
                .map(drop)
                .map_err(|e| e.message)
        };
        assert_eq!(move_to("optics", "chem"), Ok(()));
        assert_eq!(move_to("root", ""), Ok(()));
        for (account, parent, word) in [
            ("science", "science", "below itself"),
            ("science", "optics", "below itself"),
            ("root", "optics", "root"),
            ("optics", "nothing", "nothing"),
            ("nothing", "root", "nothing"),
        ] {
            let words = move_to(account, parent).unwrap_err();
            assert!(words.contains(word), "{account} {parent}: {words}");
        }
    }

    #[test]
    fn nothing_goes_that_something_hangs_on() {
        let tree = tree();
        let delete =
            |account: &str, user: &str| deletable_share(LANGUAGE, &tree, &[], account, user);
        assert_eq!(delete("chem", "jane"), Ok(false));
        for (account, user) in [
            ("science", ""),
            ("optics", ""),
            ("optics", "jane"),
            ("root", ""),
            ("root", "root"),
            ("chem", "joe"),
            ("nothing", ""),
        ] {
            assert!(delete(account, user).is_err(), "{account} {user}");
        }
        let alone = [one("chem", "", "root", false), one("chem", "joe", "", true)];
        let of = |shares: &[Share], of_queue: Option<&str>, user: &str| {
            let of_queue = of_queue.map(|account| (account.to_owned(), "joe".to_owned()));
            deletable_share(LANGUAGE, shares, of_queue.as_slice(), "chem", user)
        };
        assert_eq!(of(&alone, None, "joe"), Ok(true));
        assert_eq!(of(&alone, Some("chem"), "joe"), Ok(true));
        assert_eq!(of(&alone[..1], None, ""), Ok(false));
        // What it has for a queue alone is no less.
        let other = [
            one("chem", "", "root", false),
            one("chem", "joe", "", false),
        ];
        assert_eq!(of(&other, Some("optics"), "joe"), Ok(false));
        assert!(of(&alone[..1], Some("chem"), "").is_err());
    }

    #[test]
    fn what_is_wrong_is_said_at_its_field() {
        let wrong = SharesChange::PutShare(PutShare {
            account: "a,b".into(),
            fair_share: "-1".into(),
            limits: [
                (Limit::MaxJobs, "x".to_owned()),
                (Limit::MaxJobsPerUser, "1".to_owned()),
            ]
            .into(),
            ..PutShare::default()
        });
        let error = well_formed(english(), &wrong).unwrap_err();
        for field in [
            "account",
            "fairShare",
            "limits.maxJobs",
            "limits.maxJobsPerUser",
        ] {
            assert!(error.message.contains(&format!("{field}: ")), "{error}");
        }
        let nobody = SharesChange::PutReservation(PutReservation {
            name: "service".into(),
            minutes: "60".into(),
            nodes: "a-1".into(),
            ..PutReservation::default()
        });
        let error = well_formed(english(), &nobody).unwrap_err();
        assert!(error.message.starts_with("users: "), "{error}");
    }
}
