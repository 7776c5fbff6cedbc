# How a site is served by hand: its server blocks, the container to which they lead, and what of both no site's file can say. Comes behind
# nginx_adopt.py and container_adopt.py in one program. Standard input: what `docker inspect` prints of each container that runs and of its image.


def say_by_hand(main, default_file, *unit_folders):
    # As a site with HTTPS, which wants both ports.
    os.environ['EDGE_TLS_PATH'] = '/by-hand'
    blocks = Site(main, default_file).claims() if os.path.exists(main) else []
    found = {
        'files': sorted({one.place for one in blocks}),
        'aliases': sorted({name for one in blocks for name in one.names if is_alias(name)}),
        'https': any(one.on(443) for one in blocks),
        'proxy': larger(blocks),
    }
    found['container'] = container = serving(containers(sys.stdin.read()), led_to(blocks), unit_folders)
    found['refused'] = container.pop('refused') if container else []
    # What the fields say that were found is understood; the rest is not.
    os.environ['EDGE_TLS_PATH'] = '/by-hand' if found['https'] else ''
    os.environ['EDGE_ALIASES'] = ','.join(found['aliases'])
    os.environ['EDGE_CLIENT_MAX_BODY_SIZE'] = found['proxy'].get('clientMaxBodySize', os.environ['EDGE_CLIENT_MAX_BODY_SIZE'])
    os.environ['EDGE_READ_TIMEOUT'] = found['proxy'].get('readTimeout', os.environ['EDGE_READ_TIMEOUT'])
    site = Site(main, default_file) if blocks else None
    for path in sorted({one.file for one in blocks}):
        why = why_not(site, path)
        found['refused'] += [['%s: %s' % (why.place or path, why.reason), why.hint]] if why else []
    print(json_text(found))


def is_alias(name):
    return name != os.environ['EDGE_HOSTNAME'] and re.match(r'[a-z0-9-]+(\.[a-z0-9-]+)+\Z', name) is not None


def led_to(blocks):
    """Ports of this host to which the blocks lead."""
    passes = [one.words[1] for block in blocks for one in every(block.directive.block) if one.name == 'proxy_pass']
    found = [re.match(r'http://(?:127\.0\.0\.1|localhost):([0-9]+)/?\Z', word) for word in passes]
    return [one.group(1) for one in found if one]


def larger(blocks):
    """Fields of `proxy` for what is more than the site has by itself."""
    inner = [one for block in blocks for one in every(block.directive.block)]
    fields = {}
    for name, field, read, ours in (
        ('client_max_body_size', 'clientMaxBodySize', size, 'CLIENT_MAX_BODY_SIZE'),
        ('proxy_read_timeout', 'readTimeout', seconds, 'READ_TIMEOUT'),
        ('proxy_send_timeout', 'readTimeout', seconds, 'READ_TIMEOUT'),
    ):
        for word in [one.words[1] for one in inner if one.name == name]:
            if read(word) > max(read(value(ours)), read(fields.get(field, '0s' if read is seconds else '1'))):
                fields[field] = word if re.search('[a-zA-Z]', word) or read is size else word + 's'
    return fields


def containers(text):
    """Pairs of a container of others and its image."""
    parts = [read_json(one)[0] for one in text.split('\036') if one.strip()]
    return [(one, image) for one, image in zip(parts[::2], parts[1::2]) if 'ragstream-edge.site' not in (one['Config'].get('Labels') or {})]


def published(container):
    """Pairs of a port of the host and the container's own."""
    bindings = container['HostConfig'].get('PortBindings') or {}
    return [(one['HostPort'], port.split('/')[0]) for port, all in sorted(bindings.items()) for one in all or [] if port.endswith('/tcp')]


def serving(found, ports, unit_folders):
    """The container to which nginx leads; without such a block the only one that publishes a port."""
    there = [(port, inner, one, image) for one, image in found for port, inner in published(one) if port in ports or not ports]
    os.environ['EDGE_HOST_PORT'] = ports[0] if ports else '8501'
    if not there or (not ports and len(there) > 1):
        return None
    port, inner, container, image = there[0]
    os.environ.update(EDGE_HOST_PORT=port, EDGE_CONTAINER_PORT='8501', EDGE_MEMORY='', EDGE_READ_ONLY_ROOT='')
    refused, fields = judge(container, image, '/dev/null', '/dev/null', unit_folders)
    if inner != '8501':
        fields = ['"port": %s' % inner] + [one for one in fields if not one.startswith('"port"')]
    restart = (container['HostConfig'].get('RestartPolicy') or {}).get('Name') or 'no'
    return {
        'name': container['Name'].lstrip('/'),
        'image': container['Config'].get('Image', ''),
        'restart': restart,
        'hostPort': port,
        'fields': fields,
        # Of the others the fields say what is wanted.
        'refused': [list(one) for one in dict(refused).items() if not one[1].startswith('set ')],
    }


def json_text(one):
    """The module that does so is not in the smallest Python of Debian."""
    if isinstance(one, dict):
        return '{%s}' % ','.join('%s:%s' % (json_text(key), json_text(part)) for key, part in one.items())
    if isinstance(one, (list, tuple)):
        return '[%s]' % ','.join(json_text(part) for part in one)
    if isinstance(one, bool) or one is None:
        return {True: 'true', False: 'false', None: 'null'}[one]
    return '"%s"' % ''.join(sign if ' ' <= sign <= '~' and sign not in '"\\' else '\\u%04x' % ord(sign) for sign in one if ord(sign) < 65536)
