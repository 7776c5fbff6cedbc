# Which server block answers a request, by the rules of nginx's source: ngx_http_add_listen for addresses, ngx_hash_add_key and
# ngx_hash_find_combined for names. Comes behind nginx_servers.py in one program.


class Names:
    """Which of the servers of one address a name belongs to. The first server is the default unless another says that it is."""

    def __init__(self, servers):
        self.exact, self.head, self.tail, self.patterns = {}, {}, {}, []
        taken = set()
        for server in servers:
            for name in server.names:
                self.add(name, server, taken)

    def add(self, name, server, taken):
        if name.startswith('~'):
            self.patterns.append((name[1:], server))
        elif name.startswith('*.'):
            self.head.setdefault(name[2:], (server, False))
        elif name.startswith('.'):
            # nginx remembers the name itself as taken, and looks it up among those below it.
            if name[1:] not in taken:
                taken.add(name[1:])
                self.head.setdefault(name[1:], (server, True))
        elif name.endswith('.*'):
            self.tail.setdefault(name[:-2], server)
        elif name not in taken:
            taken.add(name)
            self.exact[name] = server

    def find(self, host):
        """The server that has the name, or None."""
        if host in self.exact:
            return self.exact[host]
        if not host:
            return None
        labels = host.split('.')
        for at in range(len(labels)):
            server, itself = self.head.get('.'.join(labels[at:]), (None, False))
            if server and (at > 0 or itself):
                return server
        for at in range(len(labels) - 1, 0, -1):
            server = self.tail.get('.'.join(labels[:at]))
            if server:
                return server
        return self.by_pattern(host)

    def by_pattern(self, host):
        for pattern, server in self.patterns:
            try:
                if re.search(pattern.replace('(?<', '(?P<').replace('(?P<=', '(?<=').replace('(?P<!', '(?<!'), host, re.I):
                    return server
            except re.error:
                raise Unreadable('the name "~%s" is not understood' % pattern)
        return None


def answering(servers, port, host, address='*'):
    """The server that answers a request for `host` which came in at `address` and `port`; None: nobody listens there."""
    for wanted in (address, '[::]' if address.startswith('[') else '*'):
        here = [one for one in servers if any(listen.host == wanted for listen in one.on(port))]
        if here:
            default = [one for one in here if any(listen.default and listen.host == wanted for listen in one.on(port))]
            return Names(here).find(lower(host)) or (default or here)[0]
    return None
