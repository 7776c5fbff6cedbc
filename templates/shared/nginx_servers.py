# The server blocks of a configuration: where each listens, and for which names. Comes behind nginx_reader.py in one program.


class Listen:
    """`host` is `*` and `[::]` for every address, else the address or name; `ports` a range; `options` the words behind it."""

    def __init__(self, words):
        address, self.options = words[0], words[1:]
        self.default = 'default_server' in self.options or 'default' in self.options
        self.host, port = '*', '80'
        if address.startswith('unix:'):
            self.host, port = address, '0'
        elif re.match(r'[0-9]+(-[0-9]+)?\Z', address):
            port = address
        elif address.startswith('['):
            self.host, _, rest = address.partition(']')
            self.host, port = self.host + ']', rest[1:] or port
        else:
            self.host, _, rest = address.partition(':')
            port = rest or port
        if self.host == '0.0.0.0':
            self.host = '*'
        if not re.match(r'[0-9]+(-[0-9]+)?\Z', port):
            raise Unreadable('invalid port in "%s" of the "listen" directive' % address)
        first, _, last = port.partition('-')
        self.first, self.last = int(first), int(last or first)

    def is_on(self, port):
        return self.first <= port <= self.last

    def is_everywhere(self):
        return self.host in ('*', '[::]')


class Server:
    """A server block of `http`."""

    def __init__(self, directive):
        self.directive = directive
        self.file, self.line, self.at = directive.file, directive.line, directive.at
        self.place = '%s:%d' % (self.file, self.line)
        inner = directive.block
        self.names = [lower(word) for one in inner if one.name == 'server_name' for word in one.words[1:]] or ['']
        self.listens = [Listen(one.words[1:]) for one in inner if one.name == 'listen' and len(one.words) > 1] or [Listen(['80'])]

    def on(self, port):
        return [one for one in self.listens if one.is_on(port)]

    def text(self):
        """All words, in one form whatever the spaces, quotes and comments were."""
        return ' '.join(flat(self.directive.block, self.file))


def flat(block, file):
    for one in block:
        # What comes in by an include is said by the include.
        if one.file != file:
            continue
        yield from one.words
        if one.block is None:
            yield ';'
        else:
            yield '{'
            yield from flat(one.block, file)
            yield '}'


def lower(word):
    """ASCII only, as nginx does. A regular expression stays."""
    return word if word.startswith('~') else word.encode('latin-1').lower().decode('latin-1')


def servers_of(reading):
    return [Server(one) for one in reading.http() if one.name == 'server' and one.block is not None]
