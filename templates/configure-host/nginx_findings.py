# What this host's nginx has to do with one site: who answers its names and the unknown ones. Each line is one finding, its fields
# between \037, which no configuration has; nothing is changed. Comes behind nginx_adopt.py in one program.

# Debian and Ubuntu since 2015 (sites-available/default), and Amazon Linux 2023 (in nginx.conf), word by word.
STOCK = {
    'listen 80 default_server ; listen [::]:80 default_server ; root /var/www/html ; index index.html index.htm index.nginx-debian.html ; '
    'server_name _ ; location / { try_files $uri $uri/ =404 ; }': 'debian',
    'listen 80 ; listen [::]:80 ; server_name _ ; root /usr/share/nginx/html ; include /etc/nginx/default.d/*.conf ; error_page 404 /404.html ; '
    'location = /404.html { } error_page 500 502 503 504 /50x.html ; location = /50x.html { }': 'amazon',
}


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
    """What holds for every site of a port: who answers unknown names, and what its address asks of all."""
    here = [one for one in site.foreign if any(listen.is_everywhere() for listen in one.on(port))]
    for server in here if port in site.ports else ():
        for listen in server.on(port):
            for option in ('proxy_protocol', 'ipv6only=off') + (('http2',) if port == 80 else ()):
                if option in listen.options:
                    say('refuse', 'port-%d' % port, '%s listens on port %d with %s, which holds for every site of this port' % (server.place, port, option), 'take %s out of its listen line%s' % (option, ', and write `listen %d;` beside it' % port if 'ipv6' in option else ''))
    said = [one for one in here if any(listen.default and listen.is_everywhere() for listen in one.on(port))]
    for one in said:
        say('default', port, 'said', one.place, one.file, STOCK.get(one.text(), ''))
    if said:
        return
    first = next((one for one in here if any(listen.host == '*' for listen in one.on(port))), None)
    if first is None or any(is_default_of_ours(one, port) for one in site.servers):
        return
    order = 'first' if site.reading.ours_at is None or first.at < site.reading.ours_at else 'behind'
    # A maintainer who writes no name, an address or localhost comes by the bare address.
    if order == 'behind' and any(is_no_name(name) for name in first.names):
        order = 'bare'
    say('default', port, 'adopted' if first.file in adopted else order, first.place, first.file, STOCK.get(first.text(), ''))


def is_default_of_ours(server, port):
    return is_ours(server.file) and any(one.default and one.is_everywhere() for one in server.on(port))


def is_no_name(name):
    return name in ('', '_', 'localhost') or re.match(r'[0-9.]+\Z', name) is not None or name.endswith('.amazonaws.com')


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
    if any(not listen.is_everywhere() and not listen.host.startswith('unix:') for one in site.foreign for listen in one.on(80)):
        say('own-address')
    for port in (80, 443):
        say_port(site, port, adopted)
    say_claims(site, claims)
