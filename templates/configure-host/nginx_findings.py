# What this host's nginx has to do with one site: who answers its names and the unknown ones. Each line is one finding, its fields
# between \037, which no configuration has; nothing is changed. Comes behind nginx_adopt.py in one program.

# Debian and Ubuntu since 2015 (sites-available/default), and Amazon Linux 2023 (in nginx.conf), word by word.
STOCK = {
    'listen 80 default_server ; listen [::]:80 default_server ; root /var/www/html ; index index.html index.htm index.nginx-debian.html ; '
    'server_name _ ; location / { try_files $uri $uri/ =404 ; }': 'debian',
    'listen 80 ; listen [::]:80 ; server_name _ ; root /usr/share/nginx/html ; include /etc/nginx/default.d/*.conf ; error_page 404 /404.html ; '
    'location = /404.html { } error_page 500 502 503 504 /50x.html ; location = /50x.html { }': 'amazon',
}

# Words of a listen line that are no options of its socket.
PLAIN = {'default_server', 'default', 'ssl', 'http2'}


def judged_claims(site):
    """File to Refused, or None where it can be taken over; in the order of reading."""
    claims = {path: why_not(site, path) for path in dict.fromkeys(one.file for one in site.claims())}
    if site.file_is_foreign and site.file not in claims:
        claims[site.file] = Refused(None, 'it has no server block', 'move it away by hand')
    return claims


def say_claims(site, claims):
    """`claim <place> <file> <reason> <hint>`: without a hint the file can be taken over."""
    for path, why in claims.items():
        first = next((one for one in site.claims() if one.file == path), None)
        place = first.place if first else path
        if path == site.file:
            reason = '%s is there but was not written by ragstream-edge' % path
        else:
            reason = 'server_name %s is already served by %s' % (site.name_of(first), path)
        if why:
            say('claim', place, path, '%s, and %s: %s' % (reason, why.place, why.reason), why.hint)
        else:
            say('claim', place, path, reason, '')
            say_what_ends(site, path)
    for server in site.servers:
        if server not in site.foreign and server.file != site.file and site.name_of(server):
            say('refuse', 'server-name', 'server_name %s is already served by %s' % (site.name_of(server), server.file), 'each name belongs to one site')


def say_what_ends(site, path):
    """`note <path> <text>`: what a take-over of the file means beside it."""
    for one in every(one for one in site.reading.http() if one.file == path):
        if one.name == 'access_log' and one.words[1] != 'off':
            say('note', path, 'nothing goes to %s any more, but to the log of nginx.conf' % one.words[1])
        if one.name == 'ssl_certificate' and '/etc/letsencrypt/live/' in one.words[1]:
            name = one.words[1].split('/')[-2]
            renewal = one.words[1].split('/live/')[0] + '/renewal/%s.conf' % name
            if os.path.exists(renewal):
                say('note', renewal, "certbot's timer would go on with this name: certbot delete --cert-name %s, once the site is live" % name)


def say_port(site, port, adopted):
    """What holds for every site of a port: what its address asks of all, and who answers unknown names."""
    here = [one for one in site.foreign if any(listen.is_everywhere() for listen in one.on(port))]
    for server in here if port in site.ports else ():
        for listen in server.on(port):
            for option in ('proxy_protocol', 'ipv6only=off') + (('http2',) if port == 80 else ()):
                if option in listen.options:
                    say('refuse', 'port-%d' % port, '%s listens on port %d with %s, which holds for every site of this port' % (server.place, port, option), 'take %s out of its listen line%s' % (option, ', and write `listen %d;` beside it' % port if 'ipv6' in option else ''))
    for host in ('*', '[::]'):
        say_default(site, host, port, adopted)


def say_default(site, host, port, adopted):
    """Who of others answers unknown names at one address of a port."""
    places = site.reading.places
    here = [(one, listen.default) for one in site.servers for listen in one.on(port) if listen.host == host]
    first, is_said = next((pair for pair in here if pair[1]), here[0] if here else (None, False))
    if first not in site.foreign:
        return
    how, behind = 'said' if is_said else 'first', ''
    if first.file in adopted:
        how = 'adopted'
    elif how == 'first' and first.at > places.get(site.file, first.at):
        behind = max(site.lasts, key=lambda one: places.get(one, 0))
        how = 'first' if places.get(behind, 0) > first.at else 'last'
    say('default', '%s:%d' % (host, port), how, first.place, first.file, STOCK.get(first.text(), ''), behind)


def say_findings(main, default_file):
    site = Site(main, default_file)
    claims = judged_claims(site)
    adopted = [path for path, why in claims.items() if why is None and site.value('ADOPT') == 'true']
    for one in site.reading.directives:
        if one.name == 'user':
            say('user', one.words[1])
        for inner in one.block or [] if one.name == 'events' else []:
            if inner.name == 'worker_connections':
                say('worker-connections', inner.words[1])
    if any(one.name == 'server_names_hash_bucket_size' and one.file != default_file for one in site.reading.http()):
        say('hash-size')
    if any(one.name == 'access_log' and not is_ours(one.file) for one in site.reading.http()):
        say('access-log')
    if any(not listen.is_everywhere() and not listen.host.startswith('unix:') for one in site.foreign for listen in one.on(80)):
        say('own-address')
    for port in (80, 443):
        if any(set(listen.options) - PLAIN for one in site.foreign for listen in one.on(port) if listen.host == '*'):
            say('options')
        say_port(site, port, adopted)
    say_claims(site, claims)
