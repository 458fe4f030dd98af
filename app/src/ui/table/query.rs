//! What the filter of a table asks: words that a row has anywhere, and properties, `status = active`, `queue != short`.

use super::column::{AnyColumn, Row};

/// One property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    pub column: usize,
    pub operator: Operator,
    pub value: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    Is,
    IsNot,
    Contains,
}

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

impl Token {
    /// `Status = active`, where "Status" is a column's title in any spelling. The value may be empty yet.
    pub fn parse(columns: &[AnyColumn], text: &str) -> Option<Token> {
        let at = text.find(['!', '=', ':'])?;
        let (title, rest) = (text[..at].trim().to_lowercase(), &text[at..]);
        let operator = Operator::ALL
            .into_iter()
            .find(|operator| rest.starts_with(operator.sign()))?;
        let column = columns
            .iter()
            .position(|column| column.is_filterable() && column.title.to_lowercase() == title)?;
        Some(Token {
            column,
            operator,
            value: rest[operator.sign().len()..].trim().to_owned(),
        })
    }

    pub fn text(&self, columns: &[AnyColumn]) -> String {
        let title = columns.get(self.column).map_or("", |column| column.title);
        format!("{title} {} {}", self.operator.sign(), self.value)
    }

    fn holds(&self, columns: &[AnyColumn], row: &Row) -> bool {
        let words = columns
            .get(self.column)
            .and_then(|column| column.words(row));
        let (words, value) = (
            words.unwrap_or_default().to_lowercase(),
            self.value.to_lowercase(),
        );
        match self.operator {
            Operator::Is => words == value,
            Operator::IsNot => words != value,
            Operator::Contains => words.contains(&value),
        }
    }
}

/// The rows for which all tokens hold and in which the text is found. A property that is just being typed counts.
pub fn filter(rows: &[Row], columns: &[AnyColumn], tokens: &[Token], text: &str) -> Vec<Row> {
    let text = text.trim().to_lowercase();
    let typed = Token::parse(columns, &text);
    let is_found = |row: &&Row| match &typed {
        Some(token) => token.value.is_empty() || token.holds(columns, row),
        None => text.is_empty() || columns.iter().any(|column| contains(column, row, &text)),
    };
    rows.iter()
        .filter(|row| tokens.iter().all(|token| token.holds(columns, row)))
        .filter(is_found)
        .cloned()
        .collect()
}

fn contains(column: &AnyColumn, row: &Row, text: &str) -> bool {
    column
        .words(row)
        .is_some_and(|words| words.to_lowercase().contains(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::Column;

    fn columns() -> Vec<AnyColumn> {
        let column = |title, at: usize| {
            Column::new(title, |_: &[&'static str; 2]| ())
                .text(move |row| row[at].to_owned())
                .of
        };
        vec![column("Name", 0), column("Status", 1)]
    }

    fn found(tokens: &[&str], text: &str) -> Vec<String> {
        let columns = columns();
        let tokens: Vec<Token> = tokens
            .iter()
            .filter_map(|t| Token::parse(&columns, t))
            .collect();
        let rows = [
            ["demo", "Active"],
            ["demo-2", "Creating"],
            ["test", "Active"],
        ]
        .map(|row| Row::new(row[0].to_owned(), row));
        filter(&rows, &columns, &tokens, text)
            .into_iter()
            .map(|row| row.key)
            .collect()
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
    fn a_property_counts_while_it_is_typed() {
        assert_eq!(found(&[], "status =").len(), 3);
        assert_eq!(found(&[], "status = active"), ["demo", "test"]);
        assert_eq!(Token::parse(&columns(), "colour = red"), None);
    }
}
