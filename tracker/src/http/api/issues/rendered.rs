//! Text as HTML, for clients that ask for it: plain text with its line breaks, nothing else.

/// `text` as HTML in which nothing of it can be taken for markup.
pub fn html(text: &str) -> String {
    let mut html = String::with_capacity(text.len() + 16);
    for paragraph in text.split("\n\n").filter(|paragraph| !paragraph.trim().is_empty()) {
        html.push_str("<p>");
        for c in paragraph.trim_matches(['\n', '\r']).chars() {
            match c {
                '<' => html.push_str("&lt;"),
                '>' => html.push_str("&gt;"),
                '&' => html.push_str("&amp;"),
                '"' => html.push_str("&quot;"),
                '\'' => html.push_str("&#39;"),
                '\n' => html.push_str("<br/>\n"),
                '\r' => {}
                c => html.push(c),
            }
        }
        html.push_str("</p>");
    }
    html
}

#[cfg(test)]
mod tests {
    use super::html;

    #[test]
    fn nothing_of_a_text_becomes_markup() {
        assert_eq!(html("a <b>\n&'\" c\r\n\n\nd"), "<p>a &lt;b&gt;<br/>\n&amp;&#39;&quot; c</p><p>d</p>");
        assert_eq!(html(""), "");
        assert_eq!(html("\n\n \n\n"), "");
    }
}
