//! What `sacctmgr` and `scontrol` are told to make accounts, users, QOS and reservations be what is wanted. Pure: words for
//! the programs, each an argument of its own. Of what is there already only what differs is told: Slurm shows inherited
//! values as a row's own, and said again they would become that.

use app::model::shares::{Limit, LimitKind, Limits, PutQos, PutReservation, PutShare, Qos, Share};
use app::rules::shares::is_count;

/// A program's arguments.
pub type Words = Vec<String>;

/// None of a value that was set.
const NONE: &str = "-1";
/// Nodes of a reservation for maintenance are kept from jobs that are there, and have no end of their own in reports.
const MAINTENANCE: &str = "MAINT,IGNORE_JOBS";
/// Of a reservation of licences: its jobs run on whichever node.
const NO_NODES: &str = "ANY_NODES";

/// The commands that make the account, or the user in it, be as wanted.
pub fn put_share(before: Option<&Share>, wanted: &PutShare) -> Vec<Words> {
    let noun = match wanted.user.is_empty() {
        true => "account",
        false => "user",
    };
    let mut which = vec![];
    if wanted.user.is_empty() {
        which.push(format!("name={}", wanted.account));
    } else {
        which.push(format!("name={}", wanted.user));
        which.push(format!("account={}", wanted.account));
    }
    let set = share_settings(before, wanted);
    let mut commands = put(noun, which, before.is_some(), set);
    let was_default = before.is_some_and(|share| share.is_default);
    if !wanted.user.is_empty() && wanted.is_default && !was_default {
        let which = vec![format!("name={}", wanted.user)];
        let set = vec![format!("DefaultAccount={}", wanted.account)];
        commands.extend(put("user", which, true, set));
    }
    if wanted.user.is_empty() {
        let had = before.map_or(&[][..], |share| &share.coordinators);
        commands.extend(coordinators(&wanted.account, had, &wanted.coordinators));
    }
    commands
}

/// They are no setting of an account for Slurm, but come and go by themselves.
fn coordinators(account: &str, had: &[String], wanted: &[String]) -> Vec<Words> {
    let names = |all: &[String], but: &[String]| {
        let names: Vec<&str> = all
            .iter()
            .filter(|name| !but.contains(name))
            .map(String::as_str)
            .collect();
        (!names.is_empty()).then(|| format!("names={}", names.join(",")))
    };
    let account = format!("account={account}");
    let add = ["-i", "add", "coordinator"].map(str::to_owned);
    let come = names(wanted, had).map(|names| [&add[..], &[account.clone(), names]].concat());
    let go = names(had, wanted).map(|names| delete("coordinator", vec![account.clone(), names]));
    come.into_iter().chain(go).collect()
}

fn share_settings(before: Option<&Share>, wanted: &PutShare) -> Words {
    let nothing = Share::default();
    let was = before.unwrap_or(&nothing);
    let mut set = vec![];
    if wanted.user.is_empty() && !wanted.parent.is_empty() && wanted.parent != was.parent {
        set.push(format!("parent={}", wanted.parent));
    }
    if wanted.fair_share != was.fair_share {
        set.push(format!("Fairshare={}", wanted.fair_share));
    }
    if sorted(&wanted.qos) != sorted(&was.qos) {
        set.push(format!("QOS={}", wanted.qos.join(",")));
    }
    if wanted.default_qos != was.default_qos {
        set.push(format!("DefaultQOS={}", or_none(&wanted.default_qos)));
    }
    set.extend(limits(&was.limits, &wanted.limits, &Limit::OF_ACCOUNTS));
    set
}

/// The user that is in no other account goes wholly; so does the account.
pub fn delete_share(account: &str, user: &str, is_last: bool) -> Words {
    match (user.is_empty(), is_last) {
        (true, _) => delete("account", vec![format!("name={account}")]),
        (false, true) => delete("user", vec![format!("name={user}")]),
        (false, false) => delete(
            "user",
            vec![format!("name={user}"), format!("account={account}")],
        ),
    }
}

pub fn put_qos(before: Option<&Qos>, wanted: &PutQos) -> Vec<Words> {
    let nothing = Qos {
        priority: "0".into(),
        ..Qos::default()
    };
    let was = before.unwrap_or(&nothing);
    let mut set = vec![];
    if wanted.priority != was.priority {
        set.push(format!("Priority={}", wanted.priority));
    }
    if sorted(&wanted.preempts) != sorted(&was.preempts) {
        set.push(format!("Preempt={}", wanted.preempts.join(",")));
    }
    if sorted(&wanted.flags) != sorted(&was.flags) {
        set.push(format!("Flags={}", or_none(&wanted.flags.join(","))));
    }
    set.extend(limits(&was.limits, &wanted.limits, &Limit::OF_QOS));
    let which = vec![format!("name={}", wanted.name)];
    put("qos", which, before.is_some(), set)
}

pub fn delete_qos(name: &str) -> Words {
    delete("qos", vec![format!("name={name}")])
}

fn delete(noun: &str, which: Words) -> Words {
    let begin = ["-i", "delete", noun, "where"].map(str::to_owned);
    begin.into_iter().chain(which).collect()
}

/// `add …`, or `modify … set …` if there is something to set.
fn put(noun: &str, which: Words, is_there: bool, set: Words) -> Vec<Words> {
    let begin = |verb: &str| vec!["-i".to_owned(), verb.to_owned(), noun.to_owned()];
    if !is_there {
        return vec![[begin("add"), which, set].concat()];
    }
    if set.is_empty() {
        return vec![];
    }
    let mut words = begin("modify");
    words.push("where".into());
    words.extend(which);
    words.push("set".into());
    words.extend(set);
    vec![words]
}

fn limits(was: &Limits, wanted: &Limits, all: &[Limit]) -> Words {
    let mut set = vec![];
    for limit in all {
        let of = |limits: &Limits| limits.get(limit).cloned().unwrap_or_default();
        let (was, wanted) = (of(was), of(wanted));
        if was != wanted {
            let value = match limit.kind() {
                LimitKind::Resources | LimitKind::ResourceMinutes => resources(&was, &wanted),
                LimitKind::Number | LimitKind::Time => or_none(&wanted).to_owned(),
            };
            set.push(format!("{}={value}", limit.name()));
        }
    }
    set
}

/// Slurm leaves what is not named as it is: what is to go is named too.
fn resources(was: &str, wanted: &str) -> String {
    let name = |part: &str| part.split('=').next().unwrap_or_default().to_owned();
    let parts = |text: &'_ str| -> Vec<String> {
        let parts = text.split(',').filter(|part| !part.is_empty());
        parts.map(str::to_owned).collect()
    };
    let mut all = parts(wanted);
    let kept: Vec<String> = all.iter().map(|part| name(part)).collect();
    let gone = parts(was).into_iter().map(|part| name(&part));
    all.extend(
        gone.filter(|name| !kept.contains(name))
            .map(|name| format!("{name}={NONE}")),
    );
    all.join(",")
}

/// The arguments of `scontrol`.
pub fn put_reservation(wanted: &PutReservation) -> Words {
    let verb = if wanted.is_new { "create" } else { "update" };
    let mut words = vec![
        verb.to_owned(),
        "reservation".to_owned(),
        format!("ReservationName={}", wanted.name),
    ];
    match wanted.starts_at {
        // Seconds since 1970: no time zone is in the way.
        Some(at) => words.push(format!("StartTime=uts{}", at.div_euclid(1000))),
        None if wanted.is_new => words.push("StartTime=now".into()),
        None => {}
    }
    words.push(format!("Duration={}", wanted.minutes));
    match wanted.nodes.as_str() {
        "" => {}
        count if is_count(count) => words.push(format!("NodeCnt={count}")),
        nodes => words.push(format!("Nodes={nodes}")),
    }
    if !wanted.queue.is_empty() {
        words.push(format!("PartitionName={}", wanted.queue));
    }
    for (name, what) in [
        ("Licenses", wanted.licenses.clone()),
        ("Users", wanted.users.join(",")),
        ("Accounts", wanted.accounts.join(",")),
    ] {
        // A new one has none to take away.
        if !wanted.is_new || !what.is_empty() {
            words.push(format!("{name}={what}"));
        }
    }
    let flags: Vec<&str> = [
        (wanted.is_maintenance, MAINTENANCE),
        (wanted.nodes.is_empty(), NO_NODES),
    ]
    .into_iter()
    .filter_map(|(is_so, flag)| is_so.then_some(flag))
    .collect();
    if wanted.is_new && !flags.is_empty() {
        words.push(format!("Flags={}", flags.join(",")));
    }
    words
}

fn or_none(text: &str) -> &str {
    if text.is_empty() { NONE } else { text }
}

fn sorted(list: &[String]) -> Vec<&String> {
    let mut all: Vec<&String> = list.iter().collect();
    all.sort();
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(commands: Vec<Words>) -> Vec<String> {
        commands.into_iter().map(|words| words.join(" ")).collect()
    }

    fn limits_of(all: &[(Limit, &str)]) -> Limits {
        let owned = all.iter().map(|(limit, value)| (*limit, value.to_string()));
        owned.collect()
    }

    #[test]
    fn only_what_differs_is_told() {
        let share = Share {
            account: "lab".into(),
            parent: "root".into(),
            fair_share: "1".into(),
            limits: limits_of(&[(Limit::MaxJobs, "3"), (Limit::GrpTres, "cpu=8,node=2")]),
            ..Share::default()
        };
        let mut wanted = PutShare {
            account: "lab".into(),
            parent: "root".into(),
            fair_share: "1".into(),
            limits: share.limits.clone(),
            ..PutShare::default()
        };
        assert!(put_share(Some(&share), &wanted).is_empty());
        wanted.limits = limits_of(&[(Limit::GrpTres, "cpu=4"), (Limit::MaxWall, "90")]);
        wanted.fair_share = "7".into();
        assert_eq!(
            lines(put_share(Some(&share), &wanted)),
            [
                "-i modify account where name=lab set Fairshare=7 MaxJobs=-1 MaxWall=90 GrpTRES=cpu=4,node=-1"
            ]
        );
        assert_eq!(
            lines(put_share(None, &wanted)),
            ["-i add account name=lab parent=root Fairshare=7 MaxWall=90 GrpTRES=cpu=4"]
        );
    }

    #[test]
    fn coordinators_come_and_go() {
        let share = Share {
            account: "lab".into(),
            coordinators: vec!["ann".into(), "bob".into()],
            ..Share::default()
        };
        let mut wanted = PutShare {
            account: "lab".into(),
            coordinators: vec!["bob".into(), "cyd".into(), "dan".into()],
            ..PutShare::default()
        };
        assert_eq!(
            lines(put_share(Some(&share), &wanted)),
            [
                "-i add coordinator account=lab names=cyd,dan",
                "-i delete coordinator where account=lab names=ann"
            ]
        );
        wanted.coordinators = share.coordinators.clone();
        assert!(put_share(Some(&share), &wanted).is_empty());
        wanted.user = "jane".into();
        wanted.coordinators = vec![];
        assert!(put_share(Some(&share), &wanted).is_empty());
    }

    #[test]
    fn a_user_is_told_its_default_account_apart() {
        let wanted = PutShare {
            account: "lab".into(),
            user: "jane".into(),
            fair_share: "2".into(),
            qos: vec!["high".into(), "normal".into()],
            is_default: true,
            ..PutShare::default()
        };
        assert_eq!(
            lines(put_share(None, &wanted)),
            [
                "-i add user name=jane account=lab Fairshare=2 QOS=high,normal",
                "-i modify user where name=jane set DefaultAccount=lab"
            ]
        );
        let gone = [("", false), ("jane", false), ("jane", true)];
        assert_eq!(
            gone.map(|(user, is_last)| delete_share("lab", user, is_last).join(" ")),
            [
                "-i delete account where name=lab",
                "-i delete user where name=jane account=lab",
                "-i delete user where name=jane"
            ]
        );
    }

    #[test]
    fn a_qos_loses_what_is_taken_away() {
        let qos = Qos {
            name: "high".into(),
            priority: "5".into(),
            preempts: vec!["low".into()],
            flags: vec!["DenyOnLimit".into()],
            ..Qos::default()
        };
        let wanted = PutQos {
            name: "high".into(),
            priority: "0".into(),
            ..PutQos::default()
        };
        assert_eq!(
            lines(put_qos(Some(&qos), &wanted)),
            ["-i modify qos where name=high set Priority=0 Preempt= Flags=-1"]
        );
        assert_eq!(lines(put_qos(None, &wanted)), ["-i add qos name=high"]);
    }

    #[test]
    fn a_reservation_begins_at_once_or_at_a_time() {
        let mut wanted = PutReservation {
            name: "service".into(),
            is_new: true,
            minutes: "60".into(),
            nodes: "a-[1-2]".into(),
            users: vec!["root".into()],
            is_maintenance: true,
            ..PutReservation::default()
        };
        assert_eq!(
            put_reservation(&wanted).join(" "),
            "create reservation ReservationName=service StartTime=now Duration=60 Nodes=a-[1-2] Users=root \
             Flags=MAINT,IGNORE_JOBS"
        );
        wanted.is_new = false;
        wanted.starts_at = Some(1_500);
        assert_eq!(
            put_reservation(&wanted).join(" "),
            "update reservation ReservationName=service StartTime=uts1 Duration=60 Nodes=a-[1-2] Licenses= Users=root Accounts="
        );
        let licenses = PutReservation {
            name: "solvers".into(),
            is_new: true,
            minutes: "60".into(),
            licenses: "solver:2".into(),
            users: vec!["root".into()],
            ..PutReservation::default()
        };
        let begin = "create reservation ReservationName=solvers StartTime=now Duration=60";
        assert_eq!(
            put_reservation(&licenses).join(" "),
            format!("{begin} Licenses=solver:2 Users=root Flags=ANY_NODES")
        );
        let some = PutReservation {
            nodes: "4".into(),
            queue: "demo".into(),
            licenses: String::new(),
            ..licenses
        };
        assert_eq!(
            put_reservation(&some).join(" "),
            format!("{begin} NodeCnt=4 PartitionName=demo Users=root")
        );
    }
}
