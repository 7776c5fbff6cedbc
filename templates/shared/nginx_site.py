# One site and the server blocks of this host: which of them are of others, and which of those have a name of the site. Values come as
# EDGE_* variables. Comes behind nginx_servers.py in one program.


class Site:
    """Values of the site, and what nginx reads on this host."""

    def __init__(self, main, default_file):
        value = self.value
        self.names = [value('HOSTNAME')] + [one for one in value('ALIASES').split(',') if one]
        name = 'ragstream-edge-%s.conf' % value('HOSTNAME')
        # The last of a folder, for where somebody's block is to be read before ours (places.sh).
        self.lasts = [os.path.join(os.path.dirname(main), folder, '~' + name) for folder in ('conf.d', 'sites-enabled')]
        self.file = next((one for one in self.lasts if os.path.exists(one)), os.path.join(os.path.dirname(default_file), name))
        self.tls = value('TLS_PATH') != ''
        self.ports = [80, 443] if self.tls else [80]
        self.reading = Reading(main, [self.file, *self.lasts])
        self.servers = servers_of(self.reading)
        self.file_is_foreign = os.path.exists(self.file) and os.path.getsize(self.file) > 0 and not is_written_by_us(self.file)
        self.foreign = [one for one in self.servers if not is_ours(one.file) or (self.file_is_foreign and one.file == self.file)]

    def value(self, name):
        return os.environ.get('EDGE_' + name, '')

    def name_of(self, server):
        """The first of its names that is one of the site, or ''. With a dot before it, it means itself and all below it."""
        return next((name for name in server.names if (name[1:] if name.startswith('.') else name) in self.names), '')

    def claims(self):
        """Blocks of others that this site's own would fight with, in the order of reading."""
        return [one for one in self.foreign if self.is_claim(one)]

    def is_claim(self, server):
        """It has a name of this site, on a port that this site wants; or it stands in the place of our own file."""
        return server.file == self.file or (self.name_of(server) and any(server.on(port) for port in self.ports))


def is_ours(path):
    return os.path.basename(path).lstrip('~').startswith('ragstream-edge-') or os.path.basename(path) == 'ragstream-edge.conf'


def is_written_by_us(path):
    with open(path, 'rb') as file:
        return file.readline().startswith(b'# ragstream-edge: ')


def say(*fields):
    sys.stdout.buffer.write(('\037'.join(str(one).replace('\n', ' ').replace('\037', ' ') for one in fields) + '\n').encode('latin-1', 'replace'))
