//! `Grid`: heads and rows of text, as aligned columns for a terminal or as a table of a Markdown file.

#[derive(Default)]
pub(super) struct Grid {
    columns: Vec<Column>,
    rows: Vec<Vec<String>>,
}

struct Column {
    head: String,
    /// Numbers stand at the right of their column, words at its left.
    is_number: bool,
}

impl Grid {
    /// Adds a column of words.
    pub(super) fn words(&mut self, head: impl Into<String>) {
        self.columns.push(Column { head: head.into(), is_number: false });
    }

    /// Adds a column of numbers.
    pub(super) fn numbers(&mut self, head: impl Into<String>) {
        self.columns.push(Column { head: head.into(), is_number: true });
    }

    /// Adds a row; it has a cell for each column.
    pub(super) fn row(&mut self, cells: Vec<String>) {
        debug_assert_eq!(cells.len(), self.columns.len());
        // A bar would end the cell of a Markdown table.
        self.rows.push(cells.into_iter().map(|cell| cell.replace('|', "/")).collect());
    }

    fn heads(&self) -> Vec<String> {
        self.columns.iter().map(|column| column.head.clone()).collect()
    }

    pub(super) fn text(&self) -> String {
        let heads = self.heads();
        let lines: Vec<&Vec<String>> = std::iter::once(&heads).chain(&self.rows).collect();
        let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..self.columns.len()).map(width).collect();
        let mut out = String::new();
        for line in lines {
            let cells = line.iter().zip(&self.columns).zip(&widths).map(|((cell, column), &width)| {
                if column.is_number { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
            });
            out += cells.collect::<Vec<_>>().join("  ").trim_end();
            out.push('\n');
        }
        out
    }

    pub(super) fn markdown(&self) -> String {
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
        let rule = |column: &Column| if column.is_number { "---:" } else { "---" }.to_owned();
        let rule: Vec<String> = self.columns.iter().map(rule).collect();
        let rows: String = self.rows.iter().map(|row| line(row)).collect();
        line(&self.heads()) + &line(&rule) + &rows
    }
}

/// A number of so many decimals, or a dash.
pub(super) fn number(value: Option<f64>, decimals: usize) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.decimals$}"))
}
