//! Looks at the inline assembly of a preprocessed source. No I/O.
//!
//! What stands in `asm(…)` goes to the assembler word for word, and the assembler has directives that read
//! files (`.incbin`, `.include`) and some that put such words together (`.macro`, `.irp`). BPF instructions
//! have no dots. So a dot there is refused unless it begins one of a few directives that only lay out numbers
//! or repeat lines. That includes the names which `asm("…")` gives to symbols, since an operand can
//! put a name into the text.

/// Directives that do no harm: they write numbers, or repeat what is between them.
const HARMLESS: [&str; 6] = ["byte", "2byte", "4byte", "8byte", "rept", "endr"];

/// The words that begin assembly in C.
const KEYWORDS: [&[u8]; 3] = [b"asm", b"__asm", b"__asm__"];

/// Checks what `clang -E` printed.
///
/// # Errors
/// One sentence on the first that is not allowed, or not certain.
pub fn check(preprocessed: &[u8]) -> Result<(), String> {
    let mut lexer = Lexer { text: preprocessed, at: 0 };
    while let Some(token) = lexer.next()? {
        if let Token::Word(word) = token
            && KEYWORDS.contains(&word)
        {
            statement(&mut lexer)?;
        }
    }
    Ok(())
}

/// Checks from behind the keyword to the closing parenthesis.
fn statement(lexer: &mut Lexer<'_>) -> Result<(), String> {
    let mut depth = 0;
    loop {
        match lexer.next()? {
            Some(Token::Word(_)) if depth == 0 => {} // volatile, goto, inline
            Some(Token::Mark(b'(')) => depth += 1,
            Some(Token::Mark(b')')) if depth > 1 => depth -= 1,
            Some(Token::Mark(b')')) if depth == 1 => return Ok(()),
            // Pieces that follow each other are one text for the compiler, so a directive could be in two.
            Some(Token::Text(mut text)) if depth > 0 => {
                while let Some(b'"') = lexer.peek() {
                    let Some(Token::Text(more)) = lexer.next()? else { break };
                    text.extend(more);
                }
                directives(&text)?;
            }
            Some(_) if depth > 0 => {}
            _ => return Err("its inline assembly cannot be understood".into()),
        }
    }
}

/// Checks the dots of an assembly text.
fn directives(text: &[u8]) -> Result<(), String> {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.$@".contains(byte);
    for (at, _) in text.iter().enumerate().filter(|(_, byte)| **byte == b'.') {
        let word: &[u8] = &text[at + 1..];
        let word = &word[..word.iter().position(|byte| !is_word(byte)).unwrap_or(word.len())];
        let begins = at == 0 || b" \t\n;".contains(&text[at - 1]);
        let ends = text.get(at + 1 + word.len()).is_none_or(|byte| b" \t\n;".contains(byte));
        let harmless = HARMLESS.iter().any(|known| known.as_bytes() == word);
        if !(begins && ends && harmless) {
            return Err(format!(
                "its inline assembly has `.{}`; of the assembler's directives only .{} may be used",
                String::from_utf8_lossy(word),
                HARMLESS.join(", .")
            ));
        }
    }
    Ok(())
}

/// What C is made of, as far as it matters here.
#[derive(Debug, PartialEq, Eq)]
enum Token<'a> {
    /// A name or a keyword.
    Word(&'a [u8]),
    /// The contents of a string.
    Text(Vec<u8>),
    /// Anything else, byte by byte; numbers and characters are a `0`.
    Mark(u8),
}

struct Lexer<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Lexer<'a> {
    /// The next byte that is no space, where it stands.
    fn peek(&mut self) -> Option<u8> {
        while self.text.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        self.text.get(self.at).copied()
    }

    fn next(&mut self) -> Result<Option<Token<'a>>, String> {
        let byte = loop {
            let Some(byte) = self.peek() else { return Ok(None) };
            // `# 12 "file"`: clang says from which line the next ones are.
            let starts_line = self.at == 0 || self.text[self.at - 1] == b'\n';
            match &self.text[self.at..] {
                [b'#', b' ', digit, ..] if starts_line && digit.is_ascii_digit() => {
                    self.take_while(|byte| byte != b'\n');
                }
                _ => break byte,
            }
        };
        let start = self.at;
        if byte.is_ascii_digit() {
            self.take_while(|byte| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'_');
            if self.text.get(self.at) == Some(&b'\'') {
                return Err(
                    "a number in it has an apostrophe, which depends on the compiler".into()
                );
            }
            return Ok(Some(Token::Mark(b'0')));
        }
        if byte.is_ascii_alphabetic() || byte == b'_' || byte == b'$' || byte >= 0x80 {
            self.take_while(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'$' || b >= 0x80);
            let word = &self.text[start..self.at];
            if word.ends_with(b"R") && self.text.get(self.at) == Some(&b'"') {
                return Err("it has a raw string, which depends on the compiler".into());
            }
            return Ok(Some(Token::Word(word)));
        }
        match byte {
            b'"' => self.quoted(b'"').map(|text| Some(Token::Text(text))),
            b'\'' => self.quoted(b'\'').map(|_| Some(Token::Mark(b'0'))),
            _ => {
                self.at += 1;
                Ok(Some(Token::Mark(byte)))
            }
        }
    }

    fn take_while(&mut self, is_part: impl Fn(u8) -> bool) {
        while self.text.get(self.at).is_some_and(|byte| is_part(*byte)) {
            self.at += 1;
        }
    }

    /// The contents of a string or a character. Escapes that could stand for a dot become one, so that
    /// they are refused where dots are.
    fn quoted(&mut self, end: u8) -> Result<Vec<u8>, String> {
        let mut contents = Vec::new();
        self.at += 1;
        while let Some(&byte) = self.text.get(self.at) {
            self.at += 1;
            match byte {
                b'\n' => break,
                b'\\' => {
                    let escaped = self.text.get(self.at).copied().unwrap_or(b'.');
                    self.at += 1;
                    contents.push(match escaped {
                        b'n' => b'\n',
                        b't' => b'\t',
                        b'"' | b'\'' => escaped,
                        b'\n' => break,
                        _ => b'.',
                    });
                }
                _ if byte == end => return Ok(contents),
                _ => contents.push(byte),
            }
        }
        Err("it has a string that does not end".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(source: &str) -> String {
        check(source.as_bytes()).err().unwrap_or_default()
    }

    #[test]
    fn instructions_and_harmless_directives_pass() {
        for source in [
            "int asmodeus; char *s = \".incbin\";",
            "asm volatile(\"\" : \"+r\"(x) : : \"memory\");",
            "asm volatile(\".rept 100\\n\\t\" \"%0 = %0\\n\\t\" \".endr\" : \"+r\"(i));",
            "asm volatile(\".byte 0xbf, 0x11\\n\\t.2byte 1;.4byte 1\");",
            "asm goto(\"if %0 == 7 goto %l[found]\" ::\"r\"(a[i & (16 - 1)])::found);",
            "__asm__ __volatile__(\"*(u64 *)(r10 - \" \"512\" \") = r1\" ::: \"r1\");",
            "# 1 \"/a \\\\ .incbin\" 1\n# 2 \"it's\"\nint x = '\"';",
            "double d = 1.5e3; struct s a = {.asm_ = 1};",
        ] {
            assert_eq!(said(source), "", "{source}");
        }
    }

    #[test]
    fn whatever_could_read_a_file_is_refused() {
        for source in [
            "asm(\".incbin \\\"/etc/passwd\\\"\");",
            "asm(\"\\n.include \\\"/etc/passwd\\\"\");",
            "__asm(\".inc\" \"bin \\\"/etc/passwd\\\"\");",
            "__asm__(\".inc\"\n# 3 \"x\"\n\"bin \\\"/etc/passwd\\\"\");",
            "asm(\"\\x2eincbin \\\"/etc/passwd\\\"\");",
            "asm(\"\\056incbin \\\"/etc/passwd\\\"\");",
            "asm(\"\\u002eincbin \\\"/etc/passwd\\\"\");",
            "asm(\"\\N{FULL STOP}incbin \\\"/etc/passwd\\\"\");",
            "asm(\".macro m a\\n.\\\\a \\\"/etc/passwd\\\"\\n.endm\\nm incbin\");",
            "asm(\"{.|x}incbin\");",
            "asm(\".rept%c0\" :: \"i\"(&s));",
            "asm(\"%c0 \\\"/etc/passwd\\\"\" :: \"i\"(&s)); extern int s asm(\".incbin\");",
            "asm(\".byte.incbin\");",
            "asm(\"a:.incbin\");",
            "asm volatile goto(\".file 1 \\\"x\\\"\");",
            // Raw strings, as far as a compiler knows them, end where others do not.
            "char *s = R\"(\")\" asm(\".incbin\") \"\";",
            "char *s = u8R\"(\")\";",
            "int n = 1'000; asm(\".incbin\");",
            "char *s = \"does not end\nasm(\".incbin\");",
            "asm { .incbin }",
            "asm(",
            "asm",
        ] {
            assert_ne!(said(source), "", "{source}");
        }
    }

    #[test]
    fn the_directive_is_named() {
        assert_eq!(
            said("asm(\".incbin \\\"x\\\"\");"),
            "its inline assembly has `.incbin`; of the assembler's directives only .byte, .2byte, \
             .4byte, .8byte, .rept, .endr may be used"
        );
    }
}
