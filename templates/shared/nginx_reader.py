# Reads nginx's configuration from its files as nginx itself does.
#
# The rules are those of nginx's source: words, quotes, escapes and dollar signs before a brace of ngx_conf_read_token, includes of ngx_conf_include and
# glob(3). Text is bytes in latin-1, so that each character has its place in
# the file. What nginx would refuse here raises Unreadable with nginx's reason; what only nginx's modules know is not checked.
import os
import re
import sys

# Characters of a word up to what ends it. A backslash takes the next character along, and a brace behind a dollar sign opens no block.
WORD = re.compile(r'(?:[^\\$ \t\r\n;{]|\\.|\$\{*)*', re.S)
QUOTED = {'"': re.compile(r'(?:[^\\"]|\\.)*', re.S), "'": re.compile(r"(?:[^\\']|\\.)*", re.S)}
SPACE = re.compile(r'[ \t\r\n]*')
ESCAPE = re.compile(r'\\(["\'\\trn])')
ESCAPED = {'t': '\t', 'r': '\r', 'n': '\n'}
LUA = re.compile(r'--\[\[.*?\]\]|--[^\n]*|\[(=*)\[.*?\]\1\]|"(?:[^\\"]|\\.)*"|\'(?:[^\\\']|\\.)*\'|[{}]', re.S)
# NGX_CONF_BUFFER: what nginx reads of a file at once, and so the most that a word may take.
BUFFER = 4096


# `<reason> in <file>:<line>`, in nginx's words.
class Unreadable(Exception):
    pass


class Directive:
    """`words` without quotes and escapes; `spans` the place of each in the text of its file; `block` a list, or None."""

    def __init__(self, words, spans, file, line):
        self.words, self.spans, self.file, self.line = words, spans, file, line
        self.name = words[0]
        self.block = None
        self.last = line
        # Its place in the order of the whole reading.
        self.at = 0


class Text:
    """One file while it is read, word by word."""

    def __init__(self, path):
        self.path = path
        try:
            with open(path, 'rb') as file:
                self.text = file.read().decode('latin-1')
        except OSError as error:
            raise Unreadable('open() "%s" failed (%s)' % (path, error.strerror))
        self.pos = 0
        self.counted = 0
        self.line = 1

    def refuse(self, reason):
        raise Unreadable('%s in %s:%d' % (reason, self.path, self.line_of(self.pos)))

    def line_of(self, pos):
        """Asked in rising order, as a rule: lines are counted once."""
        if pos < self.counted:
            return 1 + self.text.count('\n', 0, pos)
        self.line += self.text.count('\n', self.counted, pos)
        self.counted = pos
        return self.line

    def bound(self, start):
        if self.pos - start >= BUFFER:
            self.refuse('too long parameter')

    def statement(self):
        """The words of the next directive, their places, its line, and `;`, `{`, `}` or '' for what ended it."""
        text, words, spans = self.text, [], []
        line = 0
        while True:
            self.pos = SPACE.match(text, self.pos).end()
            start = self.pos
            if start == len(text):
                if words:
                    self.refuse('unexpected end of file, expecting ";" or "}"')
                return words, spans, line, ''
            sign = text[start]
            if sign == '#':
                end = text.find('\n', start)
                # Of a comment nginx gives up the place at its end of line.
                if end - start >= BUFFER:
                    self.refuse('too long parameter')
                self.pos = len(text) if end < 0 else end + 1
                continue
            if sign in ';{':
                if not words:
                    self.refuse('unexpected "%s"' % sign)
                self.pos += 1
                return words, spans, line, sign
            if sign == '}':
                if words:
                    self.refuse('unexpected "}"')
                self.pos += 1
                return words, spans, self.line_of(start), '}'
            if not words:
                line = self.line_of(start)
            ended = self.quoted(start, sign) if sign in QUOTED else self.bare(start)
            raw = text[start + 1 : self.pos - 1] if sign in QUOTED else text[start : self.pos]
            words.append(ESCAPE.sub(unescape, raw) if '\\' in raw else raw)
            spans.append((start, self.pos))
            if ended:
                self.pos += 1
                return words, spans, line, ended

    def bare(self, start):
        """Leaves `pos` at the character that ends the word; that, where it ends the directive."""
        self.pos = WORD.match(self.text, start).end()
        return self.end_of_word(start)

    def quoted(self, start, sign):
        self.pos = QUOTED[sign].match(self.text, start + 1).end()
        if self.pos >= len(self.text):
            self.refuse('unexpected end of file, expecting ";" or "}"')
        self.bound(start + 1)
        self.pos += 1
        after = self.text[self.pos : self.pos + 1]
        if after and after not in ' \t\r\n;{)':
            self.refuse('unexpected "%s"' % after)
        return '' if after == ')' else self.end_of_word(start + 1)

    def end_of_word(self, start):
        if self.pos >= len(self.text):
            self.refuse('unexpected end of file, expecting ";" or "}"')
        self.bound(start)
        after = self.text[self.pos]
        if after in ';{':
            return after
        # The next character is read before the place of this word is given up.
        if self.pos + 1 < len(self.text) and self.pos + 1 - start >= BUFFER:
            self.refuse('too long parameter')
        return ''

    def skip_lua(self):
        """Past the end of a block of Lua, whose language is its own."""
        depth = 1
        for found in LUA.finditer(self.text, self.pos):
            depth += {'{': 1, '}': -1}.get(found.group(), 0)
            if depth == 0:
                self.pos = found.end()
                return
        self.refuse('unexpected end of file, expecting "}"')


def unescape(found):
    return ESCAPED.get(found.group(1), found.group(1))


class Reading:
    """The whole configuration: `directives` of the main context, `files` in the order in which nginx opens them."""

    def __init__(self, main, wanted=(), follow=True):
        """`wanted`: files whose places in the order of reading are wanted, whether they are there or not. `follow`: read what it includes."""
        self.folder = os.path.dirname(main)
        self.wanted, self.follow = wanted, follow
        self.files = []
        self.order = 0
        self.places = {}
        self.directives = []
        self.read_file(main, self.directives, ())

    def read_file(self, path, into, inside):
        if len(inside) > 100:
            raise Unreadable('"%s" includes itself' % path)
        if path not in self.files:
            self.files.append(path)
        text = Text(path)
        if self.read_block(text, into, inside) == '}':
            text.refuse('unexpected "}"')

    def read_block(self, text, into, inside):
        while True:
            words, spans, line, end = text.statement()
            if end in ('', '}'):
                return end
            found = Directive(words, spans, text.path, line)
            self.order += 1
            found.at = self.order
            if end == '{':
                if words[0].endswith('_by_lua_block'):
                    text.skip_lua()
                    found.block = []
                else:
                    found.block = []
                    if self.read_block(text, found.block, inside + (words[0],)) != '}':
                        text.refuse('unexpected end of file, expecting "}"')
                found.last = text.line_of(text.pos - 1)
            into.append(found)
            if self.follow and found.name == 'include' and found.block is None and len(words) == 2:
                self.include(found, into, inside)

    def include(self, directive, into, inside):
        pattern = os.path.join(self.folder, directive.words[1])
        magic = re.search(r'[*?[]', pattern)
        paths = glob(pattern) if magic else [pattern]
        wanted = [one for one in self.wanted if inside == ('http',) and matches(one, pattern)]
        for path in sorted({*paths, *wanted}) if wanted else paths:
            if path in wanted:
                self.order += 1
                self.places.setdefault(path, self.order)
                if not os.path.exists(path):
                    continue
            self.read_file(path, into, inside)

    def http(self):
        """The directives of `http`."""
        return [one for block in self.directives if block.name == 'http' for one in block.block or []]


def every(directives):
    for one in directives:
        yield one
        yield from every(one.block or [])


def glob(pattern):
    """Paths in the order of bytes, as glob(3) gives them without a locale: no name with a dot before it, unless the pattern has one."""
    head, tail = os.path.split(pattern)
    folders = glob(head) if re.search(r'[*?[]', head) else [head]
    if not re.search(r'[*?[\\]', tail):
        return [os.path.join(one, tail) for one in folders if os.path.lexists(os.path.join(one, tail))]
    found = []
    for folder in folders:
        try:
            names = os.listdir(os.fsencode(folder or '.'))
        except OSError:
            continue
        found += [os.path.join(folder, name) for name in (one.decode('latin-1') for one in names) if matches_name(name, tail)]
    return sorted(found)


def matches(path, pattern):
    parts, wanted = path.split('/'), pattern.split('/')
    return len(parts) == len(wanted) and all(map(matches_name, parts, wanted))


def matches_name(name, pattern):
    if name.startswith('.') and not pattern.startswith('.'):
        return False
    return re.match(translated(pattern) + r'\Z', name, re.S) is not None


def translated(pattern):
    """A pattern of glob(3) as a regular expression."""
    if '[[:' in pattern:
        raise Unreadable('the pattern "%s" is not understood' % pattern)
    said, at = '', 0
    while at < len(pattern):
        sign = pattern[at]
        at += 1
        end = pattern.find(']', at + 1 + (pattern[at : at + 1] in ('!', '^')))
        if sign == '*':
            said += '[^/]*'
        elif sign == '?':
            said += '[^/]'
        elif sign == '[' and end > 0:
            inner = pattern[at:end]
            negated = '^' if inner[0] in '!^' else ''
            said += '[%s%s]' % (negated, re.sub(r'([\\\[\]^&~|])', r'\\\1', inner[len(negated) :]))
            at = end + 1
        else:
            if sign == '\\' and at < len(pattern):
                sign = pattern[at]
                at += 1
            said += re.escape(sign)
    return said
