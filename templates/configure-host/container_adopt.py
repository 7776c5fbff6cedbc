# Whether a container that somebody started by hand can be taken over: only where the site's file says all that `docker inspect` shows of it
# beyond its image and Docker's defaults. Standard input: what `docker inspect` prints of the container and of its image, one array each.
# Prints `refuse <what> <what to write>` for each other thing, fields between \037, and behind them a fragment for the site's file: names of
# variables, never their values. Comes behind what imports os, re and sys in one program.
import ast

# What Docker itself puts there; any other value that is not empty is somebody's.
USUAL = {
    'NetworkMode': ('default', 'bridge'),
    'IpcMode': ('private', 'shareable'),
    'CgroupnsMode': ('private', 'host'),
    'ShmSize': (67108864,),
    'Runtime': ('runc',),
    'Isolation': ('default',),
    'PidsLimit': (-1,),
    'MemorySwappiness': (-1,),
    'SecurityOpt': (['no-new-privileges'], ['no-new-privileges:true']),
}
# The site's file says them, or they say how the container was started and not what it is.
SAID = 'Binds Mounts PortBindings Memory MemorySwap ReadonlyRootfs RestartPolicy LogConfig ContainerIDFile ConsoleSize MaskedPaths ReadonlyPaths'.split()
# Options of docker run that are not named as the field is.
OPTIONS = {
    'NetworkMode': '--network', 'Links': '--link', 'DeviceRequests': '--gpus', 'Devices': '--device', 'Ulimits': '--ulimit',
    'ExtraHosts': '--add-host', 'AutoRemove': '--rm', 'Cmd': 'a command', 'WorkingDir': '--workdir', 'OpenStdin': '--interactive',
    'Healthcheck': '--health-cmd',
}
INTO_IMAGE = 'put it into the image, or start the container without it; else leave this site to its container'


def read_json(text):
    """As literals of Python, which every Python can read; nothing of it is run."""
    words = {'true': 'True', 'false': 'False', 'null': 'None'}
    return ast.literal_eval(re.sub(r'"(?:[^"\\]|\\.)*"|\btrue\b|\bfalse\b|\bnull\b', lambda found: words.get(found.group(), found.group()), text))


def value(name):
    return os.environ.get('EDGE_' + name, '')


def lines_of(path):
    with open(path, encoding='utf-8', errors='surrogateescape') as file:
        return file.read().split('\n')


def option(key):
    return OPTIONS.get(key) or re.sub('([A-Z])', r'-\1', '-' + key).lower()


def judge(container, image, env_file, volumes_file, unit_folders):
    """Pairs of what is not said, and what to write; then the fields of a fragment."""
    config, host, usual = container['Config'], container['HostConfig'], image.get('Config') or {}
    refused, fragment = [], []
    for key, found in sorted(host.items()):
        if found and key not in SAID and found not in USUAL.get(key, ()):
            refused.append((option(key), INTO_IMAGE))
    for key in 'Cmd Entrypoint User WorkingDir Healthcheck StopSignal Volumes OnBuild Shell'.split():
        if (config.get(key) or None) != (usual.get(key) or None):
            refused.append((option(key), INTO_IMAGE))
    for key in 'Tty OpenStdin Domainname MacAddress StopTimeout NetworkDisabled'.split():
        if config.get(key):
            refused.append((option(key), INTO_IMAGE))
    if config.get('Hostname') != container['Id'][:12]:
        refused.append(('--hostname', INTO_IMAGE))
    labels = {key: text for key, text in (config.get('Labels') or {}).items() if (usual.get('Labels') or {}).get(key) != text}
    if 'com.docker.compose.project' in labels:
        refused.append(('the compose project %s' % labels['com.docker.compose.project'], 'docker compose would start it again: docker compose down, or take it out of the file there'))
    elif labels:
        refused.append(('the label %s' % sorted(labels)[0], INTO_IMAGE))
    networks = sorted((container['NetworkSettings'].get('Networks') or {}).keys() - {'bridge', host['NetworkMode']})
    refused += [('the network %s' % name, 'docker network disconnect %s' % name) for name in networks]
    if (host.get('LogConfig') or {}).get('Type') not in ('json-file', 'local', '', None):
        refused.append(('--log-driver %s' % host['LogConfig']['Type'], INTO_IMAGE))
    for port, bindings in sorted((host.get('PortBindings') or {}).items()):
        for one in bindings or []:
            if one['HostPort'] == value('HOST_PORT') and port != value('CONTAINER_PORT') + '/tcp':
                fragment.append('"port": %s' % port.split('/')[0])
                refused.append(('it listens on %s' % port, 'set container.port'))
            elif one['HostPort'] != value('HOST_PORT') or one['HostIp'] not in ('', '0.0.0.0', '::', '127.0.0.1'):
                refused.append(('--publish %s:%s:%s' % (one['HostIp'], one['HostPort'], port), 'ragstream-edge publishes 127.0.0.1:%s alone' % value('HOST_PORT')))
    own = config.get('Env') or []
    # An empty value is that of the fragment, unless the container has it so.
    known = {line.split('=')[0] for line in lines_of(env_file) if line.partition('=')[2] or line in own}
    names = sorted({line.split('=')[0] for line in own if line not in (usual.get('Env') or [])})
    refused += [('the variable %s' % name, 'set it in container.env, or below container.secretsPath') for name in names if name not in known]
    if names:
        fragment.append('"env": { %s }' % ', '.join('"%s": ""' % name for name in names))
    volumes = []
    for one in container.get('Mounts') or []:
        if one['Type'] != 'bind':
            refused.append(('the volume of Docker at %s' % one['Destination'], 'copy it to a folder of the host (docker cp), and set container.volumes'))
            continue
        volumes.append('%s:%s%s' % (one['Source'], one['Destination'], '' if one['RW'] else ':ro'))
        if volumes[-1] not in lines_of(volumes_file):
            refused.append(('the folder %s' % volumes[-1], 'set it in container.volumes'))
    if volumes:
        fragment.append('"volumes": [%s]' % ', '.join('"%s"' % one for one in volumes))
    if host.get('Memory'):
        fragment.append('"memory": "%dm"' % -(-host['Memory'] // 1048576))
        if not value('MEMORY'):
            refused.append(('--memory', 'set container.memory'))
    if host.get('MemorySwap') not in (None, 0, -1, 2 * host.get('Memory', 0)):
        refused.append(('--memory-swap', INTO_IMAGE))
    if host.get('ReadonlyRootfs'):
        fragment.append('"readOnlyRoot": true')
        if value('READ_ONLY_ROOT') != 'true':
            refused.append(('--read-only', 'set container.readOnlyRoot'))
    refused += [('the unit %s, which runs it' % unit, 'systemctl disable --now %s' % unit) for unit in units(container['Name'].lstrip('/'), unit_folders)]
    return refused, fragment


def units(name, folders):
    """Units whose lines start a container of this name."""
    line = re.compile(r'^Exec\w*=.*\b(docker|podman)\b.*(?<![\w.-])%s(?![\w.-])' % re.escape(name), re.M)
    for folder in folders:
        for file in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
            path = os.path.join(folder, file)
            if file.endswith('.service') and os.path.isfile(path) and line.search('\n'.join(lines_of(path)).replace('\\\n', ' ')):
                yield file
