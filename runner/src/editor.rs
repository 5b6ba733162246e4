//! Which editor the learner uses.

/// The editor's program and its options: `$VISUAL`, else `$EDITOR`, else `vi`, which POSIX has.
pub fn command_line(variable: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let named = ["VISUAL", "EDITOR"].into_iter().filter_map(variable);
    let words = |line: String| line.split_whitespace().map(str::to_string).collect::<Vec<_>>();
    named.map(words).find(|words| !words.is_empty()).unwrap_or_else(|| vec!["vi".into()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_editor_may_have_options_and_an_empty_name_is_none() {
        let set = |visual: &'static str, editor: &'static str| {
            command_line(move |name| Some(if name == "VISUAL" { visual } else { editor }.into()))
        };
        assert_eq!(set("code --wait", "nano"), ["code", "--wait"]);
        assert_eq!(set(" ", "nano"), ["nano"]);
        assert_eq!(command_line(|_| None), ["vi"]);
    }
}
