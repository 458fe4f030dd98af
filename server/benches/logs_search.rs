//! The first page of a search in a long log, beside `grep` over the same lines: `-- logs_search --lines=300000`.

use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use app::model::log::{Log, LogDaemon, LogLevel};
use openpcs_server::logs::line::parse;
use openpcs_server::logs::place::Place;
use openpcs_server::logs::search::Search;
use openpcs_server::logs::store::{LogStore, Stream};

const LINES: usize = 300_000;
const BATCH: usize = 10_000;
const ROUNDS: u32 = 10;
/// As the console shows them.
const PAGE: usize = 200;

pub async fn run(asked: &[String]) {
    let lines = asked.iter().find_map(|word| word.strip_prefix("--lines="));
    let lines = lines
        .and_then(|number| number.parse().ok())
        .unwrap_or(LINES);
    let dir = tempfile::tempdir().expect("a directory can be made");
    let file = dir.path().join("slurmctld.log");
    let begun = Instant::now();
    let store = filled(dir.path(), &file, lines).await;
    println!(
        "{lines} lines kept in {:.1} s",
        begun.elapsed().as_secs_f64()
    );
    for (what, text, level) in [
        ("the newest lines", "", LogLevel::Debug),
        ("errors", "", LogLevel::Error),
        ("one job's", "JobId=4711", LogLevel::Debug),
        ("a word that all have", "sched", LogLevel::Debug),
        ("a word that none has", "nowhere", LogLevel::Debug),
    ] {
        let search = Search {
            text: text.into(),
            level,
            from: 0,
            to: i64::MAX,
            logs: Log::ALL.into(),
            version: None,
            before: None,
            after: None,
            lines: PAGE,
        };
        let begun = Instant::now();
        let mut found = 0;
        for _ in 0..ROUNDS {
            let page = store.search(&search).await;
            found = page.expect("it can be searched").lines.len();
        }
        let word = match (text, level) {
            ("", LogLevel::Error) => "error:",
            (text, _) => text,
        };
        println!(
            "{what}: {found} lines in {}, grep {}",
            text_of(begun.elapsed() / ROUNDS),
            text_of(grep(word, &file))
        );
    }
}

/// As much as is shown of it, with the newest line last.
fn grep(word: &str, file: &Path) -> Duration {
    let begun = Instant::now();
    for _ in 0..ROUNDS {
        let grep = Command::new("grep").args(["-iF", word]).arg(file).output();
        grep.expect("there is a grep");
    }
    begun.elapsed() / ROUNDS
}

async fn filled(dir: &Path, file: &Path, lines: usize) -> LogStore {
    let store = LogStore::open(dir, "pcs_c")
        .await
        .expect("a store can be made");
    let mut file = std::fs::File::create(file).expect("a file can be made");
    let stream = Stream {
        log: Log::Daemon(LogDaemon::Slurmctld),
        version: "25.05".into(),
    };
    let numbers: Vec<usize> = (0..lines).collect();
    let mut known = vec![];
    for some in numbers.chunks(BATCH) {
        let texts: Vec<String> = some.iter().map(|number| line(*number)).collect();
        writeln!(file, "{}", texts.join("\n")).expect("it can be written");
        let parsed = texts
            .iter()
            .map(|text| parse(text.as_bytes(), (0, LogLevel::Info)));
        let entries: Vec<_> = parsed.collect();
        let kept = store
            .append(&stream, &entries, &known, None, &Place::default())
            .await;
        kept.expect("it can be kept");
        known = vec![Place::default()];
    }
    store
}

/// As slurmctld writes it.
pub fn line(number: usize) -> String {
    let (hour, minute, second) = (number / 3600 % 24, number / 60 % 60, number % 60);
    let grave = if number.is_multiple_of(1_000) {
        "error: "
    } else {
        ""
    };
    format!(
        "[2026-11-01T{hour:02}:{minute:02}:{second:02}.000+00:00] {grave}sched: Allocate JobId={number} NodeList=compute-1-{} #CPUs=2 Partition=demo",
        number % 2_048
    )
}

fn text_of(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1000.0)
}
