//! What a table is asked for: words that a row has anywhere, and properties, `status = active`, `queue != short`; the
//! order, and the page.

use std::collections::BTreeSet;

use super::field::{Field, Head};
use crate::foreign::{folded, visible};
use crate::model::error::{Error, Result};
use crate::model::page::{Operator, PageOf, PageRequest, Property};

/// Values offered for a property.
const MOST_OFFERS: usize = 12;

impl Operator {
    /// The longer ones first, for reading.
    pub const ALL: [Operator; 3] = [Operator::IsNot, Operator::Is, Operator::Contains];

    pub fn sign(self) -> &'static str {
        match self {
            Operator::Is => "=",
            Operator::IsNot => "!=",
            Operator::Contains => ":",
        }
    }
}

/// `Status = active`, where "Status" is a column's title in any spelling. The value may be empty yet.
pub fn parse(heads: &[Head], text: &str) -> Option<Property> {
    let at = text.find(['!', '=', ':'])?;
    let (title, rest) = (text[..at].trim().to_lowercase(), &text[at..]);
    let operator = Operator::ALL
        .into_iter()
        .find(|operator| rest.starts_with(operator.sign()))?;
    let head = heads
        .iter()
        .find(|head| head.is_filterable && head.title.to_lowercase() == title)?;
    Some(Property {
        column: head.key.to_owned(),
        operator,
        value: rest[operator.sign().len()..].trim().to_owned(),
    })
}

/// As [`parse`] reads it.
pub fn words(heads: &[Head], property: &Property) -> String {
    let head = heads.iter().find(|head| head.key == property.column);
    let title = head.map_or("", |head| head.title);
    format!("{title} {} {}", property.operator.sign(), property.value)
}

/// Refuses what no list of these columns can be asked for.
pub fn check(heads: &[Head], asked: &PageRequest) -> Result<()> {
    let refuse = |member: &str, why: String| Err(Error::field(format!("page.{member}"), why));
    let names = |wanted: fn(&Head) -> bool| {
        let heads = heads.iter().filter(|head| wanted(head));
        heads.map(|head| head.key).collect::<Vec<_>>().join(", ")
    };
    if !(1..=PageRequest::MOST).contains(&asked.size) {
        return refuse("size", format!("Ask for 1 to {} rows.", PageRequest::MOST));
    }
    if asked.chosen.len() > PageRequest::MOST_CHOSEN {
        let most = PageRequest::MOST_CHOSEN;
        return refuse("chosen", format!("Choose at most {most} rows."));
    }
    if asked.properties.len() > PageRequest::MOST_PROPERTIES {
        let most = PageRequest::MOST_PROPERTIES;
        return refuse("properties", format!("Give at most {most} properties."));
    }
    let shorten = format!("Use at most {} characters.", PageRequest::LONGEST);
    if is_long(&asked.filter) {
        return refuse("filter", shorten);
    }
    for (at, property) in asked.properties.iter().enumerate() {
        let key = property.column.as_str();
        if !heads
            .iter()
            .any(|head| head.is_filterable && head.key == key)
        {
            let known = names(|head| head.is_filterable);
            let why = format!("There is no property {key:?} here. Use one of: {known}.");
            return refuse(&format!("properties[{at}].column"), why);
        }
        if is_long(&property.value) {
            return refuse(&format!("properties[{at}].value"), shorten);
        }
    }
    if let Some(sort) = &asked.sort
        && !heads
            .iter()
            .any(|head| head.is_sortable && head.key == sort.column)
    {
        let (key, known) = (&sort.column, names(|head| head.is_sortable));
        let why = format!("Nothing is sorted by {key:?} here. Use one of: {known}.");
        return refuse("sort.column", why);
    }
    Ok(())
}

fn is_long(text: &str) -> bool {
    text.chars().count() > PageRequest::LONGEST
}

/// The page of those rows for which all properties hold and in which the filter's words are found. A property that is just
/// being typed counts. `weight` says how many things a row stands for.
pub fn page<'r, R>(
    rows: &'r [R],
    fields: &[Field<R>],
    asked: &PageRequest,
    weight: impl Fn(&R) -> usize,
) -> PageOf<&'r R> {
    let heads: Vec<Head> = fields.iter().map(|field| field.head).collect();
    let text = folded(&asked.filter);
    let typed = parse(&heads, &text);
    let properties: Vec<Wanted<R>> = asked
        .properties
        .iter()
        .map(|property| Wanted::new(fields, property))
        .collect();
    let being_typed = typed.as_ref().map(|property| Wanted::new(fields, property));
    let is_found = |row: &R| match &being_typed {
        Some(wanted) => wanted.value.is_empty() || wanted.holds(row),
        None => text.is_empty() || fields.iter().any(|field| contains(field, row, &text)),
    };
    let mut found: Vec<&R> = rows
        .iter()
        .filter(|row| properties.iter().all(|wanted| wanted.holds(row)) && is_found(row))
        .collect();
    sort(&mut found, fields, asked);
    let weigh = |rows: &mut dyn Iterator<Item = &R>| rows.map(&weight).sum();
    let size = asked.size.max(1);
    let pages = found.len().div_ceil(size).max(1);
    let page = asked.page.min(pages - 1);
    PageOf {
        found: weigh(&mut found.iter().copied()),
        is_more: false,
        total: weigh(&mut rows.iter()),
        unsearched: 0,
        rows: found.into_iter().skip(page * size).take(size).collect(),
        page,
        pages,
        offers: typed.map_or_else(Vec::new, |typed| offers(fields, typed, rows)),
        chosen: vec![],
        chosen_of: asked.chosen.clone(),
    }
}

/// A property, and the column that it asks.
struct Wanted<'f, R> {
    field: Option<&'f Field<R>>,
    operator: Operator,
    value: String,
}

impl<'f, R> Wanted<'f, R> {
    fn new(fields: &'f [Field<R>], property: &Property) -> Self {
        Wanted {
            field: fields
                .iter()
                .find(|field| field.head.key == property.column),
            operator: property.operator,
            value: folded(&property.value),
        }
    }

    fn holds(&self, row: &R) -> bool {
        let words = self.field.and_then(|field| field.words(row));
        let words = folded(&words.unwrap_or_default());
        match self.operator {
            Operator::Is => words == self.value,
            Operator::IsNot => words != self.value,
            Operator::Contains => words.contains(&self.value),
        }
    }
}

fn contains<R>(field: &Field<R>, row: &R, text: &str) -> bool {
    let words = field.words(row);
    words.is_some_and(|words| folded(&words).contains(text))
}

fn sort<R>(rows: &mut [&R], fields: &[Field<R>], asked: &PageRequest) {
    let Some(sort) = &asked.sort else { return };
    let Some(field) = fields.iter().find(|field| field.head.key == sort.column) else {
        return;
    };
    // Each key is made once, not once per comparison: a thousand rows have ten thousand of them.
    rows.sort_by_cached_key(|row| field.sort_key(row));
    if sort.descending {
        rows.reverse();
    }
}

/// What that column says of all rows and has these words in it, as it is shown; what is too long to be asked for is not
/// offered.
fn offers<R>(fields: &[Field<R>], typed: Property, rows: &[R]) -> Vec<Property> {
    let field = fields.iter().find(|field| field.head.key == typed.column);
    let Some(field) = field else { return vec![] };
    let words = rows.iter().filter_map(|row| field.words(row));
    let all: BTreeSet<String> = words.map(|words| visible(&words).into_owned()).collect();
    let start = folded(&typed.value);
    all.into_iter()
        .filter(|value| !value.trim().is_empty() && !is_long(value))
        .filter(|value| folded(value).contains(&start))
        .take(MOST_OFFERS)
        .map(|value| Property {
            value,
            ..typed.clone()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::page::Sort;

    type Row = (String, String, i64);

    fn fields() -> Vec<Field<Row>> {
        vec![
            Field::new("name", "Name").text(|row: &Row| row.0.clone()),
            Field::new("status", "Status").text(|row: &Row| row.1.clone()),
            Field::new("size", "Size").sort(|row: &Row| row.2),
        ]
    }

    fn heads() -> Vec<Head> {
        fields().iter().map(|field| field.head).collect()
    }

    fn rows() -> Vec<Row> {
        let rows = [
            ("demo", "Active", 3),
            ("demo-2", "Creating", 1),
            ("test", "Active", 2),
        ];
        rows.map(|(name, status, size)| (name.into(), status.into(), size))
            .into()
    }

    fn asked(properties: &[&str], filter: &str) -> PageRequest {
        let properties = properties.iter().filter_map(|text| parse(&heads(), text));
        PageRequest {
            filter: filter.into(),
            properties: properties.collect(),
            ..PageRequest::default()
        }
    }

    fn found(properties: &[&str], filter: &str) -> Vec<String> {
        let rows = rows();
        let page = page(&rows, &fields(), &asked(properties, filter), |_| 1);
        page.rows.into_iter().map(|row| row.0.clone()).collect()
    }

    #[test]
    fn words_are_found_anywhere() {
        assert_eq!(found(&[], "DEMO"), ["demo", "demo-2"]);
        assert_eq!(found(&[], "creat"), ["demo-2"]);
    }

    #[test]
    fn properties_are_compared_whole_and_together() {
        assert_eq!(found(&["status = ACTIVE"], ""), ["demo", "test"]);
        assert_eq!(found(&["Status != active"], ""), ["demo-2"]);
        assert_eq!(found(&["name:demo", "status=active"], ""), ["demo"]);
        assert_eq!(found(&["status = active"], "test"), ["test"]);
    }

    #[test]
    fn a_property_counts_while_it_is_typed_and_its_values_are_offered() {
        assert_eq!(found(&[], "status =").len(), 3);
        assert_eq!(found(&[], "status = active"), ["demo", "test"]);
        assert_eq!(parse(&heads(), "colour = red"), None);
        assert_eq!(parse(&heads(), "size = 3"), None, "it has no words");
        let rows = rows();
        let offers = |filter: &str| {
            let page = page(&rows, &fields(), &asked(&["name = test"], filter), |_| 1);
            let offers = page.offers.iter().map(|one| words(&heads(), one));
            offers.collect::<Vec<String>>().join(", ")
        };
        assert_eq!(offers("status ="), "Status = Active, Status = Creating");
        assert_eq!(offers("status != cre"), "Status != Creating");
        assert_eq!(offers("active"), "");
        let long = [("a".repeat(PageRequest::LONGEST + 1), "b".into(), 0)];
        let page = page(&long, &fields(), &asked(&[], "name ="), |_| 1);
        assert_eq!(page.offers, [], "nobody could ask for it");
    }

    #[test]
    fn what_is_offered_and_shown_is_found() {
        let names = [
            " a  b ",
            "two\nlines",
            "tab\there",
            "rlo\u{202e}x",
            "State = Pending",
            "a|b",
            "作业 😀",
        ];
        let rows = names.map(|name| (name.to_owned(), "s".to_owned(), 0));
        let shown = |properties: Vec<Property>, filter: &str| {
            let asked = PageRequest {
                properties,
                filter: filter.into(),
                ..PageRequest::default()
            };
            let page = page(&rows, &fields(), &asked, |_| 1);
            let names = page.rows.iter().map(|row| row.0.clone());
            (names.collect::<Vec<_>>(), page.offers)
        };
        let (_, offers) = shown(vec![], "name =");
        assert_eq!(offers.len(), names.len());
        for name in names {
            let shown_as = visible(name);
            let offer = offers.iter().find(|offer| offer.value == shown_as);
            // As a chip, and as the page's address keeps it.
            let kept = offer.and_then(|offer| parse(&heads(), &words(&heads(), offer)));
            assert_eq!(shown(kept.into_iter().collect(), "").0, [name], "{name:?}");
            assert_eq!(shown(vec![], &shown_as).0, [name], "{name:?}");
            assert_eq!(shown(vec![], name).0, [name], "{name:?}");
        }
    }

    #[test]
    fn rows_are_counted_by_what_they_stand_for() {
        let rows = rows();
        let weight = |row: &Row| usize::try_from(row.2).unwrap_or_default();
        let page = page(&rows, &fields(), &asked(&[], "demo"), weight);
        assert_eq!((page.rows.len(), page.found, page.total), (2, 4, 6));
    }

    #[test]
    fn what_no_list_can_be_asked_for_is_refused_by_its_member() {
        let wrong = |change: fn(&mut PageRequest)| {
            let mut asked = PageRequest::default();
            change(&mut asked);
            let refusal = check(&heads(), &asked).map_err(|error| error.message);
            refusal.err().unwrap_or_default()
        };
        let property = |column: &str, value: &str| Property {
            column: column.into(),
            operator: Operator::Is,
            value: value.into(),
        };
        assert_eq!(wrong(|_| ()), "");
        assert!(wrong(|asked| asked.size = 0).contains("page.size"));
        assert!(wrong(|asked| asked.size = PageRequest::MOST + 1).contains("1 to 200"));
        assert!(wrong(|asked| asked.filter = "é".repeat(501)).contains("page.filter"));
        assert!(wrong(|asked| asked.chosen = vec![String::new(); 1001]).contains("page.chosen"));
        let mut asked = PageRequest {
            properties: vec![property("name", "a"), property("colour", "red")],
            ..PageRequest::default()
        };
        let refusal = check(&heads(), &asked).map_err(|error| error.message);
        let refusal = refusal.err().unwrap_or_default();
        assert!(refusal.contains("page.properties[1].column"), "{refusal}");
        assert!(refusal.contains("name, status"), "{refusal}");
        asked.properties = vec![property("name", ""); 21];
        assert!(check(&heads(), &asked).is_err());
        let by = |column: &str| {
            let sort = Some(Sort {
                column: column.into(),
                descending: false,
            });
            let asked = PageRequest {
                sort,
                ..PageRequest::default()
            };
            check(&heads(), &asked)
        };
        assert_eq!(by("size"), Ok(()));
        assert!(by("colour").is_err_and(|error| error.message.contains("page.sort.column")));
    }

    fn any_row() -> impl Strategy<Value = Row> {
        ("[ab]-[0-9]{1,2}", "(Active|Creating|)", 0..5_i64)
    }

    fn any_request() -> impl Strategy<Value = PageRequest> {
        let sort = proptest::option::of(("(name|status|size)", any::<bool>()));
        let filter = "(|a|B-1|9|status|status =|name : b|status != active|=|zz)";
        let property = proptest::option::of("(name : a|status = active|status != active)");
        (filter, property, sort, 1..9_usize).prop_map(|(filter, property, sort, size)| {
            let properties: Vec<&str> = property.iter().map(String::as_str).collect();
            let sort = sort.map(|(column, descending)| Sort { column, descending });
            PageRequest {
                sort,
                size,
                ..asked(&properties, &filter)
            }
        })
    }

    proptest! {
        /// Pages put together are the whole list, in order, for any filter and order; and there is none after the last.
        #[test]
        fn pages_are_the_list(rows in proptest::collection::vec(any_row(), 0..60), request in any_request()) {
            let at = |page: usize, size: usize| {
                page_of(&rows, &PageRequest { page, size, ..request.clone() })
            };
            let whole = at(0, rows.len().max(1));
            let first = at(0, request.size);
            prop_assert_eq!(whole.pages, 1);
            prop_assert_eq!((first.found, first.total), (whole.rows.len(), rows.len()));
            let mut together = vec![];
            for number in 0..first.pages {
                let page = at(number, request.size);
                prop_assert_eq!((page.page, page.pages, page.found), (number, first.pages, first.found));
                prop_assert!(page.rows.len() == request.size || number + 1 == first.pages);
                together.extend(page.rows);
            }
            prop_assert_eq!(&together, &whole.rows);
            prop_assert_eq!(at(usize::MAX, request.size).page, first.pages - 1);
            // What is not found is what the filter leaves out, and nothing is there twice.
            let plain = page_of(&rows, &PageRequest { size: rows.len().max(1), ..PageRequest::default() });
            prop_assert_eq!(plain.rows, rows.iter().collect::<Vec<_>>());
            let mut places: Vec<*const Row> = whole.rows.iter().map(|row| std::ptr::from_ref(*row)).collect();
            places.sort();
            places.dedup();
            prop_assert_eq!(places.len(), whole.rows.len());
        }
    }

    fn page_of<'r>(rows: &'r [Row], asked: &PageRequest) -> PageOf<&'r Row> {
        page(rows, &fields(), asked, |_| 1)
    }
}
