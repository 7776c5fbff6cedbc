# Which file of somebody's can be taken over: whole, or not at all. Comes behind nginx_site.py in one program.

PROXY_HEADERS = {
    'host': ('$host', '$http_host', '$host:$server_port'),
    'x-real-ip': ('$remote_addr',),
    'x-forwarded-for': ('$proxy_add_x_forwarded_for', '$remote_addr'),
    'x-forwarded-proto': ('$scheme',),
    'upgrade': ('$http_upgrade',),
    'connection': ('upgrade', 'Upgrade'),
}
# What a directive does that our rendering neither has nor replaces, and what to write in the site's file instead.
INSTEAD = {
    'auth_basic': 'it asks for a password: set tls and access.passwordsPath',
    'auth_basic_user_file': 'it asks for a password: set tls and access.passwordsPath',
    'allow': 'it lets in only some: set tls and access.networks, then take the line out',
    'deny': 'it lets in only some: set tls and access.networks, then take the line out',
    'location': 'the site leads every path to its container: move this one into the app, or to a server_name of its own',
    'upstream': 'write proxy_pass http://127.0.0.1:%s; in its stead',
}
OTHERWISE = 'take the line out if the site can do without it; else leave this site to its file, and take its name out of ragstream-edge'
TIMES = {'ms': 0.001, '': 1, 's': 1, 'm': 60, 'h': 3600, 'd': 86400, 'w': 604800, 'M': 2592000, 'y': 31536000}
SIZES = {'': 1, 'k': 1024, 'm': 1048576, 'g': 1073741824}


class Refused(Exception):
    def __init__(self, directive, reason, hint):
        Exception.__init__(self, reason)
        self.place = '%s:%d' % (directive.file, directive.line) if directive else ''
        self.reason, self.hint = reason, hint


def why_not(site, path):
    try:
        refuse_file(site, path)
    except Refused as why:
        return why
    return None


def refuse_file(site, path):
    """Raises Refused for the first thing in the file that our rendering neither expresses nor replaces."""
    mine = [one for one in site.reading.http() if one.file == path]
    servers = [one for one in site.servers if one.file == path]
    folders = [os.path.join(site.reading.folder, one) for one in ('conf.d', 'sites-enabled')]
    if os.path.dirname(path) not in folders or not mine or len(servers) != len([one for one in mine if one.name == 'server']):
        raise Refused(servers[0].directive, 'it is not a file of conf.d or sites-enabled', 'put the block into a file of its own there')
    connection = [word for one in mine if one.name == 'map' for word in upgrade_map(one)]
    for one in mine:
        if one.name == 'server':
            continue
        if one.name != 'map' or not connection:
            raise refused(site, one)
    for server in servers:
        for one in server.directive.block:
            if one.name == 'listen':
                refuse_listen(site, one)
    for server in servers:
        refuse_server(site, server, connection)


def upgrade_map(directive):
    """The variable of the well-known map of WebSockets, which our rendering has too; nothing of any other map."""
    entries = {one.words[0]: one.words[1:] for one in directive.block or []}
    close = entries.pop('', None)
    known = directive.words[1:2] == ['$http_upgrade'] and entries == {'default': ['upgrade']} and close in (['close'], [''])
    return [directive.words[2]] if known else []


def refused(site, directive):
    hint = INSTEAD.get(directive.name, OTHERWISE)
    name = ' '.join(directive.words[:3]) if directive.block is not None else directive.name
    return Refused(directive, '`%s` is nothing that ragstream-edge has' % name, hint % site.value('HOST_PORT') if '%s' in hint else hint)


def refuse_server(site, server, connection):
    inner = server.directive.block
    if not site.name_of(server):
        raise Refused(server.directive, 'this block of the same file is for %s' % (' '.join(server.names) or 'no name'), 'put it into a file of its own')
    for name in server.names:
        if name != '_' and name not in site.names:
            if name.startswith('.'):
                raise Refused(server.directive, 'it serves all names below %s too' % name[1:], 'put *%s into a file of its own' % name)
            raise Refused(server.directive, 'it serves %s too' % name, 'put %s into a file of its own, or into aliases of the site' % name)
    secure = server.on(443) != []
    if site.tls and not secure and is_redirect(site, server):
        return
    places = [one for one in inner if one.name == 'location' and one.words[1:] == ['/']]
    if len(places) != 1:
        other = next((one for one in inner if one.name in ('location', 'return', 'rewrite', 'if', 'include')), server.directive)
        if other is server.directive:
            raise Refused(other, 'the block has no `location /`', 'write location / { proxy_pass http://127.0.0.1:%s; }' % site.value('HOST_PORT'))
        raise refused(site, other)
    options = [one.words[1] for one in inner if one.name == 'include' and is_tls_options(one, inner, secure and site.tls)]
    for one in inner:
        if one.file in options:
            continue
        if one.file != server.file or (one.name == 'include' and one.words[1] not in options):
            raise Refused(one, '`%s` is in an include' % one.name if one.name != 'include' else '`include %s`' % one.words[1], 'write its lines into the file itself')
        if one.name in ('listen', 'server_name', 'include') or one is places[0]:
            continue
        if one.name in ('ssl_certificate', 'ssl_certificate_key', 'ssl_dhparam', 'http2') and secure and site.tls:
            continue
        refuse_setting(site, one)
    refuse_proxy(site, server, places[0], connection)


def refuse_listen(site, directive):
    listen = Listen(directive.words[1:])
    port = listen.first
    if not listen.is_everywhere() or listen.first != listen.last or port not in (80, 443):
        raise Refused(directive, 'it listens on %s' % directive.words[1], 'ragstream-edge listens on port 80, and 443 with tls, of every address')
    if port == 443 and not site.tls:
        raise Refused(directive, 'it listens on port 443', 'with tls: acme this is normal until the site has its certificate. Without: set tls: acme, or put the block of port 443 into a file of its own')
    if listen.default:
        raise Refused(directive, 'it is the default server too', 'put the default into a file of its own')
    options = set(listen.options) - ({'ssl', 'http2', 'ipv6only=on'} if port == 443 else {'ipv6only=on'})
    if options:
        raise Refused(directive, '`listen` with %s' % ' '.join(sorted(options)), OTHERWISE)


def is_redirect(site, server):
    """What `certbot --nginx` leaves on port 80: to HTTPS for each name, else 404."""
    for one in server.directive.block:
        if one.name in ('listen', 'server_name') or one.words in (['return', '404'], ['return', '301', 'https://$host$request_uri']):
            continue
        known = one.name == 'if' and len(one.words) == 4 and one.words[1:3] == ['($host', '='] and one.words[3].rstrip(')') in site.names
        if not known or [inner.words for inner in one.block] != [['return', '301', 'https://$host$request_uri']]:
            return False
    return any(one.name in ('return', 'if') for one in server.directive.block)


def is_tls_options(directive, inner, wanted):
    """certbot's own settings of TLS, and nothing else in them."""
    if not wanted or os.path.basename(directive.words[1]) != 'options-ssl-nginx.conf':
        return False
    return all(one.name.startswith('ssl_') for one in inner if one.file == directive.words[1])


def refuse_setting(site, directive):
    """What may stand in the server block and in its location."""
    name, words = directive.name, directive.words
    if name in ('access_log', 'error_log'):
        return
    if name in ('auth_basic', 'auth_basic_user_file') and site.tls and site.value('PASSWORDS_PATH'):
        return
    if name == 'client_max_body_size':
        bound(directive, size(words[1]), size(site.value('CLIENT_MAX_BODY_SIZE')), 'proxy.clientMaxBodySize')
    elif name in ('proxy_read_timeout', 'proxy_send_timeout'):
        bound(directive, seconds(words[1]), seconds(site.value('READ_TIMEOUT')), 'proxy.readTimeout')
    elif name == 'proxy_connect_timeout':
        bound(directive, seconds(words[1]), 60, None)
    elif name == 'large_client_header_buffers':
        bound(directive, int(words[1]), 4, None)
        bound(directive, size(words[2]), size('32k'), None)
    elif name == 'proxy_set_header' or words in (['proxy_http_version', '1.1'], ['proxy_buffering', 'off'], ['proxy_redirect', 'off'], ['proxy_cache_bypass', '$http_upgrade']):
        return
    else:
        raise refused(site, directive)


def refuse_proxy(site, server, location, connection):
    headers = [one for one in location.block if one.name == 'proxy_set_header'] or [
        one for one in server.directive.block + site.reading.http() if one.name == 'proxy_set_header'
    ]
    for one in headers:
        allowed = PROXY_HEADERS.get(one.words[1].lower(), ()) + (tuple(connection) if one.words[1].lower() == 'connection' else ())
        if one.words[2] not in allowed:
            raise Refused(one, 'the app gets the header %s: %s' % (one.words[1], one.words[2]), OTHERWISE)
    passes = [one for one in location.block if one.name == 'proxy_pass']
    wanted = ['http://%s:%s%s' % (host, site.value('HOST_PORT'), end) for host in ('127.0.0.1', 'localhost') for end in ('', '/')]
    if not passes or passes[0].words[1] not in wanted:
        to = passes[0].words[1] if passes else 'no program'
        raise Refused(passes[0] if passes else location, 'it leads to %s' % to, 'the site leads to http://127.0.0.1:%s: set container.hostPort, or correct the line' % site.value('HOST_PORT'))
    for one in location.block:
        if one.file != server.file:
            raise Refused(one, '`%s` is in an include' % one.name, 'write its lines into the file itself')
        if one is not passes[0]:
            refuse_setting(site, one)
    for name, field, usual, read, mine in (
        ('client_max_body_size', 'proxy.clientMaxBodySize', '1m', size, 'CLIENT_MAX_BODY_SIZE'),
        ('proxy_read_timeout', 'proxy.readTimeout', '60s', seconds, 'READ_TIMEOUT'),
    ):
        if not any(one.name == name for one in location.block + server.directive.block):
            for one in site.reading.http():
                if one.name == name:
                    bound(one, read(one.words[1]), read(site.value(mine)), field)


def bound(directive, found, ours, field):
    if found > ours:
        what = '`%s %s` is more than the site has' % (directive.name, ' '.join(directive.words[1:]))
        raise Refused(directive, what, 'set %s' % field if field else OTHERWISE)


def size(text):
    """Bytes; 0 stands for no bound."""
    found = re.match(r'([0-9]+)([kmg]?)\Z', text.lower())
    return (int(found.group(1)) * SIZES[found.group(2)] or float('inf')) if found else float('inf')


def seconds(text):
    parts = re.findall(r'([0-9]+)(ms|[smhdwMy]?)\s*', text)
    return sum(int(number) * TIMES[unit] for number, unit in parts) if parts else float('inf')
