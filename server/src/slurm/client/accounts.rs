//! Accounts, users, QOS, reservations and licences, asked of Slurm's own programs and told to them.
//!
//! `sacctmgr` is asked for columns and not for JSON: what it prints there is what it takes. A row of other columns, as a name
//! with a bar in it would make, costs that row only.

use std::collections::{BTreeMap, HashMap, HashSet};

use app::model::date::{DAY, HOUR};
use app::model::shares::*;
use serde_json::Value;

use super::{Client, SlurmError, finish, parse, understand};
use crate::slurm::accounts::Words;

/// What it says of a change that changes nothing, which is none to be told of.
const UNCHANGED: [&str; 2] = ["Nothing modified", "Data has not changed"];
const SECOND: i64 = 1000;
/// Rows of usage: more help nobody.
const MOST_USAGE: usize = 500;

/// All that Slurm knows of who shares a cluster, asked once.
pub struct Associations {
    /// Accounts and users as a tree, with what fair share knows of them.
    pub shares: Vec<Share>,
    /// Account and user of each row that is of one queue alone: Slurm's programs make and change those.
    pub of_queues: Vec<(String, String)>,
}

impl Client {
    pub async fn shares(&self) -> Result<Vec<Share>, SlurmError> {
        Ok(self.associations().await?.shares)
    }

    pub async fn associations(&self) -> Result<Associations, SlurmError> {
        let columns = format!(
            "format=Account,User,Partition,ParentName,Fairshare,QOS,DefaultQOS,{}",
            names(&Limit::OF_ACCOUNTS)
        );
        // Without the limits of their parents, which they have no less.
        let asked = ["-n", "-P", "show", "assoc", "WOPLimits", &columns];
        let shares = self.run("sacctmgr", asked).await?;
        let asked = ["-n", "-P", "show", "users", "format=User,DefaultAccount"];
        let defaults = self.run("sacctmgr", asked).await?;
        let asked = ["-n", "-P", "show", "account", "WithCoordinators"];
        let asked = [&asked[..], &["format=Account,Coordinators"]].concat();
        let coordinators = self.run("sacctmgr", asked).await?;
        // A cluster whose jobs have their turn as they come has no fair share.
        let asked = ["-a", "-n", "-P", "-o", "Account,User,RawUsage,FairShare"];
        let factors = self.run("sshare", asked).await.unwrap_or_default();
        let (mut shares, of_queues) = all_shares(&shares);
        add_defaults(&mut shares, &defaults);
        add_coordinators(&mut shares, &coordinators);
        add_factors(&mut shares, &factors);
        Ok(Associations {
            shares: in_order(shares),
            of_queues,
        })
    }

    pub async fn qos(&self) -> Result<Vec<Qos>, SlurmError> {
        let columns = format!(
            "format=Name,Priority,Preempt,Flags,{}",
            names(&Limit::OF_QOS)
        );
        let asked = ["-n", "-P", "show", "qos", &columns];
        let answer = self.run("sacctmgr", asked).await?;
        Ok(all_qos(&answer))
    }

    /// Has `sacctmgr` do it.
    pub async fn change_accounts(&self, words: Words) -> Result<(), SlurmError> {
        match self.run("sacctmgr", words).await {
            Err(error) if UNCHANGED.iter().any(|it| error.message.contains(it)) => Ok(()),
            told => told.map(drop),
        }
    }

    /// With who may use them; see [`Self::reservations`] for the nodes one by one.
    pub async fn reserved(&self) -> Result<Vec<Reserved>, SlurmError> {
        let asked = ["show", "reservations", "--json"];
        let json = self.run("scontrol", asked).await?;
        Ok(parse::reservations(&json).iter().map(reserved).collect())
    }

    pub async fn licenses(&self) -> Result<Vec<License>, SlurmError> {
        let json = self.run("scontrol", ["show", "licenses", "--json"]).await?;
        understand("scontrol", json, licenses).await
    }

    pub async fn change_reservation(&self, words: Words) -> Result<(), SlurmError> {
        self.run("scontrol", words).await.map(drop)
    }

    pub async fn delete_reservation(&self, name: &str) -> Result<(), SlurmError> {
        let name = format!("ReservationName={name}");
        self.run("scontrol", ["delete", &name]).await.map(drop)
    }

    /// What jobs took in the last days.
    pub async fn usage(&self, days: u32) -> Result<UsageReport, SlurmError> {
        let now = chrono::Utc::now().timestamp_millis();
        let since = now - i64::from(days) * DAY;
        let mut command = self.records(since / SECOND, now / SECOND)?;
        command
            // Cut off at the range's ends; without steps.
            .args(["--truncate", "--allocations", "--parsable2"])
            .arg("--format=Account,User,Partition,CPUTimeRAW,Start,End");
        let answer = finish("sacct", command, None).await?;
        let periods = Periods::of(days, now);
        understand("sacct", answer, move |answer| Ok(report(answer, periods))).await
    }
}

fn names(limits: &[Limit]) -> String {
    let names: Vec<&str> = limits.iter().map(|limit| limit.name()).collect();
    names.join(",")
}

/// The rows that have so many columns.
fn rows(answer: &[u8], columns: usize) -> Vec<Vec<String>> {
    let text = String::from_utf8_lossy(answer);
    let split = |line: &str| -> Vec<String> { line.split('|').map(str::to_owned).collect() };
    let rows = text.lines().map(split);
    rows.filter(|row| row.len() == columns).collect()
}

fn list(text: &str) -> Vec<String> {
    let words = text.split(',').filter(|word| !word.is_empty());
    words.map(str::to_owned).collect()
}

fn limits(all: &[Limit], values: &[String]) -> Limits {
    let pairs = all.iter().copied().zip(values.iter().cloned());
    pairs.filter(|(_, value)| !value.is_empty()).collect()
}

/// Those of the account, and the account and user of the others: a user may have a row for a queue besides.
fn all_shares(answer: &[u8]) -> (Vec<Share>, Vec<(String, String)>) {
    const OWN: usize = 7;
    let rows = rows(answer, OWN + Limit::OF_ACCOUNTS.len()).into_iter();
    let (whole, of_queues): (Vec<_>, Vec<_>) = rows.partition(|row| row[2].is_empty());
    let of_queues = of_queues.iter();
    let of_queues = of_queues.map(|row| (row[0].clone(), row[1].clone()));
    let share = |row: &Vec<String>| Share {
        account: row[0].clone(),
        user: row[1].clone(),
        parent: row[3].clone(),
        fair_share: row[4].clone(),
        qos: list(&row[5]),
        default_qos: row[6].clone(),
        limits: limits(&Limit::OF_ACCOUNTS, &row[OWN..]),
        ..Share::default()
    };
    (whole.iter().map(share).collect(), of_queues.collect())
}

fn add_defaults(shares: &mut [Share], answer: &[u8]) {
    let defaults: HashMap<String, String> = rows(answer, 2)
        .into_iter()
        .filter_map(|row| <[String; 2]>::try_from(row).ok())
        .map(|[user, account]| (user, account))
        .collect();
    for share in shares {
        share.is_default = defaults.get(&share.user) == Some(&share.account);
    }
}

/// Slurm names whoever looks after an account with all that stand below it, too.
fn add_coordinators(shares: &mut [Share], answer: &[u8]) {
    let known: HashMap<String, Vec<String>> = rows(answer, 2)
        .into_iter()
        .map(|row| (row[0].clone(), list(&row[1])))
        .collect();
    let of = |account: &str| known.get(account).map_or(&[][..], Vec::as_slice);
    for share in shares.iter_mut().filter(|share| share.is_account()) {
        let above = of(&share.parent);
        let own = of(&share.account).iter();
        share.coordinators = own.filter(|user| !above.contains(user)).cloned().collect();
    }
}

fn add_factors(shares: &mut [Share], answer: &[u8]) {
    let mut known: HashMap<(String, String), (Option<f64>, Option<f64>)> = HashMap::new();
    for row in rows(answer, 4) {
        // Accounts are set in, as deep as they stand in the tree.
        let who = (row[0].trim().to_owned(), row[1].clone());
        let number = |text: &String| text.parse().ok().filter(|number: &f64| number.is_finite());
        known.insert(who, (number(&row[2]), number(&row[3])));
    }
    for share in shares {
        let who = (share.account.clone(), share.user.clone());
        let (usage, factor) = known.get(&who).copied().unwrap_or_default();
        (share.usage, share.factor) = (usage, factor);
    }
}

/// Each account, its users, then the accounts below it; what hangs on nothing comes last.
fn in_order(shares: Vec<Share>) -> Vec<Share> {
    let mut users: BTreeMap<String, Vec<Share>> = BTreeMap::new();
    let mut below: BTreeMap<String, Vec<Share>> = BTreeMap::new();
    for share in shares {
        match share.is_account() {
            true => below.entry(share.parent.clone()).or_default().push(share),
            false => users.entry(share.account.clone()).or_default().push(share),
        }
    }
    let mut ordered = vec![];
    let mut seen = HashSet::new();
    let mut left: Vec<(usize, Share)> = vec![];
    let mut roots: Vec<String> = vec![String::new()];
    roots.extend(below.keys().cloned());
    for root in roots {
        left.extend(reversed(below.remove(&root), 0));
        while let Some((depth, mut account)) = left.pop() {
            if !seen.insert(account.account.clone()) {
                continue;
            }
            account.depth = depth;
            let name = account.account.clone();
            ordered.push(account);
            let mut own = users.remove(&name).unwrap_or_default();
            own.sort_by(|a, b| a.user.cmp(&b.user));
            own.iter_mut().for_each(|user| user.depth = depth + 1);
            ordered.extend(own);
            left.extend(reversed(below.remove(&name), depth + 1));
        }
    }
    ordered
}

/// The first is to be taken first, from the end.
fn reversed(accounts: Option<Vec<Share>>, depth: usize) -> impl Iterator<Item = (usize, Share)> {
    let mut accounts = accounts.unwrap_or_default();
    accounts.sort_by(|a, b| b.account.cmp(&a.account));
    accounts.into_iter().map(move |account| (depth, account))
}

fn all_qos(answer: &[u8]) -> Vec<Qos> {
    const OWN: usize = 4;
    let rows = rows(answer, OWN + Limit::OF_QOS.len()).into_iter();
    rows.map(|row| Qos {
        name: row[0].clone(),
        priority: row[1].clone(),
        preempts: list(&row[2]),
        flags: list(&row[3]),
        limits: limits(&Limit::OF_QOS, &row[OWN..]),
        queues: vec![],
    })
    .collect()
}

fn reserved(value: &Value) -> Reserved {
    let who = |name: &str| list(&parse::text(&value[name]));
    Reserved {
        name: parse::text(&value["name"]),
        starts_at: parse::millis(&value["start_time"]),
        ends_at: parse::millis(&value["end_time"]),
        nodes: parse::text(&value["node_list"]),
        licenses: who("licenses"),
        users: who("users"),
        accounts: who("accounts"),
        is_maintenance: parse::words(&value["flags"]).any(|flag| flag == "MAINT"),
    }
}

fn licenses(json: &[u8]) -> Result<Vec<License>, serde_json::Error> {
    let answer: Value = serde_json::from_str(&String::from_utf8_lossy(json))?;
    let all = answer["licenses"].as_array().into_iter().flatten();
    Ok(all
        .map(|one| License {
            name: parse::text(&one["LicenseName"]),
            total: one["Total"].as_i64().unwrap_or_default(),
            used: one["Used"].as_i64().unwrap_or_default(),
        })
        .collect())
}

/// The time that usage is told of, in parts that a chart shows apart. In milliseconds.
#[derive(Clone, Copy)]
struct Periods {
    start: i64,
    length: i64,
    count: i64,
}

impl Periods {
    fn of(days: u32, now: i64) -> Periods {
        let length = match days {
            0..=2 => HOUR,
            3..=62 => DAY,
            _ => 7 * DAY,
        };
        // The first may be a part of one.
        let count = (i64::from(days) * DAY + length - 1) / length;
        Periods {
            start: now - count * length,
            length,
            count,
        }
    }

    fn at(self, time: i64) -> i64 {
        (time.saturating_sub(self.start) / self.length).clamp(0, self.count - 1)
    }

    /// Adds what a job took evenly to the periods in which it ran.
    fn spread(self, seconds: u64, (from, to): (i64, i64), over_time: &mut [u64]) {
        let ran = to.saturating_sub(from).max(1);
        for place in self.at(from)..=self.at(to) {
            let start = self.start + place * self.length;
            let shared = to.min(start + self.length).saturating_sub(from.max(start));
            let part = i128::from(seconds) * i128::from(shared.max(0)) / i128::from(ran);
            // Within `count`, as `at` is, and a part of what is no more than a u64.
            if let Some(sum) = over_time.get_mut(place as usize) {
                *sum = sum.saturating_add(part as u64);
            }
        }
    }
}

fn report(answer: &[u8], periods: Periods) -> UsageReport {
    UsageReport {
        start_time: periods.start,
        period: periods.length,
        usage: all_usage(answer, periods),
    }
}

fn all_usage(answer: &[u8], periods: Periods) -> Vec<Usage> {
    let mut sums: HashMap<[&str; 3], Usage> = HashMap::new();
    let text = String::from_utf8_lossy(answer);
    for line in text.lines() {
        let columns: Vec<&str> = line.split('|').collect();
        let &[account, user, queue, seconds, from, to] = columns.as_slice() else {
            continue;
        };
        let Ok(seconds) = seconds.parse::<u64>() else {
            continue;
        };
        let new = || Usage {
            account: account.to_owned(),
            user: user.to_owned(),
            queue: queue.to_owned(),
            over_time: vec![0; periods.count as usize],
            ..Usage::default()
        };
        let sum = sums.entry([account, user, queue]).or_insert_with(new);
        sum.jobs += 1;
        sum.cpu_seconds = sum.cpu_seconds.saturating_add(seconds);
        // A job that never began took nothing.
        if let (Ok(from), Ok(to)) = (from.parse::<i64>(), to.parse::<i64>()) {
            let ran = (from.saturating_mul(SECOND), to.saturating_mul(SECOND));
            periods.spread(seconds, ran, &mut sum.over_time);
        }
    }
    let mut all: Vec<Usage> = sums.into_values().collect();
    all.sort_by(|a, b| {
        let who = |usage: &Usage| {
            (
                usage.account.clone(),
                usage.user.clone(),
                usage.queue.clone(),
            )
        };
        b.cpu_seconds
            .cmp(&a.cpu_seconds)
            .then_with(|| who(a).cmp(&who(b)))
    });
    all.truncate(MOST_USAGE);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_and_users_are_a_tree() {
        let row = |own: &str, limits: &str| format!("{own}|{limits}\n");
        let answer = [
            row("optics|||physics|1||", "|||||||"),
            row("optics|bob|||2|high,normal|high", "3||cpu=4||||cpu=90|"),
            // Of a queue, and with a bar in a name: these cost only themselves.
            row("optics|bob|demo||2||", "|||||||"),
            row("op|tics|bob|||2||", "|||||||"),
            row("root||||1|normal|", "|||||||"),
            row("physics|||root|parent||", "||||4|cpu=8||"),
            row("chem|||root|1||", "|||||||"),
        ];
        let (mut shares, of_queues) = all_shares(answer.concat().as_bytes());
        assert_eq!(of_queues, [("optics".to_owned(), "bob".to_owned())]);
        add_factors(&mut shares, b" physics||12|\n  optics|bob|3|0.25\n");
        add_coordinators(&mut shares, b"optics|ann,bob\nphysics|ann\nchem|\n");
        let names = |shares: &[Share]| -> Vec<String> {
            let name = |s: &Share| format!("{}{}/{}", " ".repeat(s.depth), s.account, s.user);
            shares.iter().map(name).collect()
        };
        let shares = in_order(shares);
        let tree = ["root/", " chem/", " physics/", "  optics/", "   optics/bob"];
        assert_eq!(names(&shares), tree);
        assert_eq!(shares[4].factor, Some(0.25));
        assert_eq!(shares[2].limits[&Limit::GrpTres], "cpu=8");
        assert_eq!(shares[2].usage, Some(12.0));
        assert_eq!(shares[2].coordinators, ["ann"]);
        assert_eq!(shares[3].coordinators, ["bob"]);
        assert!(shares[4].coordinators.is_empty());
        assert_eq!(shares[4].limits[&Limit::GrpTresMins], "cpu=90");
    }

    #[test]
    fn a_circle_of_accounts_ends() {
        let share = |account: &str, parent: &str| Share {
            account: account.into(),
            parent: parent.into(),
            ..Share::default()
        };
        let all = in_order(vec![share("a", "b"), share("b", "a"), share("root", "")]);
        assert_eq!(all.len(), 3);
        assert_eq!(all[0].account, "root");
    }

    #[test]
    fn usage_is_summed_for_each_account_user_and_queue() {
        let answer = b"lab|jo|demo|10|0|10\nlab|jo|demo|5|0|5\nlab|al|demo|40|0|40\nodd\n|||x||\n";
        let usage = all_usage(answer, Periods::of(1, 0));
        let told: Vec<_> = usage
            .iter()
            .map(|u| (u.user.as_str(), u.jobs, u.cpu_seconds))
            .collect();
        assert_eq!(told, [("al", 1, 40), ("jo", 2, 15)]);
    }

    #[test]
    fn a_job_counts_in_each_period_in_which_it_ran() {
        let now = 10 * DAY;
        let periods = Periods::of(2, now);
        let ran = |seconds, from, to| {
            let mut over_time = vec![0; periods.count as usize];
            periods.spread(seconds, (from, to), &mut over_time);
            let took = over_time.into_iter().enumerate();
            took.filter(|(_, seconds)| *seconds > 0).collect::<Vec<_>>()
        };
        assert_eq!((periods.count, periods.start), (48, 8 * DAY));
        // Two processors, half an hour in each of two hours.
        let begun = now - 3 * HOUR / 2;
        assert_eq!(ran(7200, begun, begun + HOUR), [(46, 3600), (47, 3600)]);
        assert_eq!(ran(50, now - 50 * SECOND, now), [(47, 50)]);
        assert_eq!(ran(0, now, now), []);
        assert_eq!(ran(5, i64::MIN, i64::MAX), []);
        assert_eq!(ran(u64::MAX, now - 1, now), [(47, u64::MAX)]);
        for (days, length, count) in [(7, DAY, 7), (30, DAY, 30), (365, 7 * DAY, 53)] {
            let periods = Periods::of(days, now);
            assert_eq!((periods.length, periods.count), (length, count));
        }
    }

    #[test]
    fn a_qos_has_the_limits_that_are_set() {
        let all = all_qos(
            b"normal|0||||||||||\nhigh|3|normal|DenyOnLimit|2|5|cpu=3|01:30:00||mem=4G||cpu=7\n",
        );
        let [normal, high] = all.as_slice() else {
            panic!("{all:?}");
        };
        assert!(normal.limits.is_empty());
        assert_eq!(high.preempts, ["normal"]);
        assert_eq!(high.limits[&Limit::MaxWall], "01:30:00");
        assert_eq!(high.limits[&Limit::MaxTresMins], "cpu=7");
        assert_eq!(high.limits.len(), 6);
    }
}
