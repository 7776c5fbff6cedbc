# Generated configurations, read by the reader and by nginx itself. Comes behind nginx_answers.py in one program, on a host whose own nginx
# is stopped. Words: seed, how many. Prints one line for each disagreement, with the configuration, and counts at the end.
import random
import socket
import subprocess
import time

ROOT = '/run/reader'
NAMES = ['a.example.com', 'b.example.com', 'www.a.example.com', 'x.y.example.com', 'shop.test', 'A.Example.com', 'localhost', '10.0.0.1']
PATTERNS = ['*.example.com', '.example.com', '*.a.example.com', 'www.*', 'shop.*', '_', '""', '~^w+\\.', '"~^(a|b)\\.example\\.com$"', '.a.example.com']
HOSTS = sorted({name.lower() for name in NAMES} | {'c.example.com', 'deep.x.y.example.com', 'example.com', 'www.shop.test', 'unknown.invalid', 'w.a', '_'})
LISTENS = ['8081', '*:8081', '0.0.0.0:8081', '127.0.0.1:8081', '127.0.0.2:8081', '8082', '127.0.0.1:8082', '8081-8082', '[::]:8081', 'localhost:8083']
ASKED = [(address, port) for address in ('127.0.0.1', '127.0.0.2', '127.0.0.3') for port in (8081, 8082)] + [('[::1]', 8081), ('127.0.0.1', 80)]
PAGES = ['"a { b: c; }\n  #d {\n}\n"', "'it\\'s }'", '"${host} {"', "'# no comment'", '"\\\\ \\" }"', 'a\\;b', 'x#y', 'a\\ b', '$host}', '${host}x']


class Writer:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.files = {}
        self.number = 0
        self.defaults = set()

    def chance(self, share):
        return self.random.random() < share

    def space(self):
        return self.random.choice([' ', ' ', ' ', '\t', '\n', '  ', '\r\n', ' # { } ; " \n', '\n#\n'])

    def word(self, text):
        """As a word may be written: bare, quoted, or with a quoted form that means the same."""
        if text[0] in '"\'~' or not self.chance(0.2):
            return text
        return self.random.choice(['"%s"', "'%s'"]) % text

    def directive(self, *words):
        return self.space().join([self.word(words[0])] + list(words[1:])) + self.random.choice([';', ' ;', '\n;']) + self.space()

    def server(self):
        self.number += 1
        body = []
        for listen in self.random.sample(LISTENS, self.random.choice([0, 1, 1, 1, 2])):
            words = [self.word(listen)]
            if self.chance(0.15) and not any(one in self.defaults for one in (listen, 'all')):
                self.defaults |= {listen, 'all'} if self.chance(0.9) else {listen}
                words.append('default_server')
            body.append(self.directive('listen', *words))
        for _ in range(self.random.choice([0, 1, 1, 1, 2])):
            body.append(self.directive('server_name', *(self.word(self.random.choice(NAMES + PATTERNS)) for _ in range(self.random.choice([1, 1, 2, 3])))))
        for _ in range(self.random.choice([0, 0, 1, 2])):
            page = self.random.choice(PAGES)
            body.append('location%s/%d%s{%s%s}%s' % (self.space(), len(body), self.space(), self.space(), self.directive('return', '200', page), self.space()))
        if self.chance(0.1):
            body.append('if%s($host%s=%s"a b"){%s}' % (self.space(), self.space(), self.space(), self.space()))
        self.random.shuffle(body)
        number = self.directive('return', '200', str(self.number))
        if self.chance(0.15):
            name = 'snippets/%d.inc' % self.number
            self.files[name] = ''.join(body)
            body = [self.directive('include', self.word(name))]
        return self.word('server') + self.space() + '{' + self.space() + ''.join(body) + number + '}' + self.space()

    def extra(self):
        """What is no server block, but may look like one."""
        return self.random.choice([
            'map $host $m%d { server 1; default "x { y"; \'}\' 2; }\n' % self.random.randrange(10**6),
            '# server { listen 8081; }\n',
            'upstream u%d { server 127.0.0.1:1; }\n' % self.random.randrange(10**6),
            '#%s\n' % ('x' * self.random.choice([4000, 4092, 4093, 4094, 4095, 4096, 5000])),
            'log_format f%d "%s";\n' % (self.random.randrange(10**6), 'y' * self.random.choice([10, 4090, 4093, 4094, 4095, 4096])) if self.chance(0.1) else '\n',
        ])

    def write(self):
        http = [self.server() for _ in range(self.random.choice([1, 2, 2, 3, 4, 5]))]
        if self.chance(0.3):
            http.insert(self.random.randrange(len(http) + 1), self.extra())
        if self.chance(0.5):
            for at in range(self.random.choice([1, 2, 3])):
                name = self.random.choice(['b', 'a', 'c', 'B', '.hidden', 'a-1', 'z'])
                end = self.random.choice(['.conf', '.conf', '', '.txt'])
                self.files['conf.d/' + name + end] = ''.join(self.server() for _ in range(self.random.choice([1, 1, 2])))
            pattern = self.random.choice(['conf.d/*.conf', 'conf.d/*', ROOT + '/conf.d/*.conf', 'conf.d/[a-b]*', 'conf.d/[!a]*.conf', 'conf.d/?.conf', 'conf.*/*.conf', 'conf.d/.h*'])
            http.insert(self.random.randrange(len(http) + 1), self.directive('include', self.word(pattern)))
        head = 'pid %s/pid; error_log stderr emerg;\nevents {}\n' % ROOT
        stream = 'stream { server { listen 127.0.0.1:8099; return x; } }\n' if self.chance(0) else ''
        self.files['nginx.conf'] = head + stream + 'http {\naccess_log off; server_names_hash_bucket_size 512;\n' + ''.join(http) + '}' + self.space()
        return self.spoil() if self.chance(0.12) else False

    def spoil(self):
        """One sign that opens or closes something goes, or comes."""
        name = self.random.choice(sorted(self.files))
        text = self.files[name]
        signs = [at for at, sign in enumerate(text) if sign in '{};"\'']
        if not signs:
            return False
        at = self.random.choice(signs)
        self.files[name] = text[:at] + (text[at + 1 :] if self.chance(0.7) else self.random.choice('{}"\'') + text[at:])
        return True

    def lay_out(self):
        subprocess.run(['rm', '-rf', ROOT])
        for folder in ('conf.d', 'snippets'):
            os.makedirs(os.path.join(ROOT, folder))
        for name, text in self.files.items():
            with open(os.path.join(ROOT, name), 'wb') as file:
                file.write(text.encode('latin-1'))


def ask(address, port, hosts):
    """Body of each answer; None where nobody listens."""
    family = socket.AF_INET6 if address.startswith('[') else socket.AF_INET
    try:
        with socket.create_connection((address.strip('[]'), port), 60) if family == socket.AF_INET else socket.socket(family) as sock:
            if family == socket.AF_INET6:
                sock.connect((address.strip('[]'), port))
            for at, host in enumerate(hosts):
                end = 'close' if at == len(hosts) - 1 else 'keep-alive'
                sock.sendall(('GET /own HTTP/1.1\r\nHost: %s\r\nConnection: %s\r\n\r\n' % (host, end)).encode())
            said = b''
            while True:
                piece = sock.recv(65536)
                if not piece:
                    break
                said += piece
    except OSError:
        return None
    return [one.split(b'\r\n\r\n', 1)[1].decode() for one in re.split(b'(?=HTTP/1.1 )', said) if one]


def compare(seed, counts):
    """Sentences about what differs."""
    writer = Writer(seed)
    spoilt = writer.write()
    writer.lay_out()
    main = ROOT + '/nginx.conf'
    dump = subprocess.run(['nginx', '-T', '-q', '-c', main], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    complaint = dump.stderr.decode('latin-1')
    try:
        reading = Reading(main)
        servers = servers_of(reading)
    except Unreadable as why:
        if dump.returncode == 0:
            return ['nginx loads it, the reader says: %s' % why]
        counts['both refuse'] += 1
        return []
    if dump.returncode != 0:
        if re.search(r'unexpected|too long parameter', complaint):
            return ['nginx refuses it, the reader does not: %s' % complaint]
        counts['refused for its meaning'] += 1
        return []
    counts['load'] += 1
    counts['spoilt and loads'] += 1 if spoilt else 0
    rebuilt = b''.join(b'# configuration file %s:\n%s\n' % (path.encode('latin-1'), open(path, 'rb').read()) for path in reading.files)
    wrong = [] if rebuilt == dump.stdout else ['the files are %s, nginx has others' % reading.files]
    return wrong + answers(main, servers, counts)


def answers(main, servers, counts):
    wrong = []
    nginx = subprocess.Popen(['nginx', '-c', main, '-g', 'daemon off; master_process off;'], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        listened = [(address, port) for address, port in ASKED if answering(servers, port, 'x', address)]
        for _ in range(30_000):
            if nginx.poll() is not None:
                counts['does not bind'] += 1
                return []
            if listened and ask(listened[0][0], listened[0][1], ['x']) is not None:
                break
            if not listened and os.path.exists(ROOT + '/pid'):
                break
            time.sleep(0.002)
        for address, port in ASKED:
            said = ask(address, port, HOSTS)
            for at, host in enumerate(HOSTS):
                server = answering(servers, port, host, address)
                wanted = server and next((one.words[2] for one in server.directive.block if one.name == 'return'), 'no number')
                if wanted == 'no number':
                    continue
                got = said[at] if said else None
                counts['asked'] += 1
                if got != wanted:
                    wrong.append('%s at %s:%d is answered by %s, the reader says %s' % (host, address, port, got, wanted))
    finally:
        nginx.kill()
        nginx.wait()
    return wrong[:3]


def compare_all(seed, many):
    counts = dict.fromkeys(['load', 'spoilt and loads', 'both refuse', 'refused for its meaning', 'does not bind', 'asked', 'differ'], 0)
    for at in range(many):
        wrong = compare(seed + at, counts)
        for one in wrong:
            print('SEED=%d: %s' % (seed + at, one))
        if wrong:
            counts['differ'] += 1
            if counts['differ'] <= 3:
                for path in sorted(os.listdir(ROOT)) + ['conf.d/' + name for name in os.listdir(ROOT + '/conf.d')]:
                    if os.path.isfile(os.path.join(ROOT, path)):
                        print('--- %s\n%s' % (path, open(os.path.join(ROOT, path), 'rb').read().decode('latin-1')))
    print(' '.join('%s=%d' % (name.replace(' ', '-'), count) for name, count in counts.items()))


compare_all(int(sys.argv[1]), int(sys.argv[2]))
